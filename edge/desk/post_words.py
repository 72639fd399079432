"""Why something cannot be done with a request, a notice or a hand-over, and what to do next: as words.py for the rest of the desk (D7)."""

from __future__ import annotations

from edge.errors import BadInput, NotExecuted

STOPS: dict[str, tuple[str, str]] = {
    "request-over": (
        "这件事已经办结 · this request has been settled",
        "再有需要时请另记一件 · take it down as a new one",
    ),
    "request-done": (
        "这件事已经办好，等待回访 · this has been done already; the owner is to be asked",
        "请致电业主，问是否满意 · call the owner and ask whether they are satisfied",
    ),
    "request-there": (
        "已经转给这个部门 · it has been passed on to that department already",
        "需要催办时请写备注 · to remind them, add a note",
    ),
    "request-open": (
        "还在办理中 · it is still being worked on",
        "办好后先按“已办好”，再回访 · press «done» first, then ask the owner",
    ),
    "request-moved": (
        "值班室已先处理 · somebody at the post has dealt with it already",
        "请看最新情况后再办 · look at how it stands now",
    ),
    "bulletin-over": (
        "这条通知已经结束 · this notice is over",
        "请另发一条 · post a new one",
    ),
    "bulletin-by": (
        "通知由管理中心或班长发布 · notices come from head office or a shift leader",
        "请联系当班班长 · ask the shift leader",
    ),
    "count-old": (
        "清点已超过半小时 · the count is more than half an hour old",
        "请再清点一次 · please count again",
    ),
    "count-used": (
        "这次清点已用于交班 · this count has been used for a hand-over",
        "请再清点一次 · please count again",
    ),
    "count-of-another": (
        "请由接班人自己清点 · whoever takes over counts in person",
        "请接班人登录后清点 · let them sign in and count",
    ),
    "difference-reason": (
        "数目有差异，请写明原因 · the numbers differ: please write why",
        "例如：A-07 号卡仍在 3 栋访客手中 · for instance: card A-07 is still with a visitor",
    ),
    "outgoing": (
        "请选择交班人 · choose who hands over",
        "交班人与接班人应为两个人 · it takes another person than the one who takes over",
    ),
}
INPUTS: dict[str, tuple[str, str]] = {
    "request-words": (
        "请写下业主的要求 · write down what they want",
        "一两句话即可 · a sentence or two is enough",
    ),
    "request-whom": (
        "请填写房号或姓名 · fill in the unit or the name",
        "这样才能回访 · so that they can be asked afterwards",
    ),
    "request-at-post": (
        "违规劝止由现场的人记录 · a violation is recorded by whoever stopped it",
        "请值班室记录 · let the post record it",
    ),
    "too-long": ("内容太长 · the text is too long", "请缩短后再试 · make it shorter"),
    "minutes": ("时限应为1到10080分钟 · a deadline is 1 to 10080 minutes", "请重新填写 · fill it in again"),
    "note-needed": ("请写备注 · please write a note", "一句话即可 · one sentence is enough"),
    "bulletin-begin": ("请填写开始时间 · fill in when it begins", "选择日期和时间 · choose date and time"),
    "bulletin-until": (
        "结束时间应在开始之后 · it ends after it begins, within a year",
        "请核对两个时间 · look at both times",
    ),
    "bulletin-restored": (
        "恢复时间应在开始之后 · it is restored after it begins",
        "请核对时间，暂未知时留空 · look at the time; leave it empty while unknown",
    ),
    "bulletin-text": ("请写通知内容 · write what is announced", "一两句话即可 · a sentence or two is enough"),
    "count-incomplete": ("请填写每一项的数目 · fill in every number", "逐项清点后再确认 · count each, then confirm"),
    "count-range": ("数目应为0到9999 · numbers are 0 to 9999", "请再清点一次 · please count again"),
}


def stop(code: str) -> NotExecuted:
    """What stands against an action."""
    return NotExecuted(*STOPS[code], code=code)


def bad(code: str) -> BadInput:
    """What is wrong with something that was typed."""
    return BadInput(*INPUTS[code], code=code)


def require(code: str) -> None:
    """Raise NotExecuted when something stands against it."""
    if code:
        raise stop(code)


def short(most: int, *texts: str) -> None:
    """Raise BadInput for a text that is too long."""
    if any(len(text) > most for text in texts):
        raise bad("too-long")

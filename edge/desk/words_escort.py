"""Why something of green way and convoys cannot be done, and what to do next (Chinese first; tests/test_courtesy_rules.py walks them)."""

from __future__ import annotations

from edge.errors import BadInput, NotExecuted, NotFound

STOPS: dict[str, tuple[str, str]] = {
    "green-over": (
        "这次绿色通道已经解除 · this green way has been released",
        "需要时再按一次“绿色通道” · press «green way» again when it is needed",
    ),
    "convoy-over": (
        "这次车队的时段已经结束 · the time of this convoy is over",
        "请班长修改时间，或按抬杆放行 · the shift leader can change the time; or raise the barrier",
    ),
    "convoy-early": (
        "还没有到车队的时段 · it is too early for this convoy",
        "请班长把到达时间改早，或按抬杆放行 · the shift leader can set an earlier time; or raise the barrier",
    ),
    "convoy-other-way": (
        "车队正从另一个方向通过 · the convoy is passing the other way",
        "请先按“车队已过”，再开这个方向 · press «convoy is through» first, then open this way",
    ),
    "not-listed": (
        "这个车牌在车队名单之外 · this plate is on no convoy's list",
        "请核对车牌；属于车队时请班长补入名单，否则按来访车辆登记 · compare the plate; the shift leader can add it, or register a visitor",
    ),
    "ask-clock": (
        "时钟还没有校准，请看名单核对 · the clock is not set: compare with the list by eye",
        "车牌在名单上时，按抬杆放行 · when the plate is on the list, raise the barrier",
    ),
}
INPUTS: dict[str, tuple[str, str]] = {
    "unknown-kind": ("请选一个种类 · choose one of the kinds", "救护车、消防车、警车、白事、其他 · or other"),
    "arrival-past": ("到达时间已经过去 · the time of arrival is over", "请核对日期和时间 · look at date and time"),
    "arrival-form": (
        "时间格式有误 · the time is written in another way",
        "格式 2026-11-23T10:08 · as 2026-11-23T10:08",
    ),
    "too-many-cars": ("车队最多40辆 · forty cars at most", "请分成两个车队登记 · announce it as two convoys"),
    "plate-form": ("有车牌的格式有误 · a plate has another form", "请逐个核对，一行一个 · compare them, one a line"),
    "lane-unknown": ("没有这个车道 · there is no such lane", "请在页面上选择车道 · choose lanes on the page"),
    "too-long": ("内容太长 · the text is too long", "请缩短后再试 · make it shorter"),
    "couple-needed": (
        "请填写新人姓名 · fill in the couple's names",
        "例如：王伟、李娜 · for instance: Wang Wei, Li Na",
    ),
    "reason-needed": ("请选取消的原因 · choose why it is cancelled", "例如：婚期改了 · for instance: another day"),
}


def stop(code: str) -> NotExecuted:
    """What stands against an action."""
    return NotExecuted(*STOPS[code], code=code)


def bad(code: str) -> BadInput:
    """What is wrong with something that was typed."""
    return BadInput(*INPUTS[code], code=code)


def require(code: str) -> None:
    """Raise what a question of the domain has answered, if anything."""
    if code in INPUTS:
        raise bad(code)
    if code:
        raise stop(code)


def no_convoy(number: int) -> NotFound:
    """There is no such convoy."""
    return NotFound(f"没有找到车队 · there is no convoy {number}", "请在列表中重新选择 · choose it again in the list")

"""Why something cannot be done at the desk, and what to do next: for the guard, who reads it beside a visitor (D7).

Chinese first, English second. Every sentence says what would help; none says a bare «不» or «不行» (a test walks them all).
"""

from __future__ import annotations

from edge.desk import words_visits as more
from edge.errors import BadInput, NotAllowed, NotExecuted, NotFound

STOPS: dict[str, tuple[str, str]] = more.STOPS | {
    "visit-over": (
        "这次来访已经结束 · this visit has ended",
        "请在列表中重新登记 · register the visitor anew",
    ),
    "visit-admitted": (
        "来访者已经放行 · the visitor has been admitted already",
        "离开时办理收卡、退证并结束来访 · on leaving: card back, document returned, close",
    ),
    "not-admitted": (
        "这类来访请指引到接待处 · this kind of visitor is shown the way to a reception",
        "请按提示的话指引或婉言谢绝，需要进入时改为其他来访类型登记 · direct or decline with the phrase shown, or register as another kind",
    ),
    "not-refused": (
        "这类来访请指引到接待处 · this kind of visitor is shown the way to a reception",
        "请按“指引”，或在来访者离开后结束来访 · press «direct», or close when they have gone",
    ),
    "not-directed": (
        "这类来访在门岗办理 · this kind of visitor is dealt with at the gate",
        "请完成各步骤后放行，或婉言谢绝 · finish the steps and admit, or decline politely",
    ),
    "first-question": (
        "还差一步：请先询问来访者 · one step left: ask the visitor first",
        "按屏幕上的话询问并记录回答 · ask with the sentence shown and record the answer",
    ),
    "first-call": (
        "还差一步：请先得到被访人同意 · one step left: the host has to agree first",
        "请致电被访人，同意后再继续 · call the host and go on when they agree",
    ),
    "first-document": (
        "还差一步：请先登记证件 · one step left: register a document first",
        "请来访者出示有效证件 · ask the visitor for a valid document",
    ),
    "first-card": (
        "还差一步：请先发卡 · one step left: issue the card first",
        "在桌面读卡器上刷卡，或输入卡面号码 · tap the card on the desk reader, or type its number",
    ),
    "first-check": (
        "还差一步：请先核对施工证 · one step left: check the pass first",
        "核对有效日期，并确认是本人的证件 · look at its dates and that it is this person's",
    ),
    "first-tell": (
        "还差一步：请先告知路线或停车位置 · one step left: tell the way or the parking place",
        "按屏幕上的话告知来访者，然后按“已告知” · say the sentence shown, then press «told»",
    ),
    "first-unit": (
        "请先填写被访人或房号 · fill in the host or the unit first",
        "输入姓名、房号或拼音首字母 · type a name, a unit or pinyin initials",
    ),
    "first-plate": (
        "请先填写车牌 · fill in the plate first",
        "车卡要与车牌绑定 · the vehicle card is bound to it",
    ),
    "outstanding-card": (
        "卡还没有收回 · the card is still out",
        "请收回来访者的卡；卡已遗失时，挂失后再结束 · take the card back; if it is lost, report it lost first",
    ),
    "outstanding-document": (
        "证件还没有退还 · the document has yet to be returned",
        "请把证件退还来访者，再结束来访 · return the document, then close the visit",
    ),
    "outstanding-card-document": (
        "卡还没有收回，证件还没有退还 · the card is out and the document has yet to be returned",
        "请收卡、退证后再结束；来访者已离开时请写明原因 · take back, return, then close; if they have gone, write why",
    ),
    "not-held": (
        "这种证件核对后当面交还 · this kind of document is checked and handed straight back",
        "请按“已核对交还”，或请来访者换一种证件 · press «checked and returned», or ask for another document",
    ),
    "to-be-held": (
        "这种证件按规定暂存，离开时退还 · this kind of document is kept until the visitor leaves",
        "请放入证件架的一格并登记 · put it into a slot of the rack",
    ),
    "document-held-already": (
        "已经暂存了一份证件 · a document is held already",
        "需要更换时请先退还前一份 · to exchange it, return the first one",
    ),
    "nothing-held": (
        "这次来访没有暂存的证件 · no document is held for this visit",
        "请核对来访者和证件架 · look at the visitor's name and at the rack",
    ),
    "slot-taken": (
        "这一格已经有证件 · there is a document in this slot",
        "请换一格，或留空由系统选择 · choose another one, or leave it to the system",
    ),
    "slot-unknown": (
        "证件架没有这一格 · the rack has no such slot",
        "请看证件架上的编号 · look at the number on the rack",
    ),
    "rack-full": (
        "证件架已满 · the rack is full",
        "请核对后当面交还；已离开者的证件请先退还 · look at it and hand it straight back; return what can be returned",
    ),
    "card-here-already": (
        "这张卡已经发给这位来访者 · this visitor has this card already",
        "可以继续下一步 · go on with the next step",
    ),
    "card-out": (
        "这张卡正在别的来访中使用 · this card is out with another visit",
        "请换一张卡，或先收回 · take another card, or take that one back first",
    ),
    "card-lost": (
        "这张卡已挂失 · this card was reported lost",
        "请先按“收回”入架，再发放 · take it back into the rack first",
    ),
    "card-blocked": (
        "这张卡已停用 · this card is out of use",
        "请换一张卡；需要恢复时由班长重新入库 · take another; a leader can stock it anew",
    ),
    "card-kind": (
        "这次来访需要另一种卡 · this visit needs another kind of card",
        "请按屏幕提示取卡 · take the kind shown on the page",
    ),
    "card-in-rack": (
        "这张卡已经在架上 · this card is in the rack already",
        "请核对卡号 · look at its number",
    ),
    "card-of-another": (
        "这张卡属于另一次来访 · this card belongs to another visit",
        "请核对卡号，并向来访者说“很抱歉，请您稍等一下” · check the number; ask the visitor to wait a moment",
    ),
    "card-swapped": (
        "读卡器上已经换了一张卡，没有发出 · another card lies on the reader now: nothing was issued",
        "请把要发的卡单独放上，再按一次 · put down the one that you want to issue, alone, and press again",
    ),
    "card-gone": (
        "卡离开了读卡器，没有发出 · the card has left the reader: nothing was issued",
        "请把卡放在读卡器上不动，听到一声提示音再拿开 · leave the card on the reader until it beeps once",
    ),
    "card-not-written": (
        "试了三次，这张卡写入失败，没有发出 · three tries, and this card could not be written: nothing was issued",
        "请换一张卡；这张放在一边，交给班长 · take another card, and put this one aside for the shift leader",
    ),
    "reader-silent": (
        "桌面读卡器没有回应，没有发出 · the desk's reader does not answer: nothing was issued",
        "请看读卡器的线，再试一次；也可以在列表里点选卡 · look at its cable and try again; or choose a card from the list",
    ),
    "card-suspect": (
        "这个卡号发现过复制卡 · a copy of this card has been found",
        "请换一张卡；由班长核实后恢复 · take another card; the shift leader looks into this one",
    ),
    "card-not-suspect": (
        "这张卡没有可疑记录 · nothing speaks against this card",
        "请核对卡号 · look at its number",
    ),
    "card-registered": (
        "这张卡是业主或员工的卡 · this card is an owner's or a colleague's",
        "请用来访卡或临时车卡 · take a card of the visitors' stock",
    ),
    "label-taken": (
        "这个编号已用于另一张卡 · another card has this label",
        "请核对卡面编号 · look at what is printed on the card",
    ),
    "card-bound-plate": (
        "车卡已绑定原来的车牌 · the vehicle card is bound to the earlier plate",
        "请先收回车卡，改车牌后再发 · take the card back, change the plate, issue it again",
    ),
    "plate-open": (
        "这个车牌已有一次未结束的来访 · there is an open visit with this plate",
        "请在列表中打开那次来访 · open that one in the list",
    ),
    "sight-no-picture": (
        "桌面摄像头现在没有画面 · the desk's camera gives no picture now",
        "请手动登记，并看故障栏 · type it in, and see the faults",
    ),
    "sight-no-document": (
        "画面中没有找到证件 · no document was found in the picture",
        "请把证件平放在摄像头下，再拍一次 · lay it flat under the camera and take it again",
    ),
    "sight-far": (
        "证件离摄像头太远 · the document is too far away",
        "请放近一点，再拍一次 · bring it nearer, take it again",
    ),
    "sight-cut": (
        "证件没有完整进入画面 · part of the document is outside the picture",
        "请放到画面中间，再拍一次 · move it to the middle, take it again",
    ),
    "sight-dark": ("光线太暗 · it is too dark", "请开灯，再拍一次 · switch the light on, take it again"),
    "sight-glare": (
        "证件反光，看不清 · a light is mirrored in the document",
        "请挪一下，再拍一次 · move it a little, take it again",
    ),
    "sight-blurred": (
        "画面模糊，看不清 · the picture is blurred",
        "请放平、放稳，再拍一次 · lay it flat and still, take it again",
    ),
    "sight-unread": (
        "没有找到号码的位置，照片不保存 · where the number stands was not found, so the picture is not kept",
        "请手动登记，或摆正后再拍一次 · type it in, or straighten it and take it again",
    ),
    "sight-no-models": (
        "证件识别没有安装，证件照片不保存 · documents cannot be read here, so their pictures are not kept",
        "请手动登记 · type it in",
    ),
    "until-past": ("截止日期已经过去 · the last day is over", "请重新选择日期 · choose another day"),
    "until-late": (
        "截止日期超过了规定的天数 · the last day is later than the rule allows",
        "临时施工证最多三天；更长时请到管理中心办理 · three days at most; the management centre makes longer ones",
    ),
    "until-needed": (
        "时钟未校准，请填写截止日期 · the clock is not set: fill in the last day",
        "格式 2026-11-23 · as 2026-11-23",
    ),
}
INPUTS: dict[str, tuple[str, str]] = more.INPUTS | {
    "id-length": (
        "身份证号码应为18位 · an identity number has 18 signs",
        "请再看一次证件，末位可以是X · look at the document again; the last sign may be X",
    ),
    "id-date": (
        "号码中的出生日期有误 · the date of birth in the number cannot be right",
        "请核对第7至14位 · look at digits 7 to 14",
    ),
    "id-check": (
        "号码的校验位有误，可能输错一位 · the check digit is wrong: probably a slip in one digit",
        "请逐位核对 · compare digit by digit",
    ),
    "number-form": (
        "证件号码的格式有误 · the number has another form than such documents have",
        "请核对证件种类和号码 · look at the kind of document and its number",
    ),
    "until-form": ("日期格式有误 · the date is written in another way", "格式 2026-11-23 · as 2026-11-23"),
    "pass-until": ("请填写施工证的有效期 · fill in until when the pass is valid", "格式 2026-11-23 · as 2026-11-23"),
    "too-long": ("内容太长 · the text is too long", "请缩短后再试 · make it shorter"),
    "companions": ("随行人数应为0到60 · companions: 0 to 60", "请核对人数 · count again"),
    "reason-needed": ("请写明原因 · please write the reason", "例如：卡已遗失 · for instance: card lost"),
    "card-form": (
        "卡号格式有误 · this is no card number",
        "请在读卡器上刷卡，或输入卡面10位号码 · tap it on the reader, or type the ten printed digits",
    ),
}


def stop(code: str) -> NotExecuted:
    """What stands against an action."""
    return NotExecuted(*STOPS[code], code=code)


def bad(code: str) -> BadInput:
    """What is wrong with something that was typed."""
    return BadInput(*INPUTS[code], code=code)


def one_of(what: str, given: str, known: list[str]) -> BadInput:
    """A word that nobody knows."""
    return BadInput(f"没有这个选项：{given} · there is no {what} {given!r}", f"可用 · known: {', '.join(known)}")


def missing(fields: list[str]) -> NotExecuted:
    """Fields that have to be filled in first."""
    zh, en = "、".join(FIELDS[f] for f in fields), ", ".join(fields)
    return NotExecuted(
        f"请先填写：{zh} · please fill in: {en}",
        "填写后再按一次 · fill it in and press again",
        code=f"first-{fields[0]}",
    )


def not_found(what: str, number: object) -> NotFound:
    """There is no such visit, card, notice."""
    return NotFound(
        f"没有找到{THINGS[what]}：{number} · no such {what}: {number}",
        "请在列表中重新选择 · choose it again in the list",
    )


RACK_FULL = "证件架已满，核对后当面交还 · the rack was full: looked at and handed straight back"
FIELDS = {
    "name": "姓名",
    "phone": "电话",
    "company": "单位",
    "purpose": "事由",
    "host": "被访人",
    "unit": "房号",
    "plate": "车牌",
    "vehicle": "车型",
}
THINGS = {
    "appointment": "预约",
    "card": "卡",
    "entry": "名单中的这一项",
    "notice": "通知",
    "permit": "出闸纸",
    "request": "报事",
    "specimen": "签名留样",
    "step": "这一步",
    "visit": "来访",
}


def not_allowed() -> NotAllowed:
    """The community's file gives this to another role."""
    return NotAllowed(
        "您的岗位没有这项权限 · your role may not do this",
        "请当班班长办理 · ask the shift leader on duty",
    )

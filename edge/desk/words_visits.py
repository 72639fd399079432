"""Sentences of appointments, watch list, search and overstays; merged into words.py."""

from __future__ import annotations

STOPS: dict[str, tuple[str, str]] = {
    "appointment-unknown": (
        "没有找到这个预约 · this appointment was not found",
        "很抱歉，请核对号码，或请来访者说出被访人，我们打电话确认 · check the code, or ask whom they visit and call the host",
    ),
    "appointment-used": (
        "这个预约已经使用过 · this appointment has been used",
        "很抱歉，请打电话给被访人确认，再登记来访 · call the host, then register the visit",
    ),
    "appointment-expired": (
        "这个预约的时间已经过了 · the time of this appointment is over",
        "很抱歉，请打电话给被访人，同意后登记来访 · call the host; when they agree, register the visit",
    ),
    "appointment-cancelled": (
        "这个预约已取消 · this appointment was cancelled",
        "很抱歉，请打电话给被访人确认 · call the host to make sure",
    ),
    "appointment-headoffice": (
        "这个预约由管理中心登记 · this appointment is head office's",
        "请联系管理中心更改；来访者到了照常登记 · ask the management centre to change it; register the visitor as usual",
    ),
    "appointment-other-gate": (
        "这是另一个门岗的预约 · this appointment is for another gate",
        "请为来访者指路，或打电话给被访人改到本门 · show the way there, or ask the host to change it to this gate",
    ),
    "appointment-unreadable": (
        "二维码没有读完整 · the QR code was not read whole",
        "请来访者把屏幕调亮再扫一次，或输入6位预约码 · turn the screen brighter and scan again, or type the six digits",
    ),
    "appointment-not-yet": (
        "预约的时间还没有到 · the time of this appointment is still to come",
        "请来访者看预约上的时间；提前到时请打电话给被访人，同意后登记来访 · look at the time with the visitor; early: call the host, and register the visit when they agree",
    ),
    "appointment-not-signed": (
        "这个二维码没有管理中心的有效签名 · this QR code has no good signature of head office",
        "请留意，可能是自制的：请问被访人并打电话确认，再登记来访 · it may be home-made: ask whom they visit and call the host, then register",
    ),
    "appointment-revoked": (
        "这个预约码已由管理中心收回 · head office has taken this code back",
        "很抱歉，请打电话给被访人确认，或请来访者重新预约 · call the host, or ask for a new appointment",
    ),
    "code-no-key": (
        "本门岗还认不出管理中心签的预约码 · this gate cannot check codes of head office yet",
        "请用6位预约码或列表；并请技术员设置 [sync] headoffice_key · use the six digits or the list, and have [sync] headoffice_key set",
    ),
    "code-strange": (
        "这个二维码是别处的 · this QR code is from elsewhere",
        "请来访者打开预约的二维码再扫一次 · ask for the QR code of the appointment, and scan again",
    ),
    "codes-rest": (
        "预约码连续输错，请稍等十分钟再输入 · several codes were wrong: typing codes rests for ten minutes",
        "可以点选列表中的预约、扫二维码，或打电话给被访人 · choose from the list, scan the QR code, or call the host",
    ),
    "wait-leader": (
        "请稍等，正在联系班长 · one moment: the shift leader is being called",
        "请对来访者说“请您稍等，我帮您联系一下” · say: «One moment please, I am calling somebody for you»",
    ),
    "leader-declined": (
        "班长请您婉言谢绝 · the shift leader asks you to decline politely",
        "请选择婉拒的原因 · choose a reason for declining",
    ),
    "watch-none": (
        "这次来访没有等待班长决定 · nothing waits for a decision on this visit",
        "请在列表中重新选择 · choose it again in the list",
    ),
    "not-inside": (
        "来访者已经离开 · the visitor has left already",
        "请刷新名单 · look at the list again",
    ),
}
INPUTS: dict[str, tuple[str, str]] = {
    "until-before": (
        "结束时间应晚于开始时间 · the end has to be after the beginning",
        "请核对两个时间 · look at both times",
    ),
    "until-over": ("结束时间已经过去 · the end is over already", "请选择以后的时间 · choose a later time"),
    "until-far": (
        "预约最长一个月 · an appointment lasts a month at most",
        "请缩短时间，或办理长期证件 · shorten it, or issue a long-term pass",
    ),
    "token-form": (
        "预约码的编号有误 · this is no name of a code",
        "应为16位以上的十六进制 · 16 or more hexadecimal digits",
    ),
    "who-needed": (
        "请填写姓名或车牌 · fill in the name or the plate",
        "这样来访时才找得到预约 · so that it is found when they come",
    ),
    "watch-reason": ("请写明原因 · please write the reason", "只给班长看 · shift leaders alone read it"),
    "watch-needed": (
        "请填写姓名、证件号、车牌或电话 · fill in a name, a document's number, a plate or a telephone",
        "至少填一项 · one of them at least",
    ),
}

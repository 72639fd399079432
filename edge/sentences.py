"""Why a command was not carried out, and what to do next: one sentence and one hint for each reason, for people.

The keys are the barrier's objections and the gate's own reasons; a test walks all of them. The page has the same codes in
its dictionaries; these here serve every other client of the API and the logs. Chinese first, English second.
"""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "late": (
        "指令到得太晚，未执行 · too late, not executed",
        "看清道闸现在的状态，需要时再按一次 · look at the barrier, then press again",
    ),
    "occupied": ("杆下有车，未落杆 · a vehicle is under the arm", "请等车辆完全驶离后再落杆 · wait until it has gone"),
    "beam": (
        "红外光束被挡住，未落杆 · the light beam is broken",
        "请看杆下是否有人或车 · look for a person or vehicle under the arm",
    ),
    "sensor-lost": (
        "杆下的检测器没有信号，未落杆 · the sensor under the arm is lost",
        "请到现场看护，并报修 · watch the arm on the spot and call a technician",
    ),
    "held": ("道闸正在常开 · the barrier is held open", "请先解除常开 · release it first"),
    "fire": (
        "消防联动中，道闸保持抬起 · fire alarm: the arm stays up",
        "消防信号解除后再操作 · after the fire contact is clear",
    ),
    "vehicle-expected": (
        "有已放行的车辆正要通过 · an admitted vehicle is about to pass",
        "请等它通过 · let it pass first",
    ),
    "fault": (
        "道闸有故障 · the barrier has a fault",
        "请看故障说明，必要时用手动摇杆 · read the fault; use the hand crank if needed",
    ),
    "already": ("道闸已经是这个状态 · it is so already", "不需要再操作 · nothing to do"),
    "no-relays": (
        "控制继电器连接中断 · the relays cannot be reached",
        "请用道闸的手动按钮，并报修 · use the machine's own button, call a technician",
    ),
    "no-stop": ("这台道闸没有停止线 · this barrier has no stop relay", "用抬杆代替 · raise instead"),
    "outstanding-card": (
        "卡还没有收回 · the visitor's card is still out",
        "请收回临时车卡并结束来访，再抬杆 · take the card back, close the visit, then open",
    ),
    "outstanding-document": (
        "证件还没有退还 · the visitor's document has yet to be returned",
        "请退还证件并结束来访，再抬杆 · return it, close the visit, then open",
    ),
    "outstanding-card-document": (
        "卡还没有收回，证件还没有退还 · the card is out and the document has yet to be returned",
        "请收卡、退证并结束来访，再抬杆；特殊情况请写明原因结束来访 · take back, return, close, then open; or close with a reason",
    ),
    "load-unchecked": (
        "货车出门前请先检查货厢 · the truck's load space is to be looked into first",
        "请打开车厢后门检查，在“物品”里记录，再抬杆 · look inside, record it under «goods», then open",
    ),
    "load-kept": (
        "车上有物品还没有出闸纸 · there are goods without a permit on board",
        "请补办出闸纸或卸下物品，再检查一次 · get a permit or unload them, then check again",
    ),
    "not-free": (
        "感应线圈上有车，不能试 · a vehicle is on a loop: no trial now",
        "等车辆离开后再试 · wait until it has gone",
    ),
    "beam-broken": (
        "红外光束被挡住，不能试 · the light beam is broken: no trial now",
        "看杆下是否有人或物，或检查光束 · look under the arm, or mend the beam",
    ),
    "somebody-waits": (
        "有车辆正在等候或将要通过 · somebody waits there or is about to pass",
        "让它先走，再试 · let them pass first",
    ),
    "not-held": ("道闸没有被常开 · it is not held open", "不需要解除 · nothing to release"),
}


def sentence(code: str) -> tuple[str, str]:
    """Message and hint for a reason; an unknown one is shown as it is, with what always helps."""
    return SENTENCES.get(
        code, (f"未执行：{code} · not executed: {code}", "请看现场，再试一次 · look at the barrier and try again")
    )

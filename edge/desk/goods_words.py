"""Why something cannot be done with goods, permits and trucks, and what to do next; as edge/desk/words.py (D7)."""

from __future__ import annotations

from edge.errors import BadInput, NotAllowed, NotExecuted

STOPS: dict[str, tuple[str, str]] = {
    "permit-stopped": (
        "这张出闸纸已停用 · this permit is stopped",
        "请联系管理中心核实，无误后由班长恢复 · call the management centre; a leader restores it when it is right",
    ),
    "permit-used": (
        "这张出闸纸上的物品已全部放行 · everything on this permit has left",
        "请联系开单人重开一张 · ask the signer for a new one",
    ),
    "permit-expired": (
        "这张出闸纸已过有效日期 · this permit is past its date",
        "请联系管理中心续办 · call the management centre for a new one",
    ),
    "permit-another": (
        "出闸纸登记的是另一辆车 · the permit names another vehicle",
        "请核对车牌，联系开单人 · compare the plates, call the signer",
    ),
    "permit-unstamped": (
        "出闸纸还没有管理中心印章 · the permit lacks the management centre's stamp",
        "请联系管理中心补盖印章 · call the management centre for the stamp",
    ),
    "permit-changed": (
        "另一台平板刚刚放行过这张单上的物品 · somebody has just released goods on this permit",
        "请看现在的余数，再核对一次 · look at what is left now and check again",
    ),
    "first-genuine": (
        "还差一步：请先核对签名和印章 · one step left: compare signature and stamp",
        "与留样对照后点“签名、印章相符” · compare with the specimen, then press «genuine»",
    ),
    "first-count": (
        "请先点清物品 · please count the items first",
        "逐项按“相符”或加减数量 · press «match» or plus and minus at each item",
    ),
    "not-an-exit": (
        "货厢在出口检查 · load spaces are checked at an exit",
        "请选择出口车道 · choose an exit lane",
    ),
    "no-truck": (
        "出口现在没有登记的货车 · no truck is announced at this exit",
        "请先点“这是货车” · press «this is a truck» first",
    ),
    "permit-withdrawn": (
        "这张出闸纸已由管理中心撤回 · head office has withdrawn this permit",
        "请联系管理中心重开一张，会自动下发到本门 · ask the management centre for a new one; it comes here by itself",
    ),
    "permit-open": (
        "这张出闸纸正在使用 · this permit is in use",
        "可以继续核对物品 · go on and check the items",
    ),
    "nothing-leaving": (
        "还没有这辆车的出口记录 · this vehicle has no record at the exit yet",
        "请先在出口刷卡 · present the card at the exit first",
    ),
}
INPUTS: dict[str, tuple[str, str]] = {
    "items-none": (
        "请填写至少一件物品 · fill in at least one item",
        "名称、数量和单位 · name, number and measure",
    ),
    "items-many": ("物品太多 · too many items", "请分成两张登记 · register them as two permits"),
    "item-count": ("数量应为1到9999 · a number from 1 to 9999", "请核对数量 · count again"),
    "item-unknown": ("出闸纸上没有这一项 · the permit has no such item", "请重新打开这张单 · open the permit again"),
    "until-form": ("日期格式有误 · the date is written in another way", "格式 2026-11-23 · as 2026-11-23"),
    "of-unit": ("请填写业主房号 · fill in the owner's unit", "例如 11栋201 · for instance 11栋201"),
    "of-company": ("请填写施工单位 · fill in the contractor", "出闸纸上的单位名称 · its name on the permit"),
    "too-long": ("内容太长 · the text is too long", "请缩短后再试 · make it shorter"),
    "reason-needed": (
        "请写明原因 · please write the reason",
        "例如：管理中心电话同意 · for instance: agreed by telephone",
    ),
    "picture-form": (
        "请选择一张 JPEG 照片 · choose a picture in JPEG",
        "请重新拍一张签名照片 · photograph the signature once more",
    ),
    "plate-needed": ("请填写车上的车牌 · fill in the plate on the vehicle", "例如 粤B12345 · for instance 粤B12345"),
}
LEADER = (
    "这一步由班长办理 · this is the shift leader's",
    "请班长登录后操作，或联系管理中心 · ask the shift leader, or call the management centre",
)


def stop(code: str) -> NotExecuted:
    """What stands against an action."""
    return NotExecuted(*STOPS[code], code=code)


def bad(code: str) -> BadInput:
    """What is wrong with something that was typed."""
    return BadInput(*INPUTS[code], code=code)


def leader() -> NotAllowed:
    """Only a shift leader (or head office) may."""
    return NotAllowed(*LEADER)

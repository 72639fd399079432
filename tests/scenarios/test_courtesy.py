"""Courtesy at a lane (D7, P1, P2), with real readers' bytes: by surname, title and time of day; supervisors are saluted."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from edge.domain.courtesy import daypart
from edge.store import registry
from tests.support_gate import Whole, whole, without_cameras

REGISTRY = """卡号,类别,状态,编号,姓名,称呼,主管,房号,车牌,生效日期,截止日期,时段
0A0000AA01,职员,正常,S1,陈强,先生,是,,,,,
0A0000AA02,职员,正常,S2,欧阳倩,女士,,,,,,
0A0000AA03,业主,正常,P1,周敏,女士,,3栋1201,,,,
"""


async def shown(gate: Whole, card: str) -> dict[str, Any]:
    """What the entry's card says when this card is presented."""
    seq = gate.head()
    gate.tap(card)
    said = await gate.event("access.decided", seq, lane="entry")
    assert (said.decision, said.salute) == ("granted", True)
    await gate.until(lambda: (gate.lane()["prompt"] or {}).get("params", {}).get("credential") == said.credential)
    found: dict[str, Any] = gate.lane()["prompt"]
    return found


def test_p1_p2_a_supervisor_is_saluted_and_everybody_greeted_by_name(tmp_path: Path) -> None:
    async def run() -> None:
        async with whole(tmp_path / "gate", without_cameras) as gate:
            table = tmp_path / "registry.csv"
            table.write_text(REGISTRY, "utf-8")
            await asyncio.to_thread(
                registry.import_file, gate.house.store, table, actor="test", stamp=gate.gate.clock.stamp()
            )
            part = daypart(gate.gate.local(gate.gate.clock.stamp()))
            chief = await shown(gate, "0a0000aa01")
            assert (chief["code"], chief["salute"], chief["params"]["supervisor"]) == ("greet", True, True)
            assert (chief["params"]["surname"], chief["params"]["title"]) == ("陈", "mr")
            assert chief["params"]["daypart"] in (part, daypart(gate.gate.local(gate.gate.clock.stamp())))
            colleague = await shown(gate, "0a0000aa02")
            assert (colleague["params"]["supervisor"], colleague["params"]["surname"]) == (False, "欧阳")
            owner = await shown(gate, "0a0000aa03")
            assert (owner["params"]["surname"], owner["params"]["title"]) == ("周", "ms")
            assert {e.rule for e in gate.all("access.decided")} == {"P1", "V2"}

    asyncio.run(run())

"""`python -m tests.soak_config [COUNT]`: 1,000 spoilt configurations; each is refused with a named key, or a whole gate is built of it, starts and
ends, its pins simulated and its data in a folder of its own. Ends with an error, the shortest such text and what came of it, at the first that does neither."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, settings

from edge.settings import Settings
from edge.wiring import House
from tests.support_config import taken, texts


def put(found: Settings, data: Path) -> Settings:
    """The same gate on this machine: nothing real is touched, and nothing outside `data` is written."""
    return found.model_copy(
        update={
            "gate": found.gate.model_copy(update={"data": data}),
            "pins": found.pins.model_copy(update={"factory": "simulated"}),
            "simulation": found.simulation.model_copy(update={"registry": None}),
        }
    )


async def whole(found: Settings) -> None:
    """Build, start, end. Raises whatever is wrong."""
    with tempfile.TemporaryDirectory(prefix="gate-soak-", ignore_cleanup_errors=True) as folder:
        house = await House.build(put(found, Path(folder)))
        try:
            await house.start()
        finally:
            await house.stop("asked")


def main(count: int) -> int:
    """0 when nothing was wrong."""
    seen: Counter[str] = Counter()
    began = time.monotonic()

    @settings(
        max_examples=count, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(text=texts())
    def each(text: str) -> None:
        found = taken(text)
        seen["refused" if found is None else "started"] += 1
        if found is not None:
            asyncio.run(whole(found))

    each()
    print(f"{sum(seen.values())} configurations: {dict(seen)}, {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))

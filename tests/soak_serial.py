"""`python -m tests.soak_serial [MINUTES] [SEED]`: days of trouble at the readers' serial lines, a quarter of an hour each in gate's time.

Each with a seed of its own, which is printed: `… soak_serial 1 SEED` plays it again. Ends with 1 at the first thing that is wrong.
"""

from __future__ import annotations

import asyncio
import logging
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.support_serial_day import day

SECONDS, RATE = 45.0, 20.0


def main(minutes: float, seed: int | None) -> int:
    """0 when nothing was wrong."""
    logging.disable(logging.CRITICAL)  # each pulled plug has its lines
    until = time.monotonic() + minutes * 60
    while time.monotonic() < until:
        number = random.randrange(1 << 30) if seed is None else seed
        with tempfile.TemporaryDirectory(prefix="gate-serial-") as folder:
            try:
                print(
                    asyncio.run(day(Path(folder), number, min(SECONDS, until - time.monotonic() + 5), RATE)), flush=True
                )
            except AssertionError as e:
                print(f"seed {number}: WRONG: {e}", flush=True)
                return 1
    return 0


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(main(float(given[0]) if given else 5.0, int(given[1]) if given[1:] else None))

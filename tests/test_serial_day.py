"""Issue 4, point 11: serial lines with noise and a loose plug while cars pass: nothing lost, nothing doubled, each fault journalled once.

Minutes of it, with another seed each time: `python -m tests.soak_serial`.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.support_serial_day import day


def test_seconds_of_trouble_on_both_lines(tmp_path: Path) -> None:
    done = asyncio.run(day(tmp_path, seed=4, seconds=7.0, rate=20.0))
    assert all(len(cars) >= 3 for cars in done.cars.values()), done
    assert all(count >= 2 for count in done.pulled.values()), done
    assert done.bursts >= 5, done

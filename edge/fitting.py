"""What is wrong with a configuration and only drivers know: pins that a board does not let be used so, addresses of no kind."""

from __future__ import annotations

from collections.abc import Iterator

from drivers.port import address_problem
from edge import counting, hardware
from edge.settings import Settings

LINES = ("reader", "scanner", "sign")


def problems(settings: Settings) -> list[str]:
    """One sentence for each, with its key."""
    return [*_pins(settings), *_ports(settings), *_counter(settings)]


def _pins(settings: Settings) -> Iterator[str]:
    for n, lane in enumerate(settings.lane):
        try:
            hardware.lane_pins(lane)
        except ValueError as e:
            yield f"lane[{n}].barrier: {e}"


def _ports(settings: Settings) -> Iterator[str]:
    tables = {f"lane[{n}].{name}": getattr(lane, name) for n, lane in enumerate(settings.lane) for name in LINES}
    tables |= {f"desk.{name}": getattr(settings.desk, name) for name in ("reader", "scanner")}
    for where, table in tables.items():
        if table is not None and (why := address_problem(table.port)):
            yield f"{where}.port: {why}; /dev/serial/by-id/…, socket://…"


def _counter(settings: Settings) -> Iterator[str]:
    drivers = [lane.reader.driver for lane in settings.lane if lane.reader]
    yield from counting.check(settings.counter.kinds, drivers, hardware.writers())

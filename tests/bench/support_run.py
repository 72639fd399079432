"""What the benches of a whole gate share: its configuration, and what to do with a measurement that is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.bench.support_data import ROOT


class Wrong(RuntimeError):
    """What was measured is not what was meant: no figure is better than a wrong one."""


def gate_toml(folder: Path, ports: dict[str, str], link: str) -> str:
    """config/laptop.toml with this data folder, these readers, and no page's port that could be taken."""
    text = (ROOT / "config" / "laptop.toml").read_text(encoding="utf-8")
    for was, now in {
        'data = "var/laptop"': f'data = "{folder}"',
        'link = "memory"': f'link = "{link}"',
        "port = 8080": "port = 0",
        # The gate's patience at this rate: on a busy machine 8 s of simulated time are over while a thread waits for its turn.
        "[lane.barrier]\n": "[lane.barrier]\nrise_s = 60\nfall_s = 60\nauto_close_s = 0\n",
        "[lane.sensors]\n": "[lane.sensors]\nauthorisation_s = 600\nleft_open_s = 3600\n",
        **{f'port = "sim://{lane}-reader"': f'port = "{port}"' for lane, port in ports.items()},
    }.items():
        if was not in text:
            raise Wrong(f"config/laptop.toml no longer says {was}")
        text = text.replace(was, now)
    return text + "\n[plates]\nread = false\n"


def row(
    name: str, value: float, unit: str, limit: float | None = None, goal: str = "", met: bool | None = None
) -> dict[str, Any]:
    """A row of the table (tests/bench/__main__.py). `limit`: the best that this machine did in the same run."""
    ratio = value / limit if limit else None
    return {"name": name, "value": value, "unit": unit, "limit": limit, "ratio": ratio, "goal": goal, "met": met}

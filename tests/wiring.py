"""The picture of a typical gate's wires (docs/wiring.svg), drawn from config/gate.example.toml: `python -m tests.wiring > docs/wiring.svg`.

Pins stand where the example's way in has them, so that picture and configuration cannot differ; a test fails when the file lags.
One lane, fire and the post's button are drawn; the way out is the same again on its own pins.
"""

from __future__ import annotations

import html
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.places import read_settings
from edge.settings import Settings
from edge.settings_lane import Input, Output

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "config" / "gate.example.toml"
HEADER = {
    2: 3,
    3: 5,
    4: 7,
    14: 8,
    15: 10,
    17: 11,
    18: 12,
    27: 13,
    22: 15,
    23: 16,
    24: 18,
    10: 19,
    9: 21,
    25: 22,
    11: 23,
    8: 24,
    7: 26,
}
HEADER |= {5: 29, 6: 31, 12: 32, 13: 33, 19: 35, 16: 36, 26: 37, 20: 38, 21: 40}
"""BCM number → place on the forty-pin header."""
POWER = {
    1: "3V3",
    2: "5V",
    4: "5V",
    6: "GND",
    9: "GND",
    14: "GND",
    17: "3V3",
    20: "GND",
    25: "GND",
    30: "GND",
    34: "GND",
    39: "GND",
}
POWER |= {27: "–", 28: "–"}
OUT, IN, SAFE, LINE, GROUND, INK, QUIET = "#c2410c", "#1d4ed8", "#b91c1c", "#047857", "#525252", "#1c1917", "#6b7280"
PITCH, TOP, LEFT = 33, 130, 122
"""Of the header's rows, px."""


@dataclass(frozen=True)
class Wire:
    """From a pin of the header to a terminal: its key in the configuration and its colour."""

    bcm: int
    key: str
    colour: str
    x: float
    y: float
    channel: int


def text(
    x: float, y: float, words: str, size: int = 14, colour: str = INK, anchor: str = "start", weight: int = 400
) -> str:
    """One line of words."""
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{colour}" text-anchor="{anchor}" font-weight="{weight}">{html.escape(words)}</text>'


def box(x: float, y: float, width: float, height: float, title: str, under: str = "", fill: str = "#fafaf9") -> str:
    """A device."""
    parts = [
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="10" fill="{fill}" stroke="#a8a29e" stroke-width="1.5"/>'
    ]
    parts.append(text(x + 12, y + 22, title, 15, weight=700))
    if under:
        parts.append(text(x + 12, y + 39, under, 12, QUIET))
    return "".join(parts)


def terminal(x: float, y: float, name: str, colour: str = INK, side: str = "right") -> str:
    """A screw terminal with its name beside it."""
    at, anchor = (x + 13, "start") if side == "right" else (x - 13, "end")
    return f'<circle cx="{x:g}" cy="{y:g}" r="5.5" fill="#fff" stroke="{colour}" stroke-width="2.5"/>' + text(
        at, y + 5, name, 13, anchor=anchor
    )


def path(points: list[tuple[float, float]], colour: str, dash: str = "") -> str:
    """A wire."""
    line = " ".join(f"{x:g},{y:g}" for x, y in points)
    more = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2.4" stroke-linejoin="round"{more}/>'


def place(header: int) -> tuple[float, float]:
    """Where a pin of the header is drawn."""
    return LEFT + (0 if header % 2 else 30), TOP + (header - 1) // 2 * PITCH


def pin_of(given: Input | Output | None) -> int:
    """Its BCM number; the example has it."""
    assert given is not None
    return given.pin


def wires(settings: Settings) -> list[Wire]:
    """What is drawn from the header, from top to bottom of the devices."""
    lane, fire, button = settings.lane[0], settings.fire, settings.green_way.input
    assert fire is not None
    barrier, sensors = lane.barrier, lane.sensors
    rows = [
        (pin_of(barrier.open), "barrier.open", OUT, 214),
        (pin_of(barrier.close), "barrier.close", OUT, 246),
        (pin_of(barrier.stop), "barrier.stop", OUT, 278),
        (pin_of(barrier.up_limit), "barrier.up_limit", IN, 356),
        (pin_of(barrier.down_limit), "barrier.down_limit", IN, 388),
        (pin_of(sensors.approach), "sensors.approach", IN, 476),
        (pin_of(sensors.under), "sensors.under", SAFE, 556),
        (pin_of(sensors.beam), "sensors.beam", SAFE, 636),
        (pin_of(fire.input), "fire.input", SAFE, 716),
        (pin_of(button), "green_way.input", IN, 796),
    ]
    by_height = sorted(range(len(rows)), key=lambda n: place(HEADER[rows[n][0]])[1])
    channels = {n: order for order, n in enumerate(by_height)}
    return [Wire(bcm, key, colour, 590, y, channels[n]) for n, (bcm, key, colour, y) in enumerate(rows)]


def _header(used: dict[int, str]) -> Iterator[str]:
    yield box(30, 70, 240, 20 * PITCH + 66, "Raspberry Pi · 树莓派", "numbers: BCM, as configured")
    for number in range(1, 41):
        x, y = place(number)
        bcm = next((b for b, h in HEADER.items() if h == number), None)
        colour = used.get(bcm, "") if bcm else ""
        fill = colour or ({"5V": "#fca5a5", "3V3": "#fdba74", "GND": "#d6d3d1"}.get(POWER.get(number, ""), "#fff"))
        yield _dot(number, fill)
        name = f"GPIO {bcm}" if bcm else POWER[number]
        strong = 700 if colour else 400
        if number % 2:
            yield text(x - 16, y + 5, name, 12, INK if colour else QUIET, "end", strong)
        else:
            yield text(x + 16, y + (-5 if colour else 5), name, 12, INK if colour else QUIET, "start", strong)


def _dot(number: int, fill: str) -> str:
    """A pin; the first is square."""
    x, y = place(number)
    shape = f'<rect x="{x - 8:g}" y="{y - 8:g}" width="16" height="16" rx="3"'
    shape = shape if number == 1 else f'<circle cx="{x:g}" cy="{y:g}" r="8"'
    return f'{shape} fill="{fill}" stroke="{INK}" stroke-width="1.2"/>'


def _from_header(found: list[Wire]) -> Iterator[str]:
    for wire in found:
        x, y = place(HEADER[wire.bcm])
        lane = 300 + 20 * wire.channel
        level = y + (PITCH / 2 if HEADER[wire.bcm] % 2 else 0)  # between the rows, past the pin on the right
        points = [(x, y), (x, level), (lane, level), (lane, wire.y), (wire.x, wire.y)]
        yield path(points, "#fff").replace('stroke-width="2.4"', 'stroke-width="6"')
        yield path(points, wire.colour)
        yield text(wire.x - 12, wire.y - 6, wire.key, 12, wire.colour, "end", 700)


def _devices(settings: Settings) -> Iterator[str]:
    yield box(570, 130, 210, 178, "relay board · 继电器板", "5 V of its own, GND shared")
    for y, name in ((214, "IN1"), (246, "IN2"), (278, "IN3")):
        yield terminal(590, y, name, OUT)
    for y, name in ((214, "NO"), (246, "NO"), (278, "NO")):
        yield terminal(762, y, name, OUT, "left")
    yield terminal(762, 182, "COM ×3", GROUND, "left")
    yield box(940, 70, 320, 360, "barrier machine · 道闸机", "terminals have other names on each make")
    for y, name in ((182, "COM"), (214, "OPEN · 开"), (246, "CLOSE · 关"), (278, "STOP · 停")):
        yield terminal(960, y, name, GROUND if name == "COM" else OUT)
        yield path([(768, y), (954, y)], GROUND if name == "COM" else OUT)
    yield text(860, 152, "dry contacts", 12, QUIET, "middle") + text(860, 169, "0.5 s · 干接点", 12, QUIET, "middle")
    for y, name in ((356, "UP limit · 上限位"), (388, "DOWN limit · 下限位")):
        yield terminal(960, y, name, IN)
        yield path([(590, y), (954, y)], IN)
    yield _ground(960, 418, "limit COM")
    yield text(952, 138, "safety edge, mains: the machine's own", 12, SAFE, weight=700)
    yield text(952, 155, "防砸装置和强电不动", 12, SAFE)
    rows = (
        (476, "loop detector, approach · 前地感", "NO, and COM", IN),
        (556, "loop detector, under the arm · 杆下地感", "NO (NC fails safe: contact = closed)", SAFE),
        (636, "light beam · 红外对射", "NC: a cut wire counts as «broken»", SAFE),
        (716, "fire alarm panel · 消防联动", "NC: a cut wire raises every arm", SAFE),
        (796, "button at the post · 岗亭按钮", "NO: green way, works with the tablet dead", IN),
    )
    for y, name, under, colour in rows:
        yield box(570, y - 34, 360, 70, "", "")
        yield text(600, y - 10, name, 14, weight=700)
        yield text(612, y + 10, under, 12, QUIET)
        yield terminal(590, y, "", colour)
        yield _ground(590, y + 19, "")
    for y, name in ((476, "loop · 线圈"), (556, "loop · 线圈")):
        yield f'<rect x="985" y="{y - 24}" width="150" height="46" rx="8" fill="none" stroke="{QUIET}" stroke-width="2" stroke-dasharray="7 4"/>'
        yield text(1060, y + 4, name, 13, QUIET, "middle")
        yield path([(930, y - 6), (985, y - 6)], QUIET) + path([(930, y + 6), (985, y + 6)], QUIET)
    yield path([(930, 636), (985, 636)], QUIET, "2 5") + text(992, 641, "transmitter opposite · 对面发射端", 13, QUIET)


def _ground(x: float, y: float, name: str) -> str:
    """A contact's other side: to the Pi's ground, drawn as a symbol so that ten wires need not be."""
    bars = "".join(
        f'<line x1="{x - w:g}" y1="{y + d:g}" x2="{x + w:g}" y2="{y + d:g}" stroke="{GROUND}" stroke-width="2.2"/>'
        for w, d in ((9, 0), (6, 4), (2.5, 8))
    )
    return bars + (text(x + 13, y + 7, name, 13) if name else "")


def _lines(settings: Settings) -> Iterator[str]:
    top = 872
    yield box(30, top, 240, 190, "USB, network · USB 与网口", "by-id names survive a replug")
    devices = (
        (
            top + 60,
            "USB–RS485",
            "[lane.reader] port = /dev/serial/by-id/…",
            "card reader · 读卡器",
            "A–A, B–B, GND; 120 Ω at both ends of the bus",
        ),
        (
            top + 114,
            "USB–RS485",
            "[lane.sign] port = /dev/serial/by-id/…",
            "LED sign · 显示屏",
            "a bus of its own; FK (方控) or text lines",
        ),
        (
            top + 168,
            "Ethernet",
            "[lane.camera] source = rtsp://…",
            "switch: camera, tablet's Wi-Fi · 交换机",
            "one private network; head office beyond a router",
        ),
    )
    for y, plug, key, name, under in devices:
        yield terminal(252, y, plug, LINE, "left")
        yield path([(258, y), (570, y)], LINE)
        yield text(560, y - 6, key, 12, LINE, "end", 700)
        yield box(570, y - 24, 440, 48, "")
        yield text(600, y - 3, name, 14, weight=700)
        yield text(600, y + 14, under, 12, QUIET)
        yield terminal(590, y, "", LINE) + path([(570, y), (584, y)], LINE)
    yield box(1030, top + 36, 230, 152, "colours · 颜色")
    for n, (colour, words) in enumerate(
        ((OUT, "relays · 输出"), (IN, "inputs · 输入"), (SAFE, "arm, fire · 防护"), (LINE, "serial, network · 通信"))
    ):
        yield path([(1054, top + 76 + 22 * n), (1090, top + 76 + 22 * n)], colour)
        yield text(1098, top + 81 + 22 * n, words, 13)
    yield _ground(1072, top + 164, "") + text(1098, top + 171, "the Pi's GND · 共地", 13)


def drawn() -> str:
    """The whole picture."""
    settings = read_settings(EXAMPLE)
    found = wires(settings)
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1290 1090" font-family="Noto Sans CJK SC, PingFang SC, Microsoft YaHei, Arial, sans-serif" role="img" aria-label="Wiring of a gate: one lane">',
        '<rect width="1290" height="1090" rx="18" fill="#ffffff"/>',
        text(30, 46, "one lane of a gate · 一条车道的接线", 24, weight=700),
        text(1260, 46, "pins as in config/gate.example.toml, [[lane]] entry", 14, QUIET, "end"),
        *_header({wire.bcm: wire.colour for wire in found}),
        *_devices(settings),
        *_from_header(found),
        *(terminal(wire.x, wire.y, "", wire.colour) for wire in found),
        *(_dot(HEADER[wire.bcm], wire.colour) for wire in found),
        *_lines(settings),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.stdout.write(drawn())

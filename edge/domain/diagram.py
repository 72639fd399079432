"""docs/barrier.md, drawn from the barrier's table: `python -m edge.domain.diagram > docs/barrier.md`.

Nothing is told twice: the arrows and rows are `barrier.TABLE`, what a row does is its handler's docstring, the rules are
barrier's own docstring and what is assumed of vehicles is crossing's. Here are only the words for phases and inputs. A test
fails when the page differs from what is drawn here.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections import Counter

from edge.domain import barrier, crossing
from edge.domain.barrier import TABLE, Phase, Row

PHASES: dict[Phase, tuple[str, str]] = {
    Phase.UNKNOWN: ("未知", "after a start, until a switch speaks or the arm is commanded"),
    Phase.DOWN: ("落下", "closed; nobody can drive in"),
    Phase.RISING: ("抬起中", "told to rise, not up yet"),
    Phase.UP: ("抬起", "open, until the business is over or a guard lowers it"),
    Phase.FALLING: ("落下中", "told to come down, not down yet; whatever enters raises it"),
    Phase.STOPPED: ("停住", "a guard has stopped it on its way"),
    Phase.HELD: ("常开", "up, and held there by a guard, fire, an emergency or a convoy"),
    Phase.FAULT: ("故障", "its place is in doubt: did not rise, did not fall, forced, moved by hand, contradiction"),
}
COLUMNS: dict[str, tuple[str, str]] = {
    "approach+": ("前地感有车", "a vehicle before the arm"),
    "approach-": ("前地感无车", "nobody before the arm"),
    "under+": ("杆下地感有车", "loop under the arm covered"),
    "under-": ("杆下地感无车", "loop under the arm free"),
    "beam+": ("红外被挡", "beam broken"),
    "beam-": ("红外恢复", "beam free"),
    "up_limit+": ("上限位到", "upper limit reached"),
    "up_limit-": ("离开上限位", "upper limit left"),
    "down_limit+": ("下限位到", "lower limit reached"),
    "down_limit-": ("离开下限位", "lower limit left"),
    "fire+": ("消防信号", "fire contact"),
    "fire-": ("消防信号解除", "fire contact clear"),
    "hand+": ("机旁手动开关接通", "switch at the machine on"),
    "hand-": ("机旁手动开关断开", "switch at the machine off"),
    "sensorlost": ("检测器失联", "a sensor is lost"),
    "sensorback": ("检测器恢复", "a sensor is back"),
    "authorised": ("放行", "a vehicle is admitted"),
    "lower": ("保安落杆", "guard lowers"),
    "stop": ("保安停杆", "guard stops"),
    "hold": ("常开", "somebody holds it up"),
    "release": ("解除常开", "a holder lets go"),
    "recorded": ("落杆已记录", "the close is recorded"),
    "tick": ("到时", "a time is over"),
    "start": ("启动", "the gate begins"),
}
SHORT = {
    "under+": "entered",
    "beam+": "entered",
    "sensorlost": "sensor lost",
    "up_limit+": "at upper limit",
    "up_limit-": "left upper limit",
    "down_limit+": "at lower limit",
    "down_limit-": "left lower limit",
    "fire+": "fire",
    "authorised": "admitted",
    "recorded": "close recorded",
    "tick": "time",
}
"""What is written on arrows, where the input's own name would not do."""
NOT_DRAWN = ("start", "sensorback")
"""Arrows from everywhere to nearly everywhere: told below the picture."""

INTRO = """# 道闸状态表 · The barrier's state table

Drawn from `edge/domain/barrier.py` by `python -m edge.domain.diagram > docs/barrier.md`; a test fails when it lags.
`step(state, input, now)` is pure: it returns the next state and the effects; `state.deadline` says when to feed the next Tick.

## 状态图 · Picture

Not drawn: a start (启动) leads from every phase to what the sensors say; a sensor that is back (检测器恢复) leads where its
report would. What changes nothing has no arrow. Arrows show all that is possible: most of them only on lanes that lack a
switch, or while one is lost.
"""
TIMES = """## 时间 · Times

| config | what happens when it is over |
| --- | --- |
| `rise_ms`, `fall_ms` | the limit switch should have spoken: a fault, or, without a switch, the arm is taken to be there |
| `auto_close_ms` | the way has been free: the close is asked for (`Ask`), recorded, and only then given |
| `ask_again_ms` | the close could not be recorded: it is asked for again, with a new token; the old one counts no more |
| `authorisation_ms` | an admitted vehicle that nobody saw loses its admission; one that stands there keeps it |
| `left_open_ms` | up, and nothing has moved: the guard is told |
| `stopped_under_ms` | something stands under the arm: the guard is told, once |
| `fire_again_ms` | fire, and the arm is in a fault: it is told to rise again |
| `hand_ms` | since the switch at the machine was touched: an arm that moves unbidden is forced again, not moved by hand |
| `stuck_ms` | loop or beam and the lower limit contradict each other for so long: a fault |
| `crossing.GRACE_MS` | between the loops for so long: turned back |
"""


def drawn() -> str:
    """The whole page."""
    return "\n".join((INTRO, _picture(), _rules(), _everywhere(), _phases(), TIMES, _assumed()))


def _picture() -> str:
    """Mermaid: one arrow for each pair of phases, with everything that leads along it."""
    arrows: dict[tuple[Phase, Phase], list[str]] = {}
    for (phase, column), row in TABLE.items():
        for to in sorted(row.to - {phase}, key=list(Phase).index):
            if column not in NOT_DRAWN:
                arrows.setdefault((phase, to), []).append(SHORT.get(column, column))
    lines = ["```mermaid", "stateDiagram-v2", "    direction LR"]
    lines += [f'    state "{chinese} {phase.value}" as {phase.value}' for phase, (chinese, _) in PHASES.items()]
    lines += ["    [*] --> unknown"]
    lines += [
        f"    {was.value} --> {to.value}: {' / '.join(dict.fromkeys(labels))}" for (was, to), labels in arrows.items()
    ]
    return "\n".join((*lines, "```", ""))


def _rules() -> str:
    """The numbered rules of barrier's docstring."""
    rules = re.findall(r"^  (\d)\. (.*?)(?=^  \d\. |^$)", inspect.getdoc(barrier) or "", re.MULTILINE | re.DOTALL)
    return "\n".join(("## 规则 · Rules", "", *(f"{number}. {' '.join(text.split())}" for number, text in rules), ""))


def _common(column: str) -> Row:
    """What most phases do with this input."""
    return Counter(TABLE[phase, column] for phase in Phase).most_common(1)[0][0]


def _everywhere() -> str:
    lines = [
        "## 各状态通用 · In every phase, unless it says otherwise",
        "",
        "| 输入 · input | what is done | → |",
        "| --- | --- | --- |",
    ]
    lines += [_line(column, _common(column)) for column in COLUMNS if column not in NOT_DRAWN]
    lines += [_line("sensorback", Row(_common("sensorback").do)), _line("start", _common("start"))]
    return "\n".join((*lines, ""))


def _phases() -> str:
    lines: list[str] = []
    for phase, (chinese, meaning) in PHASES.items():
        special = [c for c in COLUMNS if c not in NOT_DRAWN and TABLE[phase, c] != _common(c)]
        lines += [f"## {chinese} · {phase.value}", "", f"{meaning[0].upper()}{meaning[1:]}.", ""]
        lines += ["| 输入 · input | what is done | → |", "| --- | --- | --- |"] if special else []
        lines += [*(_line(column, TABLE[phase, column], phase) for column in special), ""]
    return "\n".join(lines)


def _line(column: str, row: Row, phase: Phase | None = None) -> str:
    chinese, english = COLUMNS[column]
    doc = " ".join((inspect.getdoc(row.do) or "").split())
    to = "、".join(f"{PHASES[p][0]} {p.value}" for p in Phase if p in row.to and p is not phase)
    return f"| {chinese} · {english} | {doc} | {to or '—'} |"


def _assumed() -> str:
    """What crossing.py says of its guesses, and barrier.py of lanes without switches."""
    last = re.split(r"\n\n", inspect.getdoc(barrier) or "")[-2:]
    crossings = inspect.getdoc(crossing) or ""
    return "\n".join(("## 假定 · What is assumed", "", "\n\n".join(last), "", "```text", crossings, "```", ""))


if __name__ == "__main__":
    sys.stdout.write(drawn())

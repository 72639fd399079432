"""`make bench`: runs every `bench_*.py` beside this file and prints what was measured next to its limit.

A bench module has `run() -> list[Row]` where a row is a dict: name, value, unit, limit (the best that this machine did in the same run
with nothing else to do; None where there is none), ratio (value / limit, or limit / value for rates: 1 is perfect), goal (text) and
met (bool or None). Figures of a shared machine vary; ratios hold. All rows go to build/bench.json.

    python -m tests.bench            all
    python -m tests.bench card sync  those whose names contain one of the words
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def load(path: Path) -> Any:
    """A bench module by its file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def shown(value: Any) -> str:
    """A figure with as many digits as mean something."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as aligned text."""
    head = ("what", "value", "unit", "limit", "ratio", "goal", "")
    lines = [head]
    for row in rows:
        met = row.get("met")
        mark = "" if met is None else "✓" if met else "✗"
        lines.append(
            (
                row["name"],
                shown(row["value"]),
                row.get("unit", ""),
                shown(row.get("limit")),
                shown(row.get("ratio")),
                row.get("goal") or "",
                mark,
            )
        )
    widths = [max(len(line[n]) for line in lines) for n in range(len(head))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def main(words: list[str]) -> int:
    """Run, print, write build/bench.json; exit code 1 when a goal was missed."""
    rows: list[dict[str, Any]] = []
    for path in sorted(HERE.glob("bench_*.py")):
        if words and not any(word in path.stem for word in words):
            continue
        print(f"→ {path.stem} …", flush=True)
        begun = time.perf_counter()
        found = [{"bench": path.stem, **row} for row in load(path).run()]
        print(table(found), f"\n  ({time.perf_counter() - begun:.0f} s)\n", sep="", flush=True)
        rows += found
    out = ROOT / "build" / "bench.json"
    out.parent.mkdir(exist_ok=True)
    machine = {
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "at": time.strftime("%FT%TZ", time.gmtime()),
    }
    out.write_text(json.dumps({"machine": machine, "rows": rows}, indent=1, ensure_ascii=False))
    print(f"written: {out.relative_to(ROOT)}")
    return 0 if all(row.get("met") is not False for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

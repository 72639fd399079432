"""`make rig`: the product on the virtual Raspberry Pi, or a sentence why not. Arguments go to pytest."""

from __future__ import annotations

import sys

import pytest

from tests.rig.guest import HERE, RIG

CAMPAIGN = ("start", "lane", "devices", "clock", "power", "units")
"""In this order: each file leaves the gate running for the next one."""

if __name__ == "__main__":
    if not (RIG / "rig.sh").is_file():
        print("skipped: the virtual Pi is not here (../shared/rig beside this project); nothing was tested")
        sys.exit(0)
    files = [str(HERE / f"campaign_{part}.py") for part in CAMPAIGN]
    sys.exit(pytest.main([*files, "-v", "-s", "-p", "no:cacheprovider", "--timeout=1500", *sys.argv[1:]]))

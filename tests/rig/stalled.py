"""`python tests/rig/stalled.py run FILE`: the product, unchanged, with one thing more: SIGUSR1 stalls its loop for 3 seconds.

A Python signal handler runs on the main thread, which is the loop's; while it sleeps, nothing in the loop does.
"""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from edge.__main__ import main

if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, lambda _number, _frame: time.sleep(3))
    sys.exit(main())

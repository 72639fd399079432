"""How patient tests are, and how fast simulated worlds run.

A test awaits events; PATIENCE only says when to give up. What failed beside other tests is tried once more alone with PATIENCE = 3
(Makefile): a machine that was slow for a minute fails nothing that is right. What is promised in seconds is measured by the benches.
"""

from __future__ import annotations

import os

PATIENCE = float(os.environ.get("PATIENCE", "1"))

"""`python -m tests.soak_readers [BYTES]`: a million random and mutated bytes for each sample of each reader's decoder.

Prints a line for each; ends with 1 when a decoder raised, held more than its LIMIT, or invented a card in spite of a checksum.
"""

from __future__ import annotations

import sys

from drivers import loader
from tests.support_fuzz import allowed, fuzz


def main(octets: int) -> int:
    """0 when nothing was wrong."""
    wrong = 0
    for name in loader.names():
        module = loader.load(name)
        for number, sample in enumerate(module.SAMPLES):
            found = fuzz(module, sample, octets, seed=number)
            bad = found.most_held >= module.LIMIT or (module.CHECKED and found.false > allowed(name, found))
            wrong += bad
            print(
                f"{name}-{number}: {found.octets} bytes, {found.sent} frames, {found.read} read, {found.false} false, "
                f"{found.most_held} held at most, {found.seconds:.1f} s{'  WRONG' if bad else ''}",
                flush=True,
            )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))

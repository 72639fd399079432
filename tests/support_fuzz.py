"""Random and mutated bytes for a reader's decoder: what came out of them that should not have.

Half of the stream is frames of random cards with at most one thing wrong each (a byte changed, lost, doubled, put in, the end cut
off), which is what a bad cable does; the rest is noise, half of it made of bytes that mean something to the family. It arrives
in pieces of random size. Whoever has a checksum must let nothing through that was not sent; a checksum of eight bits cannot
promise that of frames with two wrong bytes, and such are not made here. YHY523 has eight bits and no end mark: of its frames with
a byte of the UID too many or too few (one in seven here) one in 256 has a right XOR, and is only noticed by what comes after it in the same
piece. Pieces end within one of them now and then, and halves of a frame meet by chance: measured are 4 in 100,000; `allowed` is
one in 10,000, and three more so that chance alone does not fail a short run.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

from drivers.base import Card, Text
from drivers.readers import ReaderModule, Sample, Settling


@dataclass
class Fuzzed:
    """`read`: cards that had been sent; `false`: cards that had not."""

    sent: int = 0
    read: int = 0
    false: int = 0
    most_held: int = 0
    octets: int = 0
    seconds: float = 0.0


NO_END_MARK = {"yhy523": 1 / 10_000}
"""Family → how many of its damaged frames may pass for another card."""


def allowed(name: str, found: Fuzzed) -> float:
    """How many false cards a family with a checksum may let through: none, but for the one that cannot help it."""
    rate = NO_END_MARK.get(name)
    return 0.0 if rate is None else 3 + rate * found.sent


def mutated(frame: bytes, dice: random.Random) -> bytes:
    """The frame with one thing wrong, or nothing."""
    place = dice.randrange(len(frame))
    kind = dice.randrange(7)
    if kind == 0:
        return frame[:place] + bytes([frame[place] ^ dice.randrange(1, 256)]) + frame[place + 1 :]
    if kind == 1:
        return frame[:place] + frame[place + 1 :]
    if kind == 2:
        return frame[:place] + frame[place : place + 1] + frame[place:]
    if kind == 3:
        return frame[:place] + dice.randbytes(1) + frame[place:]
    return frame[:place] if kind == 4 else frame


def fuzz(module: ReaderModule, sample: Sample, octets: int, seed: int) -> Fuzzed:
    """Feed the decoder so many bytes. Whatever it raises is not caught."""
    dice = random.Random(seed)
    decoder = module.Decoder(sample.options)
    found, sent = Fuzzed(), {sample.uid}
    began = time.monotonic()
    while found.octets < octets:
        piece = bytearray()
        while len(piece) < 2000:
            kind = dice.randrange(4)
            if kind < 2 and not sample.text:
                uid = dice.randbytes(len(sample.uid))
                sent.add(uid)
                found.sent += 1
                piece += mutated(module.encode(uid, sample.options), dice)
            elif kind == 2:
                piece += dice.randbytes(dice.randrange(60))
            else:
                begin = dice.randrange(len(sample.frame))
                piece += sample.frame[begin : begin + dice.randrange(len(sample.frame))]
        found.octets += len(piece)
        while piece:
            size = dice.randrange(1, 400)
            values = list(decoder.feed(bytes(piece[:size])))
            del piece[:size]
            if isinstance(decoder, Settling) and dice.random() < 0.05:
                values += decoder.quiet()
            found.most_held = max(found.most_held, decoder.buffered)
            for each in values:
                if isinstance(each, Card):
                    found.read += each.uid in sent
                    found.false += each.uid not in sent
                elif isinstance(each, Text):
                    found.read += 1
    found.seconds = time.monotonic() - began
    return found

"""A reader's reply in a few words, for a technician who looks at the line. Encrypted payloads stay closed. Pure."""

from __future__ import annotations

from drivers.osdp.frames import Frame

REPLIES = {
    0x40: "ACK",
    0x41: "NAK",
    0x45: "PDID",
    0x46: "PDCAP",
    0x48: "LSTATR",
    0x50: "RAW card",
    0x51: "FMT card",
    0x53: "KEYPAD",
    0x54: "COM",
    0x76: "CCRYPT",
    0x78: "RMAC_I",
    0x79: "BUSY",
}
SECURED = 0x08
ENCRYPTED = frozenset({0x17, 0x18})
"""Types of the security block with an encrypted payload (SCS_17, SCS_18)."""


def words(frame: Frame) -> str:
    """«address 1 · ACK · secured»."""
    at, kind = 5, ""
    if frame.data[4] & SECURED and len(frame.data) > 7:
        kind = " · encrypted" if frame.data[6] in ENCRYPTED else " · secured"
        at += frame.data[5]
    code = frame.data[at] if at < len(frame.data) else 0
    way = "reply" if frame.reply else "request"
    return f"address {frame.address} · {REPLIES.get(code, f'{way} {code:02X}')}{kind}"

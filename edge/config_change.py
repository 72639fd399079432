"""What it means to go from one configuration to another: which devices are made anew, what is taken over as the gate runs, and what only a
start of the process can do. Pure.

    the devices of a lane, of the desk               the device alone is closed and made anew; nothing else notices
    names and times of a lane                        the lane's table gets them while its arm is at rest and nothing stands under it
    [policy], [convoy], [retention]                  from the next card, convoy, round on
    everything else (pins, which lanes there are,    the process begins anew: pins, because under lgpio closing one input ends the
    head office, the page's port …)                  edges of all others; the rest, because a gate that is built in one go is built right
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from edge.config_text import keys_between
from edge.devices_wanted import PINS, wanted
from edge.settings import Settings

IDENTITY = ("gate.site", "gate.id", "gate.data")
"""Whoever changes these makes another gate of it: only in the file, by hand."""
DEVICE = re.compile(
    r"(lane\[\d+\]\.(reader|scanner|sign|voice|camera)|desk\.(reader|scanner|camera|document_camera))(\..*)?"
)
_OF_A_LANE = re.compile(
    r"lane\[(\d+)\]\.(name|barrier\.(rise_s|fall_s|auto_close|auto_close_s)|sensors\.(left_open_s|stopped_under_s|stuck_s|authorisation_s))"
)
_LIVE = re.compile(r"policy\.(anti_passback|plate_differs|two_places_s)|(convoy|retention)\..*")


@dataclass(frozen=True, slots=True)
class Change:
    """What differs (`keys`), and what follows from it."""

    keys: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    """Made anew, or no more; names of faults."""
    lanes: tuple[str, ...] = ()
    """They get other times or another name."""
    restart: tuple[str, ...] = ()
    """The keys for which the process has to begin anew; empty: it need not."""


def change(old: Settings, new: Settings) -> Change:
    """From one to the other."""
    keys = keys_between(old.model_dump(mode="json"), new.model_dump(mode="json"))
    same_lanes = [lane.id for lane in old.lane] == [lane.id for lane in new.lane]
    lanes = tuple(dict.fromkeys(int(found[1]) for key in keys if (found := _OF_A_LANE.fullmatch(key))))
    sees = _sees(old) != _sees(new)  # plates are read where there is any camera
    restart = tuple(
        key
        for key in keys
        if (not same_lanes and key.startswith("lane["))
        or (sees and ".camera" in key)
        or not (DEVICE.fullmatch(key) or _OF_A_LANE.fullmatch(key) or _LIVE.fullmatch(key))
    )
    was, now = wanted(old), wanted(new)
    devices = [
        name
        for name in dict.fromkeys((*was, *now))
        if was.get(name) != now.get(name) and (now.get(name) or was[name]).kind != PINS
    ]
    return Change(keys, tuple(devices), tuple(new.lane[n].id for n in lanes) if same_lanes else (), restart)


def _sees(settings: Settings) -> bool:
    return any(lane.camera for lane in settings.lane)

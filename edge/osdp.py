"""OSDP readers of the gate: their keys, and which of them share a bus.

Keys are made here with `secrets`, one a reader, and stand in `osdp.keys` in the gate's data folder (this user's alone), or in a systemd
credential (gate-edge.osdp-keys), which is looked into first and never written. They are in no configuration, no log, no event, no answer
of the API. Whoever loses the file puts each reader back to its factory key and installs it again.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from drivers import base as d
from drivers import loader
from drivers.osdp import cards
from drivers.osdp.reader import KEY_BYTES, OsdpReader
from edge.errors import SettingsError
from edge.settings_lane import OSDP, ReaderTable
from edge.store.files import write_whole

if TYPE_CHECKING:
    from drivers.osdp.bus import OsdpBus

KEYS = "osdp.keys"


def options(table: ReaderTable) -> cards.Options:
    """The reader's own options. Raises ValueError or TypeError."""
    made: cards.Options = loader.options_of(cards.Options, table.options)
    return made


class Keys:
    """The readers' keys by device name."""

    def __init__(self, folder: Path, given: Path | None = None) -> None:
        self._path, self._given = folder / KEYS, given

    def of(self, device: str) -> bytes:
        """A reader's key; a new one the first time. Raises DeviceGone when the file cannot be read or written."""
        if self._given is not None and (key := _read(self._given).get(device)):
            return key
        known = _read(self._path) if self._path.exists() else {}
        if device not in known:
            known[device] = secrets.token_bytes(KEY_BYTES)
            text = json.dumps({name: key.hex() for name, key in sorted(known.items())}, indent=1)
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(self._path, text.encode())
            except OSError as e:
                raise d.DeviceGone(f"{KEYS}: {e.strerror}", "检查数据目录 · check the data folder") from e
        return known[device]


def _read(path: Path) -> dict[str, bytes]:
    """What is in a key file; an error never shows what stands there."""
    try:
        if path.name == KEYS and os.access(path, os.W_OK) and path.stat().st_mode & 0o077:
            path.chmod(0o600)
        raw = json.loads(path.read_bytes())
        found = {str(name): bytes.fromhex(key) for name, key in raw.items()}
    except OSError as e:
        raise d.DeviceGone(f"{KEYS}: {e.strerror}", "检查权限 · check its permissions") from None
    except (ValueError, AttributeError, TypeError):
        found = {"": b""}
    if any(len(key) != KEY_BYTES for key in found.values()):
        raise d.DeviceGone(
            f"{KEYS} 损坏 is damaged", "从备份恢复，或移走后重新装机 · restore it, or move it away and install anew"
        )
    return found


class Buses:
    """The OSDP buses of a gate, one a port; readers are added to theirs."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._buses: dict[str, OsdpBus] = {}
        self.readers: dict[str, OsdpReader] = {}

    def add(
        self, device: str, table: ReaderTable, sink: d.Sink, occupied: Callable[[], bool], where: str
    ) -> tuple[OsdpReader, OsdpBus | None]:
        """A reader and, when it is its bus's first, the bus (to be started). Raises DeviceGone, SettingsError."""
        try:
            from drivers.osdp.bus import OsdpBus  # libosdp is loaded where it is wanted
        except ImportError as e:
            raise d.DeviceGone(f"libosdp: {e}", "这台机器装不上 OSDP 库 · there is no libosdp for this machine") from e
        given = options(table)
        reader = OsdpReader(device, given, self._keys.of(device), sink, window_s=table.repeat_s, occupied=occupied)
        new = None
        try:
            if table.port not in self._buses:
                new = self._buses[table.port] = OsdpBus(table.port, table.baud or cards.DEFAULT_BAUD)
            self._buses[table.port].add(reader)
        except ValueError as e:
            raise SettingsError(where, [str(e)], "/dev/serial/by-id/…") from e
        self.readers[device] = reader
        return reader, new

    def remove(self, devices: Iterable[str], port: str) -> None:
        """A bus that was closed, with its readers."""
        self._buses.pop(port, None)
        for device in devices:
            self.readers.pop(device, None)


def check(table_options: dict[str, object]) -> list[str]:
    """What is wrong with an OSDP reader's options."""
    try:
        loader.options_of(cards.Options, table_options)
    except (ValueError, TypeError) as e:
        return [str(e)]
    return []


__all__ = ["KEYS", "OSDP", "Buses", "Keys", "OsdpReader", "check", "options"]

"""With which certificate the gate's page is served: one that was given, one of the gate's own authority, or none."""

from __future__ import annotations

from pathlib import Path

from edge.settings_gate import ApiTable
from sync.page_certificates import ensure, own_names


def of(table: ApiTable, root: Path, folder: Path) -> tuple[tuple[Path, Path] | None, bytes]:
    """Certificate and key of the page's server (None: it speaks plain HTTP), and the gate's own authority where it has one."""
    if table.cert_file is not None and table.key_file is not None:
        return (root / table.cert_file, root / table.key_file), b""
    if table.tls == "own":
        cert, key, ca = ensure(folder, own_names(table.names))
        return (cert, key), ca
    return None, b""

"""Addresses without their secrets, for errors and logs."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

_SECRET = re.compile(r"(?i)\b((?:password|passwd|pwd|pass|token|key|auth|secret)=)[^&\s!]+")
_USER = re.compile(r"(?<=://)([^/@:\s]*):[^\s]*@(?=[^@\s]*)")


def hide(address: str) -> str:
    """The address with its password as ***; also one that stands among the query's values (`…&pwd=…`) or in a pipeline."""
    if "://" in address:
        try:
            parts = urlsplit(address)
            userinfo, at, host = parts.netloc.rpartition("@")
        except ValueError:  # no address at all
            return _SECRET.sub(r"\1***", _USER.sub(r"\1:***@", address))
        if at:
            user = userinfo.split(":", 1)[0]
            address = urlunsplit(parts._replace(netloc=f"{user}:***@{host}"))
    return _SECRET.sub(r"\1***", _USER.sub(r"\1:***@", address))

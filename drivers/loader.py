"""The name in the configuration → the driver's module. The folder is the registry: there is no list to keep."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, cast

from drivers import readers, signs
from drivers.readers import ReaderModule
from drivers.signs import SignModule


class UnknownDriver(ValueError):
    """There is no driver, or no option, of that name; the message names the nearest that there is."""


def names() -> list[str]:
    """The readers there are, in alphabetical order."""
    return sorted(info.name for info in pkgutil.iter_modules(readers.__path__) if not info.name.startswith("_"))


def load(name: str) -> ReaderModule:
    """The reader of that name. Raises UnknownDriver."""
    known = names()
    if name not in known:
        raise UnknownDriver(_unknown("reader", name, known))
    return cast(ReaderModule, importlib.import_module(f"{readers.__name__}.{name}"))


def sign_names() -> list[str]:
    """The signs there are, in alphabetical order."""
    return sorted(info.name for info in pkgutil.iter_modules(signs.__path__) if not info.name.startswith("_"))


def load_sign(name: str) -> SignModule:
    """The sign of that name. Raises UnknownDriver."""
    known = sign_names()
    if name not in known:
        raise UnknownDriver(_unknown("sign", name, known))
    return cast(SignModule, importlib.import_module(f"{signs.__name__}.{name}"))


def make_options(module: ReaderModule | SignModule, values: Mapping[str, Any]) -> Any:
    """The module's Options from a table of the configuration. Raises UnknownDriver for a key that it does not have."""
    return options_of(module.Options, values)


def options_of(made: Any, values: Mapping[str, Any]) -> Any:
    """The same for a class of options. Raises UnknownDriver, ValueError, TypeError."""
    known = [field.name for field in fields(made)]
    for key in values:
        if key not in known:
            raise UnknownDriver(_unknown("option", key, known))
    return made(**values)


def _unknown(what: str, name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.3)
    meant = f"; did you mean {near[0]!r}?" if near else f"; there are: {', '.join(known)}"
    return f"there is no {what} {name!r}{meant}"

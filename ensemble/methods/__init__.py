"""Methods of combining votes: a new one is one file in this folder, and one line in METHODS."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .method import Method

# Where the classes are, by the names of `ensemble.method`. They are imported when they are used, so
# that whoever only wants the names waits for nothing. What follows a colon is handed to the class.
METHODS = {
    "iwmv": "attrx.ensemble.methods.iwmv:Iwmv",
    "paper": "attrx.ensemble.methods.paper:Paper",
    "majority": "attrx.ensemble.methods.majority:Majority",
    "single:<model>": "attrx.ensemble.methods.single:Single",
    "stack": "attrx.ensemble.methods.stack:Stack",
    "auto": "attrx.ensemble.methods.auto:Auto",
}
WITH_GOLD = "auto"
"""The method that `--gold` implies."""


def find_method(name: str) -> Method:
    """The method of this name.

    Args:
        name: As in the config: `iwmv`, `single:gpt-4`.

    Raises:
        KeyError: There is none.
    """
    stem, separator, parameter = name.partition(":")
    if not separator:
        return _class_at(METHODS[name])()
    for pattern, place in METHODS.items():
        if pattern.startswith(f"{stem}:"):
            return _class_at(place)(parameter)
    raise KeyError(name)


def _class_at(place: str) -> Callable[..., Method]:
    module, _, class_name = place.partition(":")
    method_class: Callable[..., Method] = getattr(import_module(module), class_name)
    return method_class

"""Which files are damaged, and what is promised: one row each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from file_damage import DAMAGES, Damage, flipped, parquet_places, sqlite_places, wal_places

Kind = Literal["cache", "journal", "log", "output", "input"]
Places = Callable[[bytes], Iterator[tuple[str, int]]]
RUN = "run products.csv --quiet"
MOST_PLACES = 90
_CUT = ("lost its last byte", "lost its second half")
PROMISES = {
    "cache": "Exit code 0, and the outputs are the same to the byte; or 1 and a message, and nothing"
    " is changed on the disk. Nobody is asked in either case, and after `cache repair` the command"
    " goes through; a folder or a link in a file's place is for a person to take away before.",
    "journal": "The same; what the damage took may be asked again once the loss is accepted.",
    "log": "The same, as long as it can be told from a commit that a power cut broke off: what such a"
    " commit held is asked again.",
    "output": "The next `run` writes it anew, and asks nobody; where `run.json` no longer says which"
    " files are attrx's, it says what to move away first, and touches nothing. `report`, `evaluate` and"
    " `ensemble --compare` read it or say in one message that they cannot.",
    "input": "Exit code 0, 1 or 2, and a message. Nothing in the cache is lost.",
}


@dataclass(frozen=True)
class DamagedFile:
    """A file that is damaged in every way.

    Attributes:
        path: The file.
        kind: A key of `PROMISES`.
        places: Says where the parts of its content are, each of which has a bit flipped.
        commands: What reads it.
    """

    path: str
    kind: Kind
    places: Places | None = None
    commands: tuple[str, ...] = (RUN,)

    def damages(self, content: bytes) -> list[Damage]:
        """All that is done to it, one after the other."""
        damages = list(DAMAGES)
        if self.path.endswith("-wal"):
            # A log that was cut is, to the byte, that of a process that was killed earlier.
            damages = [damage for damage in damages if damage.name not in _CUT]
        places = list(self.places(content))[:MOST_PLACES] if self.places else []
        for what, place in places:
            change = _flip_at(min(place, len(content) - 1))
            damages.append(Damage(f"has a bit flipped in {what}", change))
        return damages


BROKEN_OFF = frozenset(
    {
        "is gone",
        "is empty",
        "is all zeros",
        "lost its last byte",
        "lost its second half",
        "lost its first half",
        "is a JSON of something else",
    }
)
"""Damage to a log that looks as a commit does which was never finished."""


def _flip_at(place: int) -> Callable[[bytes], bytes]:
    return lambda content: flipped(content, place)


_READ_OUTPUTS = (
    "report --quiet",
    "evaluate --quiet --gold gold.csv",
    "ensemble --quiet --compare out",
)

FILES = (
    DamagedFile(".attrx/answers/00000-of-00001.parquet", "cache", parquet_places),
    DamagedFile(".attrx/products/00000-of-00001.parquet", "cache", parquet_places),
    DamagedFile(".attrx/cache.json", "cache"),
    DamagedFile(".attrx/lock", "cache"),
    DamagedFile(".attrx/lock.owner", "cache"),
    DamagedFile(".attrx/journal.sqlite", "journal", sqlite_places),
    DamagedFile(".attrx/journal.sqlite-wal", "log", wal_places),
    DamagedFile("out/values.parquet", "output", parquet_places, _READ_OUTPUTS),
    DamagedFile("out/votes.parquet", "output", parquet_places, _READ_OUTPUTS),
    DamagedFile("out/run.json", "output", None, _READ_OUTPUTS),
    DamagedFile("out/weights.csv", "output", None, _READ_OUTPUTS),
    DamagedFile("out/values.csv", "output", None, _READ_OUTPUTS),
    DamagedFile("attrx.yaml", "input"),
    DamagedFile("products.csv", "input"),
    DamagedFile("gold.csv", "input", None, ("ensemble --quiet --gold gold.csv",)),
    DamagedFile("imported.csv", "input", None, ("import imported.csv --quiet",)),
)  # fmt: skip

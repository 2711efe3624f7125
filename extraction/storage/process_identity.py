"""Which process made something: its number alone is not enough, since numbers are used again."""

from __future__ import annotations

import functools
import hashlib
import os
import re
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Life = Literal["alive", "dead", "elsewhere"]

OWNER_PATTERN = (
    r"(?P<machine>[0-9a-f]{6})-(?P<boot>[0-9a-f]{6})-(?P<namespace>[0-9a-f]{6})"
    r"-(?P<pid>[0-9]{1,10})-(?P<start>[0-9a-f]{6})-[0-9a-f]{8}"
)
"""Pattern of `owner_token`."""
_UNKNOWN = "000000"


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process, as files name it: digests of six hexadecimal digits, and its number.

    A digest is all zeros where the system does not tell.

    Attributes:
        machine: Of the machine's own id.
        boot: Of the time since it was last started; containers share it.
        namespace: Of what numbers the processes; a container has one of its own.
        pid: Number of the process.
        start: Of when the process was started.
    """

    machine: str
    boot: str
    namespace: str
    pid: int
    start: str

    @property
    def life(self) -> Life:
        """Whether it still runs; `elsewhere` where this process cannot know."""
        here = this_process()
        if not self.shares_system:
            is_known = _UNKNOWN not in (self.machine, self.boot)
            is_rebooted = is_known and self.machine == here.machine
            return "dead" if is_rebooted else "elsewhere"
        if self.namespace != here.namespace:
            return "elsewhere"
        return "alive" if _runs(self.pid, self.start) else "dead"

    @property
    def shares_system(self) -> bool:
        """Whether the same running system has it, whose locks both of us see."""
        here = this_process()
        if self.boot == _UNKNOWN:
            return self.machine == here.machine and here.boot == _UNKNOWN
        return self.boot == here.boot


def this_process() -> ProcessIdentity:
    """The process that this code runs in."""
    pid = os.getpid()
    return ProcessIdentity(*_system(), pid, _start_digest(pid))


def owner_token() -> str:
    """This process as a part of names of files, and a random number: no two tokens are equal."""
    owner = this_process()
    place = f"{owner.machine}-{owner.boot}-{owner.namespace}"
    return f"{place}-{owner.pid}-{owner.start}-{secrets.token_hex(4)}"


def identity_in(match: re.Match[str]) -> ProcessIdentity:
    """The process in a match of a pattern that holds `TOKEN`."""
    place = match["machine"], match["boot"], match["namespace"]
    return ProcessIdentity(*place, int(match["pid"]), match["start"])


@functools.cache
def _system() -> tuple[str, str, str]:
    """Machine, boot and namespace of this process."""
    machine = _read("/etc/machine-id")
    boot = _read("/proc/sys/kernel/random/boot_id")
    if not boot:  # not Linux: the name is all there is to go by
        machine = socket.gethostname()
    return _digest(machine), _digest(boot), _digest(_process_namespace())


def _start_digest(pid: int) -> str:
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    # The 22nd field of proc(5), of which two stand before the parenthesis.
    return _digest(fields[19] if len(fields) > 19 else "")


def _runs(pid: int, start: str) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # it is there, and is another user's
        pass
    return start == _start_digest(pid)


def _process_namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:
        return ""


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _digest(text: str) -> str:
    if not text:
        return _UNKNOWN
    return hashlib.blake2b(text.encode(), digest_size=3).hexdigest()

"""How many requests may be in flight at once where a process may open few files.

Each request in flight has a connection, and each connection is an open file. A system that allows
few of them (`ulimit -n`) would fail the requests beyond that one by one.
"""

from __future__ import annotations

import os
import resource

ENOUGH_FILES = 4096
"""No run opens more."""
_FILES_OF_THE_REST = 24
"""Kept free for what a run opens besides: the cache, the outputs, names looked up."""
_FEWEST_CONNECTIONS = 2


def raise_file_limit() -> None:
    """Let this process open as many files as its system allows it, as far as it may need them."""
    soft_limit, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted_limit = ENOUGH_FILES
    if hard_limit != resource.RLIM_INFINITY:
        wanted_limit = min(ENOUGH_FILES, hard_limit)
    if _is_unlimited(soft_limit) or soft_limit >= wanted_limit:
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted_limit, hard_limit))


def connections_for_each(accounts: int) -> int | None:
    """How many connections each of some accounts may have open.

    Args:
        accounts: How many share what this process may still open.

    Returns:
        That number; None where no limit is near.
    """
    soft_limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if _is_unlimited(soft_limit) or soft_limit >= ENOUGH_FILES:
        return None
    free_files = soft_limit - _count_open_files() - _FILES_OF_THE_REST
    return max(free_files // max(accounts, 1), _FEWEST_CONNECTIONS)


def _is_unlimited(limit: int) -> bool:
    return limit == resource.RLIM_INFINITY


def _count_open_files() -> int:
    for folder in ("/proc/self/fd", "/dev/fd"):
        try:
            return len(os.listdir(folder))
        except OSError:
            continue
    return 0

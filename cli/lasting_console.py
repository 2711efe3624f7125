"""A console that falls silent where nobody reads it any more, while the work goes on.

`attrx run | head`, or a terminal that was closed, is no reason to write no values.
"""

from __future__ import annotations

import contextlib
import errno
import os

from rich.console import Console


class LastingConsole(Console):
    """A console that outlives its reader."""

    def on_broken_pipe(self) -> None:
        """Print nothing from now on."""
        self.quiet = True
        with contextlib.suppress(OSError):  # what stands in for a stream in tests has no number
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.file.fileno())
            os.close(nowhere)

    def _check_buffer(self) -> None:
        """Take a terminal that was closed for a pipe that nobody reads."""
        try:
            super()._check_buffer()
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            self.on_broken_pipe()

# SPDX-License-Identifier: Apache-2.0
"""The error for a result that could not be written.

A room of its own so that the error root is imported only when there is an error. Knows nothing else.

Spec: contract/cli.md 2.5, 15. Requirements: CLI-002.
"""

from __future__ import annotations

import os

from ..errors import NotationError, Outcome


class OutputError(NotationError):
    """Standard output is closed or full, so the result did not reach its reader.

    Attributes:
        is_silent: the reader went away, as `head` does; there is nobody to tell.
    """

    default_outcome = Outcome.UNAVAILABLE
    is_silent = False

    @classmethod
    def because(cls, error: Exception) -> OutputError:
        """Return the error for what the system said about standard output."""
        reason = os.strerror(error.errno).lower() if isinstance(error, OSError) and error.errno else "closed"
        result = cls(f"the result could not be written to standard output: {reason}")
        result.is_silent = isinstance(error, BrokenPipeError)
        return result

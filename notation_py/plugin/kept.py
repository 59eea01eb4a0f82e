# SPDX-License-Identifier: Apache-2.0
"""For authors of plugins: clients of a service that are dear to make, one for each account or place.

Requests may come from several threads at once. Knows nothing about services.

Spec: docs/writing-a-plugin.md. Requirements: PLG-110.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Kept(Generic[Key, Value]):
    """One value for each key, made by *make* when it is first asked for; one is made at a time."""

    def __init__(self, make: Callable[[Key], Value]) -> None:
        self._make = make
        self._lock = Lock()
        self._values: dict[Key, Value] = {}

    def of(self, key: Key) -> Value:
        """Return the value of *key*; raises what making it raises, and then tries again the next time."""
        with self._lock:
            if key not in self._values:
                self._values[key] = self._make(key)
            return self._values[key]

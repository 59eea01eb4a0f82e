# SPDX-License-Identifier: Apache-2.0
"""Bearer tokens that are still good, by registry and set of scopes.

Imported with every request, so it holds no more than a look-up needs; `tokens` gets new ones. Knows
nothing about challenges.

Spec: distribution token authentication. Requirements: SIG-056, R-24.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from .urls import Origin

RENEWAL_MARGIN = 5.0
"""Seconds before its end at which a token is no longer sent."""


def merge_scopes(scopes: Iterable[str]) -> frozenset[str]:
    """Return *scopes* with the actions of equal resources united and sorted, as `type:name:a,b`."""
    actions: dict[str, set[str]] = {}
    whole = set()
    for scope in scopes:
        resource, colon, listed = scope.rpartition(":")
        if colon and ":" in resource:
            actions.setdefault(resource, set()).update(filter(None, listed.split(",")))
        else:
            whole.add(scope)
    merged = {f"{name}:{','.join(sorted(words))}" for name, words in actions.items()}
    return frozenset(merged | whole)


class TokenCache:
    """Tokens by origin and scopes, forgotten when they expire; thread-safe."""

    def __init__(self) -> None:
        self._tokens: dict[tuple[Origin, frozenset[str]], tuple[str, float]] = {}
        self._lock = threading.Lock()

    def token(self, registry: Origin, scopes: frozenset[str]) -> str | None:
        """Return a token for *scopes* that is still good, or None."""
        with self._lock:
            token, expires = self._tokens.get((registry, scopes), ("", 0.0))
        return token if token and expires > time.monotonic() else None

    def keep(self, registry: Origin, scopes: frozenset[str], token: str, lifetime: float) -> None:
        """Remember *token* for *lifetime* seconds, less a margin."""
        expires = time.monotonic() + max(0.0, lifetime - RENEWAL_MARGIN)
        with self._lock:
            if len(self._tokens) > 4096:
                self._tokens.clear()
            self._tokens[registry, scopes] = token, expires

    def forget(self, registry: Origin, scopes: frozenset[str]) -> None:
        """Remove the token for *scopes*: the registry refused it."""
        with self._lock:
            self._tokens.pop((registry, scopes), None)

# SPDX-License-Identifier: Apache-2.0
"""What the environment says about revocation checks, as one value for the checks to draw on.

Read as strictly as the switch for hardening: a setting that cannot be understood is an error, as whoever
made it would be less safe than they think. Fetches nothing.

Spec: security contract 2.4 R-19, R-20, R-22. Requirements: REV-003, REV-009, REV-080, CFG-003.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from ..fetch import Fetcher, FetchLimit
from ..revocation.sources import RevocationSources
from .configuration import is_switched_on
from .crl_cache import DirectoryCrlCache
from .directories import Directories
from .files import Strictness, Warn
from .traces import Trace, unheard

FETCH_ALLOW_VARIABLE = "NOTATION_PY_FETCH_ALLOW"
ACCEPT_VARIABLE = "NOTATION_PY_ACCEPT_REVOKED_AFTER_TIMESTAMP"
REQUIRE_VARIABLE = "NOTATION_PY_REQUIRE_REVOCATION_INFO"


def revocation_sources(
    environ: Mapping[str, str],
    directories: Directories,
    strictness: Strictness,
    *,
    warn: Warn = unheard,
    note: Warn = unheard,
    trace: Trace | None = None,
) -> RevocationSources:
    """Return the network and the cache directory as *environ* allows them to be used; make one for a process.

    Args:
        strictness: with HARDENED, revocation information is required whatever the variable says.
        warn: gets at most one line, if the cache fails. note: gets a line for each use of it.
        trace: gets every request and answer.

    Raises:
        ConfigurationError: a variable has a value that means nothing.
    """
    allowed = environ.get(FETCH_ALLOW_VARIABLE, "")
    fetcher = DeferredFetcher(lambda: _http_fetcher(allowed, trace))
    if allowed:
        fetcher.check()
    accept = is_switched_on(environ, ACCEPT_VARIABLE)
    require = is_switched_on(environ, REQUIRE_VARIABLE)
    return RevocationSources(
        fetcher,
        DirectoryCrlCache(directories.revocation_lists, warn, note),
        accept_revoked_after_timestamp=accept,
        require_information=require or strictness is Strictness.HARDENED,
    )


def _http_fetcher(allowed: str, trace: Trace | None) -> Fetcher:
    from .addresses import AddressRules
    from .http_fetcher import HttpFetcher

    return HttpFetcher(AddressRules.parse(allowed), trace=trace)


class DeferredFetcher:
    """Implements `Fetcher` by one that *make* returns when it is first needed: most chains need none."""

    def __init__(self, make: Callable[[], Fetcher]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: Fetcher | None = None

    def check(self) -> None:
        """Return when there is a fetcher; raises as the function that makes it."""
        self._fetcher()

    def get(self, url: str, limit: FetchLimit) -> bytes:
        """Return the body of the answer; raises as its port says."""
        return self._fetcher().get(url, limit)

    def post(self, url: str, body: bytes, content_type: str, limit: FetchLimit) -> bytes:
        """Return the body of the answer; raises as its port says."""
        return self._fetcher().post(url, body, content_type, limit)

    def _fetcher(self) -> Fetcher:
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

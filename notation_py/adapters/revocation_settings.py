# SPDX-License-Identifier: Apache-2.0
"""What the environment says about revocation checks, as one value for the checks to draw on.

Read as strictly as the switch for hardening: a setting that cannot be understood is an error, as whoever
made it would be less safe than they think. Fetches nothing.

Spec: security contract 2.4 R-19, R-20, R-22. Requirements: REV-003, REV-009, REV-080, CFG-003.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..revocation.sources import RevocationSources
from .addresses import VARIABLE as FETCH_ALLOW_VARIABLE
from .addresses import AddressRules
from .configuration import is_switched_on
from .crl_cache import DirectoryCrlCache
from .directories import Directories
from .files import Strictness, Warn
from .http_fetcher import HttpFetcher
from .registry_settings import Trace, unheard

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
    rules = AddressRules.parse(environ.get(FETCH_ALLOW_VARIABLE, ""))
    accept = is_switched_on(environ, ACCEPT_VARIABLE)
    require = is_switched_on(environ, REQUIRE_VARIABLE)
    return RevocationSources(
        HttpFetcher(rules, trace=trace),
        DirectoryCrlCache(directories.revocation_lists, warn, note),
        accept_revoked_after_timestamp=accept,
        require_information=require or strictness is Strictness.HARDENED,
    )

# SPDX-License-Identifier: Apache-2.0
"""The port through which CRLs are kept between runs: what was good before, by the URL it came from.

A cache saves time and decides nothing: what it returns is judged like an answer from the network, and
its failures are the adapter's to report, never an error. Knows no file and no format.

Spec: security contract 2.4 R-20. Requirements: REV-080 to REV-084.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol


class CrlBundle(NamedTuple):
    """A base CRL and the delta CRL that belongs to it, if there is one; DER."""

    base: bytes
    delta: bytes | None = None


class CrlCache(Protocol):
    """Keeps bundles by URL. Safe to call from several threads, and beside other processes."""

    def load(self, url: str) -> CrlBundle | None:
        """Return what was last stored for *url*, expired or not, or None if there is nothing usable."""

    def store(self, url: str, bundle: CrlBundle) -> None:
        """Keep *bundle* for *url* in place of an older one, if that is possible; whole or not at all."""

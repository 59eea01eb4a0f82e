# SPDX-License-Identifier: Apache-2.0
"""The port to a memory for CRLs that outlives the process.

Whatever comes out of it is validated like an answer from the network, so a wrong one costs time and never
a verdict. Where and how bundles are kept is the adapter's business; shared with the Go program or not.

Spec: trust-store-trust-policy, Certificate Revocation Evaluation. Requirements: REV-080 to REV-084, R-20.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol


class CrlBundle(NamedTuple):
    """The CRLs that answer for one distribution point, as they were received.

    Attributes:
        base: the DER of the complete CRL. delta: the DER of the delta CRL to it, or None.
    """

    base: bytes
    delta: bytes | None = None


class CrlCache(Protocol):
    """Keeps one bundle a URL. Safe to call from several threads and processes at once.

    Raises nothing: what cannot be loaded is not there, and what cannot be stored is not stored. An
    implementation warns its user once, because the next check costs a download again.
    """

    def load(self, url: str) -> CrlBundle | None:
        """Return what was stored for *url*, not validated and perhaps expired, or None."""

    def store(self, url: str, bundle: CrlBundle) -> None:
        """Keep *bundle* for *url* in the place of an earlier one."""

# SPDX-License-Identifier: Apache-2.0
"""Who publishes revocation in tests: what the conformance builders write, and fakes at the ports.

`FakeFetcher` stands at the port and answers from a table; `FakeCache` is a dictionary.

    chain = revocable_chain(ocsp=True, crl=True)
    FakeFetcher({crl_url(0): crl(chain, 0), ocsp_url(0): UnavailableError("no answer")})
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from conformance.generate.pki import TestChain
from conformance.generate.revocation_data import *  # noqa: F403
from notation_py.certificates.chain import CertificateChain, chain_of
from notation_py.certificates.requirements import Purpose
from notation_py.errors import NotationError, UnavailableError
from notation_py.fetch import FetchLimit
from notation_py.revocation.cache import CrlBundle


def parsed(chain: TestChain, purpose: Purpose = Purpose.CODE_SIGNING) -> CertificateChain:
    return chain_of(chain.ders, purpose)


Reply = bytes | NotationError | Callable[[], bytes]


@dataclass
class FakeFetcher:
    """Answers by the longest beginning of a URL that is in the table; everything else is not there.

    Attributes:
        replies: bytes to return, an error to raise, or a function to call.
        asked: URLs in the order in which they were asked. posted: bodies that were sent.
        together: if given, every call waits there until so many are under way.
    """

    replies: Mapping[str, Reply] = field(default_factory=dict)
    together: threading.Barrier | None = None
    asked: list[str] = field(default_factory=list)
    posted: list[tuple[str, bytes, str]] = field(default_factory=list)
    limits: list[FetchLimit] = field(default_factory=list)

    def get(self, url: str, limit: FetchLimit) -> bytes:
        self.asked.append(url)
        self.limits.append(limit)
        if self.together is not None:
            self.together.wait()
        known = sorted((place for place in self.replies if url.startswith(place)), key=len)
        reply = self.replies[known[-1]] if known else UnavailableError(f"nothing answers at {url}")
        if isinstance(reply, NotationError):
            raise reply
        return reply if isinstance(reply, bytes) else reply()

    def post(self, url: str, body: bytes, content_type: str, limit: FetchLimit) -> bytes:
        self.posted.append((url, body, content_type))
        return self.get(url, limit)


@dataclass
class FakeCache:
    """A cache in memory that counts nothing and forgets nothing."""

    bundles: dict[str, CrlBundle] = field(default_factory=dict)

    def load(self, url: str) -> CrlBundle | None:
        return self.bundles.get(url)

    def store(self, url: str, bundle: CrlBundle) -> None:
        self.bundles[url] = bundle

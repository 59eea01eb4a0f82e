# SPDX-License-Identifier: Apache-2.0
"""Chains whose certificates name a server on loopback, and what that server publishes about them, now.

For tests of whole programs, which read the machine's clock. Nothing is published until a test says so, and
each path can be answered with something else at any time.

    with web_server() as web:
        published = Published.naming(web, ocsp=(0,), crl=(1,))
        published.ocsp(0)                                   # the leaf is good, says a response of ours
        published.openssl(0, openssl, tmp_path).revoke(...)  # or what the real responder says
        published.crl(1, entries=[published.entry(1)])      # the intermediate is revoked
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.simulator import revocation_authority as authority
from tests.simulator.commands import OURS, Command, Settings
from tests.simulator.pki import Edit, KeyType, TestChain, all_of, make_chain
from tests.simulator.revocation_servers import (
    OCSP_TYPE,
    OpensslResponder,
    Reply,
    WebServer,
    requests_to,
    web_server,
)
from tests.simulator.tsa import FakeTimestamper, general_time

STARTED = datetime.now(UTC).replace(microsecond=0)
"""When these tests began: what is published is an hour older, and holds for a day."""

TIMESTAMP_TYPE = "application/timestamp-reply"
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
CURRENT = {"this_update": STARTED - HOUR, "next_update": STARTED + DAY}
STALE = {"this_update": STARTED - 9 * DAY, "next_update": STARTED - 2 * DAY}


@dataclass(frozen=True, slots=True)
class Published:
    """A chain, and the server that its certificates name."""

    web: WebServer
    chain: TestChain

    @classmethod
    def naming(
        cls,
        web: WebServer,
        *,
        ocsp: Collection[int] = (),
        crl: Collection[int] = (),
        key_type: KeyType = "EC-256",
        length: int = 3,
        subject: str = "alice",
        stamping: bool = False,
        edits: dict[int, Edit] | None = None,
    ) -> Published:
        """Return a chain whose certificates at the positions *ocsp* and *crl* name paths of *web*."""
        made = dict(edits or {})
        for position in range(length - 1):
            named = [authority.naming_ocsp(web.url(f"/ocsp/{subject}/{position}"))] * (position in ocsp)
            if position in crl:
                named.append(authority.naming_crl(authority.point(web.url(f"/{subject}/{position}.crl"))))
            made[position] = all_of(made.get(position, lambda draft: draft), *named)
        usage = ExtendedKeyUsageOID.TIME_STAMPING if stamping else ExtendedKeyUsageOID.CODE_SIGNING
        return cls(web, make_chain(key_type, length, subject=subject, usage=usage, edits=made))

    @property
    def _stem(self) -> str:
        return self.common_name(0)

    def common_name(self, position: int) -> str:
        """Return the common name of the certificate at *position*."""
        return str(list(self.chain.certificates[position].subject)[-1].value)

    def subject(self, position: int) -> str:
        """Return the subject of the certificate at *position*, as both programs write it."""
        return f"CN={self.common_name(position)},O=Notary,L=Seattle,ST=WA,C=US"

    def crl_url(self, position: int) -> str:
        return self.web.url(f"/{self._stem}/{position}.crl")

    def ocsp_url(self, position: int) -> str:
        return self.web.url(f"/ocsp/{self._stem}/{position}")

    def entry(self, position: int, *, at: datetime = STARTED - HOUR, **changes: Any) -> bytes:
        """Return the entry of a CRL that revokes the certificate at *position*."""
        return authority.entry(self.chain, position, at=at, **changes)

    def a_crl(self, position: int, **changes: Any) -> bytes:
        """Return a CRL about the certificate at *position*, current unless *changes* say otherwise."""
        return authority.crl(self.chain, position, **(CURRENT | changes))

    def crl(self, position: int, **changes: Any) -> bytes:
        """Publish `a_crl` from now on, and return it."""
        data = self.a_crl(position, **changes)
        self.web.publish(f"/{self._stem}/{position}.crl", data)
        return data

    def answer_crl(self, position: int, reply: Reply) -> None:
        """Answer requests for the CRL about the certificate at *position* with *reply*."""
        self.web.publish(f"/{self._stem}/{position}.crl", reply)

    def ocsp(self, position: int, **changes: Any) -> None:
        """Publish a response of our own making about the certificate at *position*."""
        body = authority.ocsp(self.chain, position, **({"revoked_at": STARTED - HOUR} | CURRENT | changes))
        self.answer_ocsp(position, Reply(body, kind=OCSP_TYPE))

    def answer_ocsp(self, position: int, reply: Reply) -> None:
        """Answer requests about the certificate at *position* with *reply*."""
        self.web.publish(f"/ocsp/{self._stem}/{position}*", reply)

    def openssl(
        self,
        position: int,
        program: Path,
        directory: Path,
        *,
        signer: int | None = None,
        knows: bool = True,
    ) -> OpensslResponder:
        """Let `openssl ocsp` answer for the certificate at *position*, which is good until it is revoked.

        Args:
            signer: the position of who signs the answers, if not the issuer.
            knows: whether it has heard of the certificate.
        """
        certificates, keys = self.chain.certificates, self.chain.keys
        above = position + 1
        responder = OpensslResponder(
            program,
            directory / f"{self._stem}-{position}",
            (certificates[above], keys[above]),
            None if signer is None else (certificates[signer], keys[signer]),
        )
        if knows:
            responder.good(certificates[position])
        self.web.publish(f"/ocsp/{self._stem}/{position}*", responder.answer)
        return responder

    def all_good(self, *positions: int) -> None:
        """Publish that the certificates at *positions* are good, by OCSP and CRL."""
        for position in positions:
            self.ocsp(position)
            self.crl(position)

    def requests(self) -> list[str]:
        """Return what was asked of the server since the last call: paths, those of OCSP without requests."""
        paths = [_short(path) for path in requests_to(self.web)]
        self.web.asked.clear()
        return sorted(paths)


def _short(path: str) -> str:
    return "/".join(path.split("/")[:4]) if path.startswith("/ocsp/") else path


def authority_off_by(web: WebServer, chain: TestChain, by: timedelta) -> str:
    """Publish an authority whose clock is ahead *by* that, or slow if it is negative; return its URL."""
    stamper = FakeTimestamper(chain, {"gen_time": general_time(datetime.now(UTC) + by)})
    return web.publish("/stamp", lambda asked: Reply(stamper.timestamp(asked.body), kind=TIMESTAMP_TYPE))


@contextmanager
def nobody_at() -> Iterator[str]:
    """Yield a URL on loopback where nobody listens."""
    with web_server() as web:
        url = web.url("/")
    yield url


_UNPRIVILEGED = """\
import ctypes, os, sys
if os.geteuid() == 0:  # give up everything that lets root pass over the modes of files
    header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    if ctypes.CDLL(None, use_errno=True).capset(header, data):
        sys.exit("cannot give up capabilities")
"""


def unprivileged(program: Command) -> Command:
    """Return our program running without any capability, so that modes of files hold for it."""
    interpreter, *options, start = program.words
    assert start == OURS[-1]
    return Command((interpreter, *options, _UNPRIVILEGED + start), program.environment, program.directory)


def cached_lists(settings: Settings) -> list[Path]:
    """Return the files of the CRL cache of *settings*."""
    directory = settings.directory / "cache" / "crl"
    return sorted(directory.iterdir()) if directory.is_dir() else []


def forget_lists(settings: Settings) -> None:
    """Empty the CRL cache of *settings*."""
    for path in cached_lists(settings):
        path.unlink()

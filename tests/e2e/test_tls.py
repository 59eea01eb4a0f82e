# SPDX-License-Identifier: Apache-2.0
"""A registry that speaks TLS, with an authority of its own and client certificates."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests import programs
from tests.simulator import pki, registries
from tests.simulator.commands import Command, Settings, our_program, statement
from tests.simulator.images import push_image
from tests.simulator.registries import RunningRegistry, ServerTls

pytestmark = pytest.mark.interop

NAMES = x509.SubjectAlternativeName(
    [x509.DNSName("localhost"), x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))]
)
SERVER = pki.make_chain(
    "EC-256",
    2,
    subject="registry",
    usage=ExtendedKeyUsageOID.SERVER_AUTH,
    edits={0: pki.with_extension(NAMES, critical=False)},
)
CLIENT = pki.make_chain("EC-384", 2, subject="client", usage=ExtendedKeyUsageOID.CLIENT_AUTH)
SIGNER = pki.make_chain("RSA-2048", 2, subject="signer")


@dataclass(frozen=True, slots=True)
class Files:
    """PEM files: the registry's authority, and the client's certificate and key."""

    authority: Path
    certificate: Path
    key: Path

    @property
    def client_words(self) -> tuple[str, ...]:
        """The flags that say who we are."""
        return ("--tls-cert-file", str(self.certificate), "--tls-key-file", str(self.key))


def pem_file(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    directory = tmp_path_factory.mktemp("tls")
    return Files(
        pem_file(directory / "ca.pem", SERVER.root_pem()),
        pem_file(directory / "client.pem", CLIENT.pem()),
        pem_file(directory / "client.key", CLIENT.key_pem()),
    )


@pytest.fixture(scope="module", params=["server-only", "client-certificates"])
def registry(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RunningRegistry, str, bool]]:
    """A registry over TLS, the digest of its image `app`, and whether it asks for client certificates."""
    directory = tmp_path_factory.mktemp("registry")
    asks = request.param == "client-certificates"
    tls = ServerTls(
        pem_file(directory / "server.pem", SERVER.pem()),
        pem_file(directory / "server.key", SERVER.key_pem()),
        pem_file(directory / "clients.pem", CLIENT.root_pem()) if asks else None,
    )
    try:
        with registries.docker_registry(directory) as running:
            digest = str(push_image(running.host, "app").digest)
        with registries.docker_registry(directory, tls=tls) as running:
            yield running, digest, asks
    except programs.ProgramUnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture
def program(tmp_path: Path) -> Command:
    settings = Settings(tmp_path / "settings")
    settings.add_key("k", SIGNER)
    settings.trust("s", SIGNER)
    settings.policy(statement("all", stores=["ca:s"]))
    return our_program(settings)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_registry_with_its_own_authority_serves(
    program: Command, files: Files, registry: tuple[RunningRegistry, str, bool], host: str
) -> None:
    """Sign, list and verify over TLS with the CA file of the registry (SEC-002)."""
    running, digest, asks = registry
    words = ("--tls-ca-file", str(files.authority), *(files.client_words if asks else ()))
    reference = f"{host}:{running.port}/app@{digest}"
    for command in ("sign", "list", "verify"):
        ran = program(command, *words, reference)
        assert (ran.code, ran.err) == (0, "")
        assert reference in ran.out


def test_an_unknown_authority_is_refused(
    program: Command, files: Files, registry: tuple[RunningRegistry, str, bool], tmp_path: Path
) -> None:
    """Another CA file: no request is made, and the error speaks of the certificate (SEC-002)."""
    running, digest, _ = registry
    other = pem_file(tmp_path / "other.pem", CLIENT.root_pem())
    ran = program("list", "--tls-ca-file", str(other), f"localhost:{running.port}/app@{digest}")
    assert (ran.code, ran.out) == (1, "")
    assert "certificate" in ran.err


def test_a_registry_that_asks_for_a_certificate_refuses_without(
    program: Command, files: Files, registry: tuple[RunningRegistry, str, bool]
) -> None:
    """Without the client certificate the registry does not answer, and the command fails (SEC-002)."""
    running, digest, asks = registry
    ran = program("list", "--tls-ca-file", str(files.authority), f"localhost:{running.port}/app@{digest}")
    assert (ran.code == 1) == asks
    assert ("Error: " in ran.err) == asks


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (("--tls-key-file", "{files.key}"), "--tls-key-file is the key of --tls-cert-file, which is missing"),
        (
            ("--insecure-registry", "--tls-ca-file", "{files.authority}"),
            "--insecure-registry contradicts the files for TLS",
        ),
        (("--tls-ca-file", "absent.pem"), "cannot read certificate authorities from absent.pem"),
    ],
    ids=["key alone", "plain HTTP", "no such file"],
)
def test_flags_that_make_no_sense_are_refused(
    program: Command, files: Files, flags: tuple[str, ...], text: str
) -> None:
    """One error before anything is sent (CLI-002)."""
    words = [flag.format(files=files) for flag in flags]
    ran = program("list", *words, "localhost:1/app:v1")
    assert (ran.code, ran.out) == (1, "")
    assert text in ran.err

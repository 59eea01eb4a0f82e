# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: SIM117 - what is set up and what must fail stand apart
"""TLS to registries: whom we believe, for which host, and who sees our certificate."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from notation_py.adapters import tls
from notation_py.adapters.credentials import Credential, GivenCredential
from notation_py.adapters.registry_hosts import SchemeRule
from notation_py.adapters.registry_settings import RegistrySettings, Timeouts, TlsFiles
from notation_py.adapters.remote import RemoteRepository
from notation_py.descriptor import Descriptor
from notation_py.errors import ConfigurationError, NotationError, Outcome, RegistryError, UnavailableError
from tests.simulator.registry import Quirks, Reply, SimulatedRegistry, running

ENVELOPE = "application/jose+json"
IMAGE = b'{"schemaVersion":2}'
NOW = datetime.now(UTC)
USER = ("someone", "hunter2-secret")


@dataclass(frozen=True)
class Authority:
    """A certificate authority whose files are in a directory."""

    directory: Path
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def file(self) -> Path:
        return self.directory / "ca.pem"

    def issue(self, name: str, *, days: int = 30, self_signed: bool = False) -> Path:
        """Return a file with a new key and a certificate for *name*, a host or an address."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        try:
            general: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            general = x509.DNSName(name)
        issuer, signer = (subject, key) if self_signed else (self.certificate.subject, self.key)
        certificate = (
            _draft(subject, issuer, key.public_key(), days)
            .add_extension(x509.SubjectAlternativeName([general]), critical=False)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
                critical=False,
            )
            .sign(signer, hashes.SHA256())
        )
        path = self.directory / f"{name}{days}{self_signed}.pem"
        path.write_bytes(_pem(key) + certificate.public_bytes(Encoding.PEM))
        return path


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _draft(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    start = min(NOW - timedelta(days=1), NOW + timedelta(days=days - 1))
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(NOW + timedelta(days=days))
    )


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    directory = tmp_path_factory.mktemp("authority")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
    certificate = (
        _draft(name, name, key.public_key(), 30)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (directory / "ca.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    return Authority(directory, certificate, key)


def serving(file: Path, client_authority: Path | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    if client_authority:
        context.load_verify_locations(client_authority)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def settings(**changes: object) -> RegistrySettings:
    return RegistrySettings(timeouts=Timeouts(2, 2, 3), **changes)  # type: ignore[arg-type]


@contextmanager
def https_registry(
    context: ssl.SSLContext, quirks: Quirks | None = None, host: str = "localhost"
) -> Iterator[SimulatedRegistry]:
    with running(quirks, host=host, context=context) as registry:
        registry.put(IMAGE, tag="v1")
        yield registry


def resolve(registry: SimulatedRegistry, using: RegistrySettings) -> Descriptor:
    with RemoteRepository(registry.host, "app", using) as repository:
        return repository.resolve("v1")


def test_authority_of_the_registry_is_believed(authority: Authority) -> None:
    """Issue 2, part 5: a CA file for one registry; it also means TLS for localhost."""
    with https_registry(serving(authority.issue("localhost"))) as registry:
        found = resolve(registry, settings(tls=TlsFiles(authority.file)))
    assert found == Descriptor.of("application/vnd.oci.image.manifest.v1+json", IMAGE)


@pytest.mark.parametrize("name", ["unknown-authority", "self-signed", "wrong-host", "expired", "old-tls"])
def test_attack_126_certificates_that_prove_nothing_are_refused(authority: Authority, name: str) -> None:
    """Attack 126; SEC-002: no verdict, exit 3; and nothing was asked."""
    file = {
        "self-signed": lambda: authority.issue("localhost", self_signed=True),
        "wrong-host": lambda: authority.issue("other.example.com"),
        "expired": lambda: authority.issue("localhost", days=-1),
    }.get(name, lambda: authority.issue("localhost"))()
    context = serving(file)
    if name == "old-tls":
        context.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1"):
            context.minimum_version = ssl.TLSVersion.TLSv1
        with pytest.warns(DeprecationWarning, match="TLSv1"):
            context.maximum_version = ssl.TLSVersion.TLSv1_1
    files = TlsFiles() if name == "unknown-authority" else TlsFiles(authority.file)
    using = settings(tls=files, scheme_rule=SchemeRule.HTTPS_ONLY)
    with https_registry(context) as registry, pytest.raises(UnavailableError) as caught:
        resolve(registry, using)
    assert registry.requests == []
    assert caught.value.outcome is Outcome.UNAVAILABLE
    assert "TLS" in caught.value.message


def redirecting(target: SimulatedRegistry) -> Quirks:
    def change(request: object, reply: Reply) -> Reply:
        path = getattr(request, "path", "")
        return Reply(307, b"", (("Location", f"{target.url}{path}"),)) if "/blobs/" in path else reply

    return Quirks(alter=change)


def test_attack_126_authority_of_one_host_is_nothing_at_another(authority: Authority) -> None:
    """Attack 126; R-24: the CA file of a registry does not vouch for the hosts it redirects to."""
    with (
        https_registry(serving(authority.issue("127.0.0.1")), host="127.0.0.1") as other,
        https_registry(serving(authority.issue("localhost")), redirecting(other)) as registry,
        RemoteRepository(registry.host, "app", settings(tls=TlsFiles(authority.file))) as repository,
        pytest.raises(UnavailableError, match="TLS"),
    ):
        repository.fetch(other.put_blob(b"x", ENVELOPE), max_bytes=1)
    assert other.requests == []


def test_client_certificate_is_shown_to_the_registry(authority: Authority) -> None:
    """Issue 2, part 5: client certificates; without one such a registry cannot be used."""
    context = serving(authority.issue("localhost"), authority.file)
    client = authority.issue("client")
    with https_registry(context) as registry:
        assert resolve(registry, settings(tls=TlsFiles(authority.file, client)))
        with pytest.raises(UnavailableError):
            resolve(registry, settings(tls=TlsFiles(authority.file)))


def test_client_certificate_is_shown_to_nobody_else(authority: Authority) -> None:
    """R-24: another port of the same host is another origin and does not get the certificate."""
    certificate, client = authority.issue("localhost"), authority.issue("client")
    with (
        https_registry(serving(certificate, authority.file)) as other,
        https_registry(serving(certificate), redirecting(other)) as registry,
        RemoteRepository(registry.host, "app", settings(tls=TlsFiles(authority.file, client))) as repository,
        pytest.raises(UnavailableError),
    ):
        repository.fetch(other.put_blob(b"x", ENVELOPE), max_bytes=1)
    assert other.requests == []


def test_attack_122_https_never_becomes_http(authority: Authority) -> None:
    """Attack 122; R-24: a redirect from https to http is refused, to whatever host."""
    with (
        running(Quirks()) as plain,
        https_registry(serving(authority.issue("localhost")), redirecting(plain)) as registry,
        RemoteRepository(registry.host, "app", settings(tls=TlsFiles(authority.file))) as repository,
        pytest.raises(RegistryError, match="from https to http"),
    ):
        repository.fetch(plain.put_blob(b"x", ENVELOPE), max_bytes=1)
    assert plain.requests == []


@pytest.mark.parametrize("location", ["http://{host}/v2/x", "https://other.example.com/v2/x"])
def test_attack_123_upload_does_not_leave_tls(authority: Authority, location: str) -> None:
    """Attack 123: an upload place with http after https, or on another host, is refused unasked."""

    def change(_: object, reply: Reply) -> Reply:
        place = location.format(host=registry.host)
        return reply.with_header("Location", place) if reply.status == 202 else reply

    quirks = Quirks(basic=USER, alter=change)
    using = settings(tls=TlsFiles(authority.file), credentials=GivenCredential(Credential(*USER)))
    with https_registry(serving(authority.issue("localhost")), quirks) as registry:
        with RemoteRepository(registry.host, "app", using) as repository, pytest.raises(RegistryError):
            repository.push(Descriptor.of(ENVELOPE, b"x"), b"x")
        assert not registry.blobs


def test_attack_124_http_realm_of_a_tls_registry_gets_nothing(authority: Authority) -> None:
    """Attack 124; R-24: a token server without TLS is not talked to, not even on the same host."""
    with running(Quirks(token=USER)) as plain:
        quirks = Quirks(token=USER, realm=f"{plain.url}/token")
        using = settings(tls=TlsFiles(authority.file), credentials=GivenCredential(Credential(*USER)))
        with https_registry(serving(authority.issue("localhost")), quirks) as registry:
            with pytest.raises(UnavailableError) as caught:
                resolve(registry, using)
        assert plain.requests == []
    assert caught.value.outcome is Outcome.AUTH


def test_token_server_on_the_same_host_is_reached_with_its_authority(authority: Authority) -> None:
    """SIG-056: the CA file holds for the host, and so for a token server beside the registry."""
    using = settings(tls=TlsFiles(authority.file), credentials=GivenCredential(Credential(*USER)))
    with https_registry(serving(authority.issue("localhost")), Quirks(token=USER)) as registry:
        assert resolve(registry, using)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_authorities_of_the_environment_replace_those_of_the_system(
    authority: Authority, variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """CLI contract 3: SSL_CERT_FILE and SSL_CERT_DIR are honoured."""
    if variable == "SSL_CERT_DIR":
        name = ssl_hash(authority.file)
        (tmp_path / f"{name}.0").write_bytes(authority.file.read_bytes())
    monkeypatch.setenv(variable, str(authority.file if variable == "SSL_CERT_FILE" else tmp_path))
    tls.system_context.cache_clear()
    try:
        with https_registry(serving(authority.issue("localhost"))) as registry:
            assert resolve(registry, settings(scheme_rule=SchemeRule.HTTPS_ONLY))
    finally:
        tls.system_context.cache_clear()


def ssl_hash(file: Path) -> str:
    """Return the name under which OpenSSL looks for the certificate in *file*."""
    import subprocess

    done = subprocess.run(
        ["openssl", "x509", "-hash", "-noout", "-in", file], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize("content", [None, b"", b"not a certificate", b"-----BEGIN CERTIFICATE-----\nAA\n"])
@pytest.mark.parametrize("role", ["authorities", "certificate"])
def test_unusable_files_are_configuration_errors(tmp_path: Path, content: bytes | None, role: str) -> None:
    """R-33: missing or wrong files say so, before anything is sent."""
    path = tmp_path / "file.pem"
    if content is not None:
        path.write_bytes(content)
    with RemoteRepository("localhost:1", "app", settings(tls=TlsFiles(**{role: path}))) as repository:
        with pytest.raises(NotationError) as caught:
            repository.resolve("v1")
    assert isinstance(caught.value, ConfigurationError)
    assert str(path) in caught.value.message

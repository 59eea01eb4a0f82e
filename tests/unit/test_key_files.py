# SPDX-License-Identifier: Apache-2.0
"""Private keys and chains from files: forms, passphrases, modes, and what is refused."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from notation_py.adapters.files import Strictness
from notation_py.adapters.key_files import Passphrase, load_certificates, load_key_pair, read_passphrase
from notation_py.errors import ConfigurationError
from tests.simulator.pki import KEY_TYPES, make_chain

CHAIN = make_chain("EC-256", 3)
RSA = make_chain("RSA-2048", 1)
SECRET = b"correct horse"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., tuple[str, str]]:
    def write(key: bytes, chain: bytes) -> tuple[str, str]:
        key_path, chain_path = tmp_path / "k.key", tmp_path / "k.crt"
        key_path.write_bytes(key)
        key_path.chmod(0o600)
        chain_path.write_bytes(chain)
        chain_path.chmod(0o644)
        return str(key_path), str(chain_path)

    return write


def load(
    paths: tuple[str, str], passphrase: Passphrase | None = None, strictness=Strictness.HARDENED, warn=print
):
    return load_key_pair(*paths, passphrase=passphrase, strictness=strictness, warn=warn)


def encrypted(key, scheme: KeySerializationEncryption, form=PrivateFormat.PKCS8) -> bytes:
    return key.private_bytes(Encoding.PEM, form, scheme)


@pytest.mark.parametrize(
    "form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL], ids=["pkcs8", "traditional"]
)
@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_every_key_type_loads_in_every_form(key_type, form, write) -> None:
    """SGN-006: PKCS#8, PKCS#1 and SEC1; the chain in file order."""
    chain = make_chain(key_type, 3)
    key, certificates = load(write(chain.key_pem(form), chain.pem()))
    assert key.public_key() == chain.leaf.public_key()
    assert tuple(certificate.der for certificate in certificates) == chain.ders


def never() -> bytes:
    pytest.fail("asked for a passphrase that is not needed")


def test_passphrase_is_not_asked_for_a_plain_key(write) -> None:
    """R-35."""
    assert load(write(CHAIN.key_pem(), CHAIN.pem()), never)


def test_encrypted_pkcs8_loads_with_its_passphrase(write) -> None:
    """R-35: asked once."""
    asked: list[int] = []

    def ask() -> bytes:
        asked.append(1)
        return SECRET

    paths = write(encrypted(CHAIN.key, BestAvailableEncryption(SECRET)), CHAIN.pem())
    assert load(paths, ask)[0].public_key() == CHAIN.leaf.public_key()
    assert asked == [1]


def test_legacy_encrypted_pem_loads(write) -> None:
    """R-35: the form with Proc-Type, where the library supports its cipher."""
    key = encrypted(RSA.key, BestAvailableEncryption(SECRET), PrivateFormat.TraditionalOpenSSL)
    assert b"Proc-Type: 4,ENCRYPTED" in key
    assert load(write(key, RSA.pem()), lambda: SECRET)[0].public_key() == RSA.leaf.public_key()


@pytest.mark.parametrize(
    ("passphrase", "message"),
    [
        (lambda: b"wrong guess", "cannot be decrypted: wrong passphrase or damaged file"),
        (lambda: b"", "is encrypted and no passphrase was given"),
        (None, "is encrypted and no passphrase was given"),
    ],
    ids=["wrong", "empty", "nobody to ask"],
)
@pytest.mark.parametrize(
    "form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL], ids=["pkcs8", "traditional"]
)
def test_wrong_passphrase_is_one_clear_error(passphrase, message: str, form, write) -> None:
    """Attack 171: it says which file, and neither the passphrase nor the library's words."""
    paths = write(encrypted(RSA.key, BestAvailableEncryption(SECRET), form), RSA.pem())
    with pytest.raises(ConfigurationError) as caught:
        load(paths, passphrase)
    assert caught.value.message == f"private key {paths[0]} {message}"
    assert caught.value.__cause__ is None
    assert "guess" not in repr(caught.value)


PLAIN = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
BAD_KEYS = {
    "ed25519": (ed25519.Ed25519PrivateKey.generate().private_bytes(*PLAIN), "has an unsupported type"),
    "dsa": (dsa.generate_private_key(1024).private_bytes(*PLAIN), "has an unsupported type"),
    "certificate": (CHAIN.pem(), "no private key found in"),
    "public key": (
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        "no private key found in",
    ),
    "der": (
        CHAIN.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        "no private key found in",
    ),
    "empty": (b"", "no private key found in"),
    "cut short": (CHAIN.key_pem()[:80] + b"\n-----END PRIVATE KEY-----\n", "cannot be read"),
    "no end": (CHAIN.key_pem()[:-10], "no private key found in"),
    "wrong label": (CHAIN.key_pem().replace(b"PRIVATE", b"RSA PRIVATE"), "cannot be read"),
}


@pytest.mark.parametrize(("data", "message"), BAD_KEYS.values(), ids=BAD_KEYS)
def test_key_file_that_holds_something_else(data: bytes, message: str, write) -> None:
    """Attack 171; CONFIG, one line, no content of the file."""
    with pytest.raises(ConfigurationError) as caught:
        load(write(data, CHAIN.pem()))
    assert message in caught.value.message
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 200


def test_key_must_be_the_first_certificates(write) -> None:
    """Attack 171; ALG-009."""
    other = make_chain("EC-384", 1)
    with pytest.raises(ConfigurationError, match="does not match the first certificate"):
        load(write(other.key_pem(), CHAIN.pem()))


def test_chain_in_the_wrong_order_is_a_mismatch_with_advice(write) -> None:
    """SGN-006: leaf first."""
    reverse = b"".join(c.public_bytes(Encoding.PEM) for c in reversed(CHAIN.certificates))
    with pytest.raises(ConfigurationError) as caught:
        load(write(CHAIN.key_pem(), reverse))
    assert "starts with the signing certificate" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("data", "message"), [(b"", "no valid certificate"), (b"x", "malformed certificate")]
)
def test_certificate_file_without_certificates(data: bytes, message: str, write) -> None:
    """Missing is not success."""
    with pytest.raises(ConfigurationError, match=message):
        load(write(CHAIN.key_pem(), data))


def test_parameters_before_the_key_are_skipped(write) -> None:
    """What `openssl ecparam -genkey` writes: a block of parameters, then the key."""
    parameters = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    key = parameters + CHAIN.key_pem(PrivateFormat.TraditionalOpenSSL)
    assert load(write(key, CHAIN.pem()))[0].public_key() == CHAIN.leaf.public_key()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o604])
def test_key_that_others_can_use(mode: int, write) -> None:
    """Attack 171; R-35: used with a warning that names the command, refused if hardened."""
    paths = write(CHAIN.key_pem(), CHAIN.pem())
    Path(paths[0]).chmod(mode)
    warnings: list[str] = []
    assert load(paths, strictness=Strictness.WARN, warn=warnings.append)
    assert [f"chmod 600 {paths[0]}" in line for line in warnings] == [True]
    with pytest.raises(ConfigurationError, match="can be used by other users"):
        load(paths)


def test_key_that_is_a_link(write, tmp_path: Path) -> None:
    """Attack 171: users link keys, so no warning; refused if hardened."""
    paths = write(CHAIN.key_pem(), CHAIN.pem())
    (tmp_path / "link").symlink_to(paths[0])
    linked = (str(tmp_path / "link"), paths[1])
    warnings: list[str] = []
    assert load(linked, strictness=Strictness.WARN, warn=warnings.append)
    assert warnings == []
    with pytest.raises(ConfigurationError, match="is not a regular file"):
        load(linked)


@pytest.mark.parametrize("path", ["/dev/zero", "/dev", "/dev/tty"])
def test_key_path_that_is_no_file(path: str, write) -> None:
    """Attack 173: a device or a directory."""
    chain = write(CHAIN.key_pem(), CHAIN.pem())[1]
    with pytest.raises(ConfigurationError, match=r"private key file .* is not a regular file"):
        load((path, chain), strictness=Strictness.WARN)


@pytest.mark.parametrize("path", ["~/k.key", "$HOME/k.key", "%AppData%/k.key"])
def test_key_path_is_not_expanded(path: str, write) -> None:
    """Attack 173: and the hint says so."""
    chain = write(CHAIN.key_pem(), CHAIN.pem())[1]
    with pytest.raises(ConfigurationError) as caught:
        load((path, chain), strictness=Strictness.WARN)
    assert caught.value.message == f"open {path}: no such file or directory"
    assert "not expanded" in (caught.value.hint or "")


def test_relative_key_path(write, monkeypatch, tmp_path: Path) -> None:
    """Attack 173: works as with the Go program, with a warning; refused if hardened."""
    paths = write(CHAIN.key_pem(), CHAIN.pem())
    monkeypatch.chdir(tmp_path)
    warnings: list[str] = []
    assert load(("k.key", paths[1]), strictness=Strictness.WARN, warn=warnings.append)
    assert ["depends on the working directory" in line for line in warnings] == [True]
    with pytest.raises(ConfigurationError, match="depends on the working directory"):
        load(("k.key", paths[1]))


def test_huge_key_file_is_a_limit(write) -> None:
    """SEC-001."""
    paths = write(b"", CHAIN.pem())
    with Path(paths[0]).open("wb") as stream:
        stream.truncate(1 << 30)
    with pytest.raises(ConfigurationError, match="larger than"):
        load(paths)


def test_hostile_pem_is_searched_in_linear_time(write) -> None:
    """SEC-003: many beginnings without an end."""
    many = b"-----BEGIN PRIVATE KEY-----\n" * 9_000
    with pytest.raises(ConfigurationError, match="no private key found"):
        load(write(many, CHAIN.pem()))


def test_passphrase_file_gives_its_first_line(tmp_path: Path) -> None:
    """R-37: without the line end, and nothing else taken away."""
    path = tmp_path / "p"
    for content, expected in ((b" pass word \r\nsecond\n", b" pass word "), (b"p", b"p")):
        path.write_bytes(content)
        path.chmod(0o600)
        assert read_passphrase(path, Strictness.HARDENED, print) == expected
    path.write_bytes(b"\nsecond")
    with pytest.raises(ConfigurationError, match="empty first line"):
        read_passphrase(path, Strictness.HARDENED, print)


def test_certificate_file_loads_without_a_key(write, tmp_path: Path) -> None:
    """SGN-006, R-35: in file order; what others can change is refused when hardened."""
    _, path = write(b"", CHAIN.pem())
    loaded = load_certificates(path, strictness=Strictness.HARDENED, warn=print)
    assert tuple(certificate.der for certificate in loaded) == CHAIN.ders
    Path(path).chmod(0o666)
    with pytest.raises(ConfigurationError, match="can be changed by other users"):
        load_certificates(path, strictness=Strictness.HARDENED, warn=print)
    with pytest.raises(ConfigurationError, match="no such file"):
        load_certificates(str(tmp_path / "gone"), strictness=Strictness.HARDENED, warn=print)


def test_keys_of_openssl_load(openssl: Path, write, tmp_path: Path) -> None:
    """SGN-006, R-35: what the usual tool writes, encrypted with PBES2."""
    plain = tmp_path / "plain"
    plain.write_bytes(CHAIN.key_pem())
    command = [str(openssl), "pkcs8", "-topk8", "-in", str(plain), "-passout", "pass:correct horse"]
    key = subprocess.run(command, check=True, capture_output=True).stdout
    assert isinstance(load(write(key, CHAIN.pem()), lambda: SECRET)[0], ec.EllipticCurvePrivateKey)

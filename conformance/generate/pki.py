# SPDX-License-Identifier: Apache-2.0
"""Certificate chains from fixed TEST keys, right by default and wrong on request.

`make_chain` builds what the certificate requirements accept. To build one fault, pass an
edit for a position: a function from the `Draft` of that certificate to a changed `Draft`.
The same arguments give the same bytes (ECDSA is signed deterministically).

    make_chain("EC-256", 3)                                                  # accepted
    make_chain("EC-256", 3, edits={0: without(x509.KeyUsage)})               # leaf lacks key usage
    make_chain("EC-256", 3, edits={1: with_extension(x509.BasicConstraints(False, None), critical=True)})
    make_chain("RSA-2048", 2, edits={0: lambda draft: replace(draft, hash=hashes.SHA1())})
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar, Literal, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

KeyType = Literal["RSA-2048", "RSA-3072", "RSA-4096", "EC-256", "EC-384", "EC-521"]
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

KEY_TYPES: tuple[KeyType, ...] = ("RSA-2048", "RSA-3072", "RSA-4096", "EC-256", "EC-384", "EC-521")
CHAIN_LENGTHS = (1, 2, 3)

NOT_BEFORE = datetime(2024, 1, 1, tzinfo=UTC)
NOT_AFTER = datetime(2049, 12, 31, tzinfo=UTC)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
"""A moment inside the default validity, for vectors and tests that need no particular one."""

_KEYS = Path(__file__).parent / "keys"
_END = b"-----END PRIVATE KEY-----\n"
_CERTIFICATE_HASHES: dict[str, hashes.HashAlgorithm] = {
    "RSA-2048": hashes.SHA256(),
    "RSA-3072": hashes.SHA384(),
    "RSA-4096": hashes.SHA512(),
    "EC-256": hashes.SHA256(),
    "EC-384": hashes.SHA384(),
    "EC-521": hashes.SHA512(),
}


@cache
def fixed_keys(key_type: KeyType) -> tuple[PrivateKey, ...]:
    """Return the three committed TEST keys of *key_type*; certificate n of a chain uses key n modulo 3."""
    return _keys_in(f"{key_type.lower()}.pem")


@cache
def odd_keys() -> tuple[PrivateKey, ...]:
    """Return committed TEST keys of RSA with 1024 and with 2047 bits, which nobody may sign with."""
    return _keys_in("rsa-odd.pem")


def _keys_in(file: str) -> tuple[PrivateKey, ...]:
    blocks = (_KEYS / file).read_bytes().split(_END)[:-1]
    keys = (load_pem_private_key(block + _END, None, unsafe_skip_rsa_key_validation=True) for block in blocks)
    return tuple(cast("PrivateKey", key) for key in keys)


def private_pem(key: PrivateKey, form: PrivateFormat = PrivateFormat.PKCS8) -> bytes:
    """Return *key* as unencrypted PEM: PKCS#8, or `PrivateFormat.TraditionalOpenSSL` for PKCS#1 and SEC1."""
    return key.private_bytes(Encoding.PEM, form, NoEncryption())


def name(common_name: str, **attributes: str) -> x509.Name:
    """Return `CN=…,O=Notary,L=Seattle,ST=WA,C=US`, encoded in the order C, ST, L, O, CN.

    Args:
        attributes: replacements by short name, such as `O="Other"`; an empty one leaves it out.
    """
    values = {"C": "US", "ST": "WA", "L": "Seattle", "O": "Notary", "CN": common_name} | attributes
    oids = {
        "C": NameOID.COUNTRY_NAME,
        "ST": NameOID.STATE_OR_PROVINCE_NAME,
        "L": NameOID.LOCALITY_NAME,
        "O": NameOID.ORGANIZATION_NAME,
        "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
        "CN": NameOID.COMMON_NAME,
    }
    return x509.Name([x509.NameAttribute(oids[key], value) for key, value in values.items() if value])


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A certificate before it is signed; an edit returns a changed copy (`dataclasses.replace`)."""

    position: int
    subject: x509.Name
    issuer: x509.Name
    public_key: Any
    signing_key: PrivateKey
    not_before: datetime
    not_after: datetime
    serial: int
    extensions: tuple[x509.Extension[Any], ...]
    hash: hashes.HashAlgorithm
    padding: padding.PSS | padding.PKCS1v15 | None = None

    def sign(self) -> x509.Certificate:
        """Return the certificate that the draft describes."""
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.subject)
            .issuer_name(self.issuer)
            .public_key(self.public_key)
            .serial_number(self.serial)
            .not_valid_before(self.not_before)
            .not_valid_after(self.not_after)
        )
        for extension in self.extensions:
            builder = builder.add_extension(extension.value, extension.critical)
        if isinstance(self.hash, hashes.SHA1):
            return _resigned_with_sha1(builder.sign(self.signing_key, hashes.SHA256()), self.signing_key)
        deterministic = True if isinstance(self.signing_key, ec.EllipticCurvePrivateKey) else None
        return builder.sign(
            self.signing_key,
            cast("Any", self.hash),
            rsa_padding=self.padding,
            ecdsa_deterministic=deterministic,
        )


_SHA1_ALGORITHMS = {
    "RSA": bytes.fromhex("300d06092a864886f70d0101050500"),  # sha1WithRSAEncryption, NULL
    "EC": bytes.fromhex("300906072a8648ce3d0401"),  # ecdsa-with-SHA1
}


def _resigned_with_sha1(certificate: x509.Certificate, key: PrivateKey) -> x509.Certificate:
    """Return *certificate* as if its issuer had used SHA-1, which the library no longer builds."""
    rest, fields = certificate.tbs_certificate_bytes, []
    _, rest, _ = _first_element(rest)
    while rest:
        element, _, rest = _first_element(rest)
        fields.append(element)
    algorithm = _SHA1_ALGORITHMS["RSA" if isinstance(key, rsa.RSAPrivateKey) else "EC"]
    fields[2] = algorithm  # after the version and the serial number
    body = _element(0x30, b"".join(fields))
    if isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(body, padding.PKCS1v15(), hashes.SHA1())
    else:
        signature = key.sign(body, ec.ECDSA(hashes.SHA1()))
    return x509.load_der_x509_certificate(
        _element(0x30, body + algorithm + _element(0x03, b"\x00" + signature))
    )


def _first_element(data: bytes) -> tuple[bytes, bytes, bytes]:
    """Return the first DER element of *data* whole, its content, and what follows it."""
    start, size = 2, data[1]
    if size >= 0x80:
        start += size - 0x80
        size = int.from_bytes(data[2:start], "big")
    end = start + size
    return data[:end], data[start:end], data[end:]


def _element(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 + len(length)]) + length + content


Edit = Callable[[Draft], Draft]


def without(kind: type[x509.ExtensionType]) -> Edit:
    """Return an edit that drops the extension *kind*."""
    return lambda draft: replace(draft, extensions=tuple(e for e in draft.extensions if e.oid != kind.oid))


def with_criticality_flipped(kind: type[x509.ExtensionType]) -> Edit:
    """Return an edit that makes a critical extension *kind* non-critical, and the reverse."""

    def edit(draft: Draft) -> Draft:
        flipped = (x509.Extension(e.oid, e.critical ^ (e.oid == kind.oid), e.value) for e in draft.extensions)
        return replace(draft, extensions=tuple(flipped))

    return edit


def with_extension(value: x509.ExtensionType, *, critical: bool) -> Edit:
    """Return an edit that adds the extension *value*, or puts it in the place of one of its kind."""
    extension = x509.Extension(value.oid, critical, value)

    def edit(draft: Draft) -> Draft:
        if all(e.oid != value.oid for e in draft.extensions):
            return replace(draft, extensions=(*draft.extensions, extension))
        kept = (extension if e.oid == value.oid else e for e in draft.extensions)
        return replace(draft, extensions=tuple(kept))

    return edit


def changed(**fields: Any) -> Edit:
    """Return an edit that sets *fields* of the draft: `hash`, `issuer`, `signing_key` and others."""
    return lambda draft: replace(draft, **fields)


def all_of(*edits: Edit) -> Edit:
    """Return an edit that makes *edits* in turn."""

    def edit(draft: Draft) -> Draft:
        for one in edits:
            draft = one(draft)
        return draft

    return edit


def key_usage(*bits: str) -> x509.KeyUsage:
    """Return a key usage with exactly *bits*, such as `digital_signature` and `key_cert_sign`."""
    every = [
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ]
    return x509.KeyUsage(**{bit: bit in bits for bit in every})


@dataclass(frozen=True, slots=True)
class TestChain:
    """Certificates leaf first, root last, and their private keys in the same order."""

    __test__: ClassVar[bool] = False  # not a test class, whatever its name

    keys: tuple[PrivateKey, ...]
    certificates: tuple[x509.Certificate, ...]

    @property
    def key(self) -> PrivateKey:
        """The private key of the leaf."""
        return self.keys[0]

    @property
    def leaf(self) -> x509.Certificate:
        """The signing certificate."""
        return self.certificates[0]

    @property
    def root(self) -> x509.Certificate:
        """The last certificate."""
        return self.certificates[-1]

    @property
    def ders(self) -> tuple[bytes, ...]:
        """The DER of each certificate, leaf first."""
        return tuple(certificate.public_bytes(Encoding.DER) for certificate in self.certificates)

    def pem(self) -> bytes:
        """Return the whole chain as PEM, leaf first."""
        return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in self.certificates)

    def root_pem(self) -> bytes:
        """Return the root alone as PEM: what goes into a trust store."""
        return self.root.public_bytes(Encoding.PEM)

    def key_pem(self, form: PrivateFormat = PrivateFormat.PKCS8) -> bytes:
        """Return the private key of the leaf as unencrypted PEM."""
        return private_pem(self.key, form)


def make_chain(
    key_type: KeyType = "EC-256",
    length: int = 3,
    *,
    subject: str | x509.Name = "test",
    not_before: datetime = NOT_BEFORE,
    not_after: datetime = NOT_AFTER,
    usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.CODE_SIGNING,
    edits: Mapping[int, Edit] | None = None,
) -> TestChain:
    """Return a chain of *length* certificates that is accepted as it is, changed by *edits*.

    Length 1 is the self-signed leaf of `cert generate-test`: no basic constraints.

    Args:
        subject: common name of the leaf, or its whole name; the CAs are named after it.
        not_before: start of validity of every certificate; edit a draft to differ.
        usage: extended key usage of the leaf; `TIME_STAMPING` makes it critical.
        edits: changes by position, 0 is the leaf, -1 the root.
    """
    keys = fixed_keys(key_type)
    names = _names(subject, length)
    edits = {position % length: edit for position, edit in (edits or {}).items()}
    certificates = []
    for position in range(length):
        above = min(position + 1, length - 1)
        key, issuer_key = keys[position % len(keys)], keys[above % len(keys)]
        draft = Draft(
            position=position,
            subject=names[position],
            issuer=names[above],
            public_key=key.public_key(),
            signing_key=issuer_key,
            not_before=not_before,
            not_after=not_after,
            serial=_serial(key_type, names[position], names[above], not_before),
            extensions=_extensions(position, length, key, issuer_key, usage),
            hash=_CERTIFICATE_HASHES[key_type],
        )
        certificates.append(edits.get(position, _unchanged)(draft).sign())
    return TestChain(tuple(keys[n % len(keys)] for n in range(length)), tuple(certificates))


def _unchanged(draft: Draft) -> Draft:
    return draft


def _names(subject: str | x509.Name, length: int) -> list[x509.Name]:
    leaf = name(subject) if isinstance(subject, str) else subject
    found = leaf.get_attributes_for_oid(NameOID.COMMON_NAME)
    stem = str(found[0].value) if found else "test"
    authorities = [name(f"{stem} intermediate {position}") for position in range(1, length - 1)]
    return [leaf, *authorities, name(f"{stem} root")][:length]


def _serial(*facts: object) -> int:
    return int.from_bytes(sha256(repr(facts).encode()).digest()[:16], "big") >> 1 | 1


def _extensions(
    position: int, length: int, key: PrivateKey, issuer_key: PrivateKey, usage: x509.ObjectIdentifier
) -> tuple[x509.Extension[Any], ...]:
    values: list[tuple[x509.ExtensionType, Literal["critical", "optional"]]]
    if position == 0:
        stamping = usage == ExtendedKeyUsageOID.TIME_STAMPING
        values = [
            (key_usage("digital_signature"), "critical"),
            (x509.ExtendedKeyUsage([usage]), "critical" if stamping else "optional"),
        ]
    else:
        values = [
            (x509.BasicConstraints(ca=True, path_length=position - 1), "critical"),
            (key_usage("key_cert_sign", "crl_sign"), "critical"),
        ]
    values.append((x509.SubjectKeyIdentifier.from_public_key(key.public_key()), "optional"))
    if length > 1:
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
        values.append((identifier, "optional"))
    return tuple(x509.Extension(value.oid, word == "critical", value) for value, word in values)

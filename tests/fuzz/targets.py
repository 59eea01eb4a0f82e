# SPDX-License-Identifier: Apache-2.0
"""What is fuzzed: each reader with seeds, and what may be raised.

A target takes bytes, returns or raises inside the error root. What it accepts is checked further where
something must then hold, such as that re-encoding gives the input.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from notation_py import der
from notation_py.adapters.challenges import parse_challenges
from notation_py.adapters.configuration import Configuration
from notation_py.adapters.files import Strictness
from notation_py.adapters.http_messages import EndOfStreamError, Incoming, body_of, read_body, read_head
from notation_py.adapters.index_entries import ReferrersIndex, write_index
from notation_py.adapters.layout_index import LayoutIndex
from notation_py.adapters.links import next_link
from notation_py.adapters.signing_keys import SigningKeys
from notation_py.adapters.urls import Url
from notation_py.certificates.certificate import Certificate
from notation_py.certificates.name import DistinguishedName, name_text
from notation_py.certificates.pem import read_certificates
from notation_py.descriptor import IMAGE_MANIFEST, Descriptor
from notation_py.document import parse_json
from notation_py.encoding import decode_base64, decode_base64url, encode_base64, encode_base64url
from notation_py.envelope import cose, jws
from notation_py.envelope.model import EnvelopeFormat
from notation_py.envelope.payload import Payload, payload_for
from notation_py.errors import MalformedError, NotationError
from notation_py.reference import Reference, is_scope
from notation_py.registry import signatures
from notation_py.signing.sign import SignOptions, signed_envelope
from notation_py.trust.policy import BlobTrustPolicyDocument, OciTrustPolicyDocument
from tests.simulator.pki import NOW, make_chain
from tests.simulator.scenario import Scenario, signer_of

VECTORS = Path(__file__).parents[2] / "conformance" / "vectors"
SUBJECT = Descriptor.of(IMAGE_MANIFEST, b"{}")


@dataclass(frozen=True)
class Target:
    """A reader, the bytes to start from, and words worth inserting."""

    name: str
    read: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    words: tuple[bytes, ...] = ()


JSON_WORDS = (
    b'{"',
    b'":',
    b'",',
    b"[[",
    b"]]",
    b"{}",
    b"null",
    b"true",
    b"1e400",
    b"-0",
    b"NaN",
    b"\\ud800",
    b"\\u0000",
    b'"crit"',
    b'"alg"',
    b'"b64":false',
    b'"x5c":[]',
    b'"version":"1.0"',
    b'"*"',
    b"\xef\xbb\xbf",
    b"\xff",
)
CBOR_WORDS = (
    b"\xd2\x84",
    b"\x9f",
    b"\xbf",
    b"\x5f",
    b"\x7f",
    b"\xff",
    b"\xc0",
    b"\xc1",
    b"\xc2\x40",
    b"\xd8\x1c",
    b"\xd8\x23",
    b"\xf7",
    b"\xe0",
    b"\xf9\x7e\x00",
    b"\x9b\x00\x00\x01\x00\x00\x00\x00\x00",
    b"\x18\x01",
    b"\xa1",
    b"\x81" * 9,
)


def _text(read: Callable[[str], object]) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        read(data.decode("utf-8", "surrogateescape").encode("utf-8", "replace").decode("utf-8"))

    return run


def _base64(data: bytes) -> None:
    text = data.decode("latin-1")
    for decode, encode in ((decode_base64, encode_base64), (decode_base64url, encode_base64url)):
        try:
            decoded = decode(text, at="fuzz")
        except MalformedError:
            continue
        if encode(decoded) != text:
            raise AssertionError(f"{text!r} has two spellings")


def _json(data: bytes) -> None:
    parse_json(data, what="fuzz", max_bytes=1 << 20)


def _der(data: bytes) -> None:
    element = der.read(data)
    der.children(data, element)
    der.split(data)


def _certificate(data: bytes) -> None:
    certificate = Certificate.parse(data)
    if certificate.der != data:
        raise AssertionError("the certificate is not its bytes")
    name_text(certificate.raw_subject)
    DistinguishedName.from_subject(certificate.raw_subject)


def _manifest(data: bytes) -> None:
    signatures._envelope_of(data, IMAGE_MANIFEST, SUBJECT)


def _envelopes(kind: EnvelopeFormat) -> Iterator[bytes]:
    chain = make_chain("EC-256", 2)
    payload = payload_for(Scenario().artifact, {"k": "v"})
    yield signed_envelope(payload, signer_of(chain), SignOptions(format=kind), at=NOW)[0]
    for path in sorted(VECTORS.rglob("*")):
        if path.is_file() and path.suffix in {".sig", ".json"} and path.stat().st_size < 20_000:
            data = path.read_bytes()
            if data[:1] == (b"\xd2" if kind is EnvelopeFormat.COSE else b"{"):
                yield data


def _policies() -> Iterator[bytes]:
    yield (
        b'{"version":"1.0","trustPolicies":[{"name":"a","registryScopes":["r.test/a"],"signatureVerification":'
        b'{"level":"strict","override":{"revocation":"log"}},"trustStores":["ca:x"],'
        b'"trustedIdentities":["x509.subject: C=US, ST=WA, O=a\\\\, b"]}]}'
    )
    for path in sorted((VECTORS / "trust-policy").rglob("*.json")):
        yield path.read_bytes()


def _both_policies(data: bytes) -> None:
    try:
        OciTrustPolicyDocument.parse(data)
    finally:
        BlobTrustPolicyDocument.parse(data)


def _manifests() -> Iterator[bytes]:
    for form in signatures.ManifestForm:
        yield signatures.build_manifest(Descriptor.of("application/cose", b"x"), SUBJECT, {"a": "b"}, form)


def targets() -> list[Target]:
    """Return every target."""
    from tests.fuzz.blob_targets import blob_targets  # these need `Target`
    from tests.fuzz.plugin_targets import plugin_targets
    from tests.fuzz.revocation_targets import revocation_targets
    from tests.fuzz.timestamp_targets import timestamp_targets

    chain = make_chain("RSA-2048", 2)
    pem = chain.pem()
    names = (b"C=US, ST=WA, O=Notary", b"CN=a\\,b,O=x;ST=#1,C=\\41", b"S=WA+O=x")
    header = base64.b64encode(b"header")
    return [
        Target("json", _json, (b'{"a":[1,2.5,"x\\u0041"],"b":{"c":null}}',), JSON_WORDS),
        Target("base64", _base64, (header, b"QQ==", b"-_8", b"QUI="), (b"=", b"==", b"\n", b"+", b"/", b"-")),
        Target("jws", lambda data: void(jws.parse(data)), tuple(_envelopes(EnvelopeFormat.JWS)), JSON_WORDS),
        Target(
            "cose", lambda data: void(cose.parse(data)), tuple(_envelopes(EnvelopeFormat.COSE)), CBOR_WORDS
        ),
        Target(
            "payload",
            lambda data: void(Payload.parse(data)),
            (payload_for(SUBJECT, {"k": "v"}).to_bytes(EnvelopeFormat.JWS),),
            (*JSON_WORDS, b'"size":1', b'"annotations":{'),
        ),
        Target("der", _der, chain.ders, (b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\x1f\x81", b"\x05\x00")),
        Target(
            "certificate",
            _certificate,
            chain.ders,
            (b"\x30\x80", b"\x55\x04\x03", b"\x13\x00", b"\x0c\x01\x00"),
        ),
        Target(
            "pem",
            lambda data: void(read_certificates(data)),
            (pem, *chain.ders),
            (b"-----BEGIN ", b"-----END "),
        ),
        Target(
            "name", _text(DistinguishedName.parse), names, (b"\\", b"=#", b"+", b";", b"\\2C", b" ", b"S=")
        ),
        Target(
            "reference",
            _text(lambda text: (is_scope(text), Reference.parse(text))),
            (b"localhost:5000/a/b:v1", b"r.test/a@sha256:" + b"0" * 64, b"[::1]:5/a:b"),
            (b"@", b":", b"//", b"..", b"__", b"%2f"),
        ),
        Target("policy", _both_policies, tuple(_policies()), JSON_WORDS),
        Target("manifest", _manifest, tuple(_manifests()), (*JSON_WORDS, b'"subject":{}', b'"layers":[]')),
        Target(
            "settings",
            _settings,
            (
                b'{"default":"a","keys":[{"name":"a","keyPath":"/k","certPath":"/c"}]}',
                b'{"insecureRegistries":["a:5"],"credsStore":"x","credHelpers":{"h":"y"},"auths":{"h":{"auth":"YTpi"}}}',
            ),
            JSON_WORDS,
        ),
        *_adapter_targets(),
        *blob_targets(),
        *plugin_targets(),
        *revocation_targets(),
        *timestamp_targets(),
    ]


def _settings(data: bytes) -> None:
    try:
        SigningKeys.parse(data)
    finally:
        Configuration.parse(data, Strictness.WARN)


def void(_: object) -> None:
    """Ignore a result."""


def _headers(data: bytes) -> None:
    text = data.decode("latin-1")
    for read in (parse_challenges, next_link):
        with suppress(NotationError):
            read([text])
    Url.parse(text)


def _http(data: bytes) -> None:
    pieces = iter((data, b""))
    incoming = Incoming(lambda: next(pieces))
    with suppress(EndOfStreamError):
        for method in ("HEAD", "GET"):
            body, _ = read_body(incoming, body_of(read_head(incoming), method), 100)
            if len(body) > 100:
                raise AssertionError("a body is larger than allowed")


def _indexes(data: bytes) -> None:
    try:
        list(LayoutIndex.parse(data, what="index.json", max_bytes=1 << 20).descriptors())
    finally:
        written = write_index(ReferrersIndex.parse(data, what="referrers").entries)
        if write_index(ReferrersIndex.parse(written, what="written").entries) != written:
            raise AssertionError("a written index changes when it is written again")


def _adapter_targets() -> Iterator[Target]:
    """Yield the readers of registry answers and of layouts."""
    yield Target(
        "headers",
        _headers,
        (
            b'Bearer realm="https://t.test/t",service="r",scope="repository:a:pull"',
            b'</v2/a?n=1>; rel="next"',
            b"https://r.test:5000/v2/a/blobs/uploads/1?state=x",
        ),
        (b'"', b"\\", b",", b"=", b";", b"<", b">", b"\r\n", b"Basic ", b"@", b"//", b"%0d"),
    )
    yield Target(
        "http",
        _http,
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            b"HTTP/1.0 404\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a\r\nx\r\n0\r\n\r\n",
        ),
        (
            b"\r\n",
            b"\r\n ",
            b"\n",
            b"chunked",
            b"Content-Length: ",
            b"Transfer-Encoding: ",
            b"HTTP/1.1 100 \r\n\r\n",
        ),
    )
    entry = b'{"mediaType":"a/b","digest":"sha256:' + b"0" * 64 + b'","size":1,"annotations":{"a":"b"}}'
    yield Target(
        "index",
        _indexes,
        (
            b'{"schemaVersion":2,"manifests":[' + entry + b"]}",
            b'{"schemaVersion":2,"manifests":[' + entry + b", " + entry + b'],"annotations":{}}',
        ),
        (*JSON_WORDS, b'"manifests":[', entry),
    )

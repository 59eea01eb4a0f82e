# SPDX-License-Identifier: Apache-2.0
"""Other readers of the same bytes: what we accept, they accept, and with the same meaning.

jwcrypto reads JWS; a reader of forty lines and `cbor2` with its defaults read COSE; the
`openssl` command judges chains.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import BasicConstraints
from hypothesis import given
from hypothesis import strategies as st
from jwcrypto import jwk
from jwcrypto import jws as jwcrypto_jws

from notation_py.certificates.chain import ChainMemo, chain_of
from notation_py.envelope import cose, formats
from notation_py.envelope.integrity import verify_integrity
from notation_py.envelope.model import EnvelopeFormat
from notation_py.envelope.second_opinion import second_opinion
from notation_py.errors import MalformedError, NotationError
from tests.simulator import envelopes
from tests.simulator.envelopes import (
    COSE_NAMES,
    HASHES,
    JWS_NAMES,
    Pairs,
    Raw,
    Tag,
    cbor,
    labels,
    sig_structure,
)
from tests.simulator.judged import judged
from tests.simulator.pki import (
    CHAIN_LENGTHS,
    KEY_TYPES,
    NOW,
    Edit,
    changed,
    fixed_keys,
    key_usage,
    make_chain,
    with_extension,
    without,
)

ALGORITHMS = [*COSE_NAMES]


# --- JWS ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", CHAIN_LENGTHS)
@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_jwcrypto_accepts_what_we_accept(key_type: Any, length: int) -> None:
    """JWS-030 to JWS-032: on every algorithm, through the hook that hardened verification uses."""
    data = envelopes.jws(key_type, chain=make_chain(key_type, length))
    found = verify_integrity(formats.parse(data, EnvelopeFormat.JWS), ChainMemo())
    assert second_opinion(data, found) is None


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_we_accept_what_jwcrypto_signs(key_type: Any) -> None:
    """JWS-010 to JWS-032: the other direction, with a token that jwcrypto serialized."""
    chain = make_chain(key_type)
    protected = envelopes.header(key_type)
    names = (envelopes.SCHEME, envelopes.TIME)
    parameter = jwcrypto_jws.JWSEHeaderParameter("notation", True, True, None)
    token = jwcrypto_jws.JWS(envelopes.PAYLOAD, header_registry=dict.fromkeys(names, parameter))
    token.allowed_algs = ALGORITHMS
    unprotected = {"x5c": [envelopes.standard(der) for der in chain.ders]}
    token.add_signature(
        jwk.JWK.from_pyca(chain.key),
        None,
        jwcrypto_jws.json_encode(protected),
        jwcrypto_jws.json_encode(unprotected),
    )
    found = judged(token.serialize().encode(), EnvelopeFormat.JWS)
    assert found.intact is not None, found.message
    assert found.intact.envelope.payload == envelopes.PAYLOAD


# --- COSE --------------------------------------------------------------------------------------------


class OddError(ValueError):
    """The small reader met something that it does not read."""


def small_read(data: bytes, at: int = 0) -> tuple[Any, int]:
    """Return the CBOR item at *at*, and where it ends: definite lengths, maps as lists of pairs."""
    major, info = data[at] >> 5, data[at] & 31
    at += 1
    if info > 27:
        raise OddError(info)
    width = 1 << (info - 24) if info >= 24 else 0
    value, at = int.from_bytes(data[at : at + width], "big") if width else info, at + width
    match major:
        case 0:
            return value, at
        case 1:
            return -1 - value, at
        case 2 | 3:
            content = data[at : at + value]
            if len(content) != value:
                raise OddError(value)
            return (content if major == 2 else content.decode()), at + value
        case 4 | 5:
            items = []
            for _ in range(value * (major - 3)):
                item, at = small_read(data, at)
                items.append(item)
            return (items if major == 4 else list(zip(items[::2], items[1::2], strict=True))), at
        case 6:
            inner, at = small_read(data, at)
            return ("tag", value, inner), at
        case _:
            return {20: False, 21: True, 22: None}.get(value, ("simple", info, value)), at


def small_verify(data: bytes) -> tuple[bytes, dict[Any, Any]]:
    """Return payload and protected header of a COSE_Sign1 whose signature holds, read by the small reader."""
    (word, tag, items), end = small_read(data)
    if (word, tag, end, len(items)) != ("tag", 18, len(data), 4):
        raise OddError(tag)
    protected, unprotected, payload, signature = items
    header = dict(small_read(protected)[0])
    leaf = x509.load_der_x509_certificate((dict(unprotected).get(33) or header[33])[0])
    key: Any = leaf.public_key()
    name = {value: name for name, value in COSE_NAMES.items()}[header[1]]
    digest = HASHES[name[2:]]
    message = sig_structure(protected, payload)
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, message, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    else:
        half = len(signature) // 2
        numbers = (int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big"))
        key.verify(encode_dss_signature(*numbers), message, ec.ECDSA(digest))
    return payload, header


@pytest.mark.parametrize("length", CHAIN_LENGTHS)
@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_small_reader_accepts_what_we_accept(key_type: Any, length: int) -> None:
    """COSE-030 to COSE-033: payload, time and scheme are the same to a reader without `cbor2`."""
    data = envelopes.cose(key_type, chain=make_chain(key_type, length))
    found = verify_integrity(formats.parse(data, EnvelopeFormat.COSE), ChainMemo())
    payload, header = small_verify(data)
    assert payload == found.envelope.payload
    assert header[envelopes.TIME] == ("tag", 1, int(found.signed.signing_time.timestamp()))
    assert header[envelopes.SCHEME] == found.signed.signing_scheme.value
    assert header[1] == COSE_NAMES[JWS_NAMES[key_type]]


LABELS = st.integers(-300, 300) | st.text(max_size=4)
LEAVES = (
    st.integers(-(2**64), 2**64 - 1)
    | st.text(max_size=4)
    | st.binary(max_size=4)
    | st.booleans()
    | st.none()
    | st.sampled_from(
        [Raw(b"\xf9\x3c\x00"), Raw(b"\xf7"), Raw(b"\x18\x01"), Raw(b"\x5f\xff"), Tag(1, 1), Tag(2, b"\1")]
    )
)
ITEMS = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(st.tuples(LABELS, inner), max_size=3).map(lambda pairs: Pairs(tuple(pairs)))
    ),
    max_leaves=8,
)


@given(st.lists(st.tuples(LABELS, ITEMS), max_size=4), st.binary(max_size=2))
def test_header_means_the_same_to_three_readers(pairs: list[tuple[Any, Any]], rest: bytes) -> None:
    """R-03, R-46: a header that is accepted has one spelling of heads, no equal labels, nothing behind it."""
    data = cbor(Pairs((*labels().items(), *pairs))) + rest
    try:
        value = cose._decode(data, cose._TIMES_ONLY, what="x")
    except MalformedError:
        return
    assert not rest
    read, end = small_read(data)
    assert end == len(data)
    assert [label for label, _ in read] == list(value)
    assert len({repr(label) for label, _ in read}) == len(read)
    assert cbor2.dumps(value) == data or b"\xf9" in data
    assert value == cbor2.loads(data, semantic_decoders={1: cose._keep_time})


# --- chains ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def openssl_accepts(openssl: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Any], bool]:
    """Whether `openssl verify` finds a path for the leaf, for a purpose that needs digitalSignature only."""
    directory = tmp_path_factory.mktemp("openssl")

    def accepts(certificates: Any) -> bool:
        leaf, root, middle = (directory / name for name in ("leaf.pem", "root.pem", "middle.pem"))
        leaf.write_bytes(certificates[0].public_bytes(Encoding.PEM))
        root.write_bytes(certificates[-1].public_bytes(Encoding.PEM))
        middle.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in certificates[1:-1]))
        command = [openssl, "verify", "-x509_strict", "-attime", str(int(NOW.timestamp())), "-CAfile", root]
        if len(certificates) > 2:
            command += ["-untrusted", middle]
        done = subprocess.run([*map(str, command), str(leaf)], capture_output=True, check=False, timeout=30)
        return done.returncode == 0

    return accepts


@pytest.mark.parametrize("length", [2, 3, 4])
@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_openssl_accepts_the_chains_we_accept(
    key_type: Any, length: int, openssl_accepts: Callable[[Any], bool]
) -> None:
    """CERT-001 to CERT-006, R-12: order, links, CA flags and path lengths."""
    chain = make_chain(key_type, length)
    assert chain_of(chain.ders).leaf.der == chain.ders[0]
    assert openssl_accepts(chain.certificates)


STRANGER = fixed_keys("EC-256")[0]
FAULTS: dict[str, dict[int, Edit]] = {
    "issuer-no-ca": {1: with_extension(BasicConstraints(ca=False, path_length=None), critical=True)},
    "issuer-without-basic-constraints": {1: without(BasicConstraints)},
    "path-length": {2: with_extension(BasicConstraints(ca=True, path_length=0), critical=True)},
    "root-no-cert-sign": {2: with_extension(key_usage("crl_sign"), critical=True)},
    "wrong-key": {0: changed(signing_key=STRANGER)},
    "intermediate-wrong-key": {1: changed(signing_key=STRANGER)},
}


@pytest.mark.parametrize("name", FAULTS)
def test_openssl_refuses_what_we_refuse(name: str, openssl_accepts: Callable[[Any], bool]) -> None:
    """CERT-003, CERT-020, CERT-021, CERT-023: faults that both rule books know."""
    chain = make_chain(edits=FAULTS[name])
    assert not openssl_accepts(chain.certificates)
    with pytest.raises(NotationError):
        chain_of(chain.ders)

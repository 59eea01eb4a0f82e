# SPDX-License-Identifier: Apache-2.0
"""COSE vectors of go-cose and of the COSE working group, and notation's own record.

Most are no Notary envelopes: their signatures are checked as primitives, over the bytes the vector
says are signed, and as envelopes they are refused (ENV-15 in specs/deviations.md).
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from notation_py.algorithms import BY_COSE, BY_JWS, PssSalt, PublicKey, verify_primitive
from notation_py.envelope import cose
from notation_py.envelope.model import (
    ExtendedAttribute,
    PrimitiveSignature,
    SignedAttributes,
    SigningScheme,
    UnsignedAttributes,
)
from notation_py.errors import NotationError, Outcome, UntrustedError
from tests.conformance.upstream import entries, vector
from tests.simulator.envelopes import sig_structure

FILES = entries("cose")
ENVELOPES = [case for case in FILES if case["expect"] == "refuse"]
PRIMITIVES = [case for case in FILES if "primitive" in case]
GO_COSE_SIGN = [case for case in FILES if "sign1-sign" in case["file"]]
CURVES: dict[str, ec.EllipticCurve] = {
    "P-256": ec.SECP256R1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
}
PSS = {"RSA-PSS-256": "PS256", "RSA-PSS-384": "PS384", "RSA-PSS-512": "PS512"}


def name_of(case: Any) -> str:
    return case["file"]


def document(case: Any) -> Any:
    return json.loads(vector(case["file"]).read_bytes())


def number(key: dict[str, str], name: str) -> int:
    if f"{name}_hex" in key:
        return int(key[f"{name}_hex"], 16)
    text = key[name]
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


def public_key(key: dict[str, str]) -> PublicKey:
    if key["kty"] == "RSA":
        return rsa.RSAPublicNumbers(number(key, "e"), number(key, "n")).public_key()
    curve = CURVES[key["crv"]]
    return ec.EllipticCurvePublicNumbers(number(key, "x"), number(key, "y"), curve).public_key()


def message_of(case: Any) -> bytes:
    """Return the encoded COSE message of a vector of either collection."""
    content = document(case)
    if "output" in content:
        return bytes.fromhex(content["output"]["cbor"])
    if "sign1::sign" in content:
        return bytes.fromhex(content["sign1::sign"]["expectedOutput"]["cborHex"])
    return bytes.fromhex(content["sign1::verify"]["taggedCOSESign1"]["cborHex"])


def items_of(case: Any) -> list[Any]:
    """Return the four items, read by the library alone."""
    value = cbor2.loads(message_of(case))
    return list(value.value if isinstance(value, cbor2.CBORTag) else value)


def signer_of(case: Any) -> tuple[PublicKey, str, bytes, bytes]:
    """Return key, JWS name of the algorithm, signed bytes and signature of a vector."""
    content = document(case)
    if "key" in content:
        part = content.get("sign1::sign") or content["sign1::verify"]
        protected, _, payload, signature = items_of(case)
        external = bytes.fromhex(part.get("external", ""))
        return (
            public_key(content["key"]),
            content["alg"],
            sig_structure(protected, payload, external),
            signature,
        )
    source = content["input"]
    items = items_of(case)
    if "sign0" in source:
        part = source["sign0"]
        external = bytes.fromhex(part.get("external", ""))
        # An empty map counts as no bytes (RFC 9052 section 4.4); a Notary header is never empty.
        signed = sig_structure(items[0] if items[0] != b"\xa0" else b"", items[2], external)
        return public_key(part["key"]), part["alg"], signed, items[3]
    (part,) = source["sign"]["signers"]
    signed = bytes.fromhex(content["intermediates"]["signers"][0]["ToBeSign_hex"])
    name = part["protected"]["alg"]
    return public_key(part["key"]), PSS.get(name, name), signed, items[3][0][2]


@pytest.mark.parametrize("case", ENVELOPES, ids=name_of)
def test_cose_vector_is_no_notary_envelope(case: Any) -> None:
    """COSE-001 to COSE-017: refused, each for its own reason."""
    with pytest.raises(NotationError) as caught:
        cose.parse(message_of(case))
    assert caught.value.outcome is Outcome.INTEGRITY
    assert case["message"] in str(caught.value)


@pytest.mark.parametrize("case", PRIMITIVES, ids=name_of)
def test_cose_vector_primitive_gets_its_verdict(case: Any) -> None:
    """COSE-030 to COSE-033: the signature over the Sig_structure of the received bytes."""
    key, name, signed, signature = signer_of(case)
    algorithm = BY_JWS[name]
    if case["primitive"] == "accept":
        verify_primitive(key, algorithm, signed, signature, PssSalt.HASH_LENGTH)
        return
    with pytest.raises(UntrustedError):
        verify_primitive(key, algorithm, signed, signature, PssSalt.HASH_LENGTH)


@pytest.mark.parametrize("case", GO_COSE_SIGN, ids=name_of)
def test_go_cose_signing_vector_signs_the_same_bytes(case: Any) -> None:
    """COSE-005, COSE-030: header encodings and, without external data, the Sig_structure are byte-equal."""
    part = document(case)["sign1::sign"]
    protected = bytes.fromhex(part["protectedHeaders"]["cborHex"])
    payload = bytes.fromhex(part["payload"])
    signed = bytes.fromhex(part["tbsHex"]["cborHex"])
    assert (cose._sig_structure(protected, payload) == signed) is ("external" not in part)
    assert sig_structure(protected, payload, bytes.fromhex(part.get("external", ""))) == signed
    assert cbor2.dumps(cose._ordered(cbor2.loads(protected))) == protected
    assert cbor2.loads(protected)[1] in BY_COSE
    fixed = message_of(case)[: part["fixedOutputLength"]]
    beginning = b"\xd2\x84" + cbor2.dumps(protected) + bytes.fromhex(part["unprotectedHeaders"]["cborHex"])
    assert fixed[: len(beginning)] == beginning[: len(fixed)]


def test_cose_conformance_record_is_written_byte_for_byte() -> None:
    """COSE-005, COSE-031: protected, unprotected and the whole message equal the reference's record."""
    record = json.loads(vector("notation-core-go/signature/cose/testdata/conformance.json").read_bytes())
    signed = SignedAttributes(
        SigningScheme.X509,
        datetime.fromtimestamp(record["signingTime"], UTC),
        datetime.fromtimestamp(record["expiry"], UTC),
        extended=(
            ExtendedAttribute("signedCritKey1", "signedCritValue1", critical=True),
            ExtendedAttribute("signedKey1", "signedValue1", critical=False),
        ),
    )
    signing = cose.signing_input(bytes.fromhex(record["payload"]), signed, BY_JWS["PS384"])
    assert signing.protected.hex().upper() == record["protectedHeaders"]["cborHex"]
    expected = bytes.fromhex(record["expectedOutput"]["cborHex"])
    signature = cbor2.loads(expected).value[3]
    agent = "NotationConformanceTest/1.0.0"
    message = cose.assemble(signing, PrimitiveSignature(signature, ()), UnsignedAttributes(None, agent))
    # The record has no certificates, and an envelope always has: an empty x5chain is all that differs.
    unprotected = bytes.fromhex(record["unprotectedHeaders"]["cborHex"])
    assert message.replace(b"\xa2\x18\x21\x80" + unprotected[1:], unprotected) == expected

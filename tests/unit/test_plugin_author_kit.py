# SPDX-License-Identifier: Apache-2.0
"""What the author's kit does for plugins that sign: refusals, chains, proofs, clients that are kept."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest

from notation_py.algorithms import BY_KEY_SPEC, KeySpec
from notation_py.certificates.certificate import Certificate
from notation_py.digest import HashAlgorithm
from notation_py.errors import ConfigurationError, MalformedError
from notation_py.plugin import (
    ErrorCode,
    GenerateSignatureRequest,
    Kept,
    RequestError,
    check_algorithm,
    check_config,
    check_signature,
    issued,
    load_chain,
    load_chain_of_key,
    refuse,
    refusing,
    verifies,
    with_issuers,
)
from notation_py.plugin.signing_chain import MAX_LENGTH
from tests.simulator.pki import KEY_TYPES, KeyType, make_chain
from tests.simulator.scenario import signer_of

CHAIN = make_chain("EC-256", 4, subject="kit")
CERTIFICATES = tuple(map(Certificate.parse, CHAIN.ders))
PAYLOAD = b"payload"


def refused(call: Callable[..., object], *words: object) -> RequestError:
    with pytest.raises(RequestError) as caught:
        call(*words)
    return caught.value


def test_refusal_is_a_validation_error() -> None:
    """PLG-027: a request that cannot be meant is the caller's to mend."""
    error = refused(refuse, "no such key")
    assert (error.code, error.message) == (ErrorCode.VALIDATION_ERROR, "no such key")


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (ConfigurationError("x is missing", hint="make it"), "x is missing; make it"),
        (MalformedError("is none", at="x"), "x: is none"),
    ],
)
def test_error_of_the_library_becomes_a_refusal(failure: Exception, said: str) -> None:
    """PLG-027: its words are made to be shown; an exception that nobody meant stays what it is."""
    with pytest.raises(RequestError) as caught, refusing():
        raise failure
    assert (caught.value.code, caught.value.message) == (ErrorCode.VALIDATION_ERROR, said)
    with pytest.raises(KeyError), refusing():
        raise KeyError


def test_unknown_configuration_is_named_without_its_value() -> None:
    """PLG-073, R-35: a slip is not passed over, and a secret in a wrong place is not shown."""
    check_config({}, ())
    check_config({"a": "1", "b": "2"}, ("a", "b", "c"))
    error = refused(check_config, {"a": "1", "pin": "hunter2", "z": ""}, ("a", "b"), "and takes no PIN")
    assert error.message == ("unknown plugin configuration 'pin'; this plugin knows a, b, and takes no PIN")
    assert len(refused(check_config, {"x" * 999: ""}, ("a",)).message) < 150


@pytest.mark.parametrize("spec", KeySpec)
def test_request_for_another_algorithm_is_refused(spec: KeySpec) -> None:
    """ALG-001, PLG-051: type and size of a key determine hash and algorithm."""
    algorithm = BY_KEY_SPEC[spec]
    request = GenerateSignatureRequest("k", spec, algorithm.hash, PAYLOAD)
    check_algorithm(request, algorithm)
    other_hash = next(kind for kind in HashAlgorithm if kind is not algorithm.hash)
    other_spec = next(one for one in KeySpec if one is not spec)
    for wrong in (replace(request, hash_algorithm=other_hash), replace(request, key_spec=other_spec)):
        assert f"goes with {algorithm.name} only" in refused(check_algorithm, wrong, algorithm).message


@pytest.mark.parametrize("kind", KEY_TYPES)
def test_signature_has_to_be_of_the_key(kind: KeyType) -> None:
    """ALG-009, PLG-052: payload, key, algorithm and form are those of the certificate, or it is refused."""
    chain = make_chain(kind, 1, subject="kit")
    leaf = Certificate.parse(chain.ders[0])
    signer = signer_of(chain)
    algorithm = BY_KEY_SPEC[signer.key_spec()]
    signature = signer.sign(PAYLOAD).signature
    check_signature(leaf, algorithm, PAYLOAD, signature)
    key = leaf.x509.public_key()
    other = next(one for one in BY_KEY_SPEC.values() if one is not algorithm)
    stranger = CERTIFICATES[1].x509.public_key()
    assert verifies(key, algorithm, PAYLOAD, signature)
    for public_key, named, payload, made in (
        (stranger, algorithm, PAYLOAD, signature),
        (key, other, PAYLOAD, signature),
        (key, algorithm, b"other", signature),
        (key, algorithm, PAYLOAD, signature[:-1]),
        (key, algorithm, PAYLOAD, b""),
    ):
        assert not verifies(public_key, named, payload, made)
    error = refused(check_signature, leaf, algorithm, b"other", signature)
    assert error.code is ErrorCode.ERROR
    assert error.message.startswith("the signature does not verify with the certificate 'CN=")


def test_issuers_are_put_in_order() -> None:
    """CERT-001, PLG-051: out of a heap with strangers and repetitions, up to the root."""
    strangers = tuple(map(Certificate.parse, make_chain("EC-384", 3, subject="strangers").ders))
    pool = (*CERTIFICATES[::-1], *strangers, *CERTIFICATES)
    assert with_issuers(CERTIFICATES[0], pool, "") == CERTIFICATES
    assert with_issuers(CERTIFICATES[3], (), "") == CERTIFICATES[3:]
    error = refused(with_issuers, CERTIFICATES[0], pool[1:4], "add it")
    assert error.message.endswith("is missing; add it")


def test_chain_is_not_built_without_end() -> None:
    """PLG-051: as long as chains may be, and no longer."""
    long = tuple(map(Certificate.parse, make_chain("EC-256", MAX_LENGTH + 1, subject="long").ders))
    assert with_issuers(long[1], long, "") == long[1:]
    assert refused(with_issuers, long[0], long, "").message == (
        f"the certificate chain is longer than {MAX_LENGTH} certificates"
    )


def test_issuer_has_the_name_and_the_key() -> None:
    """CERT-001: a certificate of the same name with another key is not the issuer."""
    double = Certificate.parse(make_chain("EC-384", 4, subject="kit").ders[1])
    assert issued(CERTIFICATES[1], CERTIFICATES[0])
    assert not issued(CERTIFICATES[0], CERTIFICATES[1])
    assert not issued(double, CERTIFICATES[0])


@pytest.fixture
def chain_file(tmp_path: Path) -> Path:
    path = tmp_path / "chain.pem"
    path.write_bytes(CHAIN.pem())
    path.chmod(0o644)
    return path


def test_chain_file_is_read_in_its_order(chain_file: Path) -> None:
    """PLG-051: signing certificate first, as the file has it; of another key it is refused."""
    assert load_chain(str(chain_file)) == CERTIFICATES
    public_key = CERTIFICATES[0].x509.public_key()
    assert load_chain_of_key(str(chain_file), public_key, "k") == CHAIN.ders
    error = refused(load_chain_of_key, str(chain_file), CERTIFICATES[1].x509.public_key(), "k")
    assert "is not for the key k" in error.message
    assert error.code is ErrorCode.VALIDATION_ERROR


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.unlink(), "no such file"),
        (lambda path: path.write_text("nothing"), "certificate"),
        (lambda path: path.chmod(0o666), "can be changed by other users"),
    ],
    ids=["missing", "empty", "writable"],
)
def test_chain_file_that_cannot_be_used_is_a_refusal(
    chain_file: Path, spoil: Callable[[Path], object], said: str
) -> None:
    """R-35, PLG-027: one line that says which file and what to do."""
    spoil(chain_file)
    error = refused(load_chain, str(chain_file))
    assert error.code is ErrorCode.VALIDATION_ERROR
    assert said in error.message
    assert str(chain_file) in error.message


def test_client_is_made_once_for_each_key() -> None:
    """PLG-110: from many threads at once as well; one that could not be made is tried again."""
    made: list[str] = []
    ready = Barrier(8)

    def make(key: str) -> object:
        time.sleep(0.01)  # as long as somebody else needs to come in between
        made.append(key)
        if key == "bad" and made.count("bad") == 1:
            raise RequestError(ErrorCode.TIMEOUT)
        return object()

    kept = Kept(make)

    def ask(number: int) -> object:
        ready.wait(10)
        return kept.of("even" if number % 2 == 0 else "odd")

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(8)))
    assert len(set(map(id, found))) == 2
    assert sorted(made) == ["even", "odd"]
    with pytest.raises(RequestError):
        kept.of("bad")
    assert kept.of("bad") is kept.of("bad")
    assert made.count("bad") == 2

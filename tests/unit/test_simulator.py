# SPDX-License-Identifier: Apache-2.0
"""The simulator keeps its promises: chains are right by default, registries hold what is pushed."""

from __future__ import annotations

import json
import os
from http.client import HTTPConnection
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from notation_py.digest import Digest
from tests.simulator import pki, registries
from tests.simulator.images import blob_path, build_image, push_image, request, tamper_layout, write_layout
from tests.simulator.registries import RunningRegistry


@pytest.mark.parametrize("length", pki.CHAIN_LENGTHS)
@pytest.mark.parametrize("key_type", pki.KEY_TYPES)
def test_make_chain_links_and_repeats(key_type: pki.KeyType, length: int) -> None:
    """Each certificate is issued by the next, the last by itself, and the bytes do not change."""
    chain = pki.make_chain(key_type, length)
    assert len(chain.certificates) == length
    for certificate, issuer in zip(chain.certificates, (*chain.certificates[1:], chain.root), strict=True):
        certificate.verify_directly_issued_by(issuer)
    assert chain.key.public_key() == chain.leaf.public_key()
    assert chain.ders == pki.make_chain(key_type, length).ders


def test_make_chain_leaf_is_named_and_used_as_notation_does() -> None:
    """The leaf has the subject of `cert generate-test`, critical key usage and no basic constraints."""
    leaf = pki.make_chain(length=1, subject="alice").leaf
    assert leaf.subject.rfc4514_string() == "CN=alice,O=Notary,L=Seattle,ST=WA,C=US"
    assert leaf.extensions.get_extension_for_class(x509.KeyUsage).critical
    with pytest.raises(x509.ExtensionNotFound):
        leaf.extensions.get_extension_for_class(x509.BasicConstraints)


def test_make_chain_edits_only_the_position_named() -> None:
    """An edit changes one certificate; the rest of the chain keeps its bytes."""
    right = pki.make_chain()
    wrong = pki.make_chain(edits={-1: pki.with_criticality_flipped(x509.BasicConstraints)})
    assert right.ders[:2] == wrong.ders[:2]
    assert not wrong.root.extensions.get_extension_for_class(x509.BasicConstraints).critical


@pytest.mark.parametrize("key_type", ["RSA-2048", "EC-256"])
def test_make_chain_names_sha1_on_request(key_type: pki.KeyType) -> None:
    """A SHA-1 certificate says so, in a certificate that reads without error."""
    chain = pki.make_chain(key_type, 2, edits={0: pki.changed(hash=hashes.SHA1())})
    assert isinstance(chain.leaf.signature_hash_algorithm, hashes.SHA1)


def test_make_chain_signs_with_sha1_genuinely() -> None:
    """The SHA-1 signature is good, so that only the algorithm is at fault."""
    chain = pki.make_chain("RSA-2048", 2, edits={0: pki.changed(hash=hashes.SHA1())})
    leaf = chain.leaf
    chain.root.public_key().verify(
        leaf.signature, leaf.tbs_certificate_bytes, padding.PKCS1v15(), hashes.SHA1()
    )
    with pytest.raises(InvalidSignature):
        chain.root.public_key().verify(leaf.signature, b"other", padding.PKCS1v15(), hashes.SHA1())


def test_write_layout_keeps_other_tags_and_tamper_breaks_the_digest(tmp_path: Path) -> None:
    """A second image joins the first; tampering keeps the name and size but not the content."""
    first = write_layout(tmp_path, build_image("one"), "v1")
    write_layout(tmp_path, build_image("two"), "v2")
    assert len(json.loads((tmp_path / "index.json").read_bytes())["manifests"]) == 2
    tamper_layout(tmp_path, "v1")
    data = blob_path(tmp_path, str(first.digest)).read_bytes()
    assert len(data) == first.size
    assert Digest.of(data) != first.digest


def test_push_image_is_served_by_digest_and_tag(any_registry: RunningRegistry) -> None:
    """What was pushed comes back under its tag and its digest, byte for byte."""
    image = build_image("pushed")
    descriptor = push_image(any_registry.host, "simulator/pushed", "v1", image)
    connection = HTTPConnection(any_registry.host, timeout=10)
    try:
        for target in ("v1", descriptor.digest):
            path = f"/v2/simulator/pushed/manifests/{target}"
            _, body = request(connection, "GET", path, b"", {"Accept": image.media_type}, expected=200)
            assert body == image.manifest
    finally:
        connection.close()


@pytest.mark.parametrize("start", [registries.docker_registry, registries.olareg_registry])
def test_registry_is_gone_after_its_test(start, tmp_path: Path, docker_registry, olareg_registry) -> None:
    """The process has ended and been reaped when the context is left."""
    with start(tmp_path) as running:
        os.kill(running.pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(running.pid, 0)

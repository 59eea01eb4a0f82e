# SPDX-License-Identifier: Apache-2.0
"""The servers of a vector: they answer what the vector says and nothing else."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from conformance.generate.pki import make_chain, private_pem
from notation_py.algorithms import HashAlgorithm
from notation_py.certificates.certificate import Certificate
from notation_py.conformance.authority import timestamp_reply
from notation_py.conformance.contents import Contents
from notation_py.conformance.layouts import write_layout
from notation_py.conformance.loading import load
from notation_py.conformance.loopback import serving
from notation_py.conformance.places import suite_directory
from notation_py.conformance.registry import VectorRegistry
from notation_py.conformance.signatures import new_signature_faults
from notation_py.conformance.vector import Fetch, RegistryAnswer, RegistryScript, Vector
from notation_py.conformance.web import VectorFetcher, VectorWeb
from notation_py.errors import UnavailableError
from notation_py.fetch import FetchLimit
from notation_py.timestamp.exchange import TimestampRequest, token_from_response

GOOD = load(suite_directory() / "jws/minimal")
CHANGED = load(suite_directory() / "jws/payload-changed")
REVOKED = load(suite_directory() / "revocation/leaf-revoked-by-ocsp")
NOW = datetime(2026, 6, 1, tzinfo=UTC)
BASE = "/v2/conformance/app"
SIGNATURE = "application/vnd.cncf.notary.signature"


def fetch(url: str, body: str | None = None, **changes: Any) -> Fetch:
    return Fetch(
        **{
            "url": url,
            "body": body,
            "media_type": "text/plain",
            "status": 200,
            "headers": {},
            "made": None,
            **changes,
        }
    )


def ask(
    port: int, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, target, body, dict(headers or {}))
        response = connection.getresponse()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
    finally:
        connection.close()


@contextmanager
def registry_of(vector: Vector) -> Iterator[tuple[int, Contents, VectorRegistry]]:
    contents = Contents.of(vector)
    registry = VectorRegistry(vector, contents)
    with serving(registry.answer) as port:
        registry.host = f"localhost:{port}"
        yield port, contents, registry


def test_proxy_answers_what_the_vector_says_and_nothing_else() -> None:
    """REV-009, R-19: an entry answers for its URL and below; every other name is not there."""
    vector = replace(
        GOOD, fetches=(fetch("http://a.test/x", "root.pem"), fetch("http://b.test/", status=404))
    )
    web = VectorWeb(vector, lambda: NOW)
    with serving(web.answer) as port:
        assert ask(port, "GET", "http://a.test/x")[::2] == (200, GOOD.read("root.pem"))
        assert ask(port, "POST", "http://a.test:80/x/question", b"?")[0] == 200
        assert ask(port, "GET", "http://b.test")[0] == 404
        assert ask(port, "CONNECT", "a.test:443")[0] == 403
        for other in ("http://a.test/", "http://a.test/xy", "http://c.test/x", "http://a.test:81/x"):
            with pytest.raises((http.client.HTTPException, ConnectionError)):
                ask(port, "GET", other)
    assert web.asked[:4] == [
        "http://a.test/x",
        "http://a.test/x/question",
        "http://b.test/",
        "https://a.test:443/",
    ]


def test_server_is_gone_when_its_block_ends() -> None:
    """Nothing listens after a vector, and no thread is left."""
    before = threading.active_count()
    with serving(lambda _: pytest.fail("nobody asks")) as port:
        pass
    with pytest.raises(ConnectionError):
        ask(port, "GET", "/")
    assert threading.active_count() <= before


def test_fetcher_of_the_library_has_the_same_answers() -> None:
    """The port in process and the proxy are one set of answers, with the limits of the port."""
    vector = replace(GOOD, fetches=(fetch("http://a.test/x", "root.pem"),))
    fetcher = VectorFetcher(VectorWeb(vector, lambda: NOW))
    assert fetcher.get("http://a.test/x", FetchLimit(10_000, 1.0)) == GOOD.read("root.pem")
    with pytest.raises(UnavailableError, match="no answer"):
        fetcher.get("http://b.test/x", FetchLimit(10_000, 1.0))
    with pytest.raises(UnavailableError, match="the answer is text/plain"):
        fetcher.post("http://a.test/x", b"", "a/b", FetchLimit(10_000, 1.0, "application/ocsp-response"))


def test_ocsp_answer_is_made_now_and_signed_by_the_issuer() -> None:
    """REV-020: the response is about the certificate, current, and has the status of the vector."""
    body = VectorWeb(REVOKED, lambda: NOW).reply("http://ocsp.conformance.test/leaf/abc", b"").body
    response = ocsp.load_der_ocsp_response(body)
    assert response.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert response.this_update_utc < NOW < (response.next_update_utc or NOW)
    assert response.revocation_time_utc == NOW - timedelta(days=9)
    issuer = x509.load_pem_x509_certificate(REVOKED.read("root.pem"))
    assert response.responder_name == issuer.subject
    leaf = x509.load_pem_x509_certificate(REVOKED.read("leaf.pem"))
    assert response.serial_number == leaf.serial_number


def test_crl_is_made_now_and_lists_what_it_is_told() -> None:
    """REV-040: entries, times and the signature are those of the vector."""
    source = {
        "issuer": "root.pem",
        "key": "root.key",
        "certificates": ["leaf.pem"],
        "reason": "keyCompromise",
    }
    vector = replace(REVOKED, fetches=(fetch("http://crl.test/x", made=("crl", source)),))
    body = VectorWeb(vector, lambda: NOW).reply("http://crl.test/x", b"").body
    found = x509.load_der_x509_crl(body)
    issuer = x509.load_pem_x509_certificate(REVOKED.read("root.pem"))
    leaf = x509.load_pem_x509_certificate(REVOKED.read("leaf.pem"))
    assert found.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    assert found.get_revoked_certificate_by_serial_number(leaf.serial_number) is not None
    assert found.last_update_utc < NOW < (found.next_update_utc or NOW)


@pytest.fixture(params=["EC-256", "RSA-2048"])
def stamped(request: pytest.FixtureRequest, tmp_path: Path) -> Vector:
    chain = make_chain(request.param, 3, usage=x509.ExtendedKeyUsageOID.TIME_STAMPING)
    (tmp_path / "tsa.pem").write_bytes(chain.pem())
    (tmp_path / "tsa.key").write_bytes(private_pem(chain.key))
    return replace(GOOD, directory=tmp_path)


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        ("", ""),
        ("nonce", "nonce in response does not match"),
        ("imprint", "message imprint in response does not match"),
        ("rejected", "status code 2"),
    ],
)
def test_authority_stamps_right_but_for_its_fault(stamped: Vector, fault: str, problem: str) -> None:
    """TSA-001 to TSA-011: our own reader takes the token, and refuses each fault for what it is."""
    request = TimestampRequest.of(b"signature", HashAlgorithm.SHA256, 5)
    source = {"chain": "tsa.pem", "key": "tsa.key"} | ({"fault": fault} if fault else {})
    reply = timestamp_reply(stamped, source, request.to_der(), NOW)
    if problem:
        with pytest.raises(UnavailableError, match=problem):
            token_from_response(reply, request)
    else:
        assert token_from_response(reply, request)


def test_registry_lists_signatures_in_the_order_of_the_vector() -> None:
    """SIG-030 to SIG-034: by the API, page by page, or by the tag."""
    doubled = replace(GOOD, signatures=(*GOOD.signatures, replace(GOOD.signatures[0], form="config-type")))
    with registry_of(replace(doubled, registry=RegistryScript(page_size=1))) as (port, contents, _):
        path = f"{BASE}/referrers/{contents.artifact.digest}?artifactType={SIGNATURE}"
        status, headers, body = ask(port, "GET", path)
        assert (status, headers["oci-filters-applied"]) == (200, "artifactType")
        assert [one["digest"] for one in json.loads(body)["manifests"]] == contents.listed[:1]
        following = headers["link"].partition("<")[2].partition(">")[0]
        body = ask(port, "GET", following)[2]
        assert [one["digest"] for one in json.loads(body)["manifests"]] == contents.listed[1:]
    with registry_of(replace(doubled, registry=RegistryScript(kind="tag-schema"))) as (port, contents, _):
        assert ask(port, "GET", path)[0] == 404
        body = ask(port, "GET", f"{BASE}/manifests/{contents.index_tag}")[2]
        assert [one["digest"] for one in json.loads(body)["manifests"]] == contents.listed


def test_registry_answers_otherwise_where_the_script_says_so() -> None:
    """What is scripted replaces the usual answer for as many requests as it says."""
    script = RegistryScript(
        answers=(
            RegistryAnswer(f"GET {BASE}/manifests/*", skip=1, times=1, status=500),
            RegistryAnswer(
                f"GET {BASE}/referrers/*", headers={"X-Where": "{registry}"}, without=("OCI-Filters-Applied",)
            ),
            RegistryAnswer(f"GET {BASE}/blobs/*", close=True),
            RegistryAnswer(f"HEAD {BASE}/manifests/*", text="{artifact}"),
        )
    )
    with registry_of(replace(GOOD, registry=script)) as (port, contents, registry):
        manifest = f"{BASE}/manifests/{contents.artifact.digest}"
        assert [ask(port, "GET", manifest)[0] for _ in range(3)] == [200, 500, 200]
        headers = ask(port, "GET", f"{BASE}/referrers/{contents.artifact.digest}?artifactType={SIGNATURE}")[1]
        assert headers["x-where"] == registry.host
        assert "oci-filters-applied" not in headers
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            ask(port, "GET", f"{BASE}/blobs/sha256:{'0' * 64}")
        assert ask(port, "HEAD", manifest)[1]["content-length"] == str(len(str(contents.artifact.digest)))


def test_registry_takes_a_signature_and_lists_it() -> None:
    """SIG-021 to SIG-024: what is pushed in pieces or at once is there afterwards."""
    with registry_of(replace(GOOD, signatures=())) as (port, contents, _):
        for data, pieces in ((b"{}", 1), (b"envelope", 2)):
            place = ask(port, "POST", f"{BASE}/blobs/uploads/")[1]["location"]
            if pieces == 2:
                place = ask(port, "PATCH", place, data)[1]["location"]
            digest = contents.put_blob(data)
            contents.blobs.clear()
            rest = b"" if pieces == 2 else data
            assert ask(port, "PUT", f"{place}?digest={digest}", rest)[0] == 201
            assert contents.blobs == {digest: data}
        document = {"artifactType": SIGNATURE, "subject": contents.artifact.to_json(), "config": {}}
        body = json.dumps(document).encode()
        put = ask(port, "PUT", f"{BASE}/manifests/sha256:{'0' * 64}", body)
        assert put[0] == 400
        status, headers, _ = ask(port, "PUT", f"{BASE}/manifests/new", body)
        assert (status, headers["oci-subject"]) == (201, str(contents.artifact.digest))
        assert len(contents.signatures()) == 1


def test_answer_written_by_hand_claims_no_filter() -> None:
    """SIG-032: whoever scripts a list says for himself whether it was filtered."""
    usual = f"{BASE}/referrers/{Contents.of(GOOD).artifact.digest}?artifactType={SIGNATURE}"
    for headers, claimed in (({}, None), ({"OCI-Filters-Applied": "artifactType"}, "artifactType")):
        answer = RegistryAnswer(f"GET {BASE}/referrers/*", text="{}", headers=headers)
        with registry_of(replace(GOOD, registry=RegistryScript(answers=(answer,)))) as (port, _, _):
            assert ask(port, "GET", usual)[1].get("oci-filters-applied") == claimed


def pushed(contents: Contents, envelope: bytes, media_type: str = "application/jose+json") -> None:
    """Store a signature as a client does that pushes *envelope*."""
    layer = {"mediaType": media_type, "digest": contents.put_blob(envelope), "size": len(envelope)}
    document = {"artifactType": SIGNATURE, "subject": contents.artifact.to_json(), "layers": [layer]}
    contents.put_manifest("application/vnd.oci.image.manifest.v1+json", json.dumps(document).encode())


def test_new_signature_has_to_be_intact_and_about_the_artifact() -> None:
    """SGN-001: what a client pushed is verified; what the vector had before is not its fault."""
    contents = Contents.of(replace(GOOD, signatures=CHANGED.signatures, directory=CHANGED.directory))
    assert list(new_signature_faults(contents)) == []
    pushed(contents, GOOD.read("signature.json"))
    assert list(new_signature_faults(contents)) == []
    pushed(contents, CHANGED.read("signature.json") + b" ")
    assert ["is not intact" in fault for fault in new_signature_faults(contents)] == [True]
    other = replace(GOOD, artifact=replace(GOOD.artifact, manifest="root.pem"), signatures=())
    foreign = Contents.of(other)
    pushed(foreign, GOOD.read("signature.json"))
    [fault] = new_signature_faults(foreign)
    assert fault.endswith("is about something else than the artifact")
    assert len(foreign.signatures()) == 1


def test_layout_has_what_the_registry_would_have(tmp_path: Path) -> None:
    """SIG-043: artifact with its tag, signatures in the index, every blob under its digest."""
    contents = Contents.of(GOOD)
    write_layout(tmp_path / "layout", contents)
    index = json.loads((tmp_path / "layout" / "index.json").read_bytes())
    assert [one["digest"] for one in index["manifests"]] == [str(contents.artifact.digest), *contents.listed]
    for digest, data in contents.blobs.items():
        assert (tmp_path / "layout" / "blobs" / digest.replace(":", "/")).read_bytes() == data


def test_certificates_of_the_examples_are_read_by_the_package() -> None:
    """The TEST certificates of a vector are certificates."""
    leaf = x509.load_pem_x509_certificate(REVOKED.read("leaf.pem"))
    assert not Certificate.parse(leaf.public_bytes(Encoding.DER)).is_ca

# SPDX-License-Identifier: Apache-2.0
"""One `Sources` shared by threads gives the verdicts that one thread gives."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from threading import Barrier

import pytest

from notation_py import (
    CachedTrustStore,
    Certificate,
    ChainMemo,
    Descriptor,
    EnvelopeFormat,
    LocalSigner,
    MemoryTrustStore,
    NotationError,
    OciTrustPolicyDocument,
    SignOptions,
    Sources,
    TrustStoreType,
    VerificationFailedError,
    VerifyOptions,
    sign_artifact,
    verify_artifact,
)
from notation_py.descriptor import IMAGE_MANIFEST
from tests.simulator.fake_repository import FakeRepository
from tests.simulator.pki import NOW, KeyType, make_chain

SIGNERS, ARTIFACTS, THREADS = 40, 200, 8
POLICY = OciTrustPolicyDocument.parse(
    b"""{"version": "1.0", "trustPolicies": [{"name": "all", "registryScopes": ["*"],
    "signatureVerification": {"level": "strict", "override": {"revocation": "skip"}},
    "trustStores": ["ca:fleet"], "trustedIdentities": ["x509.subject: C=US, ST=WA, O=Notary"]}]}"""
).policies[0]


@dataclass(frozen=True)
class Fleet:
    """A repository of artifacts, some signed badly, and the roots of all signers but every seventh."""

    repository: FakeRepository
    targets: tuple[Descriptor, ...]
    roots: tuple[Certificate, ...]

    def sources(self) -> Sources:
        """Return fresh sources whose memo is smaller than the number of chains."""
        store = MemoryTrustStore.of({(TrustStoreType.CA, "fleet"): self.roots})
        return Sources(CachedTrustStore(store), memo=ChainMemo(capacity=SIGNERS // 4))


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    repository, targets = FakeRepository(), []
    key_types: tuple[KeyType, ...] = ("EC-256", "EC-384", "EC-256", "RSA-2048")
    chains = [
        make_chain(key_types[n % 4], 1 + n % 3, subject=f"signer {n}", edits=None) for n in range(SIGNERS)
    ]
    certificates = [tuple(Certificate.parse(data) for data in chain.ders) for chain in chains]
    signers = [LocalSigner.of(chain.key, found) for chain, found in zip(chains, certificates, strict=True)]
    for n in range(ARTIFACTS):
        data = b'{"schemaVersion":2,"n":%d}' % n
        target = Descriptor.of(IMAGE_MANIFEST, data)
        repository.add(f"v{n}", target, data)
        targets.append(target)
        options = SignOptions(
            list(EnvelopeFormat)[n % 2], expires_in=timedelta(minutes=1 if n % 11 == 0 else 600)
        )
        if n % 13:
            sign_artifact(repository, target, signers[n % SIGNERS], options, at=NOW - timedelta(minutes=2))
    roots = tuple(found[-1] for n, found in enumerate(certificates) if n % 7)
    return Fleet(repository, tuple(targets), roots)


def verdict(fleet: Fleet, target: Descriptor, sources: Sources) -> tuple[object, ...]:
    """Return everything a caller can see of the verification of *target*."""
    try:
        verified = verify_artifact(fleet.repository, target, POLICY, sources, VerifyOptions(), at=NOW)
    except VerificationFailedError as error:
        refusals = tuple((str(one.refusal), one.word, one.manifest) for one in error.outcomes)
        return error.outcome, str(error), refusals
    except NotationError as error:
        return type(error), str(error)
    outcome = verified.outcome
    assert outcome.envelope is not None
    results = tuple((one.validation, one.action, str(one.error)) for one in outcome.results)
    return verified.target, outcome.word, outcome.manifest, outcome.envelope.chain.leaf, results


@pytest.fixture
def restless() -> Iterator[None]:
    """Let the interpreter change threads as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("restless")
def test_parallel_verdicts_equal_sequential_ones(fleet: Fleet) -> None:
    """200 artifacts of 40 chains, 8 threads, one memo that overflows: the same verdicts (attack case 179)."""
    alone = fleet.sources()
    expected = [verdict(fleet, target, alone) for target in fleet.targets]
    shared, start = fleet.sources(), Barrier(THREADS)

    def every_eighth(first: int) -> list[tuple[object, ...]]:
        start.wait(timeout=30)
        order = [*fleet.targets[first:], *fleet.targets[:first]]
        return [verdict(fleet, target, shared) for target in order]

    with ThreadPoolExecutor(THREADS) as pool:
        firsts = [n * ARTIFACTS // THREADS for n in range(THREADS)]
        found = list(pool.map(every_eighth, firsts))
    for first, verdicts in zip(firsts, found, strict=True):
        assert verdicts == [*expected[first:], *expected[:first]]
    words = {str(one[0] if len(one) == 3 else one[1]) for one in expected}
    assert words == {"VERIFIED", "AUTHENTICITY", "EXPIRED", "NO_SIGNATURE"}


@pytest.mark.usefixtures("restless")
def test_parallel_verifications_of_one_image_agree(fleet: Fleet) -> None:
    """1,000 verifications of one image through one `Sources` all say the same (attack case 179)."""
    shared = fleet.sources()
    target = fleet.targets[1]
    expected = verdict(fleet, target, fleet.sources())
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(lambda _: verdict(fleet, target, shared), range(1000)))
    assert found == [expected] * 1000

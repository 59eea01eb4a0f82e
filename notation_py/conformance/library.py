# SPDX-License-Identifier: Apache-2.0
"""A vector run with the library in this process: the same world, the vector's own clock, no command line.

What the command line adds (its words, files it writes) is not looked at; vectors that are about nothing
else are not run. Fetches go to the vector's answers at the port, without a socket.

Spec: conformance/PROTOCOL.md.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from types import MappingProxyType

from ..adapters.blob_files import open_blob, read_signature
from ..adapters.directories import Directories
from ..adapters.files import Strictness
from ..adapters.key_files import load_key_pair
from ..adapters.layout import LayoutRepository
from ..adapters.plugins import PROGRAM, InstalledPlugins
from ..adapters.policy_files import PolicyKind, read_policy
from ..adapters.registry_settings import ReferrersMode, RegistrySettings
from ..adapters.remote import RemoteRepository
from ..adapters.signing_keys import SigningKeyFile
from ..adapters.traces import unheard
from ..adapters.trust_store import DirectoryTrustStore
from ..envelope.blob import format_of_file_name
from ..envelope.model import EnvelopeFormat
from ..errors import NotationError, UsageError
from ..plugin.named import NamedPlugins
from ..reference import Reference
from ..registry.repository import Repository, resolve_target
from ..registry.signatures import listed_signatures
from ..revocation.sources import RevocationSources
from ..signing.sign import SignOptions, sign_artifact
from ..signing.signer import LocalSigner
from ..trust.policy import BlobTrustPolicyDocument, OciTrustPolicyDocument
from ..verification.artifact import VerifyOptions, verify_artifact
from ..verification.blob import VerifyBlobOptions, blob_policy, verify_blob
from ..verification.outcome import VerificationOutcome
from ..verification.signature import Sources
from .answer import Answer, Kind
from .contents import Contents
from .failures import refusal_of
from .loading import ABOUT_ARTIFACTS
from .loopback import serving
from .registry import VectorRegistry
from .signatures import new_signature_faults
from .vector import Vector
from .web import VectorFetcher, VectorWeb
from .words import reference
from .world import World, argument_name, build_world

_NEEDS_THE_PROGRAM = frozenset(
    {"plugin", "id", "expiry", "timestamp_url", "timestamp_root_cert", "key", "signature_format"}
)


@dataclass(frozen=True, slots=True)
class _Scene:
    """What an operation on a vector has at hand."""

    vector: Vector
    world: World
    host: str
    contents: Contents | None
    web: VectorWeb
    at: datetime

    @property
    def directories(self) -> Directories:
        return Directories(self.world.config, self.world.libexec, self.world.home / "cache")

    def sources(self) -> Sources:
        """Return trust stores, revocation data and plugins of this world."""
        store = DirectoryTrustStore(self.directories, Strictness.WARN, unheard)
        environment = MappingProxyType({"PATH": os.environ.get("PATH", ""), "HOME": str(self.world.home)})
        installed = InstalledPlugins(self.directories, environment, Strictness.WARN, warn=unheard)
        plugins = NamedPlugins(installed, {}, PROGRAM)
        return Sources(store, revocation=RevocationSources(VectorFetcher(self.web)), plugins=plugins)

    def policy_bytes(self, kind: PolicyKind) -> bytes:
        """Return the trust policy that is installed in this world."""
        return read_policy(self.directories, kind, Strictness.WARN, unheard).data


@dataclass(frozen=True, slots=True)
class Library:
    """The library as a client.

    Attributes:
        at: a moment in place of each vector's own, for vectors whose verdict holds at any.
    """

    at: datetime | None = None

    def answer(self, vector: Vector) -> Answer:
        """Return what the library answers to *vector*."""
        operation = _OPERATIONS.get(vector.command)
        if operation is None:
            return Answer(Kind.NOT_RUN, said=f"`{vector.command}` is a matter of the command line")
        beyond = sorted(_NEEDS_THE_PROGRAM & vector.arguments.keys())
        if vector.command == "sign" and beyond:
            return Answer(Kind.NOT_RUN, said=f"{beyond[0]} is a matter of the command line")
        started, at = time.monotonic(), self.at or vector.at
        with ExitStack() as stack:
            contents = Contents.of(vector) if vector.command in ABOUT_ARTIFACTS else None
            web = VectorWeb(vector, lambda: at)
            host = ""
            if contents is not None:
                registry = VectorRegistry(vector, contents)
                host = registry.host = f"localhost:{stack.enter_context(serving(registry.answer))}"
            root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="conformance-")))
            scene = _Scene(vector, build_world(root, vector, contents, host), host, contents, web, at)
            answer = _performed(operation, scene)
        if contents is not None and vector.artifact.place == "registry":
            faults = tuple(new_signature_faults(contents)) if vector.command == "sign" else ()
            answer = replace(answer, signatures=len(contents.signatures()), faults=faults)
        return replace(answer, asked=tuple(web.asked), seconds=time.monotonic() - started)


Operation = Callable[[_Scene], VerificationOutcome | None]


def _performed(operation: Operation, scene: _Scene) -> Answer:
    try:
        outcome = operation(scene)
    except NotationError as error:
        checks, said = refusal_of(error)
        return Answer(Kind.REFUSE, failed=checks, said=said)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a crash of the library and reported as one
        return Answer(Kind.CRASH, said=f"{type(error).__name__}: {error}")
    logged = [] if outcome is None else [result.validation.value for result in outcome.logged_failures]
    return Answer(Kind.ACCEPT, logged=frozenset(logged))


def _texts(scene: _Scene, name: str) -> Mapping[str, str]:
    found: Mapping[str, str] = scene.vector.arguments.get(name, {})
    return found


def _repository(scene: _Scene) -> tuple[Repository, str, str]:
    """Return the repository, the tag or digest that is asked for, and the scope for trust policies."""
    if scene.contents is None:
        raise UsageError("there is no artifact")
    text, artifact = reference(scene.vector, scene.contents, scene.host), scene.vector.artifact
    if artifact.place == "layout":
        path, _, target = text.rpartition("@") if "@" in text else text.rpartition(":")
        return LayoutRepository(scene.world.work / path), target, artifact.scope
    parsed = Reference.parse(text)
    mode = ReferrersMode.TAG if scene.vector.arguments.get("force_referrers_tag") else ReferrersMode.AUTO
    settings = RegistrySettings(referrers_mode=mode)
    return RemoteRepository(parsed.registry, parsed.repository, settings), parsed.target, parsed.name


def _verify(scene: _Scene) -> VerificationOutcome:
    given = scene.vector.arguments
    options = VerifyOptions(_texts(scene, "user_metadata"), plugin_config=_texts(scene, "plugin_config"))
    options = replace(options, max_signatures=given.get("max_signatures", options.max_signatures))
    options.check()
    policies = OciTrustPolicyDocument.parse(scene.policy_bytes(PolicyKind.OCI))
    repository, target, scope = _repository(scene)
    resolved = resolve_target(repository, target)
    policy = policies.policy_for(scope, artifact=f"{scope}@{resolved.digest}")
    return verify_artifact(repository, resolved, policy, scene.sources(), options, at=scene.at).outcome


def _verify_blob(scene: _Scene) -> VerificationOutcome:
    given = scene.vector.arguments
    name = argument_name(scene.vector, "signature")
    signature = read_signature(scene.world.work / name)
    policies = BlobTrustPolicyDocument.parse(scene.policy_bytes(PolicyKind.BLOB))
    policy = blob_policy(policies, given.get("policy_name", ""))
    options = VerifyBlobOptions(
        given.get("media_type"), _texts(scene, "user_metadata"), _texts(scene, "plugin_config")
    )
    wanted, sources = format_of_file_name(name), scene.sources()
    with open_blob(str(scene.world.work / scene.vector.inputs[0].name)) as blob:
        return verify_blob(
            blob.digest, signature, policy, sources, options, format=wanted, at=scene.at
        ).outcome


def _list(scene: _Scene) -> None:
    limit = scene.vector.arguments.get("max_signatures", 100)
    if limit <= 0:
        raise UsageError(f"max-signatures value {limit} must be a positive number")
    repository, target, _ = _repository(scene)
    for _ in islice(listed_signatures(repository, resolve_target(repository, target)), limit):
        pass


def _sign(scene: _Scene) -> None:
    repository, target, _ = _repository(scene)
    key = SigningKeyFile(scene.directories, Strictness.WARN, unheard).read().chosen(None)
    private_key, certificates = load_key_pair(
        key.key_path, key.certificate_path, passphrase=None, strictness=Strictness.WARN, warn=unheard
    )
    options = SignOptions(
        format=EnvelopeFormat[(scene.vector.format or "jws").upper()],
        user_metadata=_texts(scene, "user_metadata"),
    )
    sign_artifact(repository, target, LocalSigner.of(private_key, certificates), options, at=scene.at)


def _import_policy(scene: _Scene) -> None:
    OciTrustPolicyDocument.parse((scene.world.work / scene.vector.inputs[0].name).read_bytes())


def _import_blob_policy(scene: _Scene) -> None:
    BlobTrustPolicyDocument.parse((scene.world.work / scene.vector.inputs[0].name).read_bytes())


_OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        "verify": _verify,
        "blob verify": _verify_blob,
        "list": _list,
        "sign": _sign,
        "policy import": _import_policy,
        "blob policy import": _import_blob_policy,
    }
)

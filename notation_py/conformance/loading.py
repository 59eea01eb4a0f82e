# SPDX-License-Identifier: Apache-2.0
"""From `vector.toml` to a `Vector`, strictly: a member nobody knows or a file nobody uses is an error.

The shape is that of `conformance.vector.schema.json`; what a schema cannot say (which members go together,
that every file is there and used) is checked here. Every refusal names the vector and the place.

Spec: conformance/PROTOCOL.md.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

from ..adapters.files import FileError, read_file
from ..envelope.model import EnvelopeFormat
from ..errors import ConfigurationError, MalformedError, Outcome
from ..schema import check_schema
from .vector import (
    Artifact,
    AttachedSignature,
    Clock,
    ConfigEntry,
    Expected,
    Fetch,
    Input,
    RegistryAnswer,
    RegistryScript,
    Vector,
    Verdict,
)

FILE = "vector.toml"
SCHEMA = "conformance.vector"
MAX_BYTES = 1 << 16
MAX_FILE_BYTES = 64 << 20
"""Of a file that a vector names."""

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}/[A-Za-z0-9_.-]{1,128}")

ABOUT_ARTIFACTS = frozenset({"verify", "list", "inspect", "sign"})
"""Commands that are about an image; all others take `inputs` or names."""

_ABOUT_FILES = frozenset(
    {"blob verify", "blob sign", "blob inspect", "policy import", "blob policy import", "cert add"}
)
_ARTIFACT_MEMBERS = ("artifact", "signatures", "registry")
_MADE = ("ocsp", "crl", "timestamp")
_MEDIA_TYPES = {
    "ocsp": "application/ocsp-response",
    "crl": "application/pkix-crl",
    "timestamp": "application/timestamp-reply",
}


def vectors(suite: Path, pattern: str = "*") -> tuple[Vector, ...]:
    """Return the vectors below *suite* whose name fits the glob *pattern*, by name.

    Raises:
        MalformedError: one of them is not a vector. ConfigurationError: there is none.
    """
    places = sorted(path.parent for path in suite.glob(f"*/*/{FILE}"))
    wanted = [place for place in places if fnmatchcase(_name(place), pattern)]
    if not wanted:
        raise ConfigurationError(
            f"no vector in {suite} has a name like {pattern!r}",
            hint="`notation-py conformance list` shows the names",
        )
    return tuple(load(place) for place in wanted)


def _name(directory: Path) -> str:
    return f"{directory.parent.name}/{directory.name}"


def load(directory: Path) -> Vector:
    """Return the vector in *directory*.

    Raises:
        MalformedError: it is not one; names vector and place.
    """
    directory = directory.resolve()
    name = _name(directory)
    try:
        if not _NAME.fullmatch(name):
            raise MalformedError("is no name of a vector: it has other characters than A-Z a-z 0-9 _ . -")
        document = _document(directory / FILE)
        check_schema(document, SCHEMA)
        vector = _vector(name, directory, document)
        _check(vector, document)
    except MalformedError as error:
        raise MalformedError(
            f"vector {name}: {error.message}", hint=error.hint, outcome=Outcome.CONFIG
        ) from error
    return vector


def _document(path: Path) -> dict[str, Any]:
    try:
        data, _ = read_file(path, max_bytes=MAX_BYTES)
        document = tomllib.loads(data.decode("utf-8"))
    except FileError as error:
        raise MalformedError(f"{FILE} cannot be read: {error.message}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MalformedError(f"{FILE} is not TOML: {error}") from error
    at = document.get("at")
    if isinstance(at, datetime):
        if at.tzinfo is None:
            raise MalformedError("is a time without a zone", at="at")
        document["at"] = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return document


def _vector(name: str, directory: Path, source: Mapping[str, Any]) -> Vector:
    form = source.get("format", "")
    return Vector(
        name=name,
        directory=directory,
        suite=directory.parent.parent,
        title=source["title"],
        command=source["command"],
        requirements=tuple(source["requirements"]),
        attacks=tuple(source.get("attacks", ())),
        format=form,
        at=_moment(source["at"]),
        clock=Clock(source["clock"]),
        expect=Verdict(source["expect"]),
        failed=source.get("failed", ""),
        logged=tuple(source.get("logged", ())),
        note=source.get("note", ""),
        inputs=tuple(_input(one) for one in source.get("inputs", ())),
        artifact=Artifact(**source.get("artifact", {})),
        signatures=tuple(_signature(one, form) for one in source.get("signatures", ())),
        registry=_registry(source.get("registry", {})),
        config={target: _entry(one) for target, one in source.get("config", {}).items()},
        plugins=source.get("plugins", {}),
        arguments=source.get("arguments", {}),
        fetches=tuple(_fetch(one, f"fetches[{n}]") for n, one in enumerate(source.get("fetches", ()))),
        expected=_expected(source.get("expected", {})),
    )


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError as error:
        raise MalformedError("is not an RFC 3339 time", at="at") from error


def _input(source: str | Mapping[str, str]) -> Input:
    if isinstance(source, str):
        return Input(source, source.rpartition("/")[2])
    return Input(source["file"], source["name"])


def _signature(source: Mapping[str, Any], form: str) -> AttachedSignature:
    usual = EnvelopeFormat[form.upper()].value if form else ""
    return AttachedSignature(
        source.get("envelope"),
        source.get("media_type", usual),
        source.get("form", "artifact-type"),
        source.get("annotations", {}),
        source.get("manifest"),
        source.get("manifest_media_type", "application/vnd.oci.image.manifest.v1+json"),
    )


def _registry(source: Mapping[str, Any]) -> RegistryScript:
    answers = [
        RegistryAnswer(**{**one, "without": tuple(one.get("without", ()))})
        for one in source.get("answers", ())
    ]
    return RegistryScript(**{**source, "blobs": tuple(source.get("blobs", ())), "answers": tuple(answers)})


def _entry(source: str | Mapping[str, Any]) -> ConfigEntry:
    if isinstance(source, str):
        return ConfigEntry(file=source)
    mode = int(source.get("mode", "0700" if "directory" in source else "0600"), 8)
    return ConfigEntry(source.get("file"), source.get("text"), source.get("link"), mode)


def _fetch(source: Mapping[str, Any], at: str) -> Fetch:
    kinds = [kind for kind in ("body", *_MADE) if kind in source]
    if len(kinds) > 1:
        raise MalformedError(f"has {' and '.join(kinds)}, of which one is possible", at=at)
    if not kinds and "status" not in source:
        raise MalformedError("says neither what is answered nor with which status", at=at)
    kind = kinds[0] if kinds else ""
    made = (kind, source[kind]) if kind in _MADE else None
    return Fetch(
        source["url"],
        source.get("body"),
        source.get("media_type", _MEDIA_TYPES.get(kind, "application/octet-stream")),
        source.get("status", 200),
        source.get("headers", {}),
        made,
    )


def _expected(source: Mapping[str, Any]) -> Expected:
    values: dict[str, Any] = {
        key: tuple(one) if isinstance(one, list) else one for key, one in source.items()
    }
    return Expected(**values)


# --- what a schema cannot say -------------------------------------------------------------------------


def _check(vector: Vector, document: Mapping[str, Any]) -> None:
    if (vector.expect is Verdict.REFUSE) != bool(vector.failed):
        raise MalformedError("goes with the verdict refuse, and with no other", at="failed")
    if vector.command in _ABOUT_FILES and not vector.inputs:
        raise MalformedError(f"is missing: {vector.command} is about files", at="inputs")
    if vector.command not in _ABOUT_FILES and vector.inputs:
        raise MalformedError(f"is not for {vector.command}", at="inputs")
    if vector.command not in ABOUT_ARTIFACTS:
        for member in _ARTIFACT_MEMBERS:
            if member in document:
                raise MalformedError(f"is not for {vector.command}", at=member)
    if vector.command == "blob verify" and "signature" not in vector.arguments:
        raise MalformedError("is missing", at="arguments.signature")
    for number, signature in enumerate(vector.signatures):
        if signature.manifest is None and signature.envelope is None:
            raise MalformedError("has neither an envelope nor a manifest", at=f"signatures[{number}]")
        if signature.manifest is None and not signature.media_type:
            raise MalformedError("has no media_type, and the vector no format", at=f"signatures[{number}]")
    links = {target for target, entry in vector.config.items() if entry.link is not None}
    for target in vector.config:
        if not links.isdisjoint(map(str, PurePosixPath(target).parents)):
            raise MalformedError("is below a link, which may lead anywhere", at=f"config.{target}")
    _check_files(vector)


def _check_files(vector: Vector) -> None:
    named = dict(_files(vector))
    for file, at in named.items():
        path = vector.path(file)
        if path.resolve() != path or not path.is_file():
            raise MalformedError(f"there is no file {file!r}", at=at)
        if path.stat().st_size > MAX_FILE_BYTES:
            raise MalformedError(f"the file {file!r} is larger than {MAX_FILE_BYTES} bytes", at=at)
    present = {path for path in vector.directory.rglob("*") if not path.is_dir()}
    unused = present - {vector.path(file) for file in named} - {vector.directory / FILE}
    for path in sorted(unused):
        raise MalformedError(f"the file {str(path.relative_to(vector.directory))!r} is not used")


def _files(vector: Vector) -> Iterator[tuple[str, str]]:
    """Yield each file that the vector names, and where it does so."""
    if vector.artifact.manifest != Artifact().manifest:
        yield vector.artifact.manifest, "artifact.manifest"
    yield from ((one.file, f"inputs[{n}]") for n, one in enumerate(vector.inputs))
    for number, signature in enumerate(vector.signatures):
        for file, member in ((signature.envelope, "envelope"), (signature.manifest, "manifest")):
            if file is not None:
                yield file, f"signatures[{number}].{member}"
    yield from ((file, f"registry.blobs[{n}]") for n, file in enumerate(vector.registry.blobs))
    for number, answer in enumerate(vector.registry.answers):
        if answer.body is not None:
            yield answer.body, f"registry.answers[{number}].body"
    for target, entry in vector.config.items():
        if entry.file is not None:
            yield entry.file, f"config.{target}"
    for plugin, answers in vector.plugins.items():
        yield from ((file, f"plugins.{plugin}.{key}") for key, file in answers.items() if key != "fails")
    for member in ("signature", "timestamp_root_cert"):
        if member in vector.arguments:
            yield vector.arguments[member], f"arguments.{member}"
    for number, fetch in enumerate(vector.fetches):
        yield from _files_of_fetch(fetch, f"fetches[{number}]")


def _files_of_fetch(fetch: Fetch, at: str) -> Iterator[tuple[str, str]]:
    if fetch.body is not None:
        yield fetch.body, f"{at}.body"
    kind, made = fetch.made or ("", {})
    for member in ("issuer", "key", "certificate", "responder", "chain"):
        if member in made:
            yield made[member], f"{at}.{kind}.{member}"
    for number, file in enumerate(made.get("certificates", ())):
        yield file, f"{at}.{kind}.certificates[{number}]"

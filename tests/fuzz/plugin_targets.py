# SPDX-License-Identifier: Apache-2.0
"""What is fuzzed of plugins: archives, messages both ways, records of what was installed, packages."""

from __future__ import annotations

import gzip
import io
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from notation_py.adapters.installed_packages import packages_with_entries
from notation_py.adapters.plugin_records import RECORD_NAME, read_record, record_bytes
from notation_py.adapters.plugin_staging import Staging
from notation_py.adapters.plugin_tar import unpack_tar
from notation_py.adapters.plugin_zip import unpack_zip
from notation_py.document import of_type, parse_json
from notation_py.errors import NotationError, PluginError
from notation_py.plugin.answers import ask
from notation_py.plugin.contract import Command, ProgramResult
from notation_py.plugin.dispatch import dispatch
from notation_py.plugin.messages import (
    DescribeKeyRequest,
    GeneratedEnvelope,
    GeneratedSignature,
    GenerateEnvelopeRequest,
    GenerateSignatureRequest,
    KeyDescription,
    PluginMetadata,
)
from notation_py.plugin.verification_messages import VerifySignatureAnswer, VerifySignatureRequest
from tests.fuzz.targets import JSON_WORDS, Target
from tests.simulator.archives import GOOD, named, pax, special, tar_bytes, zip_archive
from tests.simulator.broken_plugins import GoodPlugin

Unpack = Callable[[BinaryIO, int, Staging], None]

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # where syncing a file costs nothing
MESSAGES: tuple[Any, ...] = (
    PluginMetadata,
    KeyDescription,
    GeneratedSignature,
    GeneratedEnvelope,
    VerifySignatureAnswer,
    DescribeKeyRequest,
    GenerateSignatureRequest,
    GenerateEnvelopeRequest,
    VerifySignatureRequest,
)

_NAMED = (
    b'"keyId":"k","keySpec":"EC-256","hashAlgorithm":"SHA-256","payload":"cA==","signature":"cA==",'
    b'"signingAlgorithm":"ECDSA-SHA-256","certificateChain":["AAAA"],"signatureEnvelope":"cA==",'
    b'"signatureEnvelopeType":"application/jose+json","annotations":{"a":"b"},"payloadType":"t",'
    b'"expiryDurationInSeconds":60,"pluginConfig":{"a":"b"}'
)
_VERIFIER = (
    b'{"contractVersion":"1.0","signature":{"criticalAttributes":{"contentType":"t","signingScheme":'
    b'"notary.x509","expiry":"2030-01-01T00:00:00Z","extendedAttributes":{"a":1}},"unprocessedAttributes":'
    b'["a"],"certificateChain":["AAAA"]},"trustPolicy":{"trustedIdentities":["*"],"signatureVerification":'
    b'["SIGNATURE_VERIFIER.TRUSTED_IDENTITY"]}}'
)
_ANSWERS = (
    (
        b'{"verificationResults":{"SIGNATURE_VERIFIER.TRUSTED_IDENTITY":{"success":true,"reason":"r"}},'
        b'"processedAttributes":["a"]}'
    ),
    (
        b'{"name":"n","description":"d","version":"1.0.0","url":"u","supportedContractVersions":["1.0"],'
        b'"capabilities":["SIGNATURE_GENERATOR.RAW"]}'
    ),
    b'{"errorCode":"ERROR","errorMessage":"m","errorMetadata":{"a":"b"}}',
)
_MESSAGES = (b'{"contractVersion":"1.0",' + _NAMED + b"}", _VERIFIER, *_ANSWERS)


def unpacked(unpack: Unpack, data: bytes) -> dict[str, bytes]:
    """Return the files that came out of *data*; raises AssertionError if anything else did."""
    with TemporaryDirectory(dir=MEMORY) as directory:
        place = Path(directory, "staging")
        place.mkdir()
        staging = Staging(place, "fuzz")
        try:
            unpack(io.BytesIO(data), len(data), staging)
        finally:
            entries = list(os.scandir(place))
            if [entry.name for entry in entries if not entry.is_file(follow_symlinks=False)]:
                raise AssertionError("something came out that is no plain file")
            if [path.name for path in Path(directory).iterdir()] != ["staging"]:
                raise AssertionError("something came out elsewhere")
        found = {entry.name: Path(entry.path).read_bytes() for entry in entries}
        if found.keys() != staging.files.keys():
            raise AssertionError("the files are not those that were counted")
        return found


def _archive(unpack: Unpack, pack: Callable[[bytes], bytes] = bytes) -> Callable[[bytes], None]:
    return lambda data: unpacked(unpack, pack(data)) and None


def _tar_gz(data: bytes) -> bytes:
    """Return *data* packed, with the right checksum in every block that looks like a header."""
    fixed = bytearray(data)
    for place in range(0, len(fixed) - 511, 512):
        block = fixed[place : place + 512]
        if block[257:262] == b"ustar":
            block[148:156] = b" " * 8
            fixed[place + 148 : place + 156] = b"%06o\0 " % sum(block)
    return gzip.compress(bytes(fixed), 1)


def _message(data: bytes) -> None:
    """Read *data* as every message; what is read and written is read again as the same."""
    document: dict[str, Any] = of_type(parse_json(data, what="fuzz", max_bytes=1 << 20), dict, at="fuzz")
    problem: NotationError | None = None
    for kind in MESSAGES:
        try:
            message = kind.from_json(document)
        except NotationError as error:
            problem = error
            continue
        written = message.to_json()
        if kind.from_json(written) != message:
            raise AssertionError(f"{kind.__name__} changes when it is written")
    if problem is not None:
        raise problem


def _answer(data: bytes) -> None:
    """Let a program say *data*, with success on one output and with failure on the other."""

    class Said:
        name, origin = "fuzz", "here"

        def run(self, command: Command, request: bytes) -> ProgramResult:  # noqa: ARG002
            return ProgramResult(*self.result)

    for result in ((1, b"", data), (0, data, b"")):
        said = Said()
        said.result = result
        try:
            ask(said, Command.DESCRIBE_KEY, {}, KeyDescription.from_json)
        except PluginError as error:
            if result[0] == 0:
                raise
            if len(error.message) > 4096:
                raise AssertionError("a program decides how much is shown") from error
        else:
            if result[0]:
                raise AssertionError("a failure is an answer")


def _request(data: bytes) -> None:
    """Ask a plugin *data*: there is one answer or one error document, whatever it is."""
    for command in Command:
        result = dispatch(_PLUGIN, command, data)
        output = result.stderr if result.exit_code else result.stdout
        document = parse_json(output, what="answer", max_bytes=1 << 20)
        if not isinstance(document, dict) or bool(result.exit_code) != ("errorCode" in document):
            raise AssertionError(f"{command} was answered with {output!r}")


_PLUGIN = GoodPlugin()


def _record(data: bytes) -> None:
    with TemporaryDirectory(dir=MEMORY) as directory:
        place = Path(directory)
        (place / RECORD_NAME).write_bytes(data)
        try:
            found = read_record(place)
        except PluginError as error:  # names the place, which is no new kind of outcome
            raise PluginError(error.message.replace(directory, "")) from error
        (place / RECORD_NAME).write_bytes(record_bytes(found or {}))
        if read_record(place) != found:
            raise AssertionError("a record changes when it is written again")


def _package(data: bytes) -> None:
    """Install a package whose entry points and description are *data*."""
    with TemporaryDirectory(dir=MEMORY) as directory:
        place = Path(directory, "p-1.dist-info")
        place.mkdir()
        for name in ("entry_points.txt", "METADATA"):
            (place / name).write_bytes(data)
        path = sys.path
        sys.path = [directory]
        try:
            for package, entries in packages_with_entries("g"):
                if not package.name.isascii() or not all(entry.module for entry in entries):
                    raise AssertionError(f"{package} has {entries}")
        finally:
            sys.path = path


def plugin_targets() -> Iterator[Target]:
    """Yield the readers of what comes from publishers, installers and plugins."""
    tars = tuple(
        tar_bytes(*members)
        for members in (
            (GOOD,),
            (named("a"), pax(("mtime", "1.5")), GOOD),
            (special(b"link", b"2", b"/etc"), GOOD),
            (named("d/", kind=b"5", data=b""), named("d/file")),
        )
    )
    zips = (
        zip_archive(GOOD),
        zip_archive(named("a"), GOOD, named("b", method=0), comment=b"c"),
        zip_archive(named("d/", data=b"", method=0), named("d/file"), named("x", described=True)),
    )
    names = (b"../", b"/", b"a\0", b"\\", b"notation-demo", b"\xff", b"\xcc\x81")
    yield Target(
        "plugin-zip", _archive(unpack_zip), zips, (b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", *names)
    )
    yield Target(
        "plugin-tar",
        _archive(unpack_tar, _tar_gz),
        tars,
        (b"ustar\0", b"ustar  \0", b"00000000000\0", b"\x80\0\0\0", b"x", b"20 path=../../../x\n", *names),
    )
    yield Target(
        "plugin-gz",
        _archive(unpack_tar),
        tuple(gzip.compress(data, mtime=0) for data in tars),
        (b"\x1f\x8b\x08", b"\0\0\xff\xff", bytes(8)),
    )
    words = (*JSON_WORDS, b'"1.0"', b'"success":true', b'"keySpec":"RSA-2048"', b'"0001-01-01T00:00:00Z"')
    yield Target("plugin-message", _message, _MESSAGES, words)
    yield Target("plugin-answer", _answer, _ANSWERS, words)
    yield Target("plugin-request", _request, _MESSAGES, words)
    yield Target("plugin-record", _record, (record_bytes({"notation-a": "0" * 64}),), JSON_WORDS)
    yield Target(
        "plugin-package",
        _package,
        (b"Name: p\nVersion: 1\nSummary: s\n\n[g]\nx = m:o\n", b"Name: p\n[h]\n# c\n[g]\n a=b.c:d.e [f]\n"),
        (b"[g]", b"=", b":", b"\n\n", b"\r", b"\xe2\x84\xaa", b"Name:", b"\x85", b"\x0c"),
    )

# SPDX-License-Identifier: Apache-2.0
"""The plugin `file`: signs with an encrypted PKCS#8 key file; also the worked example of a plugin.

One object, both routes: an entry point names `FilePlugin`, and the program `notation-file` serves it.
The key id is the path of the key file. What opens it comes from another file or from an environment
variable, and never from the configuration itself, which ends up in `signingkeys.json` and in logs.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import NamedTuple, NoReturn

from notation_py import BY_KEY_SPEC, LocalSigner, Strictness, load_key_pair, read_passphrase
from notation_py.plugin import (
    CONTRACT_VERSION,
    Capability,
    DescribeKeyRequest,
    ErrorCode,
    GeneratedSignature,
    GenerateSignatureRequest,
    KeyDescription,
    PluginMetadata,
    RequestError,
    check_algorithm,
    check_config,
    refuse,
    refusing,
    serve,
)

__version__ = "0.1.0"

CERTIFICATES = "certificate_chain_file"
PASSPHRASE_FILE = "passphrase_file"  # noqa: S105 - the name of a setting
PASSPHRASE_VARIABLE = "passphrase_variable"  # noqa: S105 - likewise
KEYS = (CERTIFICATES, PASSPHRASE_FILE, PASSPHRASE_VARIABLE)
DEFAULT_VARIABLE = "NOTATION_FILE_PASSPHRASE"

_Stamp = tuple[int, ...]


class FilePlugin:
    """Implements `SignatureGenerator`. Keeps the key last used, as long as its files do not change."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: tuple[_Settings, tuple[_Stamp, ...], LocalSigner] | None = None

    def metadata(self, _config: Mapping[str, str]) -> PluginMetadata:
        """Return what this plugin is."""
        return PluginMetadata(
            name="file",
            description="Signs with an encrypted key file",
            version=__version__,
            url="https://notaryproject.dev",
            supported_contract_versions=(CONTRACT_VERSION,),
            capabilities=(Capability.SIGNATURE_GENERATOR_RAW,),
        )

    def describe_key(self, request: DescribeKeyRequest) -> KeyDescription:
        """Return the type of the key in the file that the key id names."""
        signer = self._signer(_Settings.of(request.key_id, request.plugin_config))
        return KeyDescription(request.key_id, signer.key_spec())

    def generate_signature(self, request: GenerateSignatureRequest) -> GeneratedSignature:
        """Return the signature over the payload, and the chain of the certificate file."""
        signer = self._signer(_Settings.of(request.key_id, request.plugin_config))
        algorithm = BY_KEY_SPEC[signer.key_spec()]
        check_algorithm(request, algorithm)
        made = signer.sign(request.payload)
        return GeneratedSignature(request.key_id, made.signature, algorithm, made.certificate_chain)

    def _signer(self, settings: _Settings) -> LocalSigner:
        with self._lock:
            stamps = settings.stamps()
            if self._kept is not None and self._kept[:2] == (settings, stamps):
                return self._kept[2]
            signer = settings.load()
            self._kept = (settings, stamps, signer)
            return signer


class _Settings(NamedTuple):
    """Where the parts of one key are: files, and the variable that counts without a passphrase file."""

    key: str
    certificates: str
    passphrase: str
    variable: str

    @classmethod
    def of(cls, key_id: str, config: Mapping[str, str]) -> _Settings:
        """Return what a request says; raises RequestError."""
        check_config(config, KEYS, "and takes no passphrase by itself")
        if PASSPHRASE_FILE in config and PASSPHRASE_VARIABLE in config:
            refuse(f"{PASSPHRASE_FILE} and {PASSPHRASE_VARIABLE} exclude each other")
        certificates = config.get(CERTIFICATES) or f"{key_id.removesuffix('.key')}.crt"
        variable = config.get(PASSPHRASE_VARIABLE, DEFAULT_VARIABLE)
        return cls(key_id, certificates, config.get(PASSPHRASE_FILE, ""), variable)

    def stamps(self) -> tuple[_Stamp, ...]:
        """Return what changes when one of the files does; raises RequestError."""
        paths = [path for path in (self.key, self.certificates, self.passphrase) if path]
        return tuple(map(_stamp, paths))

    def load(self) -> LocalSigner:
        """Return the key with its chain; raises RequestError."""
        asked = []

        def passphrase() -> bytes:
            asked.append(True)
            return self._passphrase()

        with refusing():
            key, certificates = load_key_pair(
                self.key,
                self.certificates,
                passphrase=passphrase,
                strictness=Strictness.HARDENED,
                warn=refuse,
            )
            if not asked:
                refuse(f"the key file {self.key} is not encrypted; see the README of this plugin")
            return LocalSigner.of(key, certificates)

    def _passphrase(self) -> bytes:
        if self.passphrase:
            return read_passphrase(Path(self.passphrase), Strictness.HARDENED, refuse)
        found = os.environ.get(self.variable, "")
        if not found:
            refuse(f"the key file {self.key} is encrypted, and the variable {self.variable[:64]} is not set")
        return os.fsencode(found)


def _stamp(path: str) -> _Stamp:
    try:
        seen = os.stat(path)  # noqa: PTH116 - twice for each signature, and a Path costs more than the call
    except (OSError, ValueError) as error:
        reason = os.strerror(error.errno).lower() if isinstance(error, OSError) and error.errno else "no path"
        raise RequestError(ErrorCode.VALIDATION_ERROR, f"{path[:256]}: {reason}") from error
    return (seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)


def main() -> NoReturn:
    """Be the program `notation-file`."""
    serve(FilePlugin)

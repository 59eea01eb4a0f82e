# SPDX-License-Identifier: Apache-2.0
"""What a request says about token, key and certificates: the key id, plugin configuration, the environment.

A key id is a PKCS#11 URI, or else the label of the key. What is not understood is refused by name, and
so is a PIN that stands where it is stored and handed around. Asks no token anything.

Spec: RFC 7512. Requirements: PLG-073, PLG-074, R-35.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote_to_bytes, urlsplit

from notation_py import Certificate, Strictness, read_passphrase
from notation_py.plugin import check_config, load_chain, refuse, refusing

MODULE, TOKEN, CERTIFICATES = "module", "token", "certificate_chain_file"
PIN_FILE, PIN_VARIABLE = "pin_file", "pin_variable"
KEYS = (MODULE, TOKEN, CERTIFICATES, PIN_FILE, PIN_VARIABLE)

DEFAULT_MODULE_VARIABLE = "NOTATION_PKCS11_MODULE"
DEFAULT_PIN_VARIABLE = "NOTATION_PKCS11_PIN"

_SCHEME = "pkcs11:"
_TOKEN_FIELDS = ("token", "serial", "manufacturer", "model")
_PATH_FIELDS = (*_TOKEN_FIELDS, "object", "id", "type")
_QUERY_FIELDS = ("module-path", "pin-source")
_PERCENT = re.compile(r"(?:[^%]|%[0-9A-Fa-f]{2})*")


class Settings(NamedTuple):
    """Where a key is, and what opens it.

    Attributes:
        module: absolute path of the PKCS#11 library.
        token: what has to be true of the token, by the names of RFC 7512; empty if there is only one.
        label, id: of the key; None if either is not said.
        pin_file, pin_variable: where the PIN is; *pin_file* is empty if it is in the environment.
    """

    module: str
    token: Mapping[str, str]
    label: str | None
    id: bytes | None
    chain_file: str
    pin_file: str
    pin_variable: str

    @classmethod
    def of(cls, key_id: str, config: Mapping[str, str]) -> Settings:
        """Return what a request says; raises RequestError."""
        check_config(config, KEYS, "and takes no PIN by itself")
        named = _of_uri(key_id) if key_id.startswith(_SCHEME) else {"object": key_id.encode()}
        texts = {name: _text(name, value) for name, value in named.items() if name != "id"}
        token = {name: texts[name] for name in _TOKEN_FIELDS if name in texts}
        if TOKEN in config:
            if "token" in token:
                refuse(f"the key id and the plugin configuration {TOKEN!r} both name a token")
            token["token"] = config[TOKEN]
        return cls(
            module=_module(texts.get("module-path"), config),
            token=token,
            label=texts.get("object"),
            id=named.get("id"),
            chain_file=config.get(CERTIFICATES, ""),
            pin_file=_pin_file(texts.get("pin-source"), config),
            pin_variable=config.get(PIN_VARIABLE, DEFAULT_PIN_VARIABLE),
        )

    def pin(self) -> str | None:
        """Return the PIN, or None if there is none; raises RequestError."""
        if self.pin_file:
            try:
                with refusing():
                    return read_passphrase(Path(self.pin_file), Strictness.HARDENED, refuse).decode()
            except UnicodeDecodeError:
                refuse(f"the PIN in {self.pin_file} is not UTF-8")
        return os.environ.get(self.pin_variable) or None

    def certificates(self) -> tuple[Certificate, ...]:
        """Return the certificates of the chain file, none if no such file is named; raises RequestError."""
        return load_chain(self.chain_file) if self.chain_file else ()

    def wanted_key(self) -> str:
        """Return how to name the key in a message."""
        parts = [f"label {self.label[:128]!r}"] if self.label is not None else []
        parts += [f"id {self.id.hex()[:64]}"] if self.id is not None else []
        return " and ".join(parts)

    def wanted_token(self) -> str:
        """Return how to name the token in a message."""
        return " and ".join(f"{name} {value[:64]!r}" for name, value in self.token.items()) or "any name"


def _of_uri(uri: str) -> dict[str, bytes]:
    """Return the attributes of a PKCS#11 URI; raises RequestError."""
    path, _, query = uri.removeprefix(_SCHEME).partition("?")
    found: dict[str, bytes] = {}
    for part, separator, known in ((path, ";", _PATH_FIELDS), (query, "&", _QUERY_FIELDS)):
        for attribute in filter(None, part.split(separator)):
            name, equals, value = attribute.partition("=")
            if name == "pin-value":
                refuse("the key id holds a PIN; put it into a file, and name that in `pin-source`")
            if name not in known:
                refuse(f"the key id has the attribute {name[:32]!r}; known here are {', '.join(known)}")
            if not equals or not value or not _PERCENT.fullmatch(value):
                refuse(f"the attribute {name!r} of the key id has no proper value")
            if name in found:
                refuse(f"the key id has the attribute {name!r} twice")
            found[name] = unquote_to_bytes(value)
    if found.pop("type", b"private") != b"private":
        refuse("the key id names no private key; its `type` has to be private")
    if "object" not in found and "id" not in found:
        refuse("the key id names no key; it needs `object` or `id`")
    return found


def _text(name: str, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        refuse(f"the attribute {name!r} of the key id is not UTF-8")


def _module(of_uri: str | None, config: Mapping[str, str]) -> str:
    if of_uri and MODULE in config:
        refuse(f"the key id and the plugin configuration {MODULE!r} both name a PKCS#11 module")
    name = of_uri or config.get(MODULE) or os.environ.get(DEFAULT_MODULE_VARIABLE, "")
    if not name:
        refuse(
            f"no PKCS#11 module is named; set the plugin configuration {MODULE!r} to the path of the "
            f"library, or the variable {DEFAULT_MODULE_VARIABLE}"
        )
    _check_module(Path(name))
    return name


def _check_module(path: Path) -> None:
    """Return if *path* is a file that nobody but its owner can change: it is about to become part of us."""
    if not path.is_absolute() or "\0" in str(path):
        refuse(f"the path of the PKCS#11 module is not absolute: {str(path)[:256]!r}")
    try:
        seen = path.stat()
    except OSError as error:
        refuse(f"PKCS#11 module {path}: {os.strerror(error.errno or 0).lower()}")
    if not stat.S_ISREG(seen.st_mode):
        refuse(f"PKCS#11 module {path} is not a regular file")
    if os.name != "nt" and seen.st_mode & 0o022:
        refuse(f"PKCS#11 module {path} can be changed by other users; run: chmod go-w {path}")


def _pin_file(of_uri: str | None, config: Mapping[str, str]) -> str:
    places = [name for name in (PIN_FILE, PIN_VARIABLE) if name in config]
    places += ["pin-source of the key id"] if of_uri else []
    if len(places) > 1:
        refuse(f"{places[0]} and {places[1]} exclude each other")
    if of_uri:
        parts = urlsplit(of_uri)
        if parts.scheme not in {"", "file"} or parts.netloc not in {"", "localhost"}:
            refuse("the `pin-source` of the key id is not a path or a file: URI")
        return _absolute(parts.path)
    return _absolute(config[PIN_FILE]) if PIN_FILE in config else ""


def _absolute(name: str) -> str:
    if not Path(name).is_absolute():
        refuse(f"the path of the PIN file is not absolute: {name[:256]!r}")
    return name

# SPDX-License-Identifier: Apache-2.0
"""The list of signing keys: names, and where each key is; never key material.

`SigningKeys` is the document, `SigningKeyFile` the file on the disk. Changes happen under a
lock and in one step, and members that this version does not know stay where they are.

Spec: notation key list. Requirements: CFG-006 to CFG-008, SEC-005, R-33, R-34.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..document import check_names, member, of_type, parse_json, string_map, write_json
from ..errors import ConfigurationError, MalformedError
from ..reference import go_quote
from .directories import Directories
from .file_changes import exclusive_lock, private_directory, write_file
from .files import FileError, FileProblem, Strictness, Warn, check_owner_and_mode, read_file

MAX_KEY_LIST_BYTES = 4 << 20

_DOCUMENT_NAMES = ("default", "keys")
_KEY_NAMES = ("name", "keyPath", "certPath", "id", "pluginName", "pluginConfig")


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One entry: either two file paths, or a key of a plugin. Absent members are empty."""

    name: str
    key_path: str = ""
    certificate_path: str = ""
    id: str = ""
    plugin_name: str = ""
    plugin_config: Mapping[str, str] = field(default_factory=dict)
    other: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, value: Any, *, at: str) -> SigningKey:
        """Return the entry that the JSON object *value* describes.

        Raises:
            MalformedError: a member of the wrong type, or one that resembles a known one.
        """
        source: dict[str, Any] = of_type(value, dict, at=at)
        unknown = check_names(source, _KEY_NAMES, at=at)
        config = source.get("pluginConfig")
        return cls(
            _text(source, "name", at),
            _text(source, "keyPath", at),
            _text(source, "certPath", at),
            _text(source, "id", at),
            _text(source, "pluginName", at),
            plugin_config={} if config is None else string_map(config, at=f"{at}.pluginConfig"),
            other={name: source[name] for name in unknown},
        )

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object form, empty members left out, in the order of the Go program."""
        texts = (self.name, self.key_path, self.certificate_path, self.id, self.plugin_name)
        result: dict[str, Any] = {"name": self.name}
        result.update((name, text) for name, text in zip(_KEY_NAMES[:-1], texts, strict=True) if text)
        if self.plugin_config:
            result["pluginConfig"] = dict(sorted(self.plugin_config.items()))
        return {**result, **self.other}


def _text(source: Mapping[str, Any], name: str, at: str) -> str:
    value = source.get(name)
    return "" if value is None else of_type(value, str, at=f"{at}.{name}")


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """The whole list, names unique; the default, if any, is one of them."""

    default: str | None = None
    keys: tuple[SigningKey, ...] = ()
    other: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, data: bytes) -> SigningKeys:
        """Return the list that the bytes of `signingkeys.json` spell.

        Raises:
            MalformedError: not strict JSON, a name is empty or used twice, or the default is not listed.
        """
        value = parse_json(data, what="key list", max_bytes=MAX_KEY_LIST_BYTES)
        source: dict[str, Any] = of_type(value, dict, at="key list")
        unknown = check_names(source, _DOCUMENT_NAMES, at="")
        entries: list[Any] = [] if source.get("keys") is None else member(source, "keys", list)
        keys = tuple(SigningKey.from_json(entry, at=f"keys[{i}]") for i, entry in enumerate(entries))
        default = source.get("default")
        if default is not None:
            of_type(default, str, at="default")
        result = cls(default, keys, {name: source[name] for name in unknown})
        result._check()
        return result

    def _check(self) -> None:
        names: set[str] = set()
        for key in self.keys:
            if not key.name:
                raise MalformedError("key name cannot be empty")
            if key.name in names:
                raise MalformedError(f"multiple keys with name '{key.name}' found")
            names.add(key.name)
        if self.default == "":
            raise MalformedError("default key name cannot be empty")
        if self.default is not None and self.default not in names:
            raise MalformedError(f"default key '{self.default}' not found")

    def named(self, name: str) -> SigningKey:
        """Return the key *name*.

        Raises:
            ConfigurationError: not in the list.
        """
        for key in self.keys:
            if key.name == name:
                return key
        if not name:
            raise ConfigurationError("key name cannot be empty")
        raise ConfigurationError(
            f"signing key {name} not found", hint="see the keys with notation-py key list"
        )

    def chosen(self, name: str | None) -> SigningKey:
        """Return the key *name*, or the default key if *name* is None.

        Raises:
            ConfigurationError: no such key, or no default.
        """
        if name is not None:
            return self.named(name)
        if self.default is None:
            raise ConfigurationError(
                "default signing key not set. Please set default signing key or specify a key name",
                hint="use --key NAME, or notation-py key update --default NAME; see notation-py key list",
            )
        return self.named(self.default)

    def to_bytes(self) -> bytes:
        """Return the file content as the Go program writes it."""
        head = {} if self.default is None else {"default": self.default}
        document = {**head, "keys": [key.to_json() for key in self.keys], **self.other}
        return (write_json(document, indent="    ") + "\n").encode("utf-8")


@dataclass(frozen=True, slots=True)
class SigningKeyFile:
    """`signingkeys.json` in the configuration directory; a missing file is an empty list."""

    directories: Directories
    strictness: Strictness
    warn: Warn

    def read(self) -> SigningKeys:
        """Return the list.

        Raises:
            ConfigurationError: a link, unreadable, malformed, or with HARDENED others can change it.
        """
        path = self.directories.signing_keys_file
        try:
            data, status = read_file(path, max_bytes=MAX_KEY_LIST_BYTES)
            keys = SigningKeys.parse(data)
        except FileError as error:
            if error.problem is FileProblem.MISSING:
                return SigningKeys()
            raise
        except MalformedError as error:
            raise ConfigurationError(
                f"malformed signingkeys.json: {error}", hint=error.hint or f"mend {path}"
            ) from error
        check_owner_and_mode(path, status, what="key list", strictness=self.strictness, warn=self.warn)
        return keys

    def add(self, key: SigningKey) -> None:
        """Put *key* at the end of the list.

        Raises:
            ConfigurationError: the name is empty or taken, or the file cannot be changed.
        """
        self._change(lambda keys: _added(keys, key))

    def add_as_default(self, key: SigningKey) -> None:
        """Put *key* at the end of the list and make it the default, in one step.

        Raises:
            ConfigurationError: the name is empty or taken, or the file cannot be changed.
        """
        self._change(lambda keys: replace(_added(keys, key), default=key.name))

    def set_default(self, name: str) -> None:
        """Make the key *name* the default.

        Raises:
            ConfigurationError: no such key, or the file cannot be changed.
        """
        self._change(lambda keys: replace(keys, default=keys.named(name).name))

    def delete(self, names: Sequence[str]) -> str | None:
        """Take the keys *names* off the list, all or none; return the default if it was among them.

        Raises:
            ConfigurationError: one is not in the list, or the file cannot be changed.
        """
        old = self._change(lambda keys: _without(keys, names))
        return old.default if old.default in names else None

    def _change(self, change: Callable[[SigningKeys], SigningKeys]) -> SigningKeys:
        """Replace the list by what *change* makes of it, under the lock; return the list before."""
        private_directory(self.directories.config)
        with exclusive_lock(self.directories.config):
            old = self.read()
            write_file(self.directories.signing_keys_file, change(old).to_bytes())
            return old


def _added(keys: SigningKeys, key: SigningKey) -> SigningKeys:
    if not key.name:
        raise ConfigurationError("key name cannot be empty")
    if any(other.name == key.name for other in keys.keys):
        raise ConfigurationError(f"signing key with name {go_quote(key.name)} already exists")
    return replace(keys, keys=(*keys.keys, key))


def _without(keys: SigningKeys, names: Sequence[str]) -> SigningKeys:
    for name in names:
        gone = keys.named(name)
        default = None if keys.default == name else keys.default
        keys = replace(keys, default=default, keys=tuple(key for key in keys.keys if key is not gone))
    return keys

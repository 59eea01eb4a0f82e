# SPDX-License-Identifier: Apache-2.0
"""The user's settings: `config.json`, read strictly, changed without losing a member.

Besides what the Go program knows there are three members of ours: `hardened`, `tokenRealms` and
`verificationPlugins`.
Knows nothing about how credentials are used.

Spec: notation configuration file. Requirements: CFG-005, CFG-007, SIG-055, SIG-057, R-24, R-29, R-33,
R-35.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..document import check_names, of_type, parse_json, string_map, strings, write_json
from ..errors import ConfigurationError, MalformedError
from .directories import Directories
from .file_changes import exclusive_lock, write_file
from .files import FileError, FileProblem, Strictness, Warn, check_owner_and_mode, read_file

MAX_CONFIGURATION_BYTES = 1 << 20
HARDENED_VARIABLE = "NOTATION_PY_HARDENED"

_NAMES = (
    "insecureRegistries",
    "signatureFormat",
    "credsStore",
    "credHelpers",
    "auths",
    "hardened",
    "tokenRealms",
    "verificationPlugins",
)


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings in force; a missing file gives the defaults.

    Attributes:
        insecure_registries: `host[:port]`, lower case. signature_format: lower case, not yet judged.
        credential_helpers: host to helper suffix. logins: host to Docker's plaintext entry.
        token_realms: registry host to the hosts that may issue tokens for it.
        verification_plugins: plugins that signatures may name, each with or without `exe:` or `py:`.
        strictness: HARDENED if the caller asked for it or the file says so.
    """

    strictness: Strictness
    insecure_registries: tuple[str, ...] = ()
    signature_format: str = "jws"
    credential_store: str = ""
    credential_helpers: Mapping[str, str] = field(default_factory=dict)
    logins: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    token_realms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    verification_plugins: tuple[str, ...] = ()

    @classmethod
    def parse(cls, data: bytes, strictness: Strictness) -> Configuration:
        """Return the settings that the bytes of `config.json` spell; unknown members are ignored.

        Raises:
            MalformedError: not strict JSON, a member of the wrong type, or one that resembles a known one.
        """
        source = _document(data)
        check_names(source, _NAMES, at="")
        hardened = source.get("hardened")
        if hardened is not None and of_type(hardened, bool, at="hardened"):
            strictness = Strictness.HARDENED
        logins = _object(source, "auths")
        realms = _object(source, "tokenRealms")
        return cls(
            strictness,
            tuple(
                host.lower()
                for host in strings(source.get("insecureRegistries") or [], at="insecureRegistries")
            ),
            of_type(source.get("signatureFormat") or "jws", str, at="signatureFormat").lower(),
            of_type(source.get("credsStore") or "", str, at="credsStore"),
            string_map(_object(source, "credHelpers"), at="credHelpers"),
            {host: of_type(entry, dict, at=f"auths[{host!r}]") for host, entry in logins.items()},
            {host: strings(hosts, at=f"tokenRealms[{host!r}]") for host, hosts in realms.items()},
            strings(source.get("verificationPlugins") or [], at="verificationPlugins"),
        )


def _document(data: bytes) -> dict[str, Any]:
    value = parse_json(data, what="configuration", max_bytes=MAX_CONFIGURATION_BYTES)
    return of_type(value, dict, at="configuration")


def _object(source: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = source.get(name)
    return {} if value is None else of_type(value, dict, at=name)


def strictness_from(environ: Mapping[str, str]) -> Strictness:
    """Return HARDENED if the environment asks for it with the value `1`, WARN for `0` or without a value.

    Raises:
        ConfigurationError: any other value, as whoever wrote `true` would be less safe than they think.
    """
    return Strictness.HARDENED if is_switched_on(environ, HARDENED_VARIABLE) else Strictness.WARN


def is_switched_on(environ: Mapping[str, str], name: str) -> bool:
    """Return whether the variable *name* is `1`; `0` or no value is off.

    Raises:
        ConfigurationError: any other value.
    """
    value = environ.get(name, "")
    if value not in {"", "0", "1"}:
        raise ConfigurationError(f"environment variable {name} is neither 1 nor 0", hint=f"set {name}=1")
    return value == "1"


def read_configuration(directories: Directories, strictness: Strictness, warn: Warn) -> Configuration:
    """Return the settings; the file is held to the strictness that it asks for itself.

    Raises:
        ConfigurationError: a link, unreadable, malformed, or with HARDENED others can change it, or
            read it although it holds passwords.
    """
    path = directories.configuration_file
    try:
        data, status = read_file(path, max_bytes=MAX_CONFIGURATION_BYTES)
        configuration = Configuration.parse(data, strictness)
    except FileError as error:
        if error.problem is FileProblem.MISSING:
            return Configuration(strictness)
        raise
    except MalformedError as error:
        raise _malformed(directories, error) from error
    check_owner_and_mode(
        path,
        status,
        what="configuration file",
        strictness=configuration.strictness,
        warn=warn,
        forbidden=0o077 if configuration.logins else 0o022,
    )
    return configuration


def _malformed(directories: Directories, error: MalformedError) -> ConfigurationError:
    path = directories.configuration_file
    return ConfigurationError(
        f"failed to decode config file at {path}: invalid config format: {error.message}", hint=error.hint
    )


def remove_login(directories: Directories, host: str) -> bool:
    """Take the plaintext entry of *host* out of `config.json`; return whether there was one.

    Other members keep their place and value; the file is written as the Go program does.

    Raises:
        ConfigurationError: malformed, or it cannot be changed; the file is untouched.
    """
    path = directories.configuration_file
    if not path.exists():
        return False
    with exclusive_lock(directories.config):
        data, _ = read_file(path, max_bytes=MAX_CONFIGURATION_BYTES)
        try:
            document = _document(data)
            logins = _object(document, "auths")
        except MalformedError as error:
            raise _malformed(directories, error) from error
        if host not in logins:
            return False
        del logins[host]
        write_file(path, write_json(document, indent="\t").encode("utf-8"))
    return True

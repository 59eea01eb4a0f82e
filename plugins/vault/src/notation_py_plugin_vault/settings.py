# SPDX-License-Identifier: Apache-2.0
"""What a request and the environment say about server, engines, key and certificates.

The key id is the name of the key in the transit engine and of the secret with its certificates. What is not
understood is refused by name; tokens come from where Vault and OpenBao programs look for them, and never
from the configuration. Asks no server anything.

Requirements: PLG-073, PLG-074, R-35.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from notation_py import Certificate, ConfigurationError, Strictness, read_passphrase
from notation_py.plugin import ErrorCode, RequestError, check_config, load_chain, refuse

KV, TRANSIT, TRANSIT_KEY = "kvName", "transitName", "transitKeyName"
"""The keys of the Go plugin."""
VERSION, CERTIFICATES = "keyVersion", "certificate_chain_file"
ADDRESS, NAMESPACE, CA_FILE = "address", "namespace", "ca_file"
TOKEN_FILE, TOKEN_VARIABLE = "token_file", "token_variable"
PLAIN_HTTP = "plain_http"
KEYS = (
    KV, TRANSIT, TRANSIT_KEY, VERSION, CERTIFICATES, ADDRESS, NAMESPACE, CA_FILE, TOKEN_FILE, TOKEN_VARIABLE,
    PLAIN_HTTP,
)  # fmt: skip

DEFAULT_SECONDS = 30

_NAME = re.compile(r"\w(?:[\w.-]{0,254}\w)?", re.ASCII)
_PATH = re.compile(r"\w[\w.-]{0,127}(?:/\w[\w.-]{0,127}){0,15}", re.ASCII)
_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_SECONDS = re.compile(r"([1-9][0-9]{0,2})s?", re.ASCII)
_TOKEN = re.compile(r"[\x21-\x7e]{1,8192}", re.ASCII)


class Server(NamedTuple):
    """Where the server is and how it is spoken to.

    Attributes:
        ca: file or directory of certificate authorities; empty for those of the system.
        client: files of a client certificate and its key, or None.
    """

    address: str
    namespace: str
    ca: str
    client: tuple[str, str] | None
    seconds: int


class Settings(NamedTuple):
    """Which key signs, where its certificates are, and what opens the server.

    Attributes:
        version: of the key; None for the one that the signing certificate is for.
        secret: path of the certificates in the engine *kv*.
        chain_file: of certificates; if not empty, *secret* is not read.
    """

    server: Server
    transit: str
    key: str
    version: int | None
    kv: str
    secret: str
    chain_file: str
    token_file: str
    token_variable: str

    @classmethod
    def of(cls, key_id: str, config: Mapping[str, str]) -> Settings:
        """Return what a request says; raises RequestError."""
        check_config(config, KEYS, "and takes no token by itself")
        for one, other in ((KV, CERTIFICATES), (TOKEN_FILE, TOKEN_VARIABLE)):
            if one in config and other in config:
                refuse(f"{one} and {other} exclude each other")
        version = config.get(VERSION)
        if version is not None and not _NUMBER.fullmatch(version):
            refuse(f"{VERSION} is {version[:32]!r}; use a number from 1")
        return cls(
            server=_server(config),
            transit=_matching(_PATH, TRANSIT, config.get(TRANSIT, "transit")),
            key=_matching(_NAME, TRANSIT_KEY, config.get(TRANSIT_KEY, key_id)),
            version=int(version) if version else None,
            kv=_matching(_PATH, KV, config.get(KV, "secret")),
            secret=_matching(_PATH, "key id", key_id),
            chain_file=config.get(CERTIFICATES, ""),
            token_file=config.get(TOKEN_FILE, ""),
            token_variable=config.get(TOKEN_VARIABLE, ""),
        )

    def certificates(self) -> tuple[Certificate, ...]:
        """Return the certificates of the chain file, none if no such file is named; raises RequestError."""
        return load_chain(self.chain_file) if self.chain_file else ()

    def token(self) -> str:
        """Return the token for the server; raises RequestError."""
        token = self._token()
        if not _TOKEN.fullmatch(token):
            refuse("the token is not one word of printable ASCII")
        return token

    def _token(self) -> str:
        variables = [self.token_variable] if self.token_variable else ["BAO_TOKEN", "VAULT_TOKEN"]
        if not self.token_file:
            if found := _first_set(*variables):
                return found
            if self.token_variable:
                refuse(f"the variable {self.token_variable[:64]} with the token is not set")
        path = Path(self.token_file) if self.token_file else Path.home() / ".vault-token"
        if not self.token_file and not path.exists():
            raise RequestError(
                ErrorCode.ACCESS_DENIED, f"there is no token; set VAULT_TOKEN or name a file in {TOKEN_FILE}"
            )
        if not path.is_absolute():
            refuse(f"the path of the token file is not absolute: {str(path)[:256]!r}")
        try:
            return read_passphrase(path, Strictness.HARDENED, refuse).decode("ascii", "replace").strip()
        except ConfigurationError as error:
            advice = f"; {error.hint}" if error.hint else ""
            refuse(f"{error.message}{advice}".replace("passphrase", "token"))


def _first_set(*variables: str) -> str:
    return next((value for name in variables if (value := os.environ.get(name, ""))), "")


def _matching(form: re.Pattern[str], what: str, text: str) -> str:
    if not form.fullmatch(text) or ".." in text:
        refuse(f"{what} is {text[:128]!r}, which names nothing in Vault")
    return text


def _server(config: Mapping[str, str]) -> Server:
    address = config.get(ADDRESS) or _first_set("BAO_ADDR", "VAULT_ADDR")
    if not address:
        refuse(f"no server is named; set VAULT_ADDR, or the plugin configuration {ADDRESS!r}")
    _check_address(address, config.get(PLAIN_HTTP, ""))
    if _first_set("BAO_SKIP_VERIFY", "VAULT_SKIP_VERIFY").lower() not in {"", "0", "f", "false"}:
        refuse(f"VAULT_SKIP_VERIFY would let anybody be the server; name its authority in {CA_FILE} instead")
    ca = config.get(CA_FILE) or _first_set("BAO_CACERT", "VAULT_CACERT", "BAO_CAPATH", "VAULT_CAPATH")
    if ca and not Path(ca).exists():
        refuse(f"{ca[:256]}: no such file or directory of certificate authorities")
    certificate = _first_set("BAO_CLIENT_CERT", "VAULT_CLIENT_CERT")
    key = _first_set("BAO_CLIENT_KEY", "VAULT_CLIENT_KEY")
    if bool(certificate) != bool(key):
        refuse("VAULT_CLIENT_CERT and VAULT_CLIENT_KEY belong together, and one of them is missing")
    if certificate and not (Path(certificate).is_file() and Path(key).is_file()):
        refuse("VAULT_CLIENT_CERT or VAULT_CLIENT_KEY names no file")
    seconds = _first_set("BAO_CLIENT_TIMEOUT", "VAULT_CLIENT_TIMEOUT") or str(DEFAULT_SECONDS)
    patience = _SECONDS.fullmatch(seconds)
    if patience is None:
        refuse(f"VAULT_CLIENT_TIMEOUT is {seconds[:32]!r}; use whole seconds, such as 30s")
    namespace = config.get(NAMESPACE) or _first_set("BAO_NAMESPACE", "VAULT_NAMESPACE")
    if namespace:
        _matching(_PATH, NAMESPACE, namespace.strip("/"))
    client = (certificate, key) if certificate else None
    return Server(address.rstrip("/"), namespace, ca, client, int(patience[1]))


def _check_address(address: str, plain_http: str) -> None:
    """Return if a token may be sent to *address*; it is not shown, as it may hold a password."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if not host or parts.scheme not in {"https", "http"} or parts.query or parts.fragment or "@" in address:
        refuse("the address of the server is no plain https URL")
    if plain_http not in {"", "allow"}:
        refuse(f"{PLAIN_HTTP} is {plain_http[:32]!r}; the only value is 'allow'")
    if parts.scheme == "http" and not plain_http and not _is_loopback(host):
        refuse(
            f"the token would go to {host[:128]} unencrypted; use https, or set {PLAIN_HTTP} to 'allow' if "
            "something else protects the way"
        )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False

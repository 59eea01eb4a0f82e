# SPDX-License-Identifier: Apache-2.0
"""Bearer tokens: asked for at the realm a registry names, with a credential only where it may be seen.

A realm is reached by https, or by plain http on the registry's own host when the registry itself
is. A credential goes to the realm only if its host is the registry's, lies in the registry's own
domain, or is on the user's list; the decision is `may_see_credential`. A token that could break
out of its header is refused.

Spec: distribution token authentication; OAuth2 token endpoint; R-24. Requirements: SIG-056, SEC-001,
SEC-003, SEC-006.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode

from ..document import parse_json
from ..errors import LimitError, MalformedError, NotationError, Outcome, RegistryError, UnavailableError
from .challenges import Challenge
from .credentials import Credential
from .registry_hosts import is_loopback_address
from .transport import Transport
from .urls import Origin, Scheme, Url, visible

CLIENT_ID = "notation"
MAX_REPLY_BYTES = 128 << 10
"""Of the token server; the reference's limit."""
MAX_TOKEN_LENGTH = 64 << 10
DEFAULT_LIFETIME = 60.0
"""Seconds, when the server does not say (distribution token specification)."""
LONGEST_LIFETIME = 3600.0

_SHORT_SECOND_LEVEL = 3
_SHARED = (
    *("amazonaws.com", "amazonaws.com.cn", "on.aws", "azurecr.io", "azurecr.cn", "azurecr.us", "azure.com"),
    *("azurewebsites.net", "pkg.dev", "run.app", "appspot.com", "googleusercontent.com", "ocir.io"),
    *("oraclecloud.com", "aliyuncs.com", "myqcloud.com", "tencentcloudcr.com", "icr.io", "appdomain.cloud"),
    *("digitalocean.com", "ondigitalocean.app", "jfrog.io", "cloudsmith.io", "github.io", "gitlab.io"),
    *("herokuapp.com", "fly.dev", "onrender.com", "workers.dev", "cloudfront.net", "nip.io", "sslip.io"),
)
"""Domains that give a name to everybody who asks: their other names are strangers. Not all there are."""


def denied(message: str, hint: str | None = None) -> UnavailableError:
    """Return the error for "the registry does not let us in"."""
    return UnavailableError(message, hint=hint, outcome=Outcome.AUTH)


def parse_realm(challenge: Challenge, registry: Origin) -> Url:
    """Return the URL of the token server that *challenge* names, if it may be talked to at all.

    Raises:
        UnavailableError: with outcome AUTH: missing, malformed, or plain http where it must not be.
    """
    text = challenge.parameters.get("realm", "")
    try:
        realm = Url.parse(text)
    except RegistryError as error:
        raise denied(f"{registry} names an unusable token realm: {error.message}") from error
    if realm.origin.scheme is Scheme.HTTP and not (
        registry.scheme is Scheme.HTTP and _stays_here(realm.origin.host, registry.host)
    ):
        raise denied(f"{registry} names a token realm without TLS: {visible(realm.without_query)}")
    return realm


def _stays_here(realm: str, registry: str) -> bool:
    return realm == registry or all(
        host == "localhost" or is_loopback_address(host) for host in (realm, registry)
    )


def may_see_credential(realm: Origin, registry: Origin, allowed: Collection[str]) -> bool:
    """Return whether the credential of *registry* may be shown to the token server *realm* (R-24).

    It may if the host is the same; if it lies in, or is, the registry's parent domain (as
    `auth.example.com` for `registry.example.com`), which must not itself look like a public
    suffix such as `com` or `co.uk`; or if `host[:port]` stands in *allowed* exactly.
    """
    if realm.host == registry.host or _stays_here(realm.host, registry.host):
        return True
    name = realm.host if realm.is_default_port else f"{realm.host}:{realm.port}"
    if any(
        entry.lower() == name or (realm.is_default_port and entry.lower() == f"{name}:443")
        for entry in allowed
    ):
        return True
    parent = registry.host.partition(".")[2]
    return _is_own_domain(parent) and (realm.host == parent or realm.host.endswith(f".{parent}"))


def _is_own_domain(name: str) -> bool:
    """Return whether *name* can belong to one owner: not like `co.uk`, no shared domain, no address."""
    labels = name.split(".")
    if len(labels) < 2 or ":" in name or labels[-1].isdigit():
        return False
    if any(name == shared or name.endswith(f".{shared}") for shared in _SHARED):
        return False
    return len(labels) > 2 or len(labels[-1]) > 2 or len(labels[0]) > _SHORT_SECOND_LEVEL


def request_token(
    transport: Transport,
    realm: Url,
    service: str,
    scopes: frozenset[str],
    credential: Credential | None,
) -> tuple[str, float]:
    """Return a token for *scopes* and its lifetime in seconds.

    With an identity token by POST, otherwise by GET, with the user's name and password if there
    are any, else anonymously (SIG-056).

    Raises:
        UnavailableError: with outcome AUTH if the server refused or sent no usable token.
    """
    parameters = [("service", service)] if service else []
    try:
        if credential is not None and credential.refresh_token:
            parameters += [("client_id", CLIENT_ID), ("grant_type", "refresh_token")]
            parameters += [("scope", " ".join(sorted(scopes)))] if scopes else []
            parameters += [("refresh_token", credential.refresh_token)]
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            body = urlencode(parameters).encode("ascii")
            response = transport.request("POST", realm, headers, body)
        else:
            parameters += [("scope", scope) for scope in sorted(scopes)]
            query = "&".join(filter(None, (realm.query, urlencode(parameters))))
            headers = {"Authorization": basic_value(credential)} if credential is not None else {}
            response = transport.request(
                "GET", Url(realm.origin, realm.path, query), headers, max_bytes=MAX_REPLY_BYTES
            )
    except (RegistryError, LimitError) as error:
        raise denied(f"no token: {error.message}") from error
    if response.status != 200:
        failure: NotationError = response.failure()
        if isinstance(failure, UnavailableError) and failure.outcome is not Outcome.AUTH:
            raise failure
        raise denied(f"no token: {failure.message}", "check the user name and the password, or log in again")
    return _read_reply(response.body, realm)


def _read_reply(body: bytes, realm: Url) -> tuple[str, float]:
    where = f"token server {realm.origin}"
    try:
        document: Any = parse_json(body, what="reply", max_bytes=MAX_REPLY_BYTES, max_items=256)
    except MalformedError as error:
        raise denied(f"{where}: {error.message}") from error
    if not isinstance(document, dict):
        raise denied(f"{where}: the reply is not an object")
    token = document.get("access_token") or document.get("token")
    if not isinstance(token, str) or not token:
        raise denied(f"{where}: the reply has no token")
    if len(token) > MAX_TOKEN_LENGTH or not all("!" <= character <= "~" for character in token):
        raise denied(f"{where}: the token has characters that a token must not have")
    lifetime = document.get("expires_in")
    if isinstance(lifetime, bool) or not isinstance(lifetime, int) or lifetime <= 0:
        return token, DEFAULT_LIFETIME
    return token, min(float(lifetime), LONGEST_LIFETIME)


def basic_value(credential: Credential) -> str:
    """Return the value of an `Authorization` header with the user's name and password.

    Raises:
        UnavailableError: with outcome AUTH: there is no name and password, or one that cannot be sent.
    """
    if not credential.username or not credential.password:
        raise denied("basic credential not found", "log in with a user name and a password")
    if ":" in credential.username or any(
        c < " " or c == "\x7f" for c in credential.username + credential.password
    ):
        raise denied("the user name or the password has a character that cannot be sent")
    pair = f"{credential.username}:{credential.password}"
    return "Basic " + b64encode(pair.encode("utf-8")).decode("ascii")

# SPDX-License-Identifier: Apache-2.0
"""Requests to one registry, answered to its challenges: nothing is sent before it asks, nothing elsewhere.

A 401 from the registry's own origin leads to Basic credentials for that origin or to a Bearer
token; a 401 from anywhere else is just a failure. Where several challenges are offered, Bearer is
taken and Basic is not a way out when the realm is unacceptable. What worked is remembered and sent
with the next request of the same scopes; a token that is refused is renewed once.

Decision on R-24 (which token servers may see a credential): `tokens.may_see_credential`. A
realm that may not see it is an error as soon as there is a credential, with a hint that names
the list `tokenRealms`; without a credential an anonymous token is asked of any https realm.

Spec: RFC 9110 section 11; distribution token authentication. Requirements: SIG-056, SIG-057, SEC-006, R-24.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from ..errors import RegistryError
from .credentials import Credential
from .registry_hosts import SchemeRule, api_host, choose_scheme, credential_key
from .registry_settings import SYSTEM_TLS, RegistrySettings
from .responses import Ahead, Response
from .token_cache import TokenCache, merge_scopes
from .transport import Transport
from .urls import Origin, Url

if TYPE_CHECKING:
    from .challenges import Challenge

MAX_SCOPES = 8
MAX_SCOPE_LENGTH = 1024

_merged = lru_cache(maxsize=256)(merge_scopes)


class AuthenticatedTransport:
    """A transport to one registry that authenticates when asked; thread-safe.

    Args:
        registry: `host[:port]` as the user wrote it.
    """

    def __init__(self, registry: str, settings: RegistrySettings) -> None:
        self.registry = registry
        rule = settings.scheme_rule
        if rule is SchemeRule.AUTOMATIC and settings.tls != SYSTEM_TLS:
            rule = SchemeRule.HTTPS_ONLY  # whoever names certificates for a registry means TLS
        self.scheme, self.scheme_reason = choose_scheme(registry, rule, settings.insecure_registries)
        self.origin = Origin.of_registry(self.scheme, api_host(registry))
        self._settings = settings
        self._transport = Transport(self.origin, settings)
        self._tokens = TokenCache()
        self._basic: str | None = None
        self._known: list[Credential | None] = []

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def request(
        self,
        method: str,
        url: Url,
        headers: Mapping[str, str],
        body: bytes | None = None,
        *,
        scopes: frozenset[str] = frozenset(),
        max_bytes: int = 1 << 20,
        ahead: Ahead | None = None,
    ) -> Response:
        """Return the answer of the registry to a request, authenticated if it asked for that.

        Args:
            url: of the registry's own origin.
            scopes: what the request needs, such as `repository:name:pull`.
            ahead: a GET with the same needs that may be sent right behind; see `Ahead.answer`.

        Raises:
            UnavailableError: no answer; with outcome AUTH if the registry cannot be satisfied.
            RegistryError: *url* is of another origin, or an unusable answer. LimitError: too much.
        """
        if url.origin != self.origin:
            raise RegistryError(
                f"{self.registry} points to another origin, {url.origin}, for a request of its own",
                hint="nothing was sent there; a proxy in front of the registry may rewrite addresses wrongly",
            )
        scopes = _merged(scopes)
        remembered = self._remembered(scopes)
        response = self._send(method, url, headers, body, remembered, max_bytes, ahead)
        if response.status != 401 or response.url.origin != self.origin:
            return response
        value = self._answer_challenge(response, scopes, remembered)
        return self._send(method, url, headers, body, value, max_bytes, ahead)

    def _send(
        self,
        method: str,
        url: Url,
        headers: Mapping[str, str],
        body: bytes | None,
        authorization: str | None,
        max_bytes: int,
        ahead: Ahead | None,
    ) -> Response:
        sent = {**headers, "Authorization": authorization} if authorization else headers
        return self._transport.request(method, url, sent, body, max_bytes=max_bytes, ahead=ahead)

    def _remembered(self, scopes: frozenset[str]) -> str | None:
        token = self._tokens.token(self.origin, scopes)
        return f"Bearer {token}" if token else self._basic

    def _answer_challenge(self, response: Response, scopes: frozenset[str], remembered: str | None) -> str:
        from .challenges import parse_challenges
        from .tokens import denied

        try:
            offered = {
                challenge.scheme: challenge
                for challenge in parse_challenges(response.fields("www-authenticate"))
            }
        except RegistryError as error:
            raise denied(f"{response.where}: {error.message}") from error
        if "bearer" in offered:
            if remembered and remembered.startswith("Basic "):
                raise denied(f"{response.where}: the registry changed from Basic to Bearer challenges")
            self._tokens.forget(self.origin, scopes)
            return self._bearer(offered["bearer"], scopes)
        if "basic" in offered:
            if remembered:
                self._basic = None
                raise response.failure()
            return self._basic_authorization(response)
        raise denied(
            f"{response.where}: response status code 401: {response.reason}: no challenge can be answered"
        )

    def _basic_authorization(self, response: Response) -> str:
        from .tokens import basic_value, denied

        credential = self._credential()
        if credential is None:
            raise denied(
                f"{response.where}: basic credential not found", f"run: notation-py login {self.registry}"
            )
        self._basic = basic_value(credential)
        return self._basic

    def _bearer(self, challenge: Challenge, scopes: frozenset[str]) -> str:
        from .tokens import denied, may_see_credential, parse_realm, request_token

        credential = self._credential()
        if credential is not None and credential.access_token:
            return "Bearer " + credential.access_token
        realm = parse_realm(challenge, self.origin)
        service = challenge.parameters.get("service", "")
        asked = merge_scopes([*scopes, *self._challenge_scopes(challenge)])
        allowed = self._settings.token_realms.get(self.registry, ())
        if credential is not None and not may_see_credential(realm.origin, self.origin, allowed):
            raise denied(
                f"{self.registry} wants its credential shown to the token server {realm.origin}",
                f'if that is right, add it to "tokenRealms" in config.json: '
                f'"{self.registry}": ["{realm.origin.host}"]',
            )
        token, lifetime = request_token(self._transport, realm, service, asked, credential)
        self._tokens.keep(self.origin, scopes, token, lifetime)
        return f"Bearer {token}"

    def _challenge_scopes(self, challenge: Challenge) -> list[str]:
        from .tokens import denied

        text = challenge.parameters.get("scope", "")
        scopes = text.split()
        if len(text) > MAX_SCOPE_LENGTH or len(scopes) > MAX_SCOPES or not text.isascii():
            raise denied(f"{self.registry}: the challenge asks for an unusable scope")
        return scopes

    def _credential(self) -> Credential | None:
        """Return the credential of the registry, looked up once."""
        if not self._known:
            self._known.append(self._settings.credentials.credential_for(credential_key(self.registry)))
        return self._known[0]

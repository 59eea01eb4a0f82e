# SPDX-License-Identifier: Apache-2.0
"""Requests to Google with a token, in a bounded time, and what errors mean in the words of the contract.

The token is got by Google's own library and goes only to the endpoint that `settings` let pass: redirects are
not followed. Google's error texts are not passed on: they name principals and projects.

Spec: Google API design, Errors. Requirements: PLG-027, PLG-032.
"""

from __future__ import annotations

import json
import re
import time
from http import HTTPStatus
from threading import Lock, local
from typing import Any

import google.auth
import requests
import urllib3.exceptions
from google.auth.exceptions import GoogleAuthError, TransportError
from google.auth.transport.requests import Request

from notation_py.plugin import ErrorCode, RequestError

ATTEMPTS, CONNECT_SECONDS, READ_SECONDS, WAIT_SECONDS = 3, 5, 15, 0.5
"""At most three of each request, so that a minute is about the most that a command waits for the service."""
MAX_ANSWER_BYTES = 1 << 20

_SCOPE = "https://www.googleapis.com/auth/cloudkms"
_PASSING = frozenset({408, 429, 500, 502, 503, 504})
_CODES = {
    400: ErrorCode.VALIDATION_ERROR,
    401: ErrorCode.ACCESS_DENIED,
    403: ErrorCode.ACCESS_DENIED,
    404: ErrorCode.VALIDATION_ERROR,
    408: ErrorCode.TIMEOUT,
    429: ErrorCode.THROTTLED,
    503: ErrorCode.TIMEOUT,
    504: ErrorCode.TIMEOUT,
}
_WORD = re.compile(r"[A-Z_]{1,64}", re.ASCII)


class _PassingError(RequestError):
    """What may be different when asked again."""


class Exchange:
    """Requests to *endpoint* with the credentials of this machine; asks no service yet."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._of_thread = local()  # sessions are not for several threads
        self._lock = Lock()
        self._credentials = _credentials()

    @property
    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._of_thread, "session", None)
        if session is None:
            session = self._of_thread.session = requests.Session()
        return session

    def get(self, method: str, path: str) -> dict[str, Any]:
        """Return the JSON object at *path*; *method* is for messages. Raises RequestError."""
        return self._ask(method, "GET", path, None)

    def post(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return the JSON object that answers *body*, as `get` does."""
        return self._ask(method, "POST", path, body)

    def _ask(self, method: str, verb: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        attempt = 1
        while True:
            try:
                return self._once(method, verb, path, body)
            except _PassingError:
                if attempt == ATTEMPTS:
                    raise
            time.sleep(WAIT_SECONDS * attempt)
            attempt += 1

    def _once(self, method: str, verb: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        headers, what = self._headers(method), f"Cloud KMS {method}"
        try:
            status, document = self._exchanged(verb, path, body, headers)
        except (requests.Timeout, urllib3.exceptions.TimeoutError) as error:
            raise _PassingError(ErrorCode.TIMEOUT, f"{what}: the service did not answer in time") from error
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise _PassingError(ErrorCode.ERROR, f"{what}: {type(error).__name__}") from error
        if status == HTTPStatus.OK:
            return document
        refusal = _PassingError if status in _PASSING else RequestError
        raise refusal(_CODES.get(status, ErrorCode.ERROR), f"{what}: status {status}{_word(document)}")

    def _headers(self, method: str) -> dict[str, str]:
        headers: dict[str, str] = {}
        with self._lock:
            try:
                if not self._credentials.valid:
                    self._credentials.refresh(Request(self._session))
                self._credentials.apply(headers)
            except TransportError as error:
                raise RequestError(
                    ErrorCode.TIMEOUT, f"Cloud KMS {method}: no answer to the wish for a token"
                ) from error
            except (GoogleAuthError, ValueError) as error:
                raise RequestError(
                    ErrorCode.ACCESS_DENIED, f"Cloud KMS {method}: no token can be had"
                ) from error
        return headers

    def _exchanged(
        self, verb: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        with self._session.request(
            verb,
            f"{self._endpoint}/v1/{path}",
            json=body,
            headers=headers,
            auth=_keep_headers,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,
            stream=True,
        ) as response:
            data = response.raw.read(MAX_ANSWER_BYTES + 1, decode_content=True)
        try:
            document = json.loads(data) if len(data) <= MAX_ANSWER_BYTES else None
        except ValueError:
            document = None
        return response.status_code, document if isinstance(document, dict) else {}


def _keep_headers(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Stand where a .netrc file would otherwise put its own Authorization."""
    return request


def _credentials() -> Any:
    """Return the credentials that Google's rules find; raises RequestError."""
    try:
        found, _ = google.auth.default(scopes=[_SCOPE])
    except (GoogleAuthError, OSError, ValueError) as error:
        raise RequestError(
            ErrorCode.ACCESS_DENIED, "Cloud KMS: no usable credentials where Google's programs look for them"
        ) from error
    return found


def _word(document: dict[str, Any]) -> str:
    error = document.get("error")
    word = error.get("status") if isinstance(error, dict) else None
    return f", {word}" if isinstance(word, str) and _WORD.fullmatch(word) else ""

# SPDX-License-Identifier: Apache-2.0
"""The conversation with a token: find it, log in, find the key, sign, log out.

The library initialises modules without locking, so a module may be used by one thread at a time; and a login
is one of the whole process. Both are kept by one lock round each conversation. A PIN that a token
refused is not tried again by this process, since a few wrong ones lock a token for good.

Spec: PKCS#11 2.40. Requirements: ALG-001, PLG-027, PLG-050, PLG-051, SEC-004.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from threading import Lock
from time import sleep
from typing import Any, NamedTuple, NoReturn

import pkcs11
from pkcs11 import Attribute, KeyType, MechanismFlag, ObjectClass, PKCS11Error, TokenFlag
from pkcs11.types import PROTECTED_AUTH

from notation_py import BY_KEY_SPEC, Certificate, KeySpec, MalformedError, SignatureAlgorithm
from notation_py.plugin import ErrorCode, RequestError, refuse

from .mechanisms import Signing, signings, spec_of_curve, spec_of_modulus
from .settings import PIN_FILE, Settings

_LOCK = Lock()
_REFUSED_PINS: set[bytes] = set()

_WAITS = (0.05, 0.2, 0.5)
"""Seconds until a token is asked anew that hides or fails: with SoftHSM it does while others are using it."""

_WRONG_PIN = (pkcs11.PinIncorrect, pkcs11.PinLenRange, pkcs11.PinInvalid)
_NOT_SAID = (pkcs11.AttributeTypeInvalid, pkcs11.AttributeSensitive, pkcs11.AttributeValueInvalid)
_CODES: tuple[tuple[tuple[type[PKCS11Error], ...], ErrorCode], ...] = (
    (
        (
            pkcs11.AnotherUserAlreadyLoggedIn,
            pkcs11.PinExpired,
            pkcs11.PinIncorrect,
            pkcs11.PinInvalid,
            pkcs11.PinLenRange,
            pkcs11.PinLocked,
            pkcs11.UserNotLoggedIn,
            pkcs11.UserPinNotInitialized,
            pkcs11.UserTooManyTypes,
        ),
        ErrorCode.ACCESS_DENIED,
    ),
    ((pkcs11.SessionCount, pkcs11.DeviceMemory), ErrorCode.THROTTLED),
    (
        (
            pkcs11.KeySizeRange,
            pkcs11.KeyTypeInconsistent,
            pkcs11.MechanismInvalid,
            pkcs11.MechanismParamInvalid,
        ),
        ErrorCode.VALIDATION_ERROR,
    ),
)


class Pin(NamedTuple):
    """A PIN, and what it is a PIN of: a token of a module."""

    text: str
    attempt: bytes

    def __repr__(self) -> str:
        """Say nothing: messages and logs show what is in objects."""
        return "Pin(*****)"

    @classmethod
    def of(cls, token: Any, settings: Settings) -> Pin | None:
        """Return the PIN that *settings* have for *token*, or None; raises RequestError."""
        text = settings.pin()
        if text is None:
            return None
        return cls(text, sha256(repr((settings.module, _described(token), text)).encode()).digest())

    @contextmanager
    def tried(self) -> Iterator[str]:
        """Yield the PIN for one attempt, unless the token has refused it; remembers if it does so now."""
        if self.attempt in _REFUSED_PINS:
            _deny("the token refused this PIN before, and is not asked again")
        try:
            yield self.text
        except _WRONG_PIN:
            _REFUSED_PINS.add(self.attempt)
            raise


class TokenKey(NamedTuple):
    """A private key that can sign under the rules, while its token is open.

    Attributes:
        again: the PIN, if the key wants it before each signature.
    """

    key: Any
    algorithm: SignatureAlgorithm
    signing: Signing
    again: Pin | None

    def sign(self, payload: bytes) -> bytes:
        """Return the token's signature over *payload*: RSASSA-PSS, or r || s."""
        if self.again is None:
            return self._signature(payload)
        with self.again.tried() as pin:
            return self._signature(payload, pin=pin)

    def _signature(self, payload: bytes, **more: str) -> bytes:
        signature: bytes = self.key.sign(
            self.signing.input(payload),
            mechanism=self.signing.mechanism,
            mechanism_param=self.signing.parameter,
            **more,
        )
        return signature


class OpenToken:
    """A token in a session; logged in, unless there was no PIN."""

    def __init__(self, token: Any, session: Any, settings: Settings, pin: Pin | None) -> None:
        self._token = token
        self._session = session
        self._settings = settings
        self._pin = pin

    def key(self) -> TokenKey:
        """Return the private key that the settings name; raises RequestError."""
        found = self._objects(ObjectClass.PRIVATE_KEY)
        wanted = self._settings.wanted_key()
        if not found:
            without = f"; there is no PIN, see {PIN_FILE}" if self._pin is None else ""
            refuse(f"token {self._token.label!r} has no private key with {wanted}{without}")
        if len(found) > 1:
            refuse(f"token {self._token.label!r} has {len(found)} private keys with {wanted}")
        key = found[0]
        if _said(key, Attribute.SIGN) is False:
            refuse(f"the key with {wanted} is not for signing")
        algorithm = _algorithm(self._spec(key), wanted)
        wants_pin = _said(key, Attribute.ALWAYS_AUTHENTICATE)
        if wants_pin and self._pin is None:
            _deny(f"the key with {wanted} wants a PIN before each signature; there is none, see {PIN_FILE}")
        return TokenKey(key, algorithm, self._signing(algorithm), self._pin if wants_pin else None)

    def certificates(self) -> tuple[Certificate, ...]:
        """Return the X.509 certificates of the token; what cannot be read as one is left out."""
        found = []
        for stored in self._session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}):
            data = _said(stored, Attribute.VALUE)
            if data:
                with suppress(MalformedError):
                    found.append(Certificate.parse(data))
        return tuple(found)

    def _objects(self, kind: ObjectClass) -> list[Any]:
        attributes: dict[Attribute, Any] = {Attribute.CLASS: kind}
        if self._settings.label is not None:
            attributes[Attribute.LABEL] = self._settings.label
        if self._settings.id is not None:
            attributes[Attribute.ID] = self._settings.id
        return list(self._session.get_objects(attributes))

    def _spec(self, key: Any) -> KeySpec | None:
        """Return the type of *key*, as it says itself or else its public half, or None if it is not ours."""
        for half in (key, *self._objects(ObjectClass.PUBLIC_KEY)):
            match _said(half, Attribute.KEY_TYPE):
                case KeyType.RSA:
                    if modulus := _said(half, Attribute.MODULUS):
                        return spec_of_modulus(modulus)
                case KeyType.EC:
                    if parameters := _said(half, Attribute.EC_PARAMS):
                        return spec_of_curve(parameters)
                case _:
                    return None
        return None

    def _signing(self, algorithm: SignatureAlgorithm) -> Signing:
        """Return the first way to make *algorithm* that the token offers; raises RequestError."""
        slot = self._token.slot
        offered = set(slot.get_mechanisms())
        ways = signings(algorithm)
        fitting = [
            way
            for way in ways
            if way.mechanism in offered and slot.get_mechanism_info(way.mechanism).flags & MechanismFlag.SIGN
        ]
        if not fitting:
            names = " nor ".join(f"CKM_{way.mechanism.name}" for way in ways)
            refuse(f"token {self._token.label!r} cannot make {algorithm.name}: it has neither {names}")
        return fitting[0]


def _algorithm(spec: KeySpec | None, wanted: str) -> SignatureAlgorithm:
    if spec is None:
        refuse(
            f"the key with {wanted} is not RSA with 2048, 3072 or 4096 bits, nor on the curve P-256, P-384 "
            "or P-521"
        )
    return BY_KEY_SPEC[spec]


def _said(found: Any, attribute: Attribute) -> Any:
    """Return the value of *attribute*, or None if the token does not say it."""
    try:
        return found[attribute]
    except _NOT_SAID:
        return None


@contextmanager
def opened(settings: Settings) -> Iterator[OpenToken]:
    """Yield the token of *settings*, for this thread alone; afterwards the session is closed.

    Raises:
        RequestError: no such module or token, the PIN is wrong, or the token failed meanwhile.
    """
    with _LOCK:
        try:
            token, session, pin = _session(settings)
            try:
                yield OpenToken(token, session, settings, pin)
            finally:
                with suppress(PKCS11Error):  # the token may be gone
                    session.close()
        except PKCS11Error as error:
            raise _translated(error) from error


def _session(settings: Settings) -> tuple[Any, Any, Pin | None]:
    """Return the token, a session with it, and the PIN; raises RequestError, PKCS11Error."""
    for seconds in _WAITS:
        with suppress(pkcs11.GeneralError):
            return _session_now(settings)
        sleep(seconds)
    return _session_now(settings)


def _session_now(settings: Settings) -> tuple[Any, Any, Pin | None]:
    token = _found(settings)  # anew each time: it knows how often the PIN may still be wrong
    pin = Pin.of(token, settings)
    return token, _logged_in(token, pin), pin


def _found(settings: Settings) -> Any:
    """Return the one token that is what *settings* say; raises RequestError."""
    try:
        library = pkcs11.lib(settings.module)
    except PKCS11Error as error:
        reason = str(error)[:256] or type(error).__name__
        refuse(f"PKCS#11 module {settings.module} cannot be loaded: {reason}")
    ready, is_sure = _ready(library)
    for seconds in _WAITS:
        if ready and is_sure:
            break
        sleep(seconds)
        if not ready:
            library.reinitialize()  # with no token there is no session that this could end
        ready, is_sure = _ready(library)
    fitting = [token for token in ready if _described(token).items() >= settings.token.items()]
    if len(fitting) != 1:
        labels = ", ".join(repr(token.label) for token in fitting or ready)[:256] or "none"
        refuse(
            f"{len(fitting)} tokens have {settings.wanted_token()}; the module {settings.module} has {labels}"
        )
    return fitting[0]


def _ready(library: Any) -> tuple[list[Any], bool]:
    """Return the tokens of the module that have been initialized, and whether every token said what it is."""
    tokens, is_sure = [], True
    for slot in library.get_slots(token_present=True):
        try:
            tokens.append(slot.get_token())
        except (pkcs11.TokenNotPresent, pkcs11.TokenNotRecognised):
            continue
        except pkcs11.GeneralError:
            is_sure = False
    return [token for token in tokens if token.flags & TokenFlag.TOKEN_INITIALIZED], is_sure


def _described(token: Any) -> dict[str, str]:
    """Return *token* by the names of RFC 7512."""
    return {
        "token": token.label,
        "serial": token.serial.decode("utf-8", "replace").rstrip(" \0"),
        "manufacturer": token.manufacturer_id,
        "model": token.model,
    }


def _logged_in(token: Any, pin: Pin | None) -> Any:
    """Return a session with *token*; raises RequestError, PKCS11Error."""
    if pin is None:
        on_device = token.flags & TokenFlag.PROTECTED_AUTHENTICATION_PATH
        return token.open(user_pin=PROTECTED_AUTH) if on_device else token.open()
    with pin.tried() as text:
        if token.flags & TokenFlag.USER_PIN_LOCKED:
            _deny(f"the PIN of token {token.label!r} is locked")
        if token.flags & TokenFlag.USER_PIN_FINAL_TRY:
            _deny(f"one more wrong PIN locks token {token.label!r}; log in once with its own tool")
        try:
            return token.open(user_pin=text)
        except pkcs11.UserAlreadyLoggedIn:  # by the program that we are a part of
            return token.open()


def _deny(message: str) -> NoReturn:
    raise RequestError(ErrorCode.ACCESS_DENIED, message)


def _translated(error: PKCS11Error) -> RequestError:
    """Return *error* in the words of the plugin contract; the library's own text adds nothing."""
    code = next((code for kinds, code in _CODES if isinstance(error, kinds)), ErrorCode.ERROR)
    return RequestError(code, f"the token refused: {type(error).__name__}")

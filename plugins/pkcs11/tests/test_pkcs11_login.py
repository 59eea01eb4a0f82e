# SPDX-License-Identifier: Apache-2.0
"""The plugin `pkcs11` and the PIN, with SoftHSM: when it is tried, when not, and when again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from notation_py.algorithms import KeySpec
from notation_py.errors import PluginError
from notation_py.plugin import RequestError
from notation_py_plugin_pkcs11 import Pkcs11Plugin
from tests import programs
from tests.simulator.pki import make_chain
from tests.simulator.plugin_routes import InProcess

pkcs11 = pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed")
from tests.simulator.tokens import PIN, VARIABLE, Token, make_token  # noqa: E402 - after the import above

WRONG_PIN = "99999"
CHAIN = make_chain("EC-256", 1, subject="login")
RUNNER = InProcess(Pkcs11Plugin(), "pkcs11", (WRONG_PIN,))
NUMBERS = count()


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where all tokens of these tests are: a module reads its configuration when it is initialised."""
    directory = tmp_path_factory.mktemp("softhsm")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(directory / "softhsm2.conf"))
        yield directory


@pytest.fixture
def token(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> Token:
    """A token of this test, with the key `once`, and `always`, which wants the PIN for each signature."""
    try:
        made = make_token(shelf, *programs.softhsm(), f"login {next(NUMBERS)}")
    except programs.ProgramUnavailableError as error:
        pytest.skip(str(error))
    made.reinitialize()
    made.put(CHAIN, "once", b"1")
    made.put(CHAIN, "always", b"2", certificates=(), ALWAYS_AUTHENTICATE=True)
    monkeypatch.setenv("NOTATION_PKCS11_PIN", PIN)
    monkeypatch.setenv("NOTATION_PKCS11_MODULE", str(made.module))
    return made


def config(token: Token) -> dict[str, str]:
    return {"token": token.label}


def refusal(key_id: str, token: Token) -> PluginError:
    error = RUNNER.refusal(key_id, config(token))
    assert PIN not in error.message
    return error


def opened(token: Token, pin: str | None = PIN) -> pkcs11.Session:
    """Return a session of this process, as a program around the plugin may have one."""
    return pkcs11.lib(str(token.module)).get_token(token_label=token.label).open(user_pin=pin)


def test_wrong_pin_is_tried_once(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    """PLG-027, SEC-001: a few wrong PINs lock a token: none is tried again, and the right one still works."""
    monkeypatch.setenv("NOTATION_PKCS11_PIN", WRONG_PIN)
    first, second = (refusal("once", token) for _ in range(2))
    assert (first.code, second.code) == ("ACCESS_DENIED", "ACCESS_DENIED")
    assert "PinIncorrect" in first.message
    assert "not asked again" in second.message
    monkeypatch.setenv("NOTATION_PKCS11_PIN", PIN)
    assert RUNNER.describe("once", config(token)) is KeySpec.EC_256


def test_missing_pin_is_said(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    """SEC-004: without a PIN the token shows no private key, and the message says so."""
    monkeypatch.delenv("NOTATION_PKCS11_PIN")
    assert "there is no PIN" in refusal("once", token).message


SAID = {
    "USER_PIN_FINAL_TRY": "one more wrong PIN locks token",
    "USER_PIN_LOCKED": "the PIN of token .* is locked",
}


@pytest.mark.parametrize(("flag", "message"), SAID.items(), ids=SAID)
def test_pin_is_not_tried_where_that_could_lock_the_token(token: Token, flag: str, message: str) -> None:
    """PLG-027, SEC-001: ACCESS_DENIED before the login, though SoftHSM would accept this PIN."""
    assert RUNNER.describe("once", config(token)) is KeySpec.EC_256
    token.say(pkcs11.TokenFlag[flag])
    opened(token).close()
    error = refusal("once", token)
    assert error.code == "ACCESS_DENIED"
    assert re.search(message, error.message), error.message


def test_token_with_a_keypad_is_asked_without_a_pin(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    """PLG-074: it is asked to log in with no PIN from here, which SoftHSM, without a keypad, cannot."""
    monkeypatch.delenv("NOTATION_PKCS11_PIN")
    token.say(pkcs11.TokenFlag.PROTECTED_AUTHENTICATION_PATH)
    assert "the token refused: ArgumentsBad" in refusal("once", token).message


def test_session_of_the_surrounding_program_is_left_alone(token: Token) -> None:
    """A program that is logged in already can have us sign, and stays logged in."""
    with opened(token) as session:
        assert RUNNER.sign("once", config(token)).signature
        key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label="once")
        assert key.sign(bytes(32), mechanism=pkcs11.Mechanism.ECDSA)


def test_nobody_is_logged_in_afterwards(token: Token) -> None:
    """SEC-004: the rest of the process cannot use the key because a signature was made."""
    assert RUNNER.sign("once", config(token)).signature
    with opened(token, None) as session:
        assert list(session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY})) == []


def test_key_that_wants_the_pin_each_time_gets_it(token: Token) -> None:
    """PLG-051: SoftHSM signs with such a key after a login for that one signature, and not without."""
    for payload in (b"first", b"second"):
        assert RUNNER.sign("always", config(token), payload).certificate_chain == CHAIN.ders
    with opened(token) as session:
        key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label="always")
        with pytest.raises(pkcs11.UserNotLoggedIn):
            key.sign(bytes(32), mechanism=pkcs11.Mechanism.ECDSA)
        assert RUNNER.sign("always", config(token)).signature


def test_wrong_pin_before_a_signature_is_tried_once(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    """PLG-027, SEC-001: where somebody else logged in, the signature is the first to need the PIN."""
    monkeypatch.setenv("NOTATION_PKCS11_PIN", WRONG_PIN)
    with opened(token):
        first, second = (refusal("always", token) for _ in range(2))
    assert (first.code, second.code) == ("ACCESS_DENIED", "ACCESS_DENIED")
    assert "PinIncorrect" in first.message
    assert "not asked again" in second.message


def test_key_that_wants_the_pin_each_time_needs_one(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    """PLG-027, PLG-045: described is only what could sign."""
    monkeypatch.delenv("NOTATION_PKCS11_PIN")
    with opened(token):
        assert RUNNER.describe("once", config(token)) is KeySpec.EC_256
        error = refusal("always", token)
    assert error.code == "ACCESS_DENIED"
    assert "wants a PIN before each signature; there is none, see pin_file" in error.message


FAILURES: dict[str, str] = {
    "PinExpired": "ACCESS_DENIED",
    "PinLocked": "ACCESS_DENIED",
    "UserNotLoggedIn": "ACCESS_DENIED",
    "SessionCount": "THROTTLED",
    "DeviceMemory": "THROTTLED",
    "KeySizeRange": "VALIDATION_ERROR",
    "MechanismInvalid": "VALIDATION_ERROR",
    "DeviceError": "ERROR",
    "DeviceRemoved": "ERROR",
}


@pytest.mark.parametrize(("name", "code"), FAILURES.items(), ids=FAILURES)
def test_failure_in_a_conversation_has_a_code_and_its_name(token: Token, name: str, code: str) -> None:
    """PLG-027: SoftHSM fails in few of these ways, so python-pkcs11's error is raised where it would be."""
    from notation_py_plugin_pkcs11.settings import Settings
    from notation_py_plugin_pkcs11.token import opened as conversation

    failure: Callable[[str], Exception] = getattr(pkcs11, name)
    settings = Settings.of("once", config(token))
    with pytest.raises(RequestError, match=f"the token refused: {name}$") as caught, conversation(settings):
        raise failure("a text of the token's library")
    assert caught.value.code.value == code
    assert RUNNER.describe("once", config(token)) is KeySpec.EC_256

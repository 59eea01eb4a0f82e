# SPDX-License-Identifier: Apache-2.0
"""The user name and password of one command: flags first, then the environment.

Warns of a password on the command line, where other users of the machine can read it. Knows no
credential store.

Spec: contract/cli.md 5, 6.3; security contract R-37. Requirements: SIG-057, R-37.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .session import Session

_EXPOSED = "a password on the command line can be read by other users of this machine"
_SAFER = "use --password-stdin of the command login, or the variable NOTATION_PASSWORD"


def explicit_credential(values: Mapping[str, Any], session: Session) -> tuple[str, str]:
    """Return user name and password as given for this command; either may be empty.

    Raises:
        UsageError: the password is on the command line and the strictness is HARDENED.
    """
    if "password" in session.given and values["password"]:
        session.warn_or_refuse(_EXPOSED, _SAFER)
    username = values["username"] if "username" in session.given else session.secrets.username
    password = values["password"] if "password" in session.given else session.secrets.password
    return username, password

# SPDX-License-Identifier: Apache-2.0
"""From a command's path to the function that does it, imported at that moment.

The convention: a top-level command `NAME` is `run` in the module `cli/NAME.py`; a command `GROUP NAME` is
`run_NAME`, with `_` for `-`, in `cli/GROUP.py`, and a GROUP of several words is written with `_` as well; the
exceptions are in `_ELSEWHERE`.
Every handler is called as `run(values, session)`:

- *values* maps every flag's key (`user_metadata` for `--user-metadata`) to its value, defaults included,
  and `arguments` to the tuple of positional words. A bool is a bool, an int an int, a duration an int of
  nanoseconds, a repeatable flag a tuple of strings, anything else a string, empty if absent.
- *session* is the `Session`: streams, environment, directories, strictness, verbosity, clock, `given`.

A handler returns None for success, writes its result through the session, and raises `NotationError`
for anything else: that becomes the error text and exit code 1.

Spec: specs/decisions/0002-static-front.md. Requirements: CLI-001, CLI-002.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from .session import Session

_ELSEWHERE = {
    "logout": ("login", "run_logout"),
    "certificate generate-test": ("trial_key", "run_generate"),
    "certificate cleanup-test": ("trial_key", "run_cleanup"),
    "plugin check": ("plugin_check", "run"),
}
_DEPRECATED = "flag '--allow-referrers-api' is deprecated and will be removed in future versions"


def target(path: str) -> tuple[str, str]:
    """Return the module, relative to this package, and the function for the command *path*."""
    group, _, name = path.rpartition(" ")
    by_convention = (group.replace(" ", "_"), f"run_{name.replace('-', '_')}") if group else (name, "run")
    return _ELSEWHERE.get(path, by_convention)


def handler(path: str) -> Callable[[Mapping[str, Any], Session], None]:
    """Return the function for the command *path*; only its module is imported."""
    module, name = target(path)
    loaded = __import__(f"{__package__}.{module}", fromlist=(name,))
    found: Callable[[Mapping[str, Any], Session], None] = getattr(loaded, name)
    return found


def dispatch(path: str, values: Mapping[str, Any], session: Session) -> None:
    """Do the command *path*.

    Raises:
        NotationError: it failed.
    """
    if session.surplus:
        from ..reference import go_quote

        words = ", ".join(map(go_quote, session.surplus))
        session.warn_or_refuse(f"arguments without a use: {words}", f"`{session.path}` does not look at them")
    if "allow_referrers_api" in session.given:
        instead = path == "sign" and values["allow_referrers_api"]
        session.warn(
            f"{_DEPRECATED}, use '--force-referrers-tag=false' instead." if instead else f"{_DEPRECATED}."
        )
    handler(path)(values, session)

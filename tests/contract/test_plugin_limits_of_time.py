# SPDX-License-Identifier: Apache-2.0
"""How long a plugin, and the download of one, may take: what is set, and what each command gets of it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from notation_py.adapters import plugin_download, plugin_programs, plugin_settings
from notation_py.adapters.files import Strictness
from notation_py.adapters.plugin_download import PluginDownload, plugin_url
from notation_py.adapters.plugin_programs import ProgramPlugin, Surroundings, find_program
from notation_py.adapters.plugin_settings import PluginSettings
from notation_py.errors import PluginError
from notation_py.plugin.answers import describe_key, plugin_metadata
from notation_py.plugin.messages import DescribeKeyRequest
from tests.simulator.plugin_programs import places, put_plugin, refuse

ASKED = DescribeKeyRequest("key-1")


def found(root: Path, seconds: str, data: bytes) -> ProgramPlugin:
    """Return the plugin `demo` with *data* as its program, where NOTATION_PY_PLUGIN_TIMEOUT is *seconds*."""
    put_plugin(root, data=data)
    environment = {"PATH": os.environ["PATH"], "NOTATION_PY_PLUGIN_TIMEOUT": seconds}
    settings = PluginSettings.from_environment(environment, Strictness.WARN)
    return find_program(places(root).plugins, "demo", Surroundings(settings, Strictness.WARN, refuse))


COMMANDS: dict[str, Callable[[ProgramPlugin], object]] = {
    "get-plugin-metadata": lambda plugin: plugin_metadata(plugin, {}),
    "describe-key": lambda plugin: describe_key(plugin, ASKED),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_variable_sets_the_time_of_every_command(tmp_path: Path, command: str) -> None:
    """R-30, PLG-032; attack 156: what hangs is ended when the seconds of the variable are over."""
    plugin = found(tmp_path, "1", b"#!/bin/sh\nsleep 300\n")
    start = time.monotonic()
    with pytest.raises(PluginError, match=rf"{command} .* within 1 seconds") as caught:
        COMMANDS[command](plugin)
    assert time.monotonic() - start < 60
    assert "NOTATION_PY_PLUGIN_TIMEOUT" in (caught.value.hint or "")


def test_metadata_has_no_more_than_its_own_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-30: to say what it is a plugin asks nobody; other commands may wait for a service."""
    assert plugin_settings.METADATA_SECONDS == 30
    monkeypatch.setattr(plugin_programs, "METADATA_SECONDS", 1.0)
    answer = '{"keyId":"key-1","keySpec":"EC-256"}'
    plugin = found(tmp_path, "60", f"#!/bin/sh\nsleep 2\necho '{answer}'\n".encode())
    assert describe_key(plugin, ASKED).key_id == "key-1"
    with pytest.raises(PluginError, match="within 1 seconds"):
        plugin_metadata(plugin, {})


def test_plugin_has_two_minutes_if_nothing_is_set() -> None:
    """R-30: the default of docs/plugins.md."""
    settings = PluginSettings.from_environment({}, Strictness.WARN)
    assert settings.seconds == 120


def test_download_has_ten_minutes_and_not_more(tmp_path: Path) -> None:
    """R-31; attack 168: a server that says nothing holds nobody up for ever."""
    assert plugin_download.SECONDS == 600
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = plugin_url(f"https://127.0.0.1:{silent.getsockname()[1]}/p")
        with pytest.raises(PluginError, match="within 1 seconds"):
            PluginDownload(seconds=1).into(tmp_path, url)
    assert list(tmp_path.iterdir()) == []

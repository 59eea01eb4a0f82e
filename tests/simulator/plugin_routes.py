# SPDX-License-Identifier: Apache-2.0
"""A plugin of `plugins/` by every route: its object here, and both programs that sign and verify with it.

    bench = workbench(tmp_path, "aws-kms", go_notation, variables)
    bench.trust(chain)
    bench.sign("py", placed, key_id, config)      # or "exe", or "go"
    bench.verify_with_go(placed)

Images lie in layouts, so that no registry is needed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from notation_py.algorithms import BY_KEY_SPEC, KeySpec
from notation_py.errors import PluginError
from notation_py.plugin.answers import describe_key, generate_signature
from notation_py.plugin.contract import Command as PluginCommand
from notation_py.plugin.contract import ProgramResult
from notation_py.plugin.dispatch import dispatch
from notation_py.plugin.messages import DescribeKeyRequest, GeneratedSignature, GenerateSignatureRequest
from notation_py.plugin.protocols import Plugin
from tests.simulator.commands import Command, Settings, go_program, our_program, statement
from tests.simulator.pki import TestChain
from tests.simulator.places import LayoutPlace, Placed
from tests.simulator.plugin_packages import install_program, installed

Config = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class InProcess:
    """Implements `PluginRunner` the way an entry point does; none of *secrets* may be in an answer."""

    plugin: Plugin
    name: str
    secrets: tuple[str, ...] = ()
    origin: str = "here"

    def run(self, command: PluginCommand, request: bytes) -> ProgramResult:
        result = dispatch(self.plugin, command, request)
        said = (result.stdout + result.stderr).decode()
        assert not [secret for secret in self.secrets if secret in said]
        return result

    def describe(self, key_id: str, config: Config) -> KeySpec:
        """Return what the plugin says the key is."""
        return describe_key(self, DescribeKeyRequest(key_id, config)).key_spec

    def sign(self, key_id: str, config: Config, payload: bytes = b"payload") -> GeneratedSignature:
        """Return the plugin's signature, which has been checked against its chain."""
        spec = self.describe(key_id, config)
        request = GenerateSignatureRequest(key_id, spec, BY_KEY_SPEC[spec].hash, payload, config)
        return generate_signature(self, request)[0]

    def refusal(self, key_id: str, config: Config) -> PluginError:
        """Return the error with which the plugin does not sign."""
        with pytest.raises(PluginError) as caught:
            self.sign(key_id, config)
        return caught.value

    def refusal_of(self, request: GenerateSignatureRequest) -> dict[str, str]:
        """Return the error document with which the plugin refuses *request*."""
        asked = json.dumps(request.to_json()).encode()
        result = self.run(PluginCommand.GENERATE_SIGNATURE, asked)
        assert result.exit_code == 1
        document: dict[str, Any] = json.loads(result.stderr)
        return document


@dataclass(frozen=True, slots=True)
class Workbench:
    """Both programs over one configuration, with the plugin installed as a package and as a program."""

    plugin: str
    ours: Command
    go: Command
    settings: Settings
    place: LayoutPlace

    def image(self, repository: str) -> Placed:
        """Return a new image in a layout."""
        return self.place.put(repository, "v1", repository)

    def trust(self, chain: TestChain) -> None:
        """Let both programs trust the root of *chain*, and nothing else."""
        self.settings.trust("plugins", chain)
        self.settings.policy(statement("plugins", stores=["ca:plugins"]))

    def sign(self, route: str, placed: Placed, key_id: str, config: Config, *words: str) -> None:
        """Sign in process (`py`), with the program (`exe`), or with Go and the program (`go`)."""
        options = [word for name, value in config.items() for word in ("--plugin-config", f"{name}={value}")]
        chosen = ["--id", key_id, *options, *words]
        if route == "go":
            self.go.done("sign", *self.place.go_sign, "--plugin", self.plugin, *chosen, placed.reference)
            return
        program = self.ours.with_environment(NOTATION_PY_MANIFEST_FORM=self.place.manifest_form)
        program.done(
            "sign", *self.place.words, "--plugin", f"{route}:{self.plugin}", *chosen, placed.reference
        )

    def check(self, route: str, key_id: str, config: Config) -> str:
        """Return the report of `plugin check`; a check that failed is an error with all of it."""
        options = [word for name, value in config.items() for word in ("--plugin-config", f"{name}={value}")]
        return self.ours.done("plugin", "check", "--key-id", key_id, *options, f"{route}:{self.plugin}").out

    def verify_with_go(self, placed: Placed) -> None:
        """Verify with Go; anything but success is an error with all it said."""
        self.go.done("verify", *self.place.verify_words(placed), placed.reference)

    def verify_with_ours(self, placed: Placed) -> None:
        """Likewise with ours."""
        self.ours.done("verify", *self.place.verify_words(placed), placed.reference)


def workbench(
    directory: Path, distribution: str, go_notation: Path, variables: Mapping[str, str]
) -> Workbench:
    """Return a new workbench below *directory*; *variables* are for the plugin."""
    settings = Settings(directory / "settings")
    install_program(settings.directory / "libexec", distribution)
    path = installed(directory / "site", distribution)
    ours = our_program(settings).with_environment(**variables)
    ours = ours.with_environment(PYTHONPATH=path)
    go = go_program(go_notation, settings).with_environment(**variables)
    return Workbench(distribution, ours, go, settings, LayoutPlace(directory / "layouts"))

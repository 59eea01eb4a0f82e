# SPDX-License-Identifier: Apache-2.0
"""The plugin `pkcs11` with a second, unusual token: a TPM, by the program, one process for each command."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from notation_py.algorithms import BY_KEY_SPEC, KeySpec
from notation_py.certificates.certificate import Certificate
from notation_py.certificates.pem import write_pem
from notation_py.errors import PluginError
from notation_py.plugin.answers import describe_key, generate_signature
from notation_py.plugin.contract import Command, ProgramResult
from notation_py.plugin.messages import DescribeKeyRequest, GenerateSignatureRequest
from tests import programs
from tests.simulator.pki import KEY_TYPES, make_chain
from tests.simulator.plugin_packages import install_program
from tests.simulator.tpm import KEYS, LABEL, PIN, TpmToken, tpm_token

pytestmark = pytest.mark.interop


@dataclass(frozen=True, slots=True)
class Program:
    """Implements `PluginRunner` for the program."""

    path: Path
    environment: Mapping[str, str]
    name: str = "pkcs11"
    origin: str = "here"

    def run(self, command: Command, request: bytes) -> ProgramResult:
        done = subprocess.run(
            [str(self.path), command.value],
            input=request,
            env=os.environ | self.environment,
            capture_output=True,
            timeout=60,
            check=False,
        )
        return ProgramResult(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TpmToken]:
    """A TPM with four of the six key types."""
    try:
        module = programs.tpm()
    except programs.ProgramUnavailableError as error:
        pytest.skip(str(error))
    with tpm_token(tmp_path_factory.mktemp("tpm"), module) as running:
        yield running


@pytest.fixture
def program(token: TpmToken, tmp_path: Path) -> Program:
    variables = {**token.environment, "NOTATION_PKCS11_PIN": PIN, "NOTATION_PKCS11_MODULE": str(token.module)}
    return Program(install_program(tmp_path, "pkcs11"), variables)


@pytest.mark.parametrize(("label", "kind"), KEYS.items())
def test_key_in_a_tpm_signs(token: TpmToken, program: Program, tmp_path: Path, label: str, kind: str) -> None:
    """PLG-045, PLG-050 to PLG-052: the TPM makes the chain's signature, salt as long as the hash."""
    [key_type] = [one for one in KEY_TYPES if one == kind]
    edits = {0: lambda draft: replace(draft, public_key=token.public_keys[label])}
    chain = make_chain(key_type, 3, subject="tpm", edits=edits).ders
    path = tmp_path / "chain.pem"
    path.write_bytes(b"".join(write_pem(Certificate.parse(data)) for data in chain))
    path.chmod(0o644)
    config = {"certificate_chain_file": str(path)}
    key_id = f"pkcs11:token={LABEL};object={label}"
    assert describe_key(program, DescribeKeyRequest(key_id, config)).key_spec == kind
    algorithm = BY_KEY_SPEC[KeySpec(kind)]
    request = GenerateSignatureRequest(key_id, algorithm.key_spec, algorithm.hash, b"payload", config)
    assert generate_signature(program, request)[0].certificate_chain == chain


def test_wrong_pin_of_a_tpm_is_denied(program: Program) -> None:
    """PLG-027: the same code as of any other token."""
    mistaken = replace(program, environment={**program.environment, "NOTATION_PKCS11_PIN": "99999"})
    with pytest.raises(PluginError, match="PinIncorrect") as caught:
        describe_key(mistaken, DescribeKeyRequest(f"pkcs11:token={LABEL};object=ecc256", {}))
    assert caught.value.code == "ACCESS_DENIED"

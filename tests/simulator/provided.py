# SPDX-License-Identifier: Apache-2.0
"""Each plugin of `plugins/` with the service that it asks, a key in it, and what the plugin has to be told.

    with provided("vault", tmp_path) as key:
        key.make(), key.key_id, key.config, key.environment

The services are those of the tests: the real one where it can be had here, or else one in its place.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import programs
from tests.simulator.pki import KeyType, make_chain

KIND: KeyType = "RSA-2048"
"""A type of key that every service has."""


@dataclass(frozen=True, slots=True)
class Provided:
    """A key of a service.

    Attributes:
        service: what stands behind the plugin here, for people.
        make: makes the object of the plugin.
    """

    service: str
    make: Callable[[], Any]
    key_id: str
    config: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


def provided(name: str, directory: Path) -> AbstractContextManager[Provided]:
    """Return the key for the plugin *name*; entering may raise ProgramUnavailableError or ImportError."""
    directory.mkdir(parents=True, exist_ok=True)
    return PROVIDERS[name](directory)


def _chain_file(directory: Path) -> str:
    path = directory / "chain.pem"
    path.write_bytes(make_chain(KIND, 2, subject="provided").pem())
    path.chmod(0o644)
    return str(path)


@contextmanager
def _file(directory: Path) -> Iterator[Provided]:
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
    )

    from notation_py_plugin_file import FilePlugin

    key = directory / "release.key"
    secret = BestAvailableEncryption(b"of the tests")
    chain = make_chain(KIND, 2, subject="provided")
    key.write_bytes(chain.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret))
    key.chmod(0o600)
    config = {"certificate_chain_file": _chain_file(directory)}
    yield Provided(
        "an encrypted file", FilePlugin, str(key), config, {"NOTATION_FILE_PASSPHRASE": "of the tests"}
    )


@contextmanager
def _pkcs11(directory: Path) -> Iterator[Provided]:
    module, tool = programs.softhsm()
    from notation_py_plugin_pkcs11 import Pkcs11Plugin
    from tests.simulator.tokens import VARIABLE, make_token

    token = make_token(directory, module, tool)
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = str(token.config)  # read when the module is initialised
    try:
        token.reinitialize()
        token.put(make_chain(KIND, 2, subject="provided"), "release", b"\1")
        variables = {**token.environment, "NOTATION_PKCS11_MODULE": str(module)}
        yield Provided("SoftHSM 2", Pkcs11Plugin, "pkcs11:token=notation;object=release", {}, variables)
    finally:
        del os.environ[VARIABLE]
        if before is not None:
            os.environ[VARIABLE] = before


@contextmanager
def _aws_kms(directory: Path) -> Iterator[Provided]:
    from notation_py_plugin_aws_kms import AwsKmsPlugin
    from tests.simulator.mended_moto import ENVIRONMENT, running_kms

    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # writes a line for each request
    with running_kms() as kms:
        key_id = kms.create_key(make_chain(KIND, 2, subject="provided").key, KIND)
        config = {"certificate_chain_file": _chain_file(directory)}
        variables = ENVIRONMENT | {"AWS_ENDPOINT_URL_KMS": kms.url}
        yield Provided("moto, mended", AwsKmsPlugin, key_id, config, variables)


@contextmanager
def _azure_kv(directory: Path) -> Iterator[Provided]:
    from notation_py_plugin_azure_kv import AzureKeyVaultPlugin
    from tests.simulator.fake_key_vault import running_vault

    with running_vault(directory) as vault:
        key_id = vault.put("release", make_chain(KIND, 2, subject="provided"))
        config = {"credential_type": "managedid"}
        yield Provided("a fake over https", AzureKeyVaultPlugin, key_id, config, vault.environment)


@contextmanager
def _gcp_kms(directory: Path) -> Iterator[Provided]:
    from notation_py_plugin_gcp_kms import GcpKmsPlugin
    from tests.simulator.fake_cloud_kms import running_kms

    with running_kms(directory) as kms:
        key = make_chain(KIND, 2, subject="provided").key
        key_id = kms.put("release", key, "RSA_SIGN_PSS_2048_SHA256")
        config = {"endpoint": kms.url, "certificate_chain_file": _chain_file(directory)}
        yield Provided("a fake", GcpKmsPlugin, key_id, config, kms.environment | {"NO_GCE_CHECK": "true"})


@contextmanager
def _vault(directory: Path) -> Iterator[Provided]:
    from notation_py_plugin_vault import VaultPlugin
    from tests.simulator.vault_servers import running_server

    with running_server("openbao", directory) as vault:
        vault.make_key(KIND, "release")
        variables = {"VAULT_ADDR": vault.address, "VAULT_TOKEN": vault.token}
        yield Provided("OpenBao", VaultPlugin, "release", {}, variables)


PROVIDERS: dict[str, Callable[[Path], AbstractContextManager[Provided]]] = {
    "file": _file,
    "pkcs11": _pkcs11,
    "aws-kms": _aws_kms,
    "azure-kv": _azure_kv,
    "gcp-kms": _gcp_kms,
    "vault": _vault,
}

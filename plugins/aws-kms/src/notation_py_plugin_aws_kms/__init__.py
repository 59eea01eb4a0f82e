# SPDX-License-Identifier: Apache-2.0
"""The plugin `aws-kms`: signs with a key that stays in AWS KMS.

One object, both routes: an entry point names `AwsKmsPlugin`, and the program `notation-aws-kms` serves it.
What a request may say is in `settings`, what the service is asked and what its errors mean in `service`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NoReturn

from notation_py.plugin import (
    CONTRACT_VERSION,
    Capability,
    DescribeKeyRequest,
    GeneratedSignature,
    GenerateSignatureRequest,
    Kept,
    KeyDescription,
    PluginMetadata,
    check_algorithm,
    serve,
)

from .settings import Account, Settings

if TYPE_CHECKING:
    from .service import KeyService

__version__ = "0.1.0"


class AwsKmsPlugin:
    """Implements `SignatureGenerator`. Keeps one client for each account, region and endpoint."""

    def __init__(self) -> None:
        self._services = Kept(_service)  # making a client is not safe from several threads, using one is

    def metadata(self, _config: Mapping[str, str]) -> PluginMetadata:
        """Return what this plugin is."""
        return PluginMetadata(
            name="aws-kms",
            description="Signs with a key in AWS KMS",
            version=__version__,
            url="https://notaryproject.dev",
            supported_contract_versions=(CONTRACT_VERSION,),
            capabilities=(Capability.SIGNATURE_GENERATOR_RAW,),
        )

    def describe_key(self, request: DescribeKeyRequest) -> KeyDescription:
        """Return the type of the key, if it can sign under the rules and the certificate is its own."""
        settings = Settings.of(request.key_id, request.plugin_config)
        key = self._services.of(settings.account).key(settings.key_id)
        settings.chain_for(key.public_key)
        return KeyDescription(request.key_id, key.algorithm.key_spec)

    def generate_signature(self, request: GenerateSignatureRequest) -> GeneratedSignature:
        """Return the service's signature over the payload, and the chain of the certificate file."""
        settings = Settings.of(request.key_id, request.plugin_config)
        service = self._services.of(settings.account)
        key = service.key(settings.key_id)
        algorithm = key.algorithm
        check_algorithm(request, algorithm)
        chain = settings.chain_for(key.public_key)
        return GeneratedSignature(request.key_id, service.sign(key, request.payload), algorithm, chain)


def _service(account: Account) -> KeyService:
    from .service import KeyService

    return KeyService(account)


def main() -> NoReturn:
    """Be the program `notation-aws-kms`."""
    serve(AwsKmsPlugin)

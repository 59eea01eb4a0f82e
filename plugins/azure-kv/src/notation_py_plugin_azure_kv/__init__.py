# SPDX-License-Identifier: Apache-2.0
"""The plugin `azure-kv`: signs with a key that stays in Azure Key Vault, with the names of its older sibling.

One object, both routes: an entry point names `AzureKeyVaultPlugin`, and the program `notation-azure-kv`
serves it. What a request may say is in `settings`, where the certificates come from in `chain`, and what the
service is asked and what its errors mean in `service`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NoReturn

from notation_py import algorithm_for
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
    check_signature,
    serve,
)

from .chain import chain_for
from .settings import Settings

if TYPE_CHECKING:
    from .service import KeyVault

__version__ = "0.1.0"


class AzureKeyVaultPlugin:
    """Implements `SignatureGenerator`. Keeps one client for each vault and type of credential."""

    def __init__(self) -> None:
        self._vaults = Kept(_vault)

    def metadata(self, _config: Mapping[str, str]) -> PluginMetadata:
        """Return what this plugin is."""
        return PluginMetadata(
            name="azure-kv",
            description="Signs with a key in Azure Key Vault",
            version=__version__,
            url="https://notaryproject.dev",
            supported_contract_versions=(CONTRACT_VERSION,),
            capabilities=(Capability.SIGNATURE_GENERATOR_RAW,),
        )

    def describe_key(self, request: DescribeKeyRequest) -> KeyDescription:
        """Return the type of the key that the signing certificate is for."""
        settings = Settings.of(request.key_id, request.plugin_config)
        chain = chain_for(settings, lambda: self._vault(settings))
        return KeyDescription(request.key_id, algorithm_for(chain[0].x509.public_key()).key_spec)

    def generate_signature(self, request: GenerateSignatureRequest) -> GeneratedSignature:
        """Return the service's signature over the payload, which verifies, and the chain of its key."""
        settings = Settings.of(request.key_id, request.plugin_config)
        chain = chain_for(settings, lambda: self._vault(settings))
        algorithm = algorithm_for(chain[0].x509.public_key())
        check_algorithm(request, algorithm)
        signature = self._vault(settings).sign(settings.key, algorithm, request.payload)
        check_signature(chain[0], algorithm, request.payload, signature)
        ders = tuple(certificate.der for certificate in chain)
        return GeneratedSignature(request.key_id, signature, algorithm, ders)

    def _vault(self, settings: Settings) -> KeyVault:
        return self._vaults.of((settings.key.vault, settings.credential))


def _vault(place: tuple[str, str]) -> KeyVault:
    from .service import KeyVault

    return KeyVault(*place)


def main() -> NoReturn:
    """Be the program `notation-azure-kv`."""
    serve(AzureKeyVaultPlugin)

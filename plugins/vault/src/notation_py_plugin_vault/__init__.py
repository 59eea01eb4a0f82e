# SPDX-License-Identifier: Apache-2.0
"""The plugin `vault`: signs with a key in the transit engine of HashiCorp Vault or OpenBao.

One object, both routes: an entry point names `VaultPlugin`, and the program `notation-vault` serves it. Both
exist under the name `hc-vault` as well, with the configuration keys that the Go plugin of that name has.
What a request may say is in `settings`, what the server is asked in `service`, which key that is in `chain`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from notation_py.plugin import (
    CONTRACT_VERSION,
    Capability,
    DescribeKeyRequest,
    GeneratedSignature,
    GenerateSignatureRequest,
    KeyDescription,
    PluginMetadata,
    check_algorithm,
    check_signature,
    serve,
)

from .chain import parsed_chain
from .settings import Settings

__version__ = "0.1.0"


class VaultPlugin:
    """Implements `SignatureGenerator`. Keeps nothing between requests: a token may be renewed any time."""

    name = "vault"

    def metadata(self, _config: Mapping[str, str]) -> PluginMetadata:
        """Return what this plugin is; no server is asked."""
        return PluginMetadata(
            name=self.name,
            description="Signs with a key in the transit engine of Vault or OpenBao",
            version=__version__,
            url="https://notaryproject.dev",
            supported_contract_versions=(CONTRACT_VERSION,),
            capabilities=(Capability.SIGNATURE_GENERATOR_RAW,),
        )

    def describe_key(self, request: DescribeKeyRequest) -> KeyDescription:
        """Return the type of the key that the signing certificate is for, if the server has that key."""
        from .service import opened

        settings = Settings.of(request.key_id, request.plugin_config)
        with opened(settings) as service:
            chain = parsed_chain(settings.certificates() or service.certificates())
            service.version_of(chain.leaf)
        return KeyDescription(request.key_id, chain.algorithm.key_spec)

    def generate_signature(self, request: GenerateSignatureRequest) -> GeneratedSignature:
        """Return the server's signature over the payload, which verifies, and the chain of its key."""
        from .service import opened

        settings = Settings.of(request.key_id, request.plugin_config)
        with opened(settings) as service:
            chain = parsed_chain(settings.certificates() or service.certificates())
            algorithm = chain.algorithm
            check_algorithm(request, algorithm)
            signature = service.sign(service.version_of(chain.leaf), algorithm, request.payload)
        check_signature(chain.leaf, algorithm, request.payload, signature)
        ders = tuple(certificate.der for certificate in chain.certificates)
        return GeneratedSignature(request.key_id, signature, algorithm, ders)


class HcVaultPlugin(VaultPlugin):
    """The same, under the name of the Go plugin."""

    name = "hc-vault"


def main() -> NoReturn:
    """Be the program `notation-vault`."""
    serve(VaultPlugin)


def main_hc_vault() -> NoReturn:
    """Be the program `notation-hc-vault`."""
    serve(HcVaultPlugin)

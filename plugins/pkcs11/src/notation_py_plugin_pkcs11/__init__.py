# SPDX-License-Identifier: Apache-2.0
"""The plugin `pkcs11`: signs with a key that stays in a hardware module, a smart card or a TPM.

One object, both routes: an entry point names `Pkcs11Plugin`, and the program `notation-pkcs11` serves it.
The key id is a PKCS#11 URI or the label of the key (`settings`); what is asked of the token, and in
which order, is in `token`; which certificates go with a signature is in `chain`.
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
    serve,
)

from .chain import chain_of_signature
from .settings import Settings

__version__ = "0.1.0"


class Pkcs11Plugin:
    """Implements `SignatureGenerator`. Keeps nothing open between requests."""

    def metadata(self, _config: Mapping[str, str]) -> PluginMetadata:
        """Return what this plugin is; no module is loaded for it."""
        return PluginMetadata(
            name="pkcs11",
            description="Signs with a key in a PKCS#11 token",
            version=__version__,
            url="https://notaryproject.dev",
            supported_contract_versions=(CONTRACT_VERSION,),
            capabilities=(Capability.SIGNATURE_GENERATOR_RAW,),
        )

    def describe_key(self, request: DescribeKeyRequest) -> KeyDescription:
        """Return the type of the key, if the token can sign with it under the rules."""
        from .token import opened

        with opened(Settings.of(request.key_id, request.plugin_config)) as token:
            return KeyDescription(request.key_id, token.key().algorithm.key_spec)

    def generate_signature(self, request: GenerateSignatureRequest) -> GeneratedSignature:
        """Return the token's signature over the payload, which verifies, and the chain of its key."""
        from .token import opened

        settings = Settings.of(request.key_id, request.plugin_config)
        given = settings.certificates()
        with opened(settings) as token:
            key = token.key()
            algorithm = key.algorithm
            check_algorithm(request, algorithm)
            signature = key.sign(request.payload)
            stored = token.certificates()
        chain = chain_of_signature(given, stored, algorithm, request.payload, signature)
        return GeneratedSignature(request.key_id, signature, algorithm, chain)


def main() -> NoReturn:
    """Be the program `notation-pkcs11`."""
    serve(Pkcs11Plugin)

# SPDX-License-Identifier: Apache-2.0
"""Everything that the author of a plugin needs, under one name: protocols, messages, errors, `serve`.

A name is imported from its room when it is first asked for. `serve` and the readers of chain files are from
outside of this layer: they touch descriptors and files, so their rooms are in `adapters`
(specs/decisions/0008-author-kit.md).

Guide: docs/writing-a-plugin.md.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..adapters.plugin_chain_files import load_chain, load_chain_of_key
    from ..adapters.plugin_main import serve
    from .contract import CONTRACT_VERSION, Capability, Command, ErrorCode, ProgramResult, RequestError
    from .kept import Kept
    from .messages import (
        DescribeKeyRequest,
        GeneratedEnvelope,
        GeneratedSignature,
        GenerateEnvelopeRequest,
        GenerateSignatureRequest,
        KeyDescription,
        PluginMetadata,
    )
    from .protocols import EnvelopeGenerator, Plugin, SignatureGenerator, SignatureVerifier
    from .refusals import check_algorithm, check_config, refuse, refusing
    from .signing_chain import check_signature, issued, verifies, with_issuers
    from .verification_messages import CapabilityResult, VerifySignatureAnswer, VerifySignatureRequest
else:
    # Room to names, as above; tests/unit/test_plugin_main.py holds the two and `__all__` together.
    _ROOMS = {
        "adapters.plugin_chain_files": ("load_chain", "load_chain_of_key"),
        "adapters.plugin_main": ("serve",),
        "plugin.contract": (
            "CONTRACT_VERSION",
            "Capability",
            "Command",
            "ErrorCode",
            "ProgramResult",
            "RequestError",
        ),
        "plugin.kept": ("Kept",),
        "plugin.messages": (
            "DescribeKeyRequest",
            "GenerateEnvelopeRequest",
            "GenerateSignatureRequest",
            "GeneratedEnvelope",
            "GeneratedSignature",
            "KeyDescription",
            "PluginMetadata",
        ),
        "plugin.protocols": ("EnvelopeGenerator", "Plugin", "SignatureGenerator", "SignatureVerifier"),
        "plugin.refusals": ("check_algorithm", "check_config", "refuse", "refusing"),
        "plugin.signing_chain": ("check_signature", "issued", "verifies", "with_issuers"),
        "plugin.verification_messages": (
            "CapabilityResult",
            "VerifySignatureAnswer",
            "VerifySignatureRequest",
        ),
    }

    def __getattr__(name):  # noqa: ANN001, ANN202 - type checkers read the imports above
        for room, names in _ROOMS.items():
            if name in names:
                module = f"{__name__.rpartition('.')[0]}.{room}"
                found = getattr(__import__(module, fromlist=(name,)), name)
                globals()[name] = found
                return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__():  # noqa: ANN202 - as above
        return sorted({*globals(), *__all__})


__all__ = [
    "CONTRACT_VERSION",
    "Capability",
    "CapabilityResult",
    "Command",
    "DescribeKeyRequest",
    "EnvelopeGenerator",
    "ErrorCode",
    "GenerateEnvelopeRequest",
    "GenerateSignatureRequest",
    "GeneratedEnvelope",
    "GeneratedSignature",
    "Kept",
    "KeyDescription",
    "Plugin",
    "PluginMetadata",
    "ProgramResult",
    "RequestError",
    "SignatureGenerator",
    "SignatureVerifier",
    "VerifySignatureAnswer",
    "VerifySignatureRequest",
    "check_algorithm",
    "check_config",
    "check_signature",
    "issued",
    "load_chain",
    "load_chain_of_key",
    "refuse",
    "refusing",
    "serve",
    "verifies",
    "with_issuers",
]

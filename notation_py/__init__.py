# SPDX-License-Identifier: Apache-2.0
"""Sign and verify container images and files with the Notary Project formats.

The public names of the package, re-exported; nothing is defined here. A name is imported from its room
when it is first asked for, because the command line imports this package on every start. Everything
else in the package may change without notice before version 1.0.

Guide with examples: docs/library.md.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._version import __version__
    from .adapters.addresses import AddressRules
    from .adapters.blob_files import OpenBlob, open_blob
    from .adapters.configuration import strictness_from
    from .adapters.credentials import ConfiguredCredentials, Credential, CredentialSource, GivenCredential
    from .adapters.crl_cache import DirectoryCrlCache
    from .adapters.directories import Directories
    from .adapters.files import Strictness
    from .adapters.http_fetcher import HttpFetcher
    from .adapters.http_timestamper import HttpTimestamper
    from .adapters.key_files import load_certificates, load_key_pair, read_passphrase
    from .adapters.layout import LayoutRepository
    from .adapters.plugins import InstalledPlugins
    from .adapters.policy_files import PolicyKind, read_policy
    from .adapters.registry_hosts import SchemeRule
    from .adapters.registry_settings import ReferrersMode, RegistrySettings, Timeouts, TlsFiles
    from .adapters.remote import RemoteRepository
    from .adapters.revocation_settings import revocation_sources
    from .adapters.timestamping import http_timestamping
    from .adapters.trust_store import CachedTrustStore, DirectoryTrustStore
    from .algorithms import BY_KEY_SPEC, KeySpec, SignatureAlgorithm, algorithm_for, raw_ecdsa
    from .certificates.certificate import Certificate
    from .certificates.chain import CertificateChain, ChainMemo
    from .certificates.pem import read_certificates
    from .descriptor import Descriptor
    from .digest import Digest, HashAlgorithm
    from .envelope.integrity import IntactEnvelope
    from .envelope.model import EnvelopeFormat, PrimitiveSignature, SigningScheme
    from .envelope.payload import Payload, payload_for
    from .errors import (
        ConfigurationError,
        LimitError,
        MalformedError,
        NotationError,
        NotFoundError,
        Outcome,
        PluginError,
        RegistryError,
        SigningError,
        UnavailableError,
        UntrustedError,
        UsageError,
    )
    from .fetch import Fetcher, FetchLimit
    from .plugin.contract import PluginRunner, Plugins
    from .plugin.named import NamedPlugins
    from .reference import Reference
    from .registry.repository import Repository
    from .registry.signatures import ManifestForm
    from .revocation.cache import CrlBundle, CrlCache
    from .revocation.sources import RevocationLimits, RevocationSources
    from .revocation.status import (
        Attempt,
        CertificateRevocation,
        ChainRevocation,
        Method,
        Reason,
        Revocation,
        Status,
    )
    from .signing.blob import SignedBlob, sign_blob
    from .signing.plugin_signer import (
        PluginEnvelopeSigner,
        PluginSigner,
        plugin_blob_signer,
        plugin_signer,
    )
    from .signing.sign import SignedArtifact, SignOptions, sign_artifact, signed_envelope
    from .signing.signer import LocalSigner, Signer
    from .signing.timestamping import Timestamping, revocation_check
    from .timestamp.countersignature import VerifiedTimestamp
    from .timestamp.exchange import NONCE_LIMIT, Timestamper
    from .timestamp.token import TimestampToken
    from .trust.level import LEVELS, Action, Validation, VerificationLevel, level_named
    from .trust.memory import MemoryTrustStore
    from .trust.policy import BlobTrustPolicyDocument, OciTrustPolicyDocument, TrustPolicy
    from .trust.store import TrustStore, TrustStoreType
    from .verification.artifact import VerifiedArtifact, VerifyOptions, verify_artifact
    from .verification.blob import VerifiedBlob, VerifyBlobOptions, verify_blob
    from .verification.extended import PluginVerdict
    from .verification.outcome import ValidationResult, VerificationFailedError, VerificationOutcome
    from .verification.signature import Expectation, Sources, verify_signature
else:
    # Room to names, as above; tests/unit/test_public_api.py holds the two and `__all__` together.
    _ROOMS = {
        "_version": ("__version__",),
        "adapters.addresses": ("AddressRules",),
        "adapters.blob_files": ("OpenBlob", "open_blob"),
        "adapters.configuration": ("strictness_from",),
        "adapters.credentials": (
            "ConfiguredCredentials",
            "Credential",
            "CredentialSource",
            "GivenCredential",
        ),
        "adapters.crl_cache": ("DirectoryCrlCache",),
        "adapters.directories": ("Directories",),
        "adapters.files": ("Strictness",),
        "adapters.http_fetcher": ("HttpFetcher",),
        "adapters.http_timestamper": ("HttpTimestamper",),
        "adapters.key_files": ("load_certificates", "load_key_pair", "read_passphrase"),
        "adapters.layout": ("LayoutRepository",),
        "adapters.plugins": ("InstalledPlugins",),
        "adapters.policy_files": ("PolicyKind", "read_policy"),
        "adapters.registry_hosts": ("SchemeRule",),
        "adapters.registry_settings": ("ReferrersMode", "RegistrySettings", "Timeouts", "TlsFiles"),
        "adapters.remote": ("RemoteRepository",),
        "adapters.revocation_settings": ("revocation_sources",),
        "adapters.timestamping": ("http_timestamping",),
        "adapters.trust_store": ("CachedTrustStore", "DirectoryTrustStore"),
        "algorithms": ("BY_KEY_SPEC", "KeySpec", "SignatureAlgorithm", "algorithm_for", "raw_ecdsa"),
        "certificates.certificate": ("Certificate",),
        "certificates.chain": ("CertificateChain", "ChainMemo"),
        "certificates.pem": ("read_certificates",),
        "descriptor": ("Descriptor",),
        "digest": ("Digest", "HashAlgorithm"),
        "envelope.integrity": ("IntactEnvelope",),
        "envelope.model": ("EnvelopeFormat", "PrimitiveSignature", "SigningScheme"),
        "envelope.payload": ("Payload", "payload_for"),
        "errors": (
            "ConfigurationError",
            "LimitError",
            "MalformedError",
            "NotationError",
            "NotFoundError",
            "Outcome",
            "PluginError",
            "RegistryError",
            "SigningError",
            "UnavailableError",
            "UntrustedError",
            "UsageError",
        ),
        "fetch": ("Fetcher", "FetchLimit"),
        "plugin.contract": ("PluginRunner", "Plugins"),
        "plugin.named": ("NamedPlugins",),
        "reference": ("Reference",),
        "registry.repository": ("Repository",),
        "registry.signatures": ("ManifestForm",),
        "revocation.cache": ("CrlBundle", "CrlCache"),
        "revocation.sources": ("RevocationLimits", "RevocationSources"),
        "revocation.status": (
            "Attempt",
            "CertificateRevocation",
            "ChainRevocation",
            "Method",
            "Reason",
            "Revocation",
            "Status",
        ),
        "signing.blob": ("SignedBlob", "sign_blob"),
        "signing.plugin_signer": (
            "PluginEnvelopeSigner",
            "PluginSigner",
            "plugin_blob_signer",
            "plugin_signer",
        ),
        "signing.sign": ("SignedArtifact", "SignOptions", "sign_artifact", "signed_envelope"),
        "signing.signer": ("LocalSigner", "Signer"),
        "signing.timestamping": ("Timestamping", "revocation_check"),
        "timestamp.countersignature": ("VerifiedTimestamp",),
        "timestamp.exchange": ("NONCE_LIMIT", "Timestamper"),
        "timestamp.token": ("TimestampToken",),
        "trust.level": ("LEVELS", "Action", "Validation", "VerificationLevel", "level_named"),
        "trust.memory": ("MemoryTrustStore",),
        "trust.policy": ("BlobTrustPolicyDocument", "OciTrustPolicyDocument", "TrustPolicy"),
        "trust.store": ("TrustStore", "TrustStoreType"),
        "verification.artifact": ("VerifiedArtifact", "VerifyOptions", "verify_artifact"),
        "verification.blob": ("VerifiedBlob", "VerifyBlobOptions", "verify_blob"),
        "verification.extended": ("PluginVerdict",),
        "verification.outcome": ("ValidationResult", "VerificationFailedError", "VerificationOutcome"),
        "verification.signature": ("Expectation", "Sources", "verify_signature"),
    }

    def __getattr__(name):  # noqa: ANN001, ANN202 - type checkers read the imports above
        for room, names in _ROOMS.items():
            if name in names:
                found = getattr(__import__(f"{__name__}.{room}", fromlist=(name,)), name)
                globals()[name] = found
                return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__():  # noqa: ANN202 - as above
        return sorted({*globals(), *__all__})


__all__ = [
    "BY_KEY_SPEC",
    "LEVELS",
    "NONCE_LIMIT",
    "Action",
    "AddressRules",
    "Attempt",
    "BlobTrustPolicyDocument",
    "CachedTrustStore",
    "Certificate",
    "CertificateChain",
    "CertificateRevocation",
    "ChainMemo",
    "ChainRevocation",
    "ConfigurationError",
    "ConfiguredCredentials",
    "Credential",
    "CredentialSource",
    "CrlBundle",
    "CrlCache",
    "Descriptor",
    "Digest",
    "Directories",
    "DirectoryCrlCache",
    "DirectoryTrustStore",
    "EnvelopeFormat",
    "Expectation",
    "FetchLimit",
    "Fetcher",
    "GivenCredential",
    "HashAlgorithm",
    "HttpFetcher",
    "HttpTimestamper",
    "InstalledPlugins",
    "IntactEnvelope",
    "KeySpec",
    "LayoutRepository",
    "LimitError",
    "LocalSigner",
    "MalformedError",
    "ManifestForm",
    "MemoryTrustStore",
    "Method",
    "NamedPlugins",
    "NotFoundError",
    "NotationError",
    "OciTrustPolicyDocument",
    "OpenBlob",
    "Outcome",
    "Payload",
    "PluginEnvelopeSigner",
    "PluginError",
    "PluginRunner",
    "PluginSigner",
    "PluginVerdict",
    "Plugins",
    "PolicyKind",
    "PrimitiveSignature",
    "Reason",
    "Reference",
    "ReferrersMode",
    "RegistryError",
    "RegistrySettings",
    "RemoteRepository",
    "Repository",
    "Revocation",
    "RevocationLimits",
    "RevocationSources",
    "SchemeRule",
    "SignOptions",
    "SignatureAlgorithm",
    "SignedArtifact",
    "SignedBlob",
    "Signer",
    "SigningError",
    "SigningScheme",
    "Sources",
    "Status",
    "Strictness",
    "Timeouts",
    "TimestampToken",
    "Timestamper",
    "Timestamping",
    "TlsFiles",
    "TrustPolicy",
    "TrustStore",
    "TrustStoreType",
    "UnavailableError",
    "UntrustedError",
    "UsageError",
    "Validation",
    "ValidationResult",
    "VerificationFailedError",
    "VerificationLevel",
    "VerificationOutcome",
    "VerifiedArtifact",
    "VerifiedBlob",
    "VerifiedTimestamp",
    "VerifyBlobOptions",
    "VerifyOptions",
    "__version__",
    "algorithm_for",
    "http_timestamping",
    "level_named",
    "load_certificates",
    "load_key_pair",
    "open_blob",
    "payload_for",
    "plugin_blob_signer",
    "plugin_signer",
    "raw_ecdsa",
    "read_certificates",
    "read_passphrase",
    "read_policy",
    "revocation_check",
    "revocation_sources",
    "sign_artifact",
    "sign_blob",
    "signed_envelope",
    "strictness_from",
    "verify_artifact",
    "verify_blob",
    "verify_signature",
]

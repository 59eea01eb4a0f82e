# SPDX-License-Identifier: Apache-2.0
"""Which environment variables a program that we start gets to see.

An allow-list: what a program needs to find itself, its files, the network and its own cloud account.
Secrets of others (a registry's password, tokens of a build system) are absent because nobody listed
them; those of this program stay out even when somebody asks for them.

Spec: specs/decisions/0007-plugin-environment.md; security contract R-30. Requirements: SIG-057, PLG-030.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

SECRETS = frozenset({"NOTATION_USERNAME", "NOTATION_PASSWORD", "NOTATION_PY_KEY_PASSPHRASE"})
"""Never handed on."""

_NAMES = frozenset(
    {
        "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TERM", "TMPDIR", "DISPLAY",
        "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "GNUPGHOME", "GPG_TTY", "GPG_AGENT_INFO",
        "SSH_AUTH_SOCK", "DOCKER_CONFIG", "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY",
        "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SYSTEMROOT", "SYSTEMDRIVE", "USERPROFILE",
        "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "TEMP", "TMP", "COMSPEC", "PATHEXT", "WINDIR",
    }
)  # fmt: skip
_PREFIXES = (
    "LC_", "XDG_", "PASSWORD_STORE_", "AWS_", "ECR_", "AZURE_", "ACR_", "ARM_", "GOOGLE_", "GCLOUD_",
    "CLOUDSDK_", "VAULT_", "OCI_",
)  # fmt: skip
_PLUGIN_NAMES = frozenset(
    {
        "NOTATION_CONFIG", "NOTATION_LIBEXEC", "NOTATION_CACHE", "IDENTITY_ENDPOINT", "IDENTITY_HEADER",
        "IDENTITY_SERVER_THUMBPRINT", "IMDS_ENDPOINT", "MSI_ENDPOINT", "MSI_SECRET", "SOFTHSM2_CONF",
        "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "ALL_PROXY", "all_proxy",
    }
)  # fmt: skip
_PLUGIN_PREFIXES = (
    "BAO_", "ALIBABA_CLOUD_", "GCE_METADATA_", "PKCS11_", "P11_KIT_", "TPM2_", "TPM2TOOLS_", "YUBIHSM_",
    "DOTNET_", "SIGNPATH_",
)  # fmt: skip


def program_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what of *environ* every program gets: paths, language, desktop, proxies, cloud accounts."""
    return {
        name: value
        for name, value in environ.items()
        if (name in _NAMES or name.startswith(_PREFIXES)) and name not in SECRETS
    }


def plugin_environment(
    environ: Mapping[str, str], plugin: str, granted: Iterable[str] = ()
) -> dict[str, str]:
    """Return what of *environ* the plugin named *plugin* gets.

    That is what every program gets, what key services and their libraries read, and the plugin's own
    variables `NOTATION_<PLUGIN>_…` (its name in capitals, `_` for everything but letters and digits).

    Args:
        granted: further names; one that ends in `*` stands for all that start so.
    """
    own = "NOTATION_" + "".join(c if c.isalnum() else "_" for c in plugin.upper()) + "_"
    more = tuple(granted)
    names = {*_PLUGIN_NAMES, *(name for name in more if not name.endswith("*"))}
    prefixes = (*_PLUGIN_PREFIXES, *(name[:-1] for name in more if name.endswith("*")))
    if own != "NOTATION_PY_":
        prefixes += (own,)
    chosen = {
        name: value
        for name, value in environ.items()
        if (name in names or name.startswith(prefixes)) and name not in SECRETS
    }
    return program_environment(environ) | chosen

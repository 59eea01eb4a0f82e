# SPDX-License-Identifier: Apache-2.0
"""A SoftHSM token with keys of ours, in a directory of the test.

    token = make_token(tmp_path, pkcs11_module)      # initialised, empty
    token.put(make_chain("EC-256", 3), "release", b"\\1")
    token.environment                                # for processes that shall see it

A process sees the tokens of the configuration that its module was initialised with, so in one test process
all tokens lie under one directory.
"""

from __future__ import annotations

import os
import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pkcs11
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pkcs11 import Attribute, CertificateType, ObjectClass, TokenFlag
from pkcs11.util.ec import decode_ec_private_key, decode_ec_public_key
from pkcs11.util.rsa import decode_rsa_private_key, decode_rsa_public_key

from tests.simulator.pki import PrivateKey, TestChain

PIN, SO_PIN = "2468", "13579"
VARIABLE = "SOFTHSM2_CONF"
_FLAGS = struct.pack(">QQ", 0x8000534B, 2)
"""What stands before the flags in the file of a token: the name of the attribute, and that it is a number."""


@dataclass(frozen=True, slots=True)
class Token:
    """An initialised token.

    Attributes:
        module: path of the PKCS#11 library. config: of SoftHSM.
    """

    module: Path
    config: Path
    label: str

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which a process sees the token and may use it."""
        return {VARIABLE: str(self.config), "NOTATION_PKCS11_PIN": PIN}

    def reinitialize(self) -> None:
        """Let the module of this process see the token: it lists tokens when it is initialised."""
        pkcs11.lib(str(self.module)).reinitialize()

    def say(self, flag: TokenFlag) -> None:
        """Let the token say *flag* of itself as well.

        SoftHSM counts no wrong PINs and locks nothing. It keeps the flags in a file and says them as they are
        there; none of them changes what it does.
        """
        for file in (self.config.parent / "tokens").glob("*/token.object"):
            data = file.read_bytes()
            if self.label.ljust(32).encode() not in data:
                continue
            start = data.index(_FLAGS) + len(_FLAGS)
            flags = int.from_bytes(data[start : start + 8], "big") | flag
            file.write_bytes(data[:start] + flags.to_bytes(8, "big") + data[start + 8 :])
        self.reinitialize()

    def put(
        self,
        chain: TestChain,
        label: str,
        id: bytes,  # noqa: A002 - PKCS#11's word
        *,
        certificates: Sequence[bytes] | None = None,
        **attributes: Any,
    ) -> None:
        """Store the leaf's key, both halves, and *certificates*, or else all of *chain*.

        Args:
            attributes: of the private key, by the names of PKCS#11, such as `SIGN=False`.
        """
        named = {Attribute.LABEL: label, Attribute.ID: id, Attribute.TOKEN: True}
        private, public = _halves(chain.key)
        more = {Attribute[name]: value for name, value in attributes.items()}
        objects = [
            private | named | {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False} | more,
            public | named,
        ]
        for index, data in enumerate(chain.ders if certificates is None else certificates):
            kind = {
                Attribute.CLASS: ObjectClass.CERTIFICATE,
                Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
            }
            own = named if index == 0 else {Attribute.TOKEN: True, Attribute.LABEL: f"{label} issuer {index}"}
            subject = chain.certificates[index].subject.public_bytes() if index < len(chain.ders) else b""
            objects.append(kind | own | {Attribute.VALUE: data, Attribute.SUBJECT: subject})
        token = pkcs11.lib(str(self.module)).get_token(token_label=self.label)
        with token.open(rw=True, user_pin=PIN) as session:
            for stored in objects:
                session.create_object(stored)


def make_token(directory: Path, module: Path, tool: Path, label: str = "notation") -> Token:
    """Return a new token below *directory*, where there may be others already."""
    tokens = directory / "tokens"
    tokens.mkdir(mode=0o700, exist_ok=True)
    config = directory / "softhsm2.conf"
    config.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    command = [str(tool), "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", SO_PIN]
    environment = os.environ | {VARIABLE: str(config)}
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=60)
    return Token(module, config, label)


def _halves(key: PrivateKey) -> tuple[dict[Attribute, Any], dict[Attribute, Any]]:
    """Return *key* and its public half as PKCS#11 attributes."""
    private = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    if isinstance(key, rsa.RSAPrivateKey):
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
        return decode_rsa_private_key(private), decode_rsa_public_key(public)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return decode_ec_private_key(private), decode_ec_public_key(public)

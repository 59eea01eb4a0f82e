# SPDX-License-Identifier: Apache-2.0
"""The certificate of servers on loopback that speak TLS."""

from __future__ import annotations

import ipaddress

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.simulator import pki

NAMES = x509.SubjectAlternativeName(
    [x509.DNSName("localhost"), x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))]
)
SERVER = pki.make_chain(
    "EC-256",
    2,
    subject="server",
    usage=ExtendedKeyUsageOID.SERVER_AUTH,
    edits={0: pki.with_extension(NAMES, critical=False)},
)

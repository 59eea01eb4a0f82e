# SPDX-License-Identifier: Apache-2.0
"""CRC-32C, by which Cloud KMS lets each side see that what it got is what was sent.

Over keys, digests and signatures only, which are small: a table will do, and no compiled library.

Spec: RFC 3720, 12.1 (Castagnoli); Cloud KMS, Data integrity guidelines.
"""

from __future__ import annotations

_POLYNOMIAL = 0x82F63B78  # reflected


def _entry(value: int) -> int:
    for _ in range(8):
        value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
    return value


_TABLE = tuple(map(_entry, range(256)))


def crc32c(data: bytes) -> int:
    """Return the checksum of *data*, from 0 to 2**32 - 1."""
    rest = 0xFFFFFFFF
    for byte in data:
        rest = rest >> 8 ^ _TABLE[(rest ^ byte) & 0xFF]
    return rest ^ 0xFFFFFFFF

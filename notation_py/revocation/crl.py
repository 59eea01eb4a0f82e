# SPDX-License-Identifier: Apache-2.0
"""The bundle of CRLs that answers for one distribution point.

Spec: RFC 5280 section 6.3. Requirements: REV-050 to REV-053.
"""

from __future__ import annotations

from .cache import CrlBundle

__all__ = ["CrlBundle"]

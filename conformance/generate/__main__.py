# SPDX-License-Identifier: Apache-2.0
"""Writes the suite, or says in what it differs from what would be written; see `conformance.generate`."""

from __future__ import annotations

import sys

from .areas import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

# SPDX-License-Identifier: Apache-2.0
"""The version of the package, in the one place from which the build, the CLI and the signing agent read it.

Spec: semver 2.0.0. Requirements: none.
"""

__version__ = "0.1.0"

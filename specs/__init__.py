# SPDX-License-Identifier: Apache-2.0
"""What notation-py implements, as data, and the scripts that read it. Not part of the package."""

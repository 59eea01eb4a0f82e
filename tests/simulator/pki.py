# SPDX-License-Identifier: Apache-2.0
"""Certificate chains from fixed TEST keys: the builders of the conformance suite, which tests use as well."""

from conformance.generate.pki import *  # noqa: F403

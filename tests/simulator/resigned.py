# SPDX-License-Identifier: Apache-2.0
"""Certificates changed byte by byte: the builders of the conformance suite, which tests use as well."""

from conformance.generate.resigned import *  # noqa: F403

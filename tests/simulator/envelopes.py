# SPDX-License-Identifier: Apache-2.0
"""Envelopes written by hand: the builders of the conformance suite, which tests use as well."""

from conformance.generate.envelopes import *  # noqa: F403

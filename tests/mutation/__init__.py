# SPDX-License-Identifier: Apache-2.0
"""Removes each security check in turn and asks whether some test notices: `python -m tests.mutation`."""

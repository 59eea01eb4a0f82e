# SPDX-License-Identifier: Apache-2.0
"""Fuzzing of every reader of foreign bytes: `python -m tests.fuzz --minutes 10`."""

# SPDX-License-Identifier: Apache-2.0
"""Data that any implementation can be held to, and the programs that made and count it; not shipped."""

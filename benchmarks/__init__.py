# SPDX-License-Identifier: Apache-2.0
"""What our numbers are measured with; `make bench` runs it and writes the table in README.md."""

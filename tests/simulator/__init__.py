# SPDX-License-Identifier: Apache-2.0
"""Fakes and builders that every kind of test shares: certificates, images, registries."""

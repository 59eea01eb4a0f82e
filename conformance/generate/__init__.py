# SPDX-License-Identifier: Apache-2.0
"""The builders of the conformance suite: what `conformance/suite` holds is what they write.

python -m conformance.generate            # write the whole suite
python -m conformance.generate jws cose   # some areas
python -m conformance.generate --check    # say what would change, and fail if anything would
"""

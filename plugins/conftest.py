# SPDX-License-Identifier: Apache-2.0
"""The tests of plugins run by the rules and with the fixtures of all the others."""

from tests.conftest import (  # noqa: F401 - pytest finds them by name
    _no_settings_of_the_user,
    go_notation,
    openssl,
    pytest_make_collect_report,
    pytest_runtest_makereport,
)

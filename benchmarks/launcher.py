# SPDX-License-Identifier: Apache-2.0
"""Starts a command from a small process, and prints what it cost: CPU and wall seconds, peak KiB, exit code.

The kernel counts the memory of the process that forked as the child's own, so a large parent hides
a small child. What is started here writes to standard error; the figures alone go to standard output.
"""

import os
import sys
import time


def main(command: list[str]) -> None:
    start = time.perf_counter()
    silenced = [(os.POSIX_SPAWN_DUP2, 2, 1)]
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=silenced)
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - start
    print(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss, os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main(sys.argv[1:])

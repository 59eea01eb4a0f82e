# SPDX-License-Identifier: Apache-2.0
"""Long help, as the help screen shows it.

Generated from the declarations in `app.py` by `python -m notation_py.cli.generate`: change those.

Spec: specs/decisions/0002-static-front.md. Requirements: CLI-001.
"""

# fmt: off
from __future__ import annotations

LONG = {
    "completion": (
        "Generate the autocompletion script for notation-py for the specified shell.\nBesides commands and "
        "flags it completes the names of keys, trust stores and certificates."
    ),
    "completion bash": (
        "Generate the autocompletion script for the bash shell, version 4.4 or newer.\n\nExample - Load "
        "completions in this shell:\n  source <(notation-py completion bash)\n\nExample - Load completions "
        "in every new shell:\n  notation-py completion bash > "
        "~/.local/share/bash-completion/completions/notation-py"
    ),
    "completion zsh": (
        "Generate the autocompletion script for the zsh shell.\n\nExample - Load completions in this "
        "shell:\n  source <(notation-py completion zsh)\n\nExample - Load completions in every new shell:\n"
        '  notation-py completion zsh > "${fpath[1]}/_notation-py"'
    ),
    "completion fish": (
        "Generate the autocompletion script for the fish shell.\n\nExample - Load completions in this "
        "shell:\n  notation-py completion fish | source\n\nExample - Load completions in every new shell:\n"
        "  notation-py completion fish > ~/.config/fish/completions/notation-py.fish"
    ),
    "completion powershell": (
        "Generate the autocompletion script for powershell.\n\nExample - Load completions in this shell:\n "
        " notation-py completion powershell | Out-String | Invoke-Expression"
    ),
}

# SPDX-License-Identifier: Apache-2.0
"""Writes `_table.py`, `_texts.py` and the modules of `_help/` from the declarations in `app.py`.

Run it as `python -m notation_py.cli.generate`. The table is what the parser needs, the texts are what help
needs, long ones in a module for each first word. A test fails when the committed modules differ. Not imported
by the program.

Spec: specs/decisions/0002-static-front.md. Requirements: CLI-001.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import typer.main

from .app import app
from .tree.options import duration
from .tree.shape import SHAPES, Shape

WIDTH = 110
_HEADER = '''# SPDX-License-Identifier: Apache-2.0
"""{what}

Generated from the declarations in `app.py` by `python -m notation_py.cli.generate`: change those.

Spec: specs/decisions/0002-static-front.md. Requirements: CLI-001.
"""

# fmt: off
from __future__ import annotations
'''
_TYPED = """\
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
"""
_TABLE = "Commands, flags, groups and arguments, as the parser reads them."
_TABLE_ROWS = """# path: (usage, aliases, sub-commands, names of flags, groups, arguments)
# group: (together | one | exclusive, names)
#     or (filled, (name, or "" for the first argument, text when empty))
# arguments: (least, most or -1, text when fewer, text when more or "", key of a flag that needs none)
"""
_FLAGS = "Flags, as the parser reads them: by name, or by command and name where one differs."
_FLAG_ROWS = "# (name, short, kind, default, required, hidden)\n"
_TEXTS = "Summaries and the help of flags, as the help screen shows them."
_LONG = "Long help, as the help screen shows it."

Row = tuple[Any, ...]


def tables() -> tuple[dict[str, Row], dict[str, Row], dict[str, str]]:
    """Return the rows by command path, summary and long help by path, and help by `[path ]flag`."""
    rows: dict[str, Row] = {}
    texts: dict[str, Row] = {}
    helps: dict[str, dict[str, str]] = {}
    root = typer.main.get_command(app)
    _walk("", root, (), rows, texts, helps)
    flags: dict[str, str] = {}
    for name, by_path in helps.items():
        common = max(by_path.values(), key=list(by_path.values()).count)
        flags[name] = common
        flags |= {f"{path} {name}": text for path, text in by_path.items() if text != common}
    return rows, texts, flags


def _walk(
    path: str,
    declared: Any,
    aliases: tuple[str, ...],
    rows: dict[str, Row],
    texts: dict[str, Row],
    helps: dict[str, dict[str, str]],
) -> None:
    texts[path] = (declared.short_help or "", (declared.help or "").strip())
    children: dict[str, Any] | None = getattr(declared, "commands", None)
    if children is None:
        shape = next(shape for shape in SHAPES.values() if shape.path == path)
        options = [parameter for parameter in declared.params if parameter.param_type_name == "option"]
        for option in options:
            helps.setdefault(_name(option), {})[path] = option.help
        usage = f"{path} {shape.usage}"
        rows[path] = (usage, shape.aliases, (), tuple(map(_flag, options)), _groups(shape), _arguments(shape))
        return
    shown = tuple(name for name, child in children.items() if not child.hidden)
    rows[path] = ("", aliases, shown, (), (), ())
    for name in shown:
        _walk(f"{path} {name}".lstrip(), children[name], _group_aliases(children, name), rows, texts, helps)


def _group_aliases(children: dict[str, Any], name: str) -> tuple[str, ...]:
    shown = getattr(children[name], "commands", None)
    return tuple(
        other
        for other, child in children.items()
        if shown and child.hidden and list(getattr(child, "commands", ())) == list(shown)
    )


def _name(option: Any) -> str:
    return str(max(option.opts, key=len)).removeprefix("--")


def _flag(option: Any) -> Row:
    short = next((word[1:] for word in option.opts if not word.startswith("--")), "")
    kind = "string"
    if option.multiple:
        kind = "stringArray"
    elif getattr(option.type, "func", None) is duration:
        kind = "duration"
    elif option.type.name in {"boolean", "int"}:
        kind = "bool" if option.is_flag else "int"
    empty: object = {"stringArray": (), "string": "", "bool": False}.get(kind, 0)
    default = option.default or empty
    return (_name(option), short, kind, default, option.required, option.hidden)


def _groups(shape: Shape) -> Row:
    return (
        *(("together", names) for names in shape.together),
        *(("exclusive", names) for names in shape.exclusive),
        *(("filled", pair) for pair in shape.filled),
    )


def _arguments(shape: Shape) -> Row:
    rule = shape.arguments
    return (rule.least, -1 if rule.most is None else rule.most, rule.too_few, rule.too_many, rule.unless)


def written(value: object, indent: int, room: int) -> str:
    """Return *value* as Python source whose lines keep within the width; *room* is left on the first line."""
    flat = _flat(value)
    if len(flat) <= room:
        return flat
    pad = " " * (indent + 4)
    match value:
        case str():
            pieces = _pieces(value, WIDTH - indent - 6)
            return "(\n" + "\n".join(f"{pad}{_flat(piece)}" for piece in pieces) + f"\n{' ' * indent})"
        case dict():
            lines = []
            for key, entry in value.items():
                start = f"{pad}{_flat(key)}: "
                lines.append(start + written(entry, indent + 4, WIDTH - len(start) - 1))
            return "{\n" + "".join(f"{line},\n" for line in lines) + f"{' ' * indent}}}"
        case tuple():
            return "(\n" + _filled(value, indent + 4) + f"{' ' * indent})"
        case _:
            return flat


def _filled(entries: Row, indent: int) -> str:
    pad = " " * indent
    lines = [""]
    for entry in entries:
        text = written(entry, indent, WIDTH - indent - 1) + ","
        if "\n" in text or len(lines[-1]) + len(text) + 1 > WIDTH or not lines[-1]:
            lines.append(pad + text)
        else:
            lines[-1] += " " + text
        if "\n" in text:
            lines.append("")
    return "".join(f"{line}\n" for line in lines if line)


def _pieces(text: str, width: int) -> list[str]:
    pieces = [""]
    for line in text.splitlines(keepends=True):
        for word in line.replace(" ", " \0").split("\0"):
            if pieces[-1] and len(_flat(pieces[-1] + word)) > width:
                pieces.append("")
            pieces[-1] += word
    return pieces


def _flat(value: object) -> str:
    match value:
        case str() if '"' in value and "'" not in value:
            return repr(value)
        case str():
            return json.dumps(value, ensure_ascii=False)
        case tuple():
            inner = ", ".join(map(_flat, value))
            return f"({inner},)" if len(value) == 1 else f"({inner})"
        case _:
            return repr(value)


def modules() -> dict[str, str]:
    """Return the text of each generated module by its path from here."""
    rows, texts, flags = tables()
    commands, flag_rows = _written_table(rows)
    summaries = {path: summary for path, (summary, _) in texts.items()}
    made = {
        "_table.py": _module(_TABLE, "from ._flags import FLAGS\n", _TYPED, _TABLE_ROWS, commands),
        "_flags.py": _module(_FLAGS, _TYPED, _FLAG_ROWS, flag_rows),
        "_texts.py": _module(
            _TEXTS, f"SUMMARIES = {written(summaries, 0, 0)}\n", f"FLAGS = {written(flags, 0, 0)}"
        ),
        "_help/__init__.py": _module(_LONG),
    }
    for word in dict.fromkeys(path.partition(" ")[0] for path in texts):
        long = {path: text for path, (_, text) in texts.items() if path.partition(" ")[0] == word}
        made[f"_help/{word or 'program'}.py"] = _module(_LONG, f"LONG = {written(long, 0, 0)}")
    return made


def _module(what: str, *parts: str) -> str:
    return "\n".join((_HEADER.format(what=what), *parts)).rstrip("\n") + "\n"


def _written_table(rows: dict[str, Row]) -> tuple[str, str]:
    """Return the table and its flags, of which one that many commands have stands once.

    A command lists names of flags; a row of its own stands under its path and the name.
    """
    by_name: dict[str, list[Row]] = {}
    for row in rows.values():
        for flag in row[3]:
            by_name.setdefault(flag[0], []).append(flag)
    usual = {name: max(found, key=found.count) for name, found in by_name.items()}
    flags: dict[str, Row] = dict(usual)
    short: dict[str, Row] = {}
    for path, row in rows.items():
        names = []
        for flag in row[3]:
            own = flag != usual[flag[0]]
            names.append(f"{path} {flag[0]}" if own else flag[0])
            flags[names[-1]] = flag
        short[path] = (*row[:3], tuple(names), *row[4:])
    commands = (
        f"_COMMANDS: dict[str, tuple[Any, ...]] = {written(short, 0, 0)}\n"
        "COMMANDS = {\n"
        "    path: (*row[:3], tuple(FLAGS[name] for name in row[3]), *row[4:])\n"
        "    for path, row in _COMMANDS.items()\n"
        "}\n"
    )
    return commands, f"FLAGS: dict[str, tuple[Any, ...]] = {written(flags, 0, 0)}\n"


def main() -> None:
    """Write the generated modules next to this one, and the manual pages of a checkout."""
    for name, text in modules().items():
        path = Path(__file__).parent / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    manuals = Path(__file__).parents[2] / "man" / "man1"
    if manuals.is_dir():  # read off the modules just written, and so by another interpreter
        subprocess.run([sys.executable, "-m", "notation_py.cli.manual", str(manuals)], check=True)  # noqa: S603


if __name__ == "__main__":
    main()

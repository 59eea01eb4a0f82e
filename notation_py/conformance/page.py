# SPDX-License-Identifier: Apache-2.0
"""One HTML file that shows runs to people: the picture, requirement by requirement, vector by vector.

Needs nothing but itself: no script, no font, no image from elsewhere. Whatever a client said is escaped.

Spec: conformance/PROTOCOL.md, Reports.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

from .picture import picture
from .places import Requirement
from .results import Result, Run, Status
from .visible import visible

_STYLE = Path(__file__).with_name("report.css")
_WORST = (Status.FAILED, Status.KNOWN, Status.PASSED, Status.NOT_SUPPORTED, Status.NOT_RUN)


def page(runs: Sequence[Run], requirements: Mapping[str, Requirement]) -> str:
    """Return the page about *runs* of one suite.

    Args:
        requirements: level and words of requirements by id.
    """
    names = ", ".join(dict.fromkeys(run.client for run in runs))
    lines = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Conformance: {_safe(names)}</title><style>{_style()}</style></head><body><main>",
        "<h1>Notary Project conformance</h1>",
        *_introduction(runs),
        f"<figure>{picture(runs)}</figure>",
        *_failures(runs),
        *_requirements(runs, requirements),
        *_vectors(runs),
        "</main></body></html>",
    ]
    return "\n".join(lines) + "\n"


def _introduction(runs: Sequence[Run]) -> Iterator[str]:
    yield '<div class="cards">'
    for run in runs:
        counts = run.counts()
        word = Status.PASSED if run.has_passed else Status.FAILED
        verdict = "nothing unexpected" if run.has_passed else "something unexpected"
        yield f'<section class="card"><h2>{_safe(run.client)} <small>{_safe(run.version)}</small></h2>'
        yield f'<p class="big">{counts[Status.PASSED]} <small>of {counts.total()} vectors passed</small></p>'
        yield f"<p>{_chip(word, verdict)}</p><ul>"
        for status in Status:
            if counts[status] and status is not Status.PASSED:
                yield f"<li>{counts[status]} {_safe(status.value)}</li>"
        how = (
            "the library in this process" if run.mode == "library" else "a program, one process for a vector"
        )
        when = f"{run.started:%Y-%m-%d %H:%M} UTC, {run.seconds:.0f} s"
        yield f"</ul><p class=faint>{when}, {how}</p></section>"
    yield "</div>"


def _failures(runs: Sequence[Run]) -> Iterator[str]:
    found = [(run, one) for run in runs for one in run.results if one.status is Status.FAILED]
    problems = [(run, problem) for run in runs for problem in run.problems]
    if not found and not problems:
        return
    yield "<section><h2>Unexpected</h2><table><thead>"
    yield "<tr><th>Client<th>Vector<th>What happened</tr></thead><tbody>"
    for run, problem in problems:
        yield f"<tr><td>{_safe(run.client)}<td>the run<td>{_safe(problem)}</tr>"
    for run, one in found:
        link = f'<a href="#{_safe(one.name)}">{_safe(one.name)}</a>'
        yield f"<tr><td>{_safe(run.client)}<td>{link}<td>{_why(one)}</tr>"
    yield "</tbody></table></section>"


def _requirements(runs: Sequence[Run], requirements: Mapping[str, Requirement]) -> Iterator[str]:
    grouped = [run.by_requirement() for run in runs]
    identifiers = sorted({identifier for group in grouped for identifier in group})
    yield f"<section><h2>Requirement by requirement</h2><p>{len(identifiers)} requirements have vectors.</p>"
    areas = list(dict.fromkeys(identifier.partition("-")[0] for identifier in identifiers))
    for area in areas:
        mine = [identifier for identifier in identifiers if identifier.partition("-")[0] == area]
        yield f"<details><summary><b>{_safe(area)}</b> {len(mine)} requirements</summary><table><thead>"
        yield f"<tr><th>Requirement<th>Words{_heads(runs)}</tr></thead><tbody>"
        for identifier in mine:
            known = requirements.get(identifier, Requirement("", ""))
            cells = "".join(f"<td>{_sum(group.get(identifier, ()))}" for group in grouped)
            about = f"<b>{_safe(identifier)}</b><br><small>{_safe(known.level)}</small>"
            yield f"<tr><td>{about}<td>{_safe(known.words)}{cells}</tr>"
        yield "</tbody></table></details>"
    yield "</section>"


def _sum(results: Sequence[Result]) -> str:
    if not results:
        return "–"
    worst = next(status for status in _WORST if any(one.status is status for one in results))
    passed = sum(one.status is Status.PASSED for one in results)
    return _chip(worst, f"{passed} / {len(results)}")


def _vectors(runs: Sequence[Run]) -> Iterator[str]:
    by_name = [{one.name: one for one in run.results} for run in runs]
    yield "<section><h2>Vector by vector</h2>"
    for area in sorted({area for run in runs for area in run.areas()}):
        mine = sorted({name for names in by_name for name, one in names.items() if one.area == area})
        yield f"<details><summary><b>{_safe(area)}</b> {len(mine)} vectors</summary><table><thead>"
        yield f"<tr><th>Vector<th>Expected{_heads(runs)}</tr></thead><tbody>"
        for name in mine:
            yield from _vector(name, [names.get(name) for names in by_name])
        yield "</tbody></table></details>"
    yield "</section>"


def _vector(name: str, results: Sequence[Result | None]) -> Iterator[str]:
    first = next(one for one in results if one is not None)
    about = ", ".join((*first.requirements, *(f"attack {number}" for number in first.attacks)))
    expected = first.expect + (f": {first.failed}" if first.failed else "")
    yield f'<tr id="{_safe(name)}"><td><b>{_safe(name.partition("/")[2])}</b><br>{_safe(first.title)}'
    yield f"<br><small>{_safe(about)}</small><td>{_safe(expected)}"
    for one in results:
        yield "<td>–" if one is None else f"<td>{_chip(one.status, one.status.value)} {_why(one)}"
    yield "</tr>"


def _why(one: Result) -> str:
    deviation = f" <small>{_safe(one.deviation)}</small>" if one.deviation else ""
    return "<br>".join(_safe(reason) for reason in one.reasons) + deviation


def _heads(runs: Sequence[Run]) -> str:
    return "".join(f"<th>{_safe(run.client)} {_safe(run.version)}" for run in runs)


def _chip(status: Status, text: str) -> str:
    return f'<span class="chip {status.name.lower()}">{_safe(text)}</span>'


def _safe(text: str) -> str:
    return escape(visible(text))


def _style() -> str:
    return _STYLE.read_text("utf-8")

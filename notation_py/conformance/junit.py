# SPDX-License-Identifier: Apache-2.0
"""A run as JUnit XML, for the pages of CI systems.

A known difference is a passed case with its reason in the output: only what fails the run is a failure.

Spec: the JUnit XML that CI systems read.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from .results import Result, Run, Status
from .visible import visible


def junit(run: Run) -> str:
    """Return *run* as an XML document: a suite for each area, a case for each vector."""
    root = ET.Element("testsuites", _attributes(run, None) | {"name": visible(run.client)})
    for area in run.areas():
        suite = ET.SubElement(root, "testsuite", _attributes(run, area) | {"name": area})
        for one in run.results:
            if one.area == area:
                _case(suite, one)
    if run.problems:
        count = str(len(run.problems))
        about = {"name": "run", "tests": count, "failures": count, "skipped": "0", "time": "0"}
        suite = ET.SubElement(root, "testsuite", about)
        for problem in run.problems:
            case = ET.SubElement(suite, "testcase", {"name": "run", "classname": "run", "time": "0"})
            ET.SubElement(case, "failure", {"message": visible(problem)})
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _attributes(run: Run, area: str | None) -> dict[str, str]:
    counts = run.counts(area)
    results = [one for one in run.results if area is None or one.area == area]
    problems = 0 if area else len(run.problems)
    return {
        "tests": str(len(results) + problems),
        "failures": str(counts[Status.FAILED] + problems),
        "skipped": str(counts[Status.NOT_SUPPORTED] + counts[Status.NOT_RUN]),
        "time": f"{sum(one.seconds for one in results):.3f}",
    }


def _case(suite: ET.Element, one: Result) -> None:
    about = {"name": one.name, "classname": one.area, "time": f"{one.seconds:.3f}"}
    case = ET.SubElement(suite, "testcase", about)
    reasons = visible("; ".join(one.reasons))
    match one.status:
        case Status.FAILED:
            failure = ET.SubElement(case, "failure", {"message": reasons, "type": one.outcome})
            failure.text = visible(f"{one.title} [{', '.join(one.requirements)}]")
        case Status.NOT_SUPPORTED | Status.NOT_RUN:
            ET.SubElement(case, "skipped", {"message": f"{one.status}: {reasons}"})
        case Status.KNOWN:
            ET.SubElement(case, "system-out").text = f"known difference: {reasons}"
        case Status.PASSED:
            return

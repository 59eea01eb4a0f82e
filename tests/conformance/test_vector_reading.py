# SPDX-License-Identifier: Apache-2.0
"""Vectors are read strictly: what is unknown, missing, unused or contradictory is refused with its place."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from notation_py.conformance.loading import MAX_BYTES, MAX_FILE_BYTES, load, vectors
from notation_py.conformance.places import suite_directory
from notation_py.conformance.vector import Clock, Verdict
from notation_py.errors import ConfigurationError, MalformedError

GOOD = """\
title = "a title of a vector"
command = "verify"
requirements = ["VER-001"]
format = "jws"
at = 2026-06-01T12:00:00Z
clock = "any"
expect = "refuse"
failed = "integrity"

[[signatures]]
envelope = "signature.json"

[config]
"trustpolicy.json" = { text = "{}" }
"""

FAULTS = {
    "unknown member": ("titel = 1\n" + GOOD, "titel"),
    "no title": (GOOD.replace('title = "a title of a vector"\n', ""), "title"),
    "unknown command": (GOOD.replace('"verify"', '"verifi"'), "command"),
    "not a requirement": (GOOD.replace("VER-001", "VER1"), "requirements[0]"),
    "time without a zone": (GOOD.replace("12:00:00Z", "12:00:00"), "at"),
    "time that is text and no time": (GOOD.replace("2026-06-01T12:00:00Z", '"noon"'), "at"),
    "unknown clock": (GOOD.replace('"any"', '"some"'), "clock"),
    "refuse without a check": (GOOD.replace('failed = "integrity"\n', ""), "failed"),
    "accept with a check": (GOOD.replace('"refuse"', '"accept"'), "failed"),
    "unknown check": (GOOD.replace('"integrity"', '"everything"'), "failed"),
    "file that is missing": (GOOD.replace("signature.json", "signatur.json"), "signatures[0].envelope"),
    "file outside": (GOOD.replace("signature.json", "../minimal/signature.json"), "signatures[0].envelope"),
    "absolute file": (GOOD.replace('"signature.json"', '"/etc/passwd"'), "signatures[0].envelope"),
    "signature without anything": (
        GOOD.replace('envelope = "signature.json"', 'form = "artifact-type"'),
        "signatures[0]",
    ),
    "signature without a format": (GOOD.replace('format = "jws"\n', ""), "signatures[0]"),
    "inputs of verify": (GOOD.replace("clock", 'inputs = ["signature.json"]\nclock'), "inputs"),
    "artifact of an import": (
        GOOD.replace('"verify"', '"policy import"').replace("clock", 'inputs = ["signature.json"]\nclock'),
        "signatures",
    ),
    "import without a file": (GOOD.replace('"verify"', '"policy import"'), "inputs"),
    "blob verify without a signature": (
        GOOD.replace('"verify"', '"blob verify"')
        .replace("clock", 'inputs = ["signature.json"]\nclock')
        .replace('[[signatures]]\nenvelope = "signature.json"\n', ""),
        "arguments.signature",
    ),
    "config outside": (GOOD.replace('"trustpolicy.json"', '"../trustpolicy.json"'), "config"),
    "config that is two things": (
        GOOD.replace('text = "{}"', 'text = "{}", link = "x"'),
        "config.trustpolicy.json",
    ),
    "fetch of a real host": (
        GOOD + '[[fetches]]\nurl = "http://example.com/"\nstatus = 200\n',
        "fetches[0].url",
    ),
    "fetch without an answer": (GOOD + '[[fetches]]\nurl = "http://a.test/"\n', "fetches[0]"),
    "fetch with two answers": (
        GOOD
        + '[[fetches]]\nurl = "http://a.test/"\nbody = "signature.json"\ncrl = { issuer = "a", key = "b" }\n',
        "fetches[0]",
    ),
    "not TOML": ("title = ", "vector.toml is not TOML"),
    "attack out of range": (GOOD.replace("clock", "attacks = [191]\nclock"), "attacks[0]"),
}


def vector_directory(root: Path, text: str) -> Path:
    directory = root / "area" / "name"
    directory.mkdir(parents=True)
    (directory / "vector.toml").write_text(text)
    (directory / "signature.json").write_text("{}")
    return directory


def test_vector_has_what_its_file_says(tmp_path: Path) -> None:
    """The example of the protocol is read as it is written."""
    vector = load(vector_directory(tmp_path, GOOD))
    assert (vector.name, vector.area, vector.command) == ("area/name", "area", "verify")
    assert (vector.expect, vector.failed, vector.clock) == (Verdict.REFUSE, "integrity", Clock.ANY)
    assert vector.signatures[0].media_type == "application/jose+json"
    assert vector.config["trustpolicy.json"].text == "{}"
    assert vector.at.isoformat() == "2026-06-01T12:00:00+00:00"


@pytest.mark.parametrize(("text", "place"), FAULTS.values(), ids=list(FAULTS))
def test_malformed_vector_is_refused_with_the_place(tmp_path: Path, text: str, place: str) -> None:
    """SEC-001, SEC-003: the error names the vector and the place in it."""
    with pytest.raises(MalformedError) as caught:
        load(vector_directory(tmp_path, text))
    assert caught.value.message.startswith("vector area/name: ")
    assert place in caught.value.message


def test_file_that_nobody_names_is_refused(tmp_path: Path) -> None:
    """A left-over file is a vector that was meant differently."""
    directory = vector_directory(tmp_path, GOOD)
    (directory / "left.over").touch()
    with pytest.raises(MalformedError, match=r"the file 'left.over' is not used"):
        load(directory)


def test_link_is_not_a_file_of_a_vector(tmp_path: Path) -> None:
    """A vector cannot reach outside through a link."""
    directory = vector_directory(tmp_path, GOOD)
    (directory / "signature.json").unlink()
    (directory / "signature.json").symlink_to("/etc/hostname")
    with pytest.raises(MalformedError, match=r"there is no file 'signature.json'"):
        load(directory)


def test_directory_that_is_a_link_leads_nowhere(tmp_path: Path) -> None:
    """SEC-001: nor through a link further up in the path of a file."""
    directory = vector_directory(tmp_path, GOOD.replace('"signature.json"', '"sub/signature.json"'))
    outside = tmp_path / "outside"
    outside.mkdir()
    (directory / "signature.json").rename(outside / "signature.json")
    (directory / "sub").symlink_to(outside)
    with pytest.raises(MalformedError, match=r"there is no file 'sub/signature.json'"):
        load(directory)


def test_nothing_is_put_below_a_link(tmp_path: Path) -> None:
    """SEC-001, R-33: a suite of somebody else would write wherever its link leads."""
    below = '"keys" = { link = "/nonexistent" }\n"keys/mine/authorized" = { text = "x" }\n'
    with pytest.raises(MalformedError, match="is below a link") as caught:
        load(vector_directory(tmp_path, GOOD + below))
    assert "config.keys/mine/authorized" in str(caught.value)


@pytest.mark.parametrize("kind", ["fifo", "device", "large"])
def test_vector_that_has_no_end_is_refused(tmp_path: Path, kind: str) -> None:
    """SEC-001: nobody waits for a FIFO, and nothing is read without a bound."""
    directory = vector_directory(tmp_path, GOOD)
    place = directory / "vector.toml"
    place.unlink()
    if kind == "fifo":
        os.mkfifo(place)
    elif kind == "device":
        place.symlink_to("/dev/zero")
    else:
        place.write_text(GOOD + "#" * MAX_BYTES)
    with pytest.raises(MalformedError, match=r"vector.toml"):
        load(directory)


def test_file_of_a_vector_has_a_bound(tmp_path: Path) -> None:
    """SEC-001: a file with holes is large at no cost."""
    directory = vector_directory(tmp_path, GOOD)
    os.truncate(directory / "signature.json", MAX_FILE_BYTES + 1)
    with pytest.raises(MalformedError, match=r"'signature.json' is larger than"):
        load(directory)


@pytest.mark.parametrize("name", ["a\x1b[31m", "a\nb", "a\udcff", "a b", "a<b"])
def test_name_of_a_vector_fits_into_every_report(tmp_path: Path, name: str) -> None:
    """R-36: XML, HTML and terminals take no character that a name can have."""
    directory = vector_directory(tmp_path, GOOD)
    moved = directory.rename(directory.with_name(name))
    with pytest.raises(MalformedError, match="is no name of a vector"):
        load(moved)


def test_pattern_without_a_vector_is_an_error() -> None:
    """Nothing that fits is not success."""
    with pytest.raises(ConfigurationError, match=r"no vector in .* has a name like"):
        vectors(suite_directory(), "nothing/*")


def test_suite_is_found_in_another_place(tmp_path: Path) -> None:
    """A suite is a directory like any other."""
    shutil.copytree(suite_directory() / "jws" / "minimal", tmp_path / "jws" / "minimal")
    assert [vector.name for vector in vectors(tmp_path)] == ["jws/minimal"]

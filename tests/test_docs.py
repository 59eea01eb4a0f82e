# SPDX-License-Identifier: Apache-2.0
"""What the documents show works: examples run, commands parse, the tour runs, links lead somewhere."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from notation_py import LocalSigner, Outcome, RemoteRepository, SignOptions, sign_artifact
from notation_py.adapters.crl_cache import DirectoryCrlCache
from notation_py.adapters.registry_settings import RegistrySettings
from notation_py.cli.parser import parse
from notation_py.errors import NotFoundError, UntrustedError
from notation_py.revocation.chain import check_chain
from notation_py.revocation.sources import RevocationSources
from notation_py.revocation.status import Status
from notation_py.trust.policy import OciTrustPolicyDocument
from tests.simulator.images import push_image
from tests.simulator.pki import NOW, make_chain
from tests.simulator.registries import RunningRegistry
from tests.simulator.revocation_authority import FakeFetcher, crl, entry, naming_crl, parsed, point
from tests.simulator.tsa import OpenSslAuthority

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "specs/**/*.md", "plugins/**/*.md")
    for path in ROOT.glob(pattern)
)
LIBRARY = ROOT / "docs" / "library.md"
TOUR = ROOT / "README.md"

FENCE = re.compile(r"^ *```(\w*)[^\n]*\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(path: Path, language: str) -> list[tuple[int, str]]:
    """Return the first line number and the text of each fenced block of *language* in *path*."""
    text = path.read_text()
    return [
        (text.count("\n", 0, found.start(2)) + 1, found[2])
        for found in FENCE.finditer(text)
        if found[1] == language
    ]


def prose(path: Path) -> str:
    """Return the text of *path* without its fenced blocks."""
    return FENCE.sub("", path.read_text())


def anchors(path: Path) -> set[str]:
    """Return the fragments by which headings of *path* can be linked to."""
    titles = (re.sub(r"[^\w\- ]", "", title.lower()) for title in HEADING.findall(prose(path)))
    return {title.strip().replace(" ", "-") for title in titles}


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The names that exist after every example of docs/library.md has run, in order, in one directory."""
    namespace: dict[str, Any] = {"__name__": "library_examples"}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("library"))
        for line, text in blocks(LIBRARY, "python"):
            # The line numbers of a traceback are those of the document.
            exec(compile("\n" * (line - 1) + text, str(LIBRARY), "exec", dont_inherit=True), namespace)
        yield namespace


def test_examples_of_the_library_run(examples: dict[str, Any]) -> None:
    """Every Python block of docs/library.md runs, and the last one judged what it was shown."""
    assert len(blocks(LIBRARY, "python")) >= 12
    assert examples["outcome"].word.value == "INTEGRITY"


@pytest.mark.interop
def test_example_for_registries_verifies_in_a_registry(
    examples: dict[str, Any], any_registry: RunningRegistry
) -> None:
    """The function that docs/library.md shows for registries accepts a signed image under its policy only."""
    image = push_image(any_registry.host, "team/docs", "v1")
    with RemoteRepository(any_registry.host, "team/docs", RegistrySettings()) as repository:
        signer: LocalSigner = examples["signer"]
        sign_artifact(repository, image, signer, SignOptions(), at=examples["datetime"].now(examples["UTC"]))
    text = f"{any_registry.host}/team/docs@{image.digest}"
    with pytest.raises(UntrustedError, match="no applicable"):
        examples["verify_in_registry"](text)
    widened = b'"registry.example/team/app"', f'"{any_registry.host}/team/docs"'.encode()
    source = next(text for _, text in blocks(LIBRARY, "python") if "policies = " in text)
    document = re.search(r'b"""(.*?)"""', source, re.DOTALL)
    assert document is not None
    examples["policies"] = examples["OciTrustPolicyDocument"].parse(document[1].encode().replace(*widened))
    assert examples["verify_in_registry"](text).target.digest == image.digest
    with pytest.raises(NotFoundError):
        examples["verify_in_registry"](f"{any_registry.host}/team/docs:absent")


def test_example_for_the_files_of_the_command_line_reads_them(
    examples: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The function that docs/library.md shows for the user's own files finds policy and trust store."""
    store = tmp_path / "truststore" / "x509" / "ca" / "team"
    store.mkdir(parents=True, mode=0o700)
    (store / "alice.crt").write_bytes(examples["certificate_pem"])
    source = next(text for _, text in blocks(LIBRARY, "python") if "policies = " in text)
    document = re.search(r'b"""(.*?)"""', source, re.DOTALL)
    assert document is not None
    (tmp_path / "trustpolicy.oci.json").write_text(document[1])
    monkeypatch.setenv("NOTATION_CONFIG", str(tmp_path))
    policies, sources = examples["configured"]()
    policy = policies.policy_for("registry.example/team/app")
    verified = examples["verify_artifact"](
        examples["repository"],
        examples["image"],
        policy,
        sources,
        examples["VerifyOptions"](),
        at=examples["datetime"].now(examples["UTC"]),
    )
    assert verified.target.digest == examples["image"].digest


def test_example_for_timestamps_outlives_the_certificate(examples: dict[str, Any], tmp_path: Path) -> None:
    """The functions that docs/library.md shows for timestamps sign with a real authority's, and verify later.

    TSA-001, TSA-015, TSA-031.
    """
    target = examples["add_image"](Path("app").resolve(), "stamped", "a stamped image")
    late = examples["datetime"].now(examples["UTC"]) + examples["timedelta"](days=400)
    with OpenSslAuthority.start(tmp_path / "tsa") as authority:
        root = (authority.directory / "root.pem").read_bytes()
        signed = examples["sign_with_timestamp"](str(target.digest), authority.url, root)
    verified = examples["verify_later"](str(target.digest), root, late)
    assert verified.target.digest == signed.target.digest
    assert verified.outcome.timestamp is not None
    sign_artifact(
        examples["repository"],
        examples["add_image"](Path("app").resolve(), "plain", "an image that is not stamped"),
        examples["signer"],
        SignOptions(),
        at=examples["datetime"].now(examples["UTC"]),
    )
    with pytest.raises(UntrustedError) as caught:
        examples["verify_later"]("plain", root, late)
    assert caught.value.outcome is Outcome.TIMESTAMP


def test_example_for_a_mirror_reads_lists_from_its_directory(
    examples: dict[str, Any], tmp_path: Path
) -> None:
    """The fetcher that docs/library.md shows answers for CRLs, which are judged as always (REV-083)."""
    url = "http://pki.corp.example/leaf.crl"
    chain = make_chain("EC-256", 2, edits={0: naming_crl(point(url))})
    sources = RevocationSources(examples["MirroredLists"](tmp_path))
    assert check_chain(parsed(chain), sources, at=NOW).certificates[0].status is Status.UNAVAILABLE
    (tmp_path / "leaf.crl").write_bytes(crl(chain, 0, number=1))
    assert check_chain(parsed(chain), sources, at=NOW).is_good
    (tmp_path / "leaf.crl").write_bytes(crl(chain, 0, number=2, entries=[entry(chain)]))
    assert check_chain(parsed(chain), sources, at=NOW).certificates[0].status is Status.REVOKED


@pytest.mark.slow
def test_examples_are_typed(tmp_path: Path) -> None:
    """The examples of docs/library.md pass the type checker that our users run, as one module."""
    module = tmp_path / "examples.py"
    module.write_text("\n".join(text for _, text in blocks(LIBRARY, "python")))
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", "--cache-dir", str(tmp_path), str(module)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    ours = [line for line in done.stdout.splitlines() if line.startswith(str(module))]
    assert ours == []
    assert done.returncode in {0, 1}, done.stderr


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_relative_links_lead_somewhere(path: Path) -> None:
    """Every relative link in a document names a file that exists, and a heading that it has."""
    broken = []
    for link in LINK.findall(prose(path)):
        file, _, fragment = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        target = (path.parent / file).resolve() if file else path
        if not target.exists() or (fragment and fragment not in anchors(target)):
            broken.append(link)
    assert broken == []


def commands(path: Path) -> list[tuple[str, list[str]]]:
    """Return the `notation-py` lines of the console and shell blocks of *path*, as text and as words."""
    texts = [text for language in ("console", "sh") for _, text in blocks(path, language)]
    lines = [line.removeprefix("$ ") for text in texts for line in text.replace("\\\n", " ").splitlines()]
    return [(line, shlex.split(line, comments=True)[1:]) for line in lines if line.startswith("notation-py ")]


COMMANDS = [(name_of(path), *command) for path in DOCUMENTS for command in commands(path)]


@pytest.mark.parametrize(
    ("document", "line", "words"), COMMANDS, ids=[f"{one[0]}: {one[1]}" for one in COMMANDS]
)
def test_shown_command_is_one_that_the_program_knows(document: str, line: str, words: list[str]) -> None:
    """Each command line in a document names a command and flags that exist (CLI-003, CLI-004)."""
    assert parse(words).command.path, f"{document}: {line}"


POLICIES = [
    (f"{name_of(path)}:{line}", text)
    for path in DOCUMENTS
    for line, text in blocks(path, "json")
    if '"trustPolicies"' in text
]


@pytest.mark.parametrize(("place", "text"), POLICIES, ids=[place for place, _ in POLICIES])
def test_shown_policy_is_one_that_the_program_takes(place: str, text: str) -> None:
    """Each trust policy in a document is valid and gives nothing to warn about (TP-001)."""
    document = OciTrustPolicyDocument.parse(text.encode())
    assert document.policies, place
    assert not document.warnings, place


def test_list_put_into_the_cache_by_hand_is_found(tmp_path: Path) -> None:
    """The lines that the document shows put a CRL where checks look for it (REV-080)."""
    [(_, script)] = blocks(ROOT / "docs" / "timestamping-and-revocation.md", "bash")
    chain = make_chain("EC-256", 2, edits={0: naming_crl(point("http://pki.corp.example/leaf.crl"))})
    (tmp_path / "leaf.crl").write_bytes(crl(chain, 0))
    environment = {"PATH": os.environ["PATH"], "NOTATION_CACHE": str(tmp_path / "cache")}
    subprocess.run(["bash", "-euc", script], cwd=tmp_path, env=environment, check=True, timeout=30)
    sources = RevocationSources(FakeFetcher(), DirectoryCrlCache(tmp_path / "cache" / "crl"))
    found = check_chain(parsed(chain), sources, at=NOW)
    assert found.is_good
    assert [one.source for one in found.certificates[0].attempts] == ["cache"]


def tour() -> list[tuple[str, str]]:
    """Return the commands of the README's tour, in order, each with what the README shows below it."""
    steps: list[tuple[str, str]] = []
    for _, text in blocks(TOUR, "console"):
        for line in text.replace("\\\n", "").splitlines():
            if line.startswith("$ "):
                steps.append((line[2:], ""))
            elif steps:
                steps[-1] = (steps[-1][0], f"{steps[-1][1]}{line}\n")
    return steps


def pattern_of(shown: str) -> str:
    """Return an expression for what the README shows: `…` stands for anything within a line."""
    return ".*".join(re.escape(part) for part in shown.split("…"))


def programs_of(directory: Path) -> str:
    """Return a search path on which `notation-py` and `python` are this package and this interpreter."""
    directory.mkdir()
    start = "import sys; from notation_py.cli.front import main; sys.exit(main())"
    for name, arguments in (("notation-py", f"-c {shlex.quote(start)}"), ("python", "")):
        program = directory / name
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {arguments} "$@"\n')
        program.chmod(0o755)
    return f"{directory}{os.pathsep}{os.environ['PATH']}"


def run_tour(directory: Path, steps: list[tuple[str, str]]) -> list[tuple[str, int]]:
    """Return output and exit code of each step, all done by one shell in an empty home in *directory*."""
    home = directory / "home"
    home.mkdir(mode=0o700)
    environment = {
        "HOME": str(home),
        "TMPDIR": str(home),
        "PATH": programs_of(directory / "bin"),
        "PYTHONPATH": str(ROOT),
    }
    script = "exec 2>&1\n" + "".join(f'{command}\nprintf "\\n--- %s ---\\n" "$?"\n' for command, _ in steps)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    parts = re.split(r"\n--- (\d+) ---\n", done.stdout)
    return [(output, int(code)) for output, code in zip(parts[::2], parts[1::2], strict=False)]


def test_tour_of_the_readme_runs_as_shown(tmp_path: Path) -> None:
    """The tour's commands print what the README shows, in order, and fail exactly where it shows an error."""
    steps = tour()
    assert len(steps) >= 9
    results = run_tour(tmp_path, steps)
    assert len(results) == len(steps)
    for (command, shown), (output, code) in zip(steps, results, strict=True):
        expected = "\n".join(line.rstrip() for line in shown.strip().splitlines())
        found = "\n".join(line.rstrip() for line in output.strip().splitlines())
        assert re.fullmatch(pattern_of(expected), found), f"{command}\n{output}"
        assert (code != 0) == ("Error:" in shown), f"{command}\n{output}"


ROW = re.compile(r"^\| ([A-Z]+-[A-Z0-9]+) \|.*$", re.MULTILINE)


def test_deviations_are_one_table_with_unique_ids() -> None:
    """Each row of specs/deviations.md has an id of its own and four cells, in one unbroken table."""
    lines = (ROOT / "specs" / "deviations.md").read_text().splitlines()
    first = next(n for n, line in enumerate(lines) if ROW.match(line))
    rows = lines[first:]
    assert [line for line in rows if not ROW.match(line) or len(re.split(r"(?<!\\)\|", line)) != 6] == []
    ids = [line.split("|")[1].strip() for line in rows]
    assert sorted({one for one in ids if ids.count(one) > 1}) == []


PATHS = re.compile(r"`((?:[a-z_]+/)+(?:[a-z_0-9]+\.[a-z]+)?)`")
FOLDERS = {path.name for path in (ROOT / "notation_py").iterdir()} | {path.name for path in ROOT.iterdir()}


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_files_named_in_a_document_exist(path: Path) -> None:
    """A path in back-quotes, such as `trust/policy.py`, is there, in the project or the package."""
    named = [one for one in PATHS.findall(prose(path)) if one.partition("/")[0] in FOLDERS]
    missing = [
        one for one in named if not (ROOT / one).exists() and not (ROOT / "notation_py" / one).exists()
    ]
    assert missing == []

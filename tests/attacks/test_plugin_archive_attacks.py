# SPDX-License-Identifier: Apache-2.0
"""Malicious packages: none of them writes anywhere, runs anything, or leaves anything behind."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import tarfile
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from notation_py.adapters.plugin_install import Replacing, install_plugin
from notation_py.adapters.plugin_package import Package, checked_sha256
from notation_py.adapters.plugin_staging import SIZE_LIMIT
from notation_py.errors import LimitError, NotationError, PluginError, UsageError
from tests.conformance.upstream import VECTORS
from tests.simulator.archives import (
    EXECUTABLE,
    GOOD,
    PLAIN,
    Member,
    named,
    pax,
    special,
    tar_bytes,
    tar_entry,
    tar_gz,
    tar_header,
    zip_archive,
)
from tests.simulator.plugin_programs import places, program, surroundings

BAD_NAMES = {
    "parent": "../x",
    "absolute": "/etc/x",
    "drive": "C:\\x",
    "drive relative": "C:x",
    "parent within": "a/../../x",
    "parent behind": "a/..",
    "backslashes": "a\\b",
    "backslash parent": "..\\x",
    "NUL": "x\0y",
    "trailing dot": "x.",
    "trailing space": "x ",
    "leading space": " x",
    "device": "CON",
    "device with ending": "aux.txt",
    "device of a port": "a/Com1",
    "stream": "x:y",
    "line end": "x\ny",
    "escape": "x\x1b[2J",
    "right to left": "x\u202ey",
    "255 characters and one": "x" * 256,
    "empty": "",
    "double slash": "a//b",
    "record": ".notation-py.json",
    "record in capitals": ".NOTATION-PY.json",
}


def install(tmp_path: Path, data: bytes, name: str = "package", sha256: str | None = None) -> list[str]:
    """Install *data*, and return the warnings."""
    source = tmp_path / "source" / name
    source.parent.mkdir(exist_ok=True)
    source.write_bytes(data)
    warnings: list[str] = []
    install_plugin(Package(source, sha256), places(tmp_path), surroundings(warn=warnings.append))
    return warnings


def installed(tmp_path: Path) -> dict[str, int]:
    """Return the files of the plugin and their modes."""
    place = places(tmp_path).plugins / "demo"
    return {path.name: path.stat().st_mode & 0o7777 for path in place.iterdir() if path.name[0] != "."}


def assert_refused(tmp_path: Path, data: bytes, said: str, kind: type[NotationError] = PluginError) -> None:
    """The package is refused with exactly one error, and nothing is anywhere but the empty directories."""
    with pytest.raises(kind, match=said) as caught:
        install(tmp_path, data)
    assert "\n" not in caught.value.message
    left = [path for path in tmp_path.rglob("*") if path.is_file() or path.is_symlink()]
    assert sorted(path.name for path in left) == [".notation-py.lock", "package"]
    assert list(places(tmp_path).plugins.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "archive"),
    [
        pytest.param(name, archive, id=f"{case}-{kind}")
        for case, name in BAD_NAMES.items()
        for kind, archive in (("zip", zip_archive), ("tar.gz", tar_gz))
        if archive is zip_archive or len(name) <= 100  # the parts of a name in a tar header are shorter
    ],
)
def test_member_with_a_name_of_elsewhere(name: str, archive: object, tmp_path: Path) -> None:
    """Attack 163; PLG-009, R-31: a name that means another place on any system refuses the archive."""
    written = name.replace("\0", "\0x") if archive is tar_gz else name  # its names end at the first NUL
    data = archive(GOOD, named(written))  # type: ignore[operator]
    said = "cannot contain '..'" if ".." in name else "cannot be used"
    assert_refused(tmp_path, data, said)


TWINS = {
    "same": ("LICENSE", "LICENSE"),
    "case": ("LICENSE", "license"),
    "case folding": ("straße", "STRASSE"),
    "NFC": ("caf\u00e9", "cafe\u0301"),
}


@pytest.mark.parametrize("names", TWINS.values(), ids=list(TWINS))
def test_two_members_of_one_name(names: tuple[str, str], tmp_path: Path) -> None:
    """Attack 164; R-31: names that are one on some system."""
    members = [named(name, flags=1 << 11) for name in names]
    assert_refused(tmp_path, zip_archive(GOOD, *members), "two files of the same name")
    assert_refused(tmp_path, tar_gz(GOOD, *members), "two files of the same name")


def test_two_members_of_one_name_in_two_directories(tmp_path: Path) -> None:
    """Attack 164: a tar.gz loses its directories, so that the last one of two would win."""
    assert_refused(
        tmp_path, tar_gz(GOOD, replace(GOOD, name=b"x/notation-demo")), "two files of the same name"
    )


SPECIAL = {
    "symbolic link": special(b"link", b"2", b"/tmp"),
    "link named like the plugin": special(b"notation-demo", b"2", b"/bin/sh"),
    "hard link": special(b"link", b"1", b"/etc/passwd"),
    "character device": special(b"null", b"3"),
    "block device": special(b"disk", b"4"),
    "FIFO": special(b"pipe", b"6"),
    "contiguous file": special(b"file", b"7"),
    "GNU sparse": Member(b"sparse", b"", kind=b"S"),
    "GNU long name": Member(b"././@LongLink", b"../../x\0", kind=b"L"),
    "GNU long link": Member(b"././@LongLink", b"/etc/passwd\0", kind=b"K"),
    "PAX path": pax(("path", "../../x")),
    "PAX path, harmless": pax(("mtime", "1"), ("path", "notation-demo")),
    "PAX size": pax(("size", "1")),
    "PAX link": pax(("linkpath", "x")),
    "PAX sparse": pax(("GNU.sparse.name", "x")),
    "PAX for all": pax(("path", "x"), kind=b"g"),
    "PAX malformed": Member(b"x", b"99 path=x\n", kind=b"x"),
    "PAX without end": Member(b"x", b"7 a=bcd", kind=b"x"),
    "PAX zero": Member(b"x", b"0 a=b\n", kind=b"x"),
    "PAX huge": Member(b"x", b"", kind=b"x", size=1 << 20),
    "directory with content": Member(b"dir/", b"text", kind=b"5"),
    "file like a directory": Member(b"dir/", b"text"),
    "unknown kind": special(b"x", b"Z"),
}


@pytest.mark.parametrize("member", SPECIAL.values(), ids=list(SPECIAL))
def test_tar_member_that_is_no_plain_file(member: Member, tmp_path: Path) -> None:
    """Attack 164; R-31: links, devices, and headers that give a file another name or size."""
    assert_refused(tmp_path, tar_gz(GOOD, member, named("x")), "cannot be used|cannot contain")


@pytest.mark.parametrize("kind", [0o120000, 0o010000, 0o020000, 0o060000, 0o140000], ids=oct)
def test_zip_member_that_is_no_plain_file(kind: int, tmp_path: Path) -> None:
    """Attack 164: a link in a zip is a file whose mode says so."""
    assert_refused(
        tmp_path, zip_archive(GOOD, named("x", mode=kind | 0o777)), "neither a file nor a directory"
    )


def pointing_into_another() -> bytes:
    """Return a zip whose directory finds the plugin's content within a harmless file."""
    hidden = zip_archive(replace(GOOD, method=0))
    member = replace(GOOD, method=0)
    data = bytearray(zip_archive(named("x", data=hidden, method=0), member))
    at = data.rindex(b"PK\1\2")
    struct.pack_into("<I", data, at + 42, data.index(hidden))
    return bytes(data)


ZIPS = {
    "encrypted": zip_archive(replace(GOOD, flags=1)),
    "strongly encrypted": zip_archive(replace(GOOD, flags=1 << 6)),
    "unknown compression": zip_archive(replace(GOOD, method=12)),
    "declared smaller": zip_archive(replace(GOOD, size=10)),
    "declared larger": zip_archive(replace(GOOD, size=len(GOOD.data) + 1)),
    "stored, declared smaller": zip_archive(replace(GOOD, method=0, size=10)),
    "packed smaller": zip_archive(replace(GOOD, packed=10)),
    "other checksum": zip_archive(replace(GOOD, crc=1)),
    "two names": zip_archive(replace(GOOD, local_name=b"notation-evil")),
    "overlapping": zip_archive(GOOD, replace(GOOD, name=b"other"), shared=True),
    "directory points into another entry": pointing_into_another(),
    "no mark of an entry": zip_archive(GOOD, named("x"))
    .replace(b"PK\3\4", b"PK\3\5")
    .replace(b"PK\3\5", b"PK\3\4", 1),
    "gap": zip_archive(GOOD, between=b"hidden"),
    "prepended": zip_archive(GOOD, before=b"PK\3\4 something before"),
    "appended": zip_archive(GOOD, after=b"x"),
    "two end records": zip_archive(GOOD) + zip_archive(replace(GOOD, name=b"notation-evil")),
    "end record in the comment": zip_archive(GOOD, comment=zip_archive(GOOD)[-22:]),
    "fewer counted": zip_archive(GOOD, named("x"), count=1),
    "more counted": zip_archive(GOOD, count=2),
    "zip64 count": zip_archive(GOOD, count=0xFFFF),
    "zip64 sizes": zip_archive(replace(GOOD, size=0xFFFFFFFF, packed=0xFFFFFFFF)),
    "zip64 field": zip_archive(replace(GOOD, extra=struct.pack("<2H2Q", 1, 16, 1, 1))),
    "second name": zip_archive(replace(GOOD, extra=struct.pack("<2H5s", 0x7075, 5, b"evil!"))),
    "name in no encoding": zip_archive(GOOD, named(b"\xff", flags=1 << 11)),
    "name in an unknown encoding": zip_archive(GOOD, named(b"\x81")),
    "no entries": b"PK\3\4" + zip_archive(),
    "cut off": zip_archive(GOOD)[:-30],
    "only a beginning": b"PK\3\4",
    "damaged content": zip_archive(GOOD)[:60] + b"\0\0\0" + zip_archive(GOOD)[63:],
}


@pytest.mark.parametrize("data", ZIPS.values(), ids=list(ZIPS))
def test_ambiguous_or_damaged_zip(data: bytes, tmp_path: Path) -> None:
    """Attack 165; R-31: whatever two readers could read differently."""
    assert_refused(tmp_path, data, "the zip archive cannot be used")


def test_zip_behind_an_executable_is_no_zip(tmp_path: Path) -> None:
    """Attack 165: the first bytes say what it is; the whole is then one file, and no plugin."""
    assert_refused(tmp_path, b"\x7fELF" + zip_archive(GOOD), "invalid plugin executable file name")


TARS = {
    "cut off in a file": gzip.compress(tar_bytes(GOOD)[:600]),
    "cut off between files": gzip.compress(tar_entry(GOOD)),
    "half an end": tar_gz(GOOD, end=bytes(512)),
    "cut off gzip": tar_gz(GOOD)[:-12],
    "trailing garbage": tar_gz(GOOD) + b"garbage",
    "concatenated members": tar_gz(GOOD) + gzip.compress(b""),
    "second archive behind the end": tar_gz(GOOD, end=bytes(1024) + tar_bytes(named("x"))),
    "gzip of gzip": gzip.compress(tar_gz(GOOD)),
    "gzip of a program": gzip.compress(GOOD.data * 20),
    "negative size": tar_gz(replace(GOOD, header={124: b"\xff" * 12})),
    "huge size": tar_gz(replace(GOOD, header={124: b"\x80" + b"\0" * 10 + b"\x01"})),
    "garbage size": tar_gz(replace(GOOD, header={124: b"12x45678901\0"})),
    "decimal size": tar_gz(replace(GOOD, header={124: b"00000000089\0"})),
    "empty size": tar_gz(replace(GOOD, header={124: bytes(12)})),
    "checksum": gzip.compress(tar_bytes(GOOD).replace(b"notation-demo", b"notation-Demo", 1)),
    "name with two ends": tar_gz(GOOD, replace(named("x"), header={50: b"y"})),
    "name that is no text": tar_gz(GOOD, named(b"\xff\xfe")),
    "damaged": tar_gz(GOOD)[:40] + b"\xff\xff\xff" + tar_gz(GOOD)[43:],
    "nothing": gzip.compress(b""),
    "only a beginning": b"\x1f\x8b",
}


@pytest.mark.parametrize("data", TARS.values(), ids=list(TARS))
def test_ambiguous_or_damaged_tar(data: bytes, tmp_path: Path) -> None:
    """Attack 166; R-31: sizes, ends and checksums are what they should be, once."""
    assert_refused(tmp_path, data, "the tar.gz archive cannot be used")


def test_entries_are_counted(tmp_path: Path) -> None:
    """Attack 166; R-31: ten million empty entries end at the thousand and first."""
    empty = [named(f"f{number}", data=b"") for number in range(1001)]
    assert_refused(tmp_path, tar_gz(*empty), "more than 1000 entries", LimitError)
    assert_refused(tmp_path, zip_archive(*empty), "more than 1000 entries", LimitError)
    directories = gzip.compress(tar_header(Member(b"d/", b"", kind=b"5")) * 100_000, 1)
    started = time.monotonic()
    assert_refused(tmp_path, directories, r"more than 1000 entries|times its size", LimitError)
    assert time.monotonic() - started < 10


def zeros(count: int) -> bytes:
    """Return *count* zeros, compressed."""
    stream = io.BytesIO()
    with gzip.GzipFile(fileobj=stream, mode="wb", compresslevel=9) as packed:
        for _ in range(count >> 20):
            packed.write(bytes(1 << 20))
    return stream.getvalue()


def test_bombs_are_neither_unpacked_nor_kept(tmp_path: Path) -> None:
    """Attack 165; PLG-007, SEC-001: 42 kB that become petabytes; counted while unpacked, in little memory."""
    bomb = zeros(64 << 20)
    deflated = bomb[10:-8]
    tracemalloc.start()
    for declared in (64 << 20, 1000):
        member = Member(b"notation-demo", b"", size=declared, packed=len(deflated), crc=0)
        data = bytearray(zip_archive(member))
        packed_nothing = data.index(b"notation-demo") + len(b"notation-demo")
        data[packed_nothing : packed_nothing + 2] = deflated
        end = data.rindex(b"PK\5\6")
        struct.pack_into(
            "<I", data, end + 16, struct.unpack_from("<I", data, end + 16)[0] + len(deflated) - 2
        )
        with pytest.raises((LimitError, PluginError), match=r"times its size|not as large as it says"):
            install(tmp_path, bytes(data))
    with pytest.raises(LimitError, match=r"tar.gz unpacks to more than 200 times its size"):
        install(tmp_path, gzip.compress(tar_header(Member(b"x", b"", size=60 << 20)) + bytes(60 << 20)))
    assert tracemalloc.get_traced_memory()[1] < 200 << 20
    tracemalloc.stop()


@pytest.mark.parametrize("over", [0, 1])
def test_total_size_stays_below_the_limit(over: int, tmp_path: Path) -> None:
    """PLG-007: what is announced counts too; exactly 256 MiB are too many, before anything is unpacked."""
    rest = SIZE_LIMIT - len(GOOD.data) + over
    said = "total file size reached the 256 MiB size limit"
    assert_refused(tmp_path, zip_archive(GOOD, named("x", size=rest)), said, LimitError)
    assert_refused(tmp_path, tar_gz(GOOD, named("x", data=b"", size=rest)), said, LimitError)


def test_package_stays_below_the_limit(tmp_path: Path) -> None:
    """PLG-007: a sparse file of 256 MiB is too large whatever it holds, and is not read."""
    source = tmp_path / "notation-demo"
    with source.open("wb") as stream:
        stream.truncate(SIZE_LIMIT)
    source.chmod(0o755)
    with pytest.raises(LimitError, match=r"^file size reached the 256 MiB size limit$"):
        install_plugin(Package(source), places(tmp_path), surroundings())


def test_upstream_zip_slip_is_refused(tmp_path: Path) -> None:
    """Attack 163; PLG-009: the archive of the Go program's own tests."""
    data = (VECTORS / "plugins/notation/test/e2e/testdata/malicious-plugin/zip_slip.zip").read_bytes()
    assert_refused(tmp_path, data, "file name in zip cannot contain '..', but found \"../../")


CANDIDATES = {
    "two": ([GOOD, replace(GOOD, name=b"notation-other")], "found more than one plugin executable files"),
    "none": ([named("README")], "no plugin executable file was found"),
    "none executable, two named": (
        [replace(GOOD, mode=PLAIN), named("notation-other")],
        "no plugin executable file was found",
    ),
    "named after another plugin": (
        [replace(GOOD, name=b"notation-other")],
        'must be "notation-demo" instead of "notation-other"',
    ),
    "only the prefix": ([replace(GOOD, name=b"notation-")], "no plugin executable file was found"),
    "impossible plugin name": ([replace(GOOD, name=b"notation-a+b")], "no plugin executable file was found"),
}


@pytest.mark.parametrize("archive", [zip_archive, tar_gz], ids=["zip", "tar.gz"])
@pytest.mark.parametrize(("members", "said"), CANDIDATES.values(), ids=list(CANDIDATES))
def test_package_has_exactly_one_plugin(
    members: list[Member], said: str, archive: object, tmp_path: Path
) -> None:
    """Attack 167; PLG-006, PLG-010, PLG-011: none, several, or one that says it is another."""
    assert_refused(tmp_path, archive(*members), said)  # type: ignore[operator]


@pytest.mark.parametrize("archive", [zip_archive, tar_gz], ids=["zip", "tar.gz"])
def test_modes_are_masked(archive: object, tmp_path: Path) -> None:
    """Attack 167; PLG-013: set-user-ID and the write bits of others are dropped, the directory gets 0755."""
    members = (replace(GOOD, mode=0o106777), named("lib", mode=0o102666), named("tool", mode=EXECUTABLE))
    assert install(tmp_path, archive(*members)) == []  # type: ignore[operator]
    assert installed(tmp_path) == {"notation-demo": 0o755, "lib": 0o644, "tool": 0o755}
    assert (places(tmp_path).plugins / "demo").stat().st_mode & 0o7777 == 0o755


@pytest.mark.parametrize("archive", [zip_archive, tar_gz], ids=["zip", "tar.gz"])
def test_only_candidate_is_made_executable(archive: object, tmp_path: Path) -> None:
    """Attack 167; PLG-010: with a warning, for the owner."""
    (warning,) = install(tmp_path, archive(replace(GOOD, mode=PLAIN), named("x")))  # type: ignore[operator]
    assert "without executable permission" in warning
    assert installed(tmp_path)["notation-demo"] == 0o744


def test_zip_made_elsewhere_has_no_modes(tmp_path: Path) -> None:
    """PLG-009: without permission bits files are readable, and the plugin is made executable."""
    assert len(install(tmp_path, zip_archive(replace(GOOD, made_by=0), named("x", made_by=0)))) == 1
    assert installed(tmp_path) == {"notation-demo": 0o744, "x": 0o644}


def test_real_tools_write_what_is_read(tmp_path: Path) -> None:
    """PLG-006, PLG-009: directories are left out of a zip and lost by a tar; times in PAX mean nothing."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo("notation-demo")
        entry.external_attr = EXECUTABLE << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, program())
        archive.writestr("docs/README", "no")
        archive.mkdir("empty")
        archive.comment = b"made by a tool"
    assert install(tmp_path, packed.getvalue()) == []
    assert installed(tmp_path) == {"notation-demo": 0o755}

    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        for name, mode, data in (
            ("./bin/notation-demo", 0o755, program(version="2.0.0")),
            ("./LICENSE", 0o644, b"x"),
        ):
            info = tarfile.TarInfo(name)
            info.mode, info.size, info.mtime = mode, len(data), 1.5
            archive.addfile(info, io.BytesIO(data))
        folder = tarfile.TarInfo("./bin")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(folder)
    assert install(tmp_path, packed.getvalue()) == []
    assert installed(tmp_path) == {"notation-demo": 0o755, "LICENSE": 0o644}


@pytest.mark.parametrize("size", [(3 << 16) + 1, (3 << 16) + 100, (3 << 16) + 160])
def test_zip_of_much_out_of_few_bytes_is_read_to_its_end(size: int, tmp_path: Path) -> None:
    """PLG-006: the last bytes of an entry may come out after all that is packed has been read."""
    assert install(tmp_path, zip_archive(GOOD, named("zeros", data=bytes(size)))) == []
    assert (places(tmp_path).plugins / "demo" / "zeros").read_bytes() == bytes(size)


def test_streamed_zip_is_read(tmp_path: Path) -> None:
    """PLG-006: sizes behind the content, as tools write that cannot go back."""
    assert (
        install(tmp_path, zip_archive(replace(GOOD, described=True), named("x", described=True, method=0)))
        == []
    )
    said = "the zip archive cannot be used"
    broken = bytearray(zip_archive(replace(GOOD, described=True)))
    broken[broken.index(b"PK\7\x08") + 5] ^= 1
    with pytest.raises(PluginError, match=said):
        install(tmp_path, bytes(broken))


@pytest.mark.parametrize(
    "text", ["", "00", "g" * 64, "0" * 63, "0" * 65, " " + "0" * 63, "٠" * 64], ids=ascii
)
def test_checksum_has_one_form(text: str) -> None:
    """Attack 168; PLG-008: anything but 64 hexadecimal digits is a mistake of the command line."""
    with pytest.raises(UsageError, match="invalid SHA256 checksum"):
        checked_sha256(text)
    assert checked_sha256("AbC1" * 16) == "AbC1" * 16


@pytest.mark.parametrize("form", [str.lower, str.upper])
def test_checksum_counts_in_either_letter_case(tmp_path: Path, form: Callable[[str], str]) -> None:
    """Attack 168; PLG-008: hexadecimal digits are."""
    data = tar_gz(GOOD)
    assert install(tmp_path, data, sha256=form(hashlib.sha256(data).hexdigest())) == []
    assert "notation-demo" in installed(tmp_path)


def test_checksum_of_another_file(tmp_path: Path) -> None:
    """Attack 168; PLG-008: nothing of the file is looked at."""
    with pytest.raises(
        PluginError, match=r"^plugin SHA-256 checksum does not match user input. Expecting 00"
    ):
        install(tmp_path, zip_archive(GOOD), sha256="0" * 64)


def test_file_swapped_after_the_hash_has_no_effect(tmp_path: Path) -> None:
    """Attack 168: what runs and is installed is the copy that was hashed, not what its name means by then."""
    source = tmp_path / "notation-demo"
    swap = f"printf swapped >'{source}'"
    source.write_bytes(program(before=swap))
    source.chmod(0o755)
    install_plugin(Package(source), places(tmp_path), surroundings(), replacing=Replacing.ANY)
    assert source.read_bytes() == b"swapped"
    assert (places(tmp_path).plugins / "demo/notation-demo").read_bytes() == program(before=swap)

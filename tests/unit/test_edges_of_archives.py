# SPDX-License-Identifier: Apache-2.0
"""Archives with one field changed: each check of the readers alone, by its own words.

The attack cases of archives are each refused by more than one check; here it is said which. Found missing by
`python -m tests.mutation`.
"""

from __future__ import annotations

import gzip
import io
import os
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from notation_py.adapters import plugin_package, plugin_staging, plugin_tar, plugin_zip
from notation_py.adapters.plugin_package import Package, stage_package
from notation_py.adapters.plugin_staging import FREE_BYTES, MAX_ENTRIES, MAX_RATIO, Staging, check_ratio
from notation_py.adapters.plugin_tar import unpack_tar
from notation_py.adapters.plugin_zip import _at, _entries, unpack_zip
from notation_py.errors import LimitError, NotationError, PluginError
from tests.simulator.archives import Member, tar_bytes, tar_gz, zip_archive
from tests.simulator.plugin_programs import refuse, write_program

END, CENTRAL, LOCAL = struct.Struct("<4s4H2IH"), struct.Struct("<4s6H3I5H2I"), struct.Struct("<4s5H3I2H")
GOOD = Member(data=b"#!/bin/sh\n", method=0)
ZIP = zip_archive(GOOD)
DEFLATED = zip_archive(replace(GOOD, method=8))


def changed(data: bytes, form: struct.Struct, mark: bytes, **fields: int) -> bytes:
    """Return *data* with fields of the last record that starts with *mark* changed, by number."""
    place = data.rindex(mark)
    values = list(form.unpack_from(data, place))
    for name, value in fields.items():
        values[int(name.removeprefix("field"))] = value
    return data[:place] + form.pack(*values) + data[place + form.size :]


def end(**fields: int) -> bytes:
    return changed(ZIP, END, b"PK\5\6", **fields)


def central(data: bytes = ZIP, **fields: int) -> bytes:
    return changed(data, CENTRAL, b"PK\1\2", **fields)


def local(data: bytes = ZIP, **fields: int) -> bytes:
    return changed(data, LOCAL, b"PK\3\4", **fields)


def unpacked(data: bytes, directory: Path) -> Staging:
    staging = Staging(directory, "zip")
    unpack_zip(io.BytesIO(data), len(data), staging)
    return staging


def directory_of(**changes: object) -> bytes:
    """Return the central directory of an archive of one member."""
    data = zip_archive(replace(GOOD, **changes))
    return data[data.rindex(b"PK\1\2") : data.rindex(b"PK\5\6")]


SEVERAL = "it has several parts, or is a zip64 archive"
DAMAGED = "its directory is damaged"
TWO_WAYS = "an entry is described in two ways"
BOTH = "is both a file and a directory"
ZIPS = {
    "disk": (end(field1=1), SEVERAL),
    "first disk": (end(field2=1), SEVERAL),
    "fewer here": (end(field3=0), SEVERAL),
    "65535 entries": (end(field3=0xFFFF, field4=0xFFFF), SEVERAL),
    "length of zip64": (end(field5=0xFFFFFFFF), SEVERAL),
    "place of zip64": (end(field6=0xFFFFFFFF), SEVERAL),
    "end in the comment": (zip_archive(GOOD, comment=b"PK\5\6"), "its comment holds another end record"),
    "two ends": (zip_archive(GOOD, comment=ZIP[-22:]), "there is not exactly one end record"),
    "no end": (ZIP[:-22], "there is not exactly one end record"),
    "no entries": (zip_archive(), "it is empty"),
    "disk of an entry": (central(field13=1), DAMAGED),
    "mark of an entry": (ZIP.replace(b"PK\1\2", b"PK\1\3"), DAMAGED),
    "name beyond": (central(field10=60_000), DAMAGED),
    "packed of zip64": (central(field8=0xFFFFFFFF), "it is a zip64 archive"),
    "size of zip64": (central(field9=0xFFFFFFFF), "it is a zip64 archive"),
    "offset of zip64": (central(field16=0xFFFFFFFF), "it is a zip64 archive"),
    "nothing changed": (ZIP, ""),
    "deflated": (DEFLATED, ""),
    "name too short": (
        central(field10=len(GOOD.name) - 1),
        "its directory has more than the entries it counts",
    ),
    "counts two": (zip_archive(GOOD, count=2), "its directory is cut off"),
    "other checksum beside": (local(field6=1), TWO_WAYS),
    "other packed beside": (local(field7=1), TWO_WAYS),
    "other size beside": (local(field8=1), TWO_WAYS),
    "other flags beside": (local(field2=2), TWO_WAYS),
    "other method beside": (local(field3=8), TWO_WAYS),
    "other name beside": (zip_archive(replace(GOOD, local_name=b"notation-evil")), TWO_WAYS),
    "into the directory": (local(central(field8=20), field7=20), "an entry reaches into its directory"),
    "before the directory": (
        local(central(field8=9), field7=9),
        "there is something between its entries and",
    ),
    "directory with content": (zip_archive(replace(GOOD, name=b"d/", mode=0o40755)), BOTH),
    "file with a slash": (zip_archive(replace(GOOD, name=b"d/", data=b"", mode=0o100755)), BOTH),
    "directory without a slash": (zip_archive(replace(GOOD, name=b"d", data=b"", mode=0o40755)), BOTH),
    "method 12": (zip_archive(replace(GOOD, method=12)), "compressed in an unknown way"),
    "flag 1": (zip_archive(replace(GOOD, flags=1)), "encrypted"),
}


@pytest.mark.parametrize(("data", "message"), ZIPS.values(), ids=list(ZIPS))
def test_zip_with_one_field_changed(data: bytes, message: str, tmp_path: Path) -> None:
    """Attack 165; R-31: the words say which of the rules was broken first."""
    if not message:
        assert list(unpacked(data, tmp_path).files) == ["notation-demo"]
        return
    with pytest.raises(PluginError, match=message):
        unpacked(data, tmp_path)


def test_content_ends_where_its_stream_does(tmp_path: Path) -> None:
    """Attack 165: bytes behind the deflated stream, though size and checksum are right."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    content = squeeze.compress(GOOD.data) + squeeze.flush() + b"hidden"
    data = zip_archive(replace(GOOD, data=content, crc=zlib.crc32(GOOD.data), size=len(GOOD.data)))
    for form, mark, field in ((LOCAL, b"PK\3\4", 3), (CENTRAL, b"PK\1\2", 4)):
        data = changed(data, form, mark, **{f"field{field}": 8})
    with pytest.raises(PluginError, match="not as large as it says, or damaged"):
        unpacked(data, tmp_path)


@pytest.mark.parametrize("kind", [0x0001, 0x7075])
def test_entry_has_one_size_and_one_name(kind: int, tmp_path: Path) -> None:
    """Attack 165: a second one in the directory, and one beside the content alone."""
    extra = struct.pack("<2H4s", kind, 4, b"evil")
    with pytest.raises(PluginError, match="a second size or a second name"):
        list(_entries(directory_of(extra=extra), 1))
    beside = zip_archive(replace(GOOD, extra=extra))
    place = beside.rindex(b"PK\1\2")
    stripped = beside[:place] + directory_of() + beside[beside.rindex(b"PK\5\6") :]
    data = changed(stripped, END, b"PK\5\6", field5=len(directory_of()))
    with pytest.raises(PluginError, match="a second size or a second name"):
        unpacked(data, tmp_path)


def test_directory_may_end_with_its_last_entry() -> None:
    """R-31: an entry whose name is empty is read, and refused for its name."""
    bare = CENTRAL.pack(b"PK\1\2", *[0] * 16)
    assert [entry.name for entry in _entries(bare, 1)] == [b""]
    with pytest.raises(PluginError, match="its directory is cut off"):
        list(_entries(bare[:-1], 1))


def test_archive_that_is_cut_off_is_said() -> None:
    """Attack 165: fewer bytes than announced."""
    assert _at(io.BytesIO(b"abc"), 1, 2) == b"bc"
    with pytest.raises(PluginError, match="it is cut off"):
        _at(io.BytesIO(b"abc"), 2, 2)


def test_directory_of_a_zip_has_a_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-10: as large as allowed, and not one byte more; with a small limit in its place."""
    monkeypatch.setattr(plugin_zip, "_MAX_CENTRAL_BYTES", len(directory_of()))
    assert list(unpacked(ZIP, tmp_path).files) == ["notation-demo"]
    monkeypatch.setattr(plugin_zip, "_MAX_CENTRAL_BYTES", len(directory_of()) - 1)
    with pytest.raises(PluginError, match="not where the end record says"):
        unpacked(ZIP, tmp_path / "other")


def test_entries_of_every_kind_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack 166; R-10: as many as allowed, and not one more; in a zip, and in a tar with its headers."""
    staging = Staging(tmp_path, "zip")
    for _ in range(MAX_ENTRIES):
        staging.count_entry()
    with pytest.raises(LimitError, match=f"more than {MAX_ENTRIES} entries"):
        staging.count_entry()
    monkeypatch.setattr(plugin_staging, "MAX_ENTRIES", 1)
    with pytest.raises(LimitError, match="more than 1 entries"):
        unpacked(zip_archive(GOOD, replace(GOOD, name=b"x")), tmp_path / "zip")
    data = tar_gz(Member(b"x", b"11 mtime=1\n", kind=b"x"), GOOD)
    with pytest.raises(LimitError, match="more than 1 entries"):
        unpack_tar(io.BytesIO(data), len(data), Staging(tmp_path / "tar", "tar.gz"))


def test_ratio_is_bounded() -> None:
    """Attack 165; R-31: a hundredfold beyond what is free, and not one byte more."""
    check_ratio(10, FREE_BYTES + 10 * MAX_RATIO, "zip")
    with pytest.raises(LimitError, match="unpacks to more than"):
        check_ratio(10, FREE_BYTES + 10 * MAX_RATIO + 1, "zip")


def bomb(size: int = FREE_BYTES * 4) -> Member:
    return Member(b"x", bytes(size), method=8)


def test_archives_that_unpack_to_too_much(tmp_path: Path) -> None:
    """Attacks 165, 166: each reader asks, before it writes or while it does."""
    data = zip_archive(bomb())
    (tmp_path / "zip").mkdir()
    with pytest.raises(LimitError, match="zip unpacks to more than"):
        unpacked(data, tmp_path / "zip")
    data = tar_gz(bomb())
    (tmp_path / "tar").mkdir()
    with pytest.raises(LimitError, match=r"tar\.gz unpacks to more than"):
        unpack_tar(io.BytesIO(data), len(data), Staging(tmp_path / "tar", "tar.gz"))


def test_all_files_together_have_a_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-31: whatever was announced, what is written is counted; with a small limit in its place."""
    monkeypatch.setattr(plugin_staging, "SIZE_LIMIT", 8)
    staging = Staging(tmp_path, "zip")
    staging.add("a", 0o644, [b"1234"])
    with pytest.raises(LimitError):
        staging.add("b", 0o644, [b"12", b"34"])
    staging.check_room(1)
    with pytest.raises(LimitError):
        staging.check_room(2)


@pytest.mark.parametrize("name", ["/a", "", "a" * 256, "é" * 128, "a//b", "a\n"])
def test_name_of_a_member_is_a_file_name(name: str, tmp_path: Path) -> None:
    """Attack 163; R-31: absolute, empty, too long by one octet, an empty part, a line end."""
    staging = Staging(tmp_path, "zip")
    with pytest.raises(PluginError, match="cannot be used as a file"):
        staging.parts(name)
    assert staging.parts("a" * 255) == ["a" * 255]
    assert staging.parts("d/") == ["d"]
    assert staging.parts("./") == []


def pax(data: bytes, size: int | None = None) -> Member:
    return Member(b"x", data, kind=b"x", size=size)


TARS = {
    "directory with content": (tar_gz(Member(b"dir/", b"text", kind=b"5")), "has content"),
    "the root as a file": (tar_gz(Member(b".", b"text")), BOTH),
    "file like a directory": (tar_gz(Member(b"dir/", b"text", kind=b"0")), BOTH),
    "header too large": (tar_gz(pax(b"", size=1 << 20)), "an extended header is too large"),
    "record without a line end": (tar_gz(pax(b"10 mtime=1x")), "an extended header is malformed"),
    "last record without a line end": (tar_gz(pax(b"10 mtime=1")), "an extended header is malformed"),
    "record beyond": (tar_gz(pax(b"99 mtime=1\n")), "an extended header is malformed"),
    "record within": (tar_gz(pax(b"8 mtime=1\n")), "an extended header is malformed"),
    "member behind": (tar_gz(GOOD) + gzip.compress(b""), "something follows its end"),
    "byte behind": (tar_gz(GOOD) + b"\0", "something follows its end"),
}


@pytest.mark.parametrize(("data", "message"), TARS.values(), ids=list(TARS))
def test_tar_with_one_thing_changed(data: bytes, message: str, tmp_path: Path) -> None:
    """Attacks 164, 166; R-31: the words say which of the rules was broken first."""
    with pytest.raises(NotationError, match=message):
        unpack_tar(io.BytesIO(data), len(data), Staging(tmp_path, "tar.gz"))


@pytest.mark.parametrize("behind", [b"x", b"x" * (1 << 17)])
def test_tar_is_one_gzip_member(behind: bytes, tmp_path: Path) -> None:
    """Attack 166: whatever was read together with the end, or was not read yet."""
    data = gzip.compress(tar_bytes(GOOD), mtime=0)

    class Slow(io.BytesIO):
        """Gives what is behind the end only when it is asked for once more."""

        def read(self, size: int | None = -1) -> bytes:
            left = len(data) - self.tell()
            return super().read(min(size or 0, left) if left > 0 else size)

    for stream in (io.BytesIO(data + behind), Slow(data + behind)):
        with pytest.raises(PluginError, match="something follows its end"):
            unpack_tar(stream, len(data) + len(behind), Staging(tmp_path, "tar.gz"))
        (tmp_path / "notation-demo").unlink()


def test_largest_extended_header_is_read(tmp_path: Path) -> None:
    """Attack 166; R-10: a header as large as allowed says nothing harmful."""
    limit = plugin_tar._MAX_PAX_BYTES
    record = b"%d comment=" % limit
    data = tar_gz(pax(record + b"a" * (limit - len(record) - 1) + b"\n"), GOOD)
    unpack_tar(io.BytesIO(data), len(data), Staging(tmp_path, "tar.gz"))
    assert (tmp_path / "notation-demo").exists()
    with pytest.raises(PluginError, match="an extended header is too large"):
        unpack_tar(
            io.BytesIO(tar_gz(pax(b"a" * (limit + 1)))), 1 << 20, Staging(tmp_path / "other", "tar.gz")
        )


def staged(path: Path, tmp_path: Path) -> str:
    room = tmp_path / "room"
    (room / "staging").mkdir(parents=True, exist_ok=True)
    return stage_package(Package(path), room, room / "staging", refuse)[0]


def test_package_has_a_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-31: the limit itself is too large, by its size and by what is read."""
    path = write_program(tmp_path / "notation-demo", b"12345678")
    monkeypatch.setattr(plugin_package, "SIZE_LIMIT", 9)
    assert staged(path, tmp_path) == "demo"
    monkeypatch.setattr(plugin_package, "SIZE_LIMIT", 8)
    for act in (
        lambda: staged(path, tmp_path / "other"),
        lambda: plugin_package._hashed_copy(io.BytesIO(b"12345678"), io.BytesIO()),
    ):
        with pytest.raises(LimitError, match="file size reached"):
            act()
    assert plugin_package._hashed_copy(io.BytesIO(b"1234567"), io.BytesIO())


def test_package_that_is_too_large_is_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-31: its size alone is enough."""
    path = write_program(tmp_path / "notation-demo", b"12345678")
    monkeypatch.setattr(plugin_package, "SIZE_LIMIT", 8)
    with pytest.raises(LimitError, match="file size reached"):
        plugin_package._copy(Package(path), tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_package_is_a_file_or_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack 164: a pipe is neither, and is not waited for; files of a directory are counted."""
    os.mkfifo(tmp_path / "notation-demo")
    with pytest.raises(PluginError, match="is not a valid file"):
        staged(tmp_path / "notation-demo", tmp_path)
    place = tmp_path / "package"
    for name in ("notation-demo", "LICENSE"):
        write_program(place / name, b"#!/bin/sh\n", 0o755 if name != "LICENSE" else 0o644)
    assert staged(place, tmp_path) == "demo"
    monkeypatch.setattr(plugin_staging, "MAX_ENTRIES", 1)
    with pytest.raises(LimitError, match="more than 1 entries"):
        staged(place, tmp_path / "other")


def test_tar_unpacks_to_a_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack 166; R-31: headers and padding count too; the limit itself is too large."""
    plain, data = tar_bytes(GOOD), tar_gz(GOOD)
    monkeypatch.setattr(plugin_tar, "_OVERHEAD", 0)
    monkeypatch.setattr(plugin_tar, "SIZE_LIMIT", len(plain) + 1)
    unpack_tar(io.BytesIO(data), len(data), Staging(tmp_path, "tar.gz"))
    monkeypatch.setattr(plugin_tar, "SIZE_LIMIT", len(plain))
    (tmp_path / "other").mkdir()
    with pytest.raises(LimitError, match="total file size reached"):
        unpack_tar(io.BytesIO(data), len(data), Staging(tmp_path / "other", "tar.gz"))

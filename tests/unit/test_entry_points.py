# SPDX-License-Identifier: Apache-2.0
"""Plugins of Python packages: found without being imported, counted only if they may, never mixed up."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from notation_py.adapters.entry_points import entry_point_plugins
from notation_py.adapters.files import Strictness
from notation_py.adapters.installed_packages import normal_name
from notation_py.adapters.plugin_settings import PluginSettings
from notation_py.adapters.plugins import InstalledPlugins
from notation_py.errors import ConfigurationError, PluginError
from notation_py.plugin.answers import plugin_metadata
from notation_py.plugin.contract import PluginRunner
from tests.simulator.plugin_programs import places, put_plugin, refuse

MODULE = """
import sys
sys.modules["imported_{module}"] = sys
from notation_py.plugin.messages import PluginMetadata

class Plugin:
    def metadata(self, config):
        return PluginMetadata({name!r}, "from a package", "1.0.0", "https://x.example", ("1.0",), ("C",))

plugin = Plugin()
exiting = None
class Exiting:
    def __init__(self):
        raise SystemExit(3)
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for packages on the path of imports."""
    place = tmp_path / "site"
    place.mkdir()
    monkeypatch.setattr(sys, "path", [str(place)])
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    return place


def put_package(
    site: Path, name: str, *entries: str, version: str = "2.1", module: str = "", body: str = ""
) -> str:
    """Install the distribution *name* with *entries*; return the name of its module."""
    module = module or normal_name(name).replace("-", "_")
    plugin = entries[0].partition("=")[0].strip() if entries else "none"
    (site / f"{module}.py").write_text(body or MODULE.format(module=module, name=plugin))
    information = site / f"{module}-{version}.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: about {name}\n"
    )
    lines = "\n".join(entry.replace("MODULE", module) for entry in entries)
    (information / "entry_points.txt").write_text(
        f"[console_scripts]\nx = y:z\n\n[notation_py.plugins]\n{lines}\n"
    )
    return module


def find(
    tmp_path: Path, name: str, strictness: Strictness = Strictness.WARN, **variables: str
) -> PluginRunner:
    environment = {"PATH": "/usr/bin:/bin", **variables}
    return InstalledPlugins(places(tmp_path), environment, strictness, warn=refuse).find(name)


def test_plugin_is_imported_when_it_is_first_asked(site: Path, tmp_path: Path) -> None:
    """PLG-110: listing and finding import nothing; the object answers like a program."""
    module = put_package(site, "My.Package", "demo = MODULE:plugin")
    (listed,) = entry_point_plugins(None)
    assert (listed.name, *listed.package) == ("demo", "My.Package", "2.1", "about My.Package")
    found = find(tmp_path, "demo")
    assert found.origin == f"{module}:plugin of My.Package 2.1"
    assert module not in sys.modules
    assert plugin_metadata(found, {}).description == "from a package"
    assert module in sys.modules


def test_class_is_called_for_its_object(site: Path, tmp_path: Path) -> None:
    """docs/plugins.md: an entry point may name a class."""
    put_package(site, "p", "demo = MODULE:Plugin")
    assert plugin_metadata(find(tmp_path, "py:demo"), {}).name == "demo"


@pytest.mark.parametrize(
    ("entry", "body", "said"),
    [
        ("demo = MODULE:absent", "", "cannot be loaded: AttributeError"),
        ("demo = MODULE:Exiting", "", "cannot be loaded: SystemExit"),
        ("demo = MODULE:plugin", "import absent_module", "cannot be loaded: ModuleNotFoundError"),
        ("demo = MODULE:plugin", "raise ValueError('hunter2')", "cannot be loaded: ValueError"),
        ("demo = MODULE:plugin", "import sys; sys.exit(0)", "cannot be loaded: SystemExit"),
        ("demo = MODULE:plugin", "class X(BaseException): pass\nraise X('hunter2')", "cannot be loaded: X"),
        (
            "demo = MODULE:Odd",
            "class Odd:\n    @property\n    def metadata(self): raise ValueError('hunter2')",
            "cannot be loaded: ValueError",
        ),
        ("demo = MODULE:exiting", "", "has no method `metadata`"),
    ],
    ids=[
        "absent",
        "class exits",
        "import fails",
        "import raises",
        "import exits",
        "of its own",
        "odd",
        "no plugin",
    ],
)
def test_package_that_cannot_be_loaded(entry: str, body: str, said: str, site: Path, tmp_path: Path) -> None:
    """R-38: one error that names the package, whatever importing it does; nothing of its own words."""
    put_package(site, "p", entry, body=body)
    with pytest.raises(PluginError, match=said) as caught:
        plugin_metadata(find(tmp_path, "demo"), {})
    assert "hunter2" not in str(caught.value)
    assert "of p 2.1" in (caught.value.hint or "")


def test_name_of_both_kinds_has_to_be_chosen(site: Path, tmp_path: Path) -> None:
    """R-28: neither a package nor a program can take the other's place unnoticed."""
    put_package(site, "p", "demo = MODULE:plugin")
    path = put_plugin(tmp_path)
    with pytest.raises(PluginError, match="there are two plugins demo") as caught:
        find(tmp_path, "demo")
    assert caught.value.hint == "write exe:demo or py:demo"
    assert find(tmp_path, "exe:demo").origin == str(path)
    assert find(tmp_path, "py:demo").origin.endswith("of p 2.1")
    assert {find(tmp_path, f"{kind}:demo").name for kind in ("exe", "py")} == {"demo"}
    assert find(tmp_path, "demo", NOTATION_PY_ENTRY_POINTS="0").origin == str(path)


def test_broken_program_is_not_replaced_by_a_package(site: Path, tmp_path: Path) -> None:
    """Attack 155: a program that must not be run is an error, not a reason to take something else."""
    put_package(site, "p", "demo = MODULE:plugin")
    put_plugin(tmp_path).chmod(0o777)
    with pytest.raises(PluginError, match="anybody can change"):
        find(tmp_path, "demo")


def test_two_packages_with_one_name_have_to_be_told_apart(site: Path, tmp_path: Path) -> None:
    """R-28: the allow-list decides."""
    put_package(site, "first", "demo = MODULE:plugin")
    put_package(site, "second", "demo = MODULE:plugin")
    with pytest.raises(PluginError, match=r"several packages bring the plugin demo: .*first.*second"):
        find(tmp_path, "demo")
    assert find(tmp_path, "demo", NOTATION_PY_PLUGIN_PACKAGES="Second").origin.endswith("of second 2.1")


def test_first_of_two_versions_counts(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/plugins.md: as with imports, the first place of the path hides the others."""
    other = tmp_path / "other"
    other.mkdir()
    put_package(site, "p", "demo = MODULE:plugin", version="2.0")
    put_package(other, "P", "demo = MODULE:plugin", version="3.0")
    monkeypatch.setattr(sys, "path", [str(site), str(other)])
    assert find(tmp_path, "demo").origin.endswith("of p 2.0")


@pytest.mark.parametrize(
    ("variables", "strictness", "counts"),
    [
        ({}, Strictness.WARN, True),
        ({}, Strictness.HARDENED, False),
        ({"NOTATION_PY_PLUGIN_PACKAGES": ""}, Strictness.WARN, False),
        ({"NOTATION_PY_PLUGIN_PACKAGES": "other"}, Strictness.WARN, False),
        ({"NOTATION_PY_PLUGIN_PACKAGES": "other, my_package"}, Strictness.WARN, True),
        ({"NOTATION_PY_PLUGIN_PACKAGES": "MY-package"}, Strictness.HARDENED, True),
        ({"NOTATION_PY_ENTRY_POINTS": "0"}, Strictness.WARN, False),
        ({"NOTATION_PY_ENTRY_POINTS": "1"}, Strictness.WARN, True),
        ({"NOTATION_PY_ENTRY_POINTS": "1"}, Strictness.HARDENED, False),
        (
            {"NOTATION_PY_ENTRY_POINTS": "0", "NOTATION_PY_PLUGIN_PACKAGES": "my-package"},
            Strictness.WARN,
            False,
        ),
    ],
    ids=str,
)
def test_allow_list_and_switch(
    variables: dict[str, str], strictness: Strictness, counts: bool, site: Path, tmp_path: Path
) -> None:
    """R-28: which packages count; an empty list is none, hardened without a list is none."""
    put_package(site, "My.Package", "demo = MODULE:plugin")
    if counts:
        assert find(tmp_path, "demo", strictness, **variables).name == "demo"
        return
    for name in ("demo", "py:demo"):
        with pytest.raises(PluginError) as caught:
            find(tmp_path, name, strictness, **variables)
        assert "a Python package brings the plugin demo and may not" in caught.value.message or name != "demo"
        assert "see NOTATION_PY_PLUGIN_PACKAGES" in (caught.value.hint or "")
    with pytest.raises(PluginError) as caught:
        find(tmp_path, "absent", strictness, **variables)
    assert "Python package" not in caught.value.message
    assert "my_package" not in sys.modules


def test_impossible_names_are_not_offered(site: Path, tmp_path: Path) -> None:
    """PLG-005: a name that no directory may have is no plugin here either."""
    put_package(site, "p", "a/b = MODULE:plugin", ".. = MODULE:plugin", "good = MODULE:plugin")
    assert [plugin.name for plugin in entry_point_plugins(None)] == ["good"]
    for name in ("py:a/b", "py:..", "py:", "py:py:good", "exe:py:good"):
        with pytest.raises(PluginError):
            find(tmp_path, name)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("NOTATION_PY_PLUGIN_TIMEOUT", "0"),
        ("NOTATION_PY_PLUGIN_TIMEOUT", "3601"),
        ("NOTATION_PY_PLUGIN_TIMEOUT", "-1"),
        ("NOTATION_PY_PLUGIN_TIMEOUT", "1.5"),
        ("NOTATION_PY_PLUGIN_TIMEOUT", "1e3"),
        ("NOTATION_PY_PLUGIN_TIMEOUT", "٣"),
        ("NOTATION_PY_PLUGIN_ENV", "*"),
        ("NOTATION_PY_PLUGIN_ENV", "A B"),
        ("NOTATION_PY_PLUGIN_ENV", "A=b"),
        ("NOTATION_PY_PLUGIN_ENV", "A*B"),
        ("NOTATION_PY_PLUGIN_PACKAGES", "a/b"),
        ("NOTATION_PY_PLUGIN_PACKAGES", "a;b"),
        ("NOTATION_PY_PLUGIN_PACKAGES", "*"),
        ("NOTATION_PY_ENTRY_POINTS", "off"),
    ],
)
def test_setting_that_cannot_be_meant_is_an_error(variable: str, value: str) -> None:
    """PLG-032, R-33: it names the variable, and nothing is assumed in its place."""
    with pytest.raises(ConfigurationError, match=variable):
        PluginSettings.from_environment({variable: value}, Strictness.WARN)


def test_settings_are_read() -> None:
    """PLG-030, PLG-032: seconds, names and packages as written; spaces and empty entries do not count."""
    settings = PluginSettings.from_environment(
        {
            "NOTATION_PY_PLUGIN_TIMEOUT": "3600",
            "NOTATION_PY_PLUGIN_ENV": " A , B_* ,,",
            "NOTATION_PY_PLUGIN_PACKAGES": "My__Package,x",
        },
        Strictness.WARN,
    )
    assert (settings.seconds, settings.granted) == (3600.0, ("A", "B_*"))
    assert settings.packages == {"my-package", "x"}
    assert PluginSettings.from_environment({}, Strictness.WARN).seconds == 120.0

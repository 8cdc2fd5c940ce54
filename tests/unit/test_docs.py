"""What is not documented fails the build: settings, commands, dependencies."""

import re
import tomllib
from pathlib import Path

from ocpilot.base.settings import variables

ROOT = Path(__file__).parents[2]


def test_every_setting_is_documented_and_no_other() -> None:
    documented = re.findall(r"^\| `([a-z_.]+)` \| `(OCPILOT_[A-Z_]+)`", (ROOT / "docs/settings.md").read_text(), re.M)
    assert {variable: tuple(name.split(".")) for name, variable in documented} == variables()


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    names = {re.match(r"[\w-]+", line).group() for line in wanted}
    documented = "\n".join(
        line for line in (ROOT / "docs/dependencies.md").read_text().splitlines() if line.startswith("| ")
    )
    assert not {name for name in names if name not in documented}

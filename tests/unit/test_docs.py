"""What is not documented fails the build: settings, commands, dependencies."""

import argparse
import re
import tomllib
from pathlib import Path

import pytest

from ocpilot.base.settings import variables
from ocpilot.main.commands import parser

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


def commands(parser: argparse.ArgumentParser) -> dict[str, set[str]]:
    """Every command that can be given as it is, without sub-command, and its options."""
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    options = {word for action in parser._actions for word in action.option_strings if word.startswith("--")}
    found = {} if below and below[0].required else {parser.prog: options - {"--help"}}
    for one in below:
        for each in one.choices.values():
            found |= commands(each)
    return found


def test_every_command_and_option_is_documented_and_no_other() -> None:
    text = (ROOT / "docs/commands.md").read_text()
    sections = re.findall(r"^## `([^`]+)`\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    documented = {name: set(re.findall(r"`(--[a-z-]+)`", body.rsplit("Options:", 1)[1])) for name, body in sections}
    assert documented == commands(parser())


@pytest.mark.parametrize("page", sorted((ROOT / "docs/guides").glob("*.md")), ids=lambda page: page.name)
def test_the_python_of_a_guide_runs(page: Path) -> None:
    for code in re.findall(r"^```python\n(.*?)^```", page.read_text(), re.M | re.S):
        exec(compile(code, page.name, "exec"), {})  # noqa: S102 - it is ours

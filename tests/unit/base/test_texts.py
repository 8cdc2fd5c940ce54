"""Every text of prices and receipts has its Swedish one, with the same gaps to fill."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ocpilot.base.texts import languages, translator

SOURCE = Path(__file__).parents[3] / "src" / "ocpilot"
#: Texts that are the same word in Swedish.
SAME = {"CDR", "Reservation", "Start", "Reservation: {price}", "per kWh", "Per kWh", "Tariff"}


def marked() -> Iterator[str]:
    for package in ("pricing", "billing", "cli"):
        for path in sorted((SOURCE / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "mark":
                    argument = node.args[0]
                    assert isinstance(argument, ast.Constant), f"{path}: mark() takes one literal text"
                    yield str(argument.value)


@pytest.mark.parametrize("text", sorted(set(marked())))
def test_a_marked_text_has_a_translation_with_the_same_gaps(text: str) -> None:
    swedish = translator("sv")(text)
    assert swedish != text or text in SAME
    assert sorted(re.findall(r"\{\w+\}", swedish)) == sorted(re.findall(r"\{\w+\}", text))


def test_english_and_swedish_are_there() -> None:
    assert {"en", "sv"} <= set(languages())


def test_a_text_nobody_translated_stays_english() -> None:
    assert translator("sv")("no such text") == "no such text"
    assert translator("../etc")("Energy") == "Energy"

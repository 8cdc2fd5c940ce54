"""Every text of prices and papers has its Swedish, German and Dutch one, with the same gaps to fill."""

import ast
import io
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from ocpilot.base.texts import languages, translator

SOURCE = Path(__file__).parents[3] / "src" / "ocpilot"
#: Texts that are the same word in Swedish.
SAME = {"CDR", "Reservation", "Start", "Reservation: {price}", "per kWh", "Per kWh", "Tariff", "Period"}
#: Names of ways to pay are no words.
NAMES = {"Bankgiro", "Plusgiro", "IBAN", "BIC", "Swish"}
#: Folders of `app/` whose texts stand on pages and papers of drivers.
OF_DRIVERS = ("app/cards", "app/drivers", "app/guests", "app/invoicing")
#: Of billing, what only operators and partners read: in English and Swedish, as the console.
FOR_OPERATORS = {"words.py", "clearing_words.py", "dispute.py", "four_way.py"}


def marked(packages: Iterable[str], without: Collection[str] = ()) -> Iterator[str]:
    for package in packages:
        for path in sorted((SOURCE / package).rglob("*.py")):
            if package == "billing" and path.name in without:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "mark":
                    argument = node.args[0]
                    assert isinstance(argument, ast.Constant), f"{path}: mark() takes one literal text"
                    yield str(argument.value)


@pytest.mark.parametrize("text", sorted(set(marked(("pricing", "billing", "cli", *OF_DRIVERS)))))
def test_a_marked_text_has_a_translation_with_the_same_gaps(text: str) -> None:
    swedish = translator("sv")(text)
    assert swedish != text or text in SAME | NAMES
    assert gaps(swedish) == gaps(text)


@pytest.mark.parametrize("language", ["de", "nl"])
def test_what_drivers_read_of_prices_and_on_paper_is_there_in_german_and_dutch(language: str) -> None:
    file = SOURCE / "locale" / language / "LC_MESSAGES" / "ocpilot.po"
    texts = read_po(io.BytesIO(file.read_bytes()))
    said = {str(message.id): str(message.string) for message in texts if message.string}
    wanted = set(marked(("pricing", "billing", *OF_DRIVERS), without=FOR_OPERATORS))
    assert wanted - said.keys() == set()
    assert {text for text in wanted if gaps(said[text]) != gaps(text)} == set()


def gaps(text: str) -> list[str]:
    return sorted(re.findall(r"\{\w+\}", text))


def test_the_languages_are_there_english_first() -> None:
    assert languages() == ("en", "de", "nl", "sv")


def test_a_text_nobody_translated_stays_english() -> None:
    assert translator("sv")("no such text") == "no such text"
    assert translator("../etc")("Energy") == "Energy"

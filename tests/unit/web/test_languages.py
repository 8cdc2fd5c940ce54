"""Texts in the reader's language, every one of them."""

from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

import ocpilot.web
from ocpilot.base.texts import translator

METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
#: Words that Swedish writes the same.
SAME = {
    "Status",
    "Session",
    "Token",
    "Museum",
    "Partner",
    "Station",
    "Position",
    "Wi-Fi",
    "Plug & Charge",
    "Tariff",
    "CDR {id}",
    "Normal (AC)",
    "Period",
}


def texts() -> list[str]:
    found = extract_from_dir(Path(ocpilot.web.__file__).parent, METHODS, keywords={"_": None, "mark": None})
    return sorted({message for _, _, message, _, _ in found if isinstance(message, str)})


def test_every_text_of_the_pages_has_its_swedish():
    swedish = translator("sv")
    assert len(texts()) > 200
    assert [text for text in texts() if swedish(text) == text and text not in SAME] == []


def test_a_translation_keeps_the_places_for_values():
    swedish = translator("sv")
    wrong = [text for text in texts() if "{" in text and places(swedish(text)) != places(text)]
    assert wrong == []


def places(text: str) -> set[str]:
    return {part.split("}")[0] for part in text.split("{")[1:]}


@pytest.mark.parametrize(
    ("accepted", "words"),
    [
        ("sv", "Laddstationer"),
        ("sv-SE,sv;q=0.9,en;q=0.8", "Laddstationer"),
        ("de,en;q=0.5,sv;q=0.7", "Laddstationer"),
        ("de", "Charging stations"),
        ("en;q=high, sv;q=", "Laddstationer"),
    ],
)
async def test_a_stranger_reads_in_the_language_the_browser_asks_for(reader, accepted, words):
    page = await reader.get("/", Accept_Language=accepted)
    assert words in page.words


async def test_the_choice_of_language_is_kept_for_strangers(reader):
    await reader.post("/language", {"language": "sv", "next": "/"})
    page = await reader.get("/", Accept_Language="en")
    assert '<html lang="sv">' in page.text


async def test_the_choice_of_language_is_kept_with_the_account(reader, world):
    await reader.sign_in("anna@example.org")
    assert '<html lang="sv">' in (await reader.get("/", Accept_Language="en")).text
    await reader.post("/language", {"language": "en", "next": "/account"})
    assert (await world.platform.store.accounts.get(world.anna.id)).language == "en"
    assert '<html lang="en">' in (await reader.get("/account")).text


async def test_a_language_we_do_not_have_is_the_first_we_offer(reader):
    await reader.post("/language", {"language": "xx", "next": "/"})
    assert '<html lang="en">' in (await reader.get("/")).text

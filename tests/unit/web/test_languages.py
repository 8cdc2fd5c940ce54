"""Texts in the reader's language, every one of them."""

import io
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

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


#: Only operators and developers read these, and all whose name begins with `console`.
OF_CONSOLE = {"words.py", "card_words.py", "bill_words.py", "customer_form.py", "peer_form.py", "templates/api.html"}


def texts(*, of_drivers: bool = False) -> list[str]:
    found = extract_from_dir(Path(ocpilot.web.__file__).parent, METHODS, keywords={"_": None, "mark": None})
    read = (one for one in found if not (of_drivers and is_of_console(one[0])))
    return sorted({message for _, _, message, _, _ in read if isinstance(message, str)})


def is_of_console(file: str) -> bool:
    return file in OF_CONSOLE or file.removeprefix("templates/").startswith("console")


def test_every_text_of_the_pages_has_its_swedish():
    swedish = translator("sv")
    assert len(texts()) > 200
    assert [text for text in texts() if swedish(text) == text and text not in SAME] == []


@pytest.mark.parametrize("language", ["de", "nl"])
def test_every_text_that_drivers_read_has_its_german_and_dutch_with_the_same_gaps(language):
    file = Path(ocpilot.web.__file__).parents[1] / "locale" / language / "LC_MESSAGES" / "ocpilot.po"
    said = {str(one.id): str(one.string) for one in read_po(io.BytesIO(file.read_bytes())) if one.string}
    wanted = texts(of_drivers=True)
    assert len(wanted) > 200
    assert [text for text in wanted if text not in said] == []
    assert [text for text in wanted if places(said[text]) != places(text)] == []


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
        ("de,en;q=0.5,sv;q=0.7", "Ladestationen"),
        ("nl-BE", "Laadstations"),
        ("fr,sv;q=0.5", "Laddstationer"),
        ("fr", "Charging stations"),
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


async def test_the_console_is_in_a_language_it_has_whatever_its_reader_asks_for(reader, world):
    await reader.sign_in("kontor@example.org")
    await reader.post("/language", {"language": "de", "next": "/console"})
    page = await reader.get("/console", Accept_Language="de")
    assert '<html lang="en">' in page.text
    assert "Deutsch" not in page.text
    assert '<html lang="en">' in (await reader.get("/api", Accept_Language="nl")).text

"""Texts in a reader's language: gettext catalogues read straight from the .po files, English where there is none."""

from collections.abc import Callable
from functools import cache
from importlib import resources

from babel.messages.pofile import read_po

#: Takes an English text, gives the reader's.
Translate = Callable[[str], str]

_DOMAIN = "ocpilot.po"


def mark(text: str) -> str:
    """The text itself: it names a text for the catalogues where it is written, not where it is shown."""
    return text


def translator(language: str) -> Translate:
    """The translation into a language such as `sv` or `sv-SE`; a text without one stays English."""
    texts = _texts(language.replace("_", "-").split("-")[0].lower())
    return lambda text: texts.get(text, text)


@cache
def languages() -> tuple[str, ...]:
    """The languages there are texts in, English first."""
    found = (folder.name for folder in _locales().iterdir() if (folder / "LC_MESSAGES" / _DOMAIN).is_file())
    return ("en", *sorted(found))


def _locales() -> resources.abc.Traversable:
    return resources.files("ocpilot") / "locale"


@cache
def _texts(language: str) -> dict[str, str]:
    if language not in languages()[1:]:
        return {}
    with (_locales() / language / "LC_MESSAGES" / _DOMAIN).open("rb") as file:
        catalogue = read_po(file, locale=language)
    return {
        str(message.id): str(message.string)
        for message in catalogue
        if isinstance(message.id, str) and message.id and message.string and not message.fuzzy
    }

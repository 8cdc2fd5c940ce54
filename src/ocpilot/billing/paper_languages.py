"""The languages papers are written in: those whose catalogues have every text of prices, receipts and invoices."""

from typing import Literal, get_args

Language = Literal["en", "sv", "de", "nl"]


def language_of(wanted: str) -> Language:
    """The one for a reader's language such as `de` or `sv-SE`; English where there is none."""
    first = wanted.replace("_", "-").split("-")[0].lower()
    found: Language = next((one for one in get_args(Language) if one == first), "en")
    return found

"""Texts of others in tables that people open with a spreadsheet, which takes some of them for formulas."""

import re
from collections.abc import Iterable

#: What makes a formula of a text (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
#: Amounts, telephone numbers and times with their units begin so too, and compute nothing. `-T1` is a cell.
_HARMLESS = re.compile(r"[-+]|[-+]\d[\d\s.,:-]*[\w\s/%]*")


def harmless(cell: str) -> str:
    """The cell as a text for every spreadsheet; numbers stay what they are."""
    return f"'{cell}" if cell.startswith(_FORMULA) and not _HARMLESS.fullmatch(cell) else cell


def harmless_row(cells: Iterable[str]) -> list[str]:
    """All cells of a row."""
    return [harmless(cell) for cell in cells]

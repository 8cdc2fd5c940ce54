"""Texts that others wrote, in one line: fit for a log, a terminal or a column of text."""

import re

#: Line breaks, NUL (which PostgreSQL cannot store), and what steers a terminal.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def one_line(text: str) -> str:
    """The text with a space for each control character."""
    return _CONTROL.sub(" ", text)


def storable(text: str) -> str:
    """The text without what no database takes: NUL, and halves of characters."""
    return text.replace("\x00", "?").encode("utf-8", "replace").decode()

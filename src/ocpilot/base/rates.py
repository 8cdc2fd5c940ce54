"""How often something named on the command line shall happen: `NAME` or `NAME=RATE`."""

from collections.abc import Iterable, Set

from ocpilot.base.errors import UserError


def read_rates(words: Iterable[str], known: Set[str], where: str) -> dict[str, float]:
    """Name to rate from 0 to 1, always (1) without one; UserError otherwise, saying `where` the known ones are."""
    return dict(_one(word, known, where) for word in words)


def _one(word: str, known: Set[str], where: str) -> tuple[str, float]:
    name, _, rate = word.partition("=")
    if name not in known:
        raise UserError(f"no fault is called {name!r}; {where}")
    try:
        often = float(rate) if rate else 1.0
    except ValueError:
        often = -1.0
    if not 0 <= often <= 1:
        raise UserError(f"{word}: found the rate {rate}, expected a number from 0 to 1")
    return name, often

"""Columns of text for a terminal."""

from collections.abc import Iterator, Sequence


def aligned(table: Sequence[Sequence[str]], *, right: bool = False) -> Iterator[str]:
    """Rows with columns as wide as their longest text; with `right`, all but the first stand to the right."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        shown = (
            cell.rjust(width) if right and place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        yield "  ".join(shown).rstrip()

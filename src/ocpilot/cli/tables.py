"""Columns of text for a terminal."""

from collections.abc import Iterator, Sequence


def aligned(table: Sequence[Sequence[str]], *, left: bool = False) -> Iterator[str]:
    """The first column to the left, the others to the right; with `left` all to the left."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        shown = (
            cell.ljust(width) if left or place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        yield "  ".join(shown).rstrip()

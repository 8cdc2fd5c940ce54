"""A small reader of SIE files, of its own making: what a bookkeeping program would understand."""

from collections.abc import Iterator
from decimal import Decimal


def fields(line: str) -> list[str]:
    """The fields of a line: parted by spaces, in quotes where they hold some, `{}` one field."""
    found, place = [], 0
    while place < len(line):
        if line[place] in " \t":
            place += 1
        elif line[place] == '"':
            text, place = _quoted(line, place + 1)
            found.append(text)
        else:
            end = next((at for at in range(place, len(line)) if line[at] in " \t"), len(line))
            found.append(line[place:end])
            place = end
    return found


def _quoted(line: str, place: int) -> tuple[str, int]:
    text = ""
    while line[place] != '"':
        if line[place] == "\\":
            place += 1
        text += line[place]
        place += 1
    return text, place + 1


def read(data: bytes) -> tuple[dict[str, list[list[str]]], list[tuple[list[str], list[tuple[str, Decimal]]]]]:
    """Records by label, and vouchers with (account, amount) of their lines."""
    records: dict[str, list[list[str]]] = {}
    vouchers: list[tuple[list[str], list[tuple[str, Decimal]]]] = []
    for line in _lines(data):
        label, *rest = fields(line)
        if label == "#VER":
            vouchers.append((rest, []))
        elif label == "#TRANS":
            assert rest[1] == "{}"
            vouchers[-1][1].append((rest[0], Decimal(rest[2])))
        elif label not in "{}":
            records.setdefault(label, []).append(rest)
    return records, vouchers


def _lines(data: bytes) -> Iterator[str]:
    assert data.endswith(b"\r\n")
    return (line for line in data.decode("cp437").split("\r\n") if line)

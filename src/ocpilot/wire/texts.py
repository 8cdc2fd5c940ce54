"""OCPI objects as texts hold them: one, a list, an envelope, or JSON Lines, which are read one line at a time."""

import io
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import msgspec

from ocpilot.base.errors import BadJson, TooLarge
from ocpilot.wire.jsontext import loads

_ENDS = {b"{": b"}", b"[": b"]"}
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
#: The first bytes of any JSON value.
_BEGINS = frozenset(bytes([one]) for one in b'{["-0123456789tfn')
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
#: Bytes of a text that are shown of what is no JSON.
_SHOWN = 40


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """One JSON value of a text: the whole text, or one `line` of JSON Lines, counted from 1. `wrong` says why there is
    none."""

    line: int | None = None
    value: object = None
    wrong: str | None = None


def values(lines: Iterable[bytes]) -> Iterator[Value]:
    """The JSON values of a text that comes line by line. What is no JSON is a value with `wrong`; nothing is raised.

    No limit to their length: they are what somebody asked for, not what a partner sent.
    """
    return (value_of(text, line) for line, text in texts(lines))


def texts(lines: Iterable[bytes]) -> Iterator[tuple[int | None, bytes]]:
    """The texts of the JSON values, unread, each with its line in JSON Lines.

    Only a text that is no JSON Lines is held in memory whole.
    """
    rest = iter(lines)
    head = _first_two(rest)
    numbered = ((number, line) for number, line in enumerate(chain(head, rest), 1) if line.strip())
    if _are_json_lines([line.strip() for line in head if line.strip()]):
        yield from numbered
    else:
        whole = io.BytesIO()
        whole.writelines(chain(head, rest))
        yield None, whole.getvalue()


def items_of(text: bytes) -> Sequence[msgspec.Raw] | None:
    """The texts of the items of a list, unread, so that a long list is held once, as a text; None: it is no list."""
    if text[:_SHOWN].lstrip()[:1] != b"[":
        return None
    try:
        return _ITEMS.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None


def objects_in(value: object) -> Iterator[tuple[str, object]]:
    """Each object of a JSON value with its path: an envelope is opened, a list gone through."""
    root = "$"
    if is_envelope(value):
        value, root = value.get("data") if isinstance(value, dict) else None, "$.data"
        if value is None:
            return
    if isinstance(value, list):
        yield from ((f"{root}[{index}]", item) for index, item in enumerate(value))
    else:
        yield root, value


def is_envelope(value: object) -> bool:
    """Whether a JSON value is an OCPI answer (transport_and_format, "Response format")."""
    return isinstance(value, dict) and "status_code" in value


def _first_two(lines: Iterator[bytes]) -> list[bytes]:
    """The lines up to the second that is not blank, without a byte order mark."""
    head: list[bytes] = []
    for line in lines:
        head.append(line if head else line.removeprefix(BOM_UTF8))
        if sum(1 for one in head if one.strip()) == 2:
            break
    return head


def _are_json_lines(head: list[bytes]) -> bool:
    """Whether these are the first lines of JSON Lines: the first is a whole value, or would be were it not broken."""
    if len(head) < 2:
        return False
    first, second = head
    looks_whole = _ENDS.get(first[:1]) == first[-1:] and second[:1] in _ENDS
    return looks_whole or value_of(first).wrong is None


def value_of(text: bytes, line: int | None = None) -> Value:
    """The JSON value of a text."""
    try:
        return Value(line=line, value=loads(text, max_bytes=len(text)))
    except (BadJson, TooLarge) as error:
        return Value(line=line, wrong=_other_than_json(text) or str(error))


def _other_than_json(text: bytes) -> str | None:
    """What a text is that does not even begin as JSON, or is in another encoding."""
    if text.startswith(_UTF_16):
        return "text in UTF-16, not in UTF-8"
    begins = text.strip()[:_SHOWN]
    if not begins:
        return "nothing"
    if begins[:1] not in _BEGINS:
        return f"text that begins with {begins.decode(errors='replace')!r}"
    try:
        text.decode()
    except UnicodeDecodeError as error:
        before = text[max(0, error.start - _SHOWN // 2) : error.start].decode(errors="replace")
        return f"text that is not in UTF-8, perhaps in Latin-1: byte 0x{text[error.start]:02x} after {before!r}"
    return None

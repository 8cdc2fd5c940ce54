"""The envelope of every OCPI answer: data, status code and message, timestamp (transport_and_format, "Response")."""

from datetime import datetime
from functools import lru_cache
from typing import Literal

import msgspec

from ocpilot.base import time
from ocpilot.base.errors import BadJson, PeerNonsense, TooLarge
from ocpilot.wire.jsontext import MAX_BYTES, dumps, loads

#: Generic success (status_codes, "1xxx: Success").
SUCCESS = 1000
#: Bytes of an answer without data, and not many more.
_SHORT = 512


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as it came. `data` is JSON, None when absent; `timestamp` None when it is missing or no time."""

    status_code: int
    status_message: str | None = None
    data: object = None
    timestamp: datetime | None = None

    @property
    def ok(self) -> bool:
        """Whether the peer says that it worked (1xxx)."""
        return 1000 <= self.status_code < 2000


def response(data_json: bytes | None, status: int = SUCCESS, message: str | None = None, *, now: datetime) -> bytes:
    """The envelope as JSON text around data that is JSON text already, or without data."""
    rest = b'%s,"timestamp":"%s"}' % (_said(status, message), time.write(now).encode())
    # Joined at once: a page is large, and copied no more often than it has to be.
    return b"{" + rest if data_json is None else b"".join((b'{"data":', data_json, b",", rest))


@lru_cache(maxsize=256)
def _said(status: int, message: str | None) -> bytes:
    """Most answers say the same."""
    said = b"" if message is None else b',"status_message":' + dumps(message)
    return b'"status_code":%d%s' % (status, said)


class _Done(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """What most answers to what we send are: a success without data."""

    status_code: Literal[1000]
    status_message: str | None = None
    timestamp: str | None = None
    data: None = None


_DONE = msgspec.json.Decoder(_Done)


def read_response(data: bytes, max_bytes: int = MAX_BYTES) -> Envelope:
    """The peer's answer. PeerNonsense when it is no OCPI envelope."""
    return _done(data) or _read(data, max_bytes)


def _done(data: bytes) -> Envelope | None:
    """A success without data, in which no name stands twice; None for whatever is not surely one."""
    if len(data) > _SHORT or b"\\" in data:
        return None
    try:
        said = _DONE.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    texts = (said.status_message is not None) + (said.timestamp is not None)
    if data.count(b'"') != 2 + 4 * texts:
        return None  # there is another name, or one of these twice
    return Envelope(status_code=SUCCESS, status_message=said.status_message, timestamp=_timestamp(said.timestamp))


def _read(data: bytes, max_bytes: int) -> Envelope:
    try:
        value = loads(data, max_bytes)
    except (BadJson, TooLarge) as error:
        raise PeerNonsense(f"the answer is no OCPI: {error}") from None
    if not isinstance(value, dict) or "status_code" not in value:
        raise PeerNonsense("the answer is no OCPI: found no status_code, expected an envelope with one")
    return Envelope(
        status_code=_status_code(value["status_code"]),
        status_message=value["status_message"] if isinstance(value.get("status_message"), str) else None,
        data=value.get("data"),
        timestamp=_timestamp(value.get("timestamp")),
    )


def _status_code(found: object) -> int:
    """A whole number; some peers send it as text."""
    if isinstance(found, int) and not isinstance(found, bool):
        return found
    if isinstance(found, str) and len(found) == 4 and found.isascii() and found.isdecimal():
        return int(found)
    raise PeerNonsense(f"the answer is no OCPI: found the status_code {str(found)[:20]}, expected such as 1000")


def _timestamp(found: object) -> datetime | None:
    try:
        return time.parse(found) if isinstance(found, str) else None
    except (ValueError, OverflowError):
        return None

"""Requests no partner should send: odd values in right objects, bytes that are no JSON, odd URLs, headers and queries.

Everything comes from a `Random`, so that a seed is the whole story of a request.
"""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from urllib.parse import quote, unquote, urlencode

from starlette.types import ASGIApp

from generated import UNKNOWN_WORD, Generator
from ocpilot.http.routes import Resource
from ocpilot.wire import v230
from ocpilot.wire.fields import Wire
from ocpilot.wire.kinds import KINDS
from ocpilot.wire.packages import class_in
from ocpilot.wire.protocol import ModuleID, Version

#: Where generated objects may ask us to call: nobody listens there.
NOWHERE = "http://127.0.0.1:1/"
SURROGATE = "\ud800"
ODD_TEXTS = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "a\nb",
    "\x7f\x1b[2J",
    SURROGATE,
    "\u202eabc",
    "İ",
    "ß",
    "字🔌",
    "a/b",
    "..",
    ".",
    "%",
    "%2e%2e",
    "%zz",
    "'; DROP TABLE location; --",
    '"\\',
    "NaN",
    "null",
    "x" * 36,
    "x" * 40,
    "0000-00-00T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999-23:59",
    "9999-12-31T23:59:59.999Z",
    "2026-02-30T10:00:00Z",
    "2026-11-01T24:00:00Z",
    "2026-11-01T10:00:60Z",
    "2026-11-01T10:00:00.123456789Z",
    "2026-11-01T10:00:00",
    "2026-11-01 10:00:00+02:00",
    "1e400",
    "1e39",
    "9" * 45,
    "-1",
    "http://127.0.0.1:99999/",
    "http://[::1",
    "http://user:pass@127.0.0.1:1/",
    "file:///etc/passwd",
)
ODD_NUMBERS = (
    0,
    -1,
    1,
    2**31,
    2**63,
    -(2**63) - 1,
    10**39,
    10**60,
    0.1,
    1e-30,
    1e22,
    1e300,
    float("inf"),
    float("nan"),
)
#: Ids in URLs; few, so that the same object is met again.
USUAL_IDS = ("A1", "a1", "B 2", "C/3", "ö4")


def odd_value(random: Random) -> object:
    """Any JSON value, most often one that hurts."""
    return random.choice(_ODD)(random)


def huge_text(random: Random) -> str:
    """Long and not to be compressed, as an index would have it."""
    return random.randbytes(random.choice((20, 130, 5000, 50_000))).hex()


def nested(depth: int) -> object:
    value: object = "end"
    for level in range(depth):
        value = [value] if level % 2 else {"x": value}
    return value


def mutated(random: Random, body: object) -> object:
    """A right object with one to three things wrong."""
    body = json.loads(json.dumps(body, default=_number))
    for _ in range(random.randint(1, 3)):
        holders = _holders(body)
        if not holders:
            return odd_value(random)
        holder = random.choice(holders)
        key = random.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        match random.randrange(6):
            case 0:
                del holder[key]
            case 1:
                holder[key] = None
            case 2 if isinstance(holder, dict):
                holder[random.choice(ODD_TEXTS)] = holder.pop(key)
            case 3 if isinstance(holder, list):
                holder *= 200
            case _:
                holder[key] = odd_value(random)
    return body


def _holders(value: object) -> list:
    found, left = [], [value]
    while left:
        one = left.pop()
        if isinstance(one, dict | list) and one:
            found.append(one)
            left += one.values() if isinstance(one, dict) else one
    return found


def _number(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value))


def text_of(body: object) -> bytes:
    """JSON, with numbers as they come and lone surrogates escaped."""
    return json.dumps(body, default=_number).encode()


def no_json(random: Random, text: bytes) -> bytes:
    """Bytes that are no JSON, or JSON that nobody means, made of a right body."""
    cut = random.randrange(len(text) + 1)
    return random.choice(_NO_JSON)(random, text[:cut], text[cut:])


_ODD: tuple[Callable[[Random], object], ...] = (
    lambda random: random.choice(ODD_TEXTS),
    lambda random: random.choice(ODD_TEXTS),
    lambda random: random.choice(ODD_NUMBERS),
    lambda random: random.choice((None, True, False, UNKNOWN_WORD, 1000)),
    lambda random: random.choice(([], {}, [[[]]], [{}], {"": {}}, [None], [1, "a", None])),
    huge_text,
    lambda random: nested(random.choice((3, 60, 70))),
    lambda random: {random.choice(ODD_TEXTS): odd_value(random) for _ in range(2)},
    lambda random: [odd_value(random) for _ in range(random.randrange(3))],
)
_ALONE = (b"", b" ", b"\x00", b"null", b"[]", b"{}", b'"', b"NaN", b"-Infinity", b"1e400", b"0x10")
#: From the beginning and the end of a right body.
_NO_JSON: tuple[Callable[[Random, bytes, bytes], bytes], ...] = (
    lambda random, start, end: start,
    lambda random, start, end: start + random.randbytes(3) + end,
    lambda random, start, end: random.randbytes(random.randrange(64)),
    lambda random, start, end: random.choice(_ALONE),
    lambda random, start, end: b"\xef\xbb\xbf" + start + end,
    lambda random, start, end: (start + end).decode().encode("utf-16"),
    lambda random, start, end: b"[" * 100_000 + b"]" * 100_000,
    lambda random, start, end: b'{"x":' * 100_000 + b"1" + b"}" * 100_000,
    lambda random, start, end: (start + end).replace(b"{", b'{"id":"1","id":"2",', 1),
    lambda random, start, end: b'{"last_updated":' + b"9" * random.choice((50, 5000, 500_000)) + b"}",
    lambda random, start, end: gzip.compress(start + end),
    lambda random, start, end: (start + end) * 2,
    lambda random, start, end: (start + end).replace(b'"', b'"\\ud800', 2),
    lambda random, start, end: b'{"id":"' + b"x" * (5 * 1024 * 1024) + b'"}',
)


# ---- requests ------------------------------------------------------------------------------------------------------


@dataclass
class Shot:
    """One request, as an ASGI server hands it over."""

    method: str
    #: Percent-encoded path, from `/ocpi`.
    path: str
    query: str = ""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""


@dataclass(frozen=True)
class Told:
    """What came back."""

    http: int
    headers: dict[str, str]
    text: bytes

    @property
    def envelope(self) -> dict[str, object]:
        return json.loads(self.text)

    @property
    def accepted(self) -> bool:
        return self.http < 300 and 1000 <= int(self.envelope["status_code"]) < 2000


async def fire(app: ASGIApp, shot: Shot) -> Told:
    """The answer of the application to a request that arrived whole."""
    answer: list[dict] = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": shot.method,
        "scheme": "http",
        "path": unquote(shot.path),
        "raw_path": shot.path.encode("ascii"),
        "query_string": shot.query.encode("ascii"),
        "root_path": "",
        "headers": [(b"host", b"localhost"), *shot.headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }

    async def receive():
        return {"type": "http.request", "body": shot.body, "more_body": False}

    async def send(message):
        answer.append(message)

    await app(scope, receive, send)
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer[0]["headers"]}
    return Told(answer[0]["status"], headers, b"".join(part.get("body", b"") for part in answer[1:]))


def url_of(row: Resource, variables: dict[str, str]) -> str:
    """The path of a resource with these variables."""
    segments = (variables[part[1:-1]] if part.startswith("{") else part for part in row.template)
    return "/ocpi/" + "/".join(quote(segment, safe="", errors="replace") for segment in segments)


def odd_path(random: Random, path: str) -> str:
    """The path with something in it that no URL of ours has."""
    cut = random.randrange(len("/ocpi/"), len(path) + 1)
    piece = random.choice(
        (
            "/",
            "//",
            "%",
            "%2F",
            "%00",
            "%0A",
            "%zz",
            "%ff",
            "%ed%a0%80",
            "..",
            "/../",
            "/./",
            ";a=b",
            "+",
            "%20",
            "A" * 65536,
        )
    )
    known = random.choice(("2.0", "2.1", "2.2", "9.9", "2.3.0 ", "2.3.0%00", "latest", "%D9%A2.3.0", "versions"))
    match random.randrange(5):
        case 0:
            return "/ocpi/" + "/".join([known, *path.split("/")[3:]])
        case 1:
            return path + random.choice(("/", "//", "/x", "/x/y/z/" * 50, "%3F"))
        case 2:
            return "/ocpi" + random.choice(("", "/", "//", "/%2e%2e", "/x%0Ay", "/credentials", "/2.3.0/", "/2.3.0//"))
        case _:
            return path[:cut] + piece + path[cut:]


def odd_query(random: Random) -> str:
    """Parameters of lists and commands with odd values, some repeated."""
    names = (
        "limit",
        "offset",
        "date_from",
        "date_to",
        "cursor",
        "type",
        "duration",
        "response_url",
        "timeslot_from",
        "x",
    )
    values = (
        *ODD_TEXTS[:6],
        *ODD_TEXTS[7:],
        "0",
        "1",
        "50",
        "999999999",
        "1" * 5000,
        huge_text(random),
        "abc",
        "e30",
        "eyJ0b3RhbCI6MX0",
    )
    pairs = [(random.choice(names), random.choice(values)) for _ in range(random.randint(1, 4))]
    query = urlencode(pairs)
    return query + random.choice(
        ("", "&&&", "&limit", "&=x", "&%", "&limit=%zz", "&limit=1&limit=2", "&x=%ff%fe", "&a=1" * 3000)
    )


def odd_headers(random: Random) -> list[tuple[bytes, bytes]]:
    """Headers that mean nothing good."""
    junk = (
        b"",
        b"x",
        b"\xff\xfe",
        b"a" * 8000,
        "åäö".encode(),
        b"SE",
        b"LAD",
        b"se",
        b"\t",
        b"S\x00",
        b"(){};'\"",
        b"1, 2",
    )
    names = (
        b"x-request-id",
        b"x-correlation-id",
        b"ocpi-from-country-code",
        b"ocpi-from-party-id",
        b"ocpi-to-country-code",
        b"ocpi-to-party-id",
        b"content-type",
        b"content-encoding",
        b"accept",
        b"content-length",
        b"x-forwarded-for",
        b"cookie",
    )
    return [(random.choice(names), random.choice(junk)) for _ in range(random.randint(1, 5))]


def odd_authorization(random: Random, token: str) -> bytes:
    """A header that opens nothing, some of them close to one that does."""
    return random.choice(
        (
            b"",
            b"Token",
            b"Token ",
            b"Bearer " + token.encode(),
            b"Token " + token.encode()[:-1],
            b"Token \xff\xfe",
            b"Token " + b"A" * 60_000,
            b"Token AAAA",
            b"Token /////w==",
            b"Token AA==",
            "Token åäö".encode(),
            b"Basic dXNlcjpwYXNz",
            b"Token Token " + token.encode(),
            b"Token " + token.encode() + b"\x00",
        )
    )


# ---- what a resource takes -----------------------------------------------------------------------------------------

_BODIES: dict[tuple[ModuleID, str], type[Wire]] = {
    (ModuleID.CREDENTIALS, "{version}/credentials"): v230.Credentials,
    (ModuleID.LOCATIONS, "{id}"): v230.Location,
    (ModuleID.LOCATIONS, "{evse_uid}"): v230.EVSE,
    (ModuleID.LOCATIONS, "{connector_id}"): v230.Connector,
    (ModuleID.TARIFFS, "{id}"): v230.Tariff,
    (ModuleID.SESSIONS, "{id}"): v230.Session,
    (ModuleID.SESSIONS, "charging_preferences"): v230.ChargingPreferences,
    (ModuleID.CDRS, ""): v230.CDR,
    (ModuleID.TOKENS, "{id}"): v230.Token,
    (ModuleID.TOKENS, "authorize"): v230.LocationReferences,
    (ModuleID.COMMANDS, "{id}"): v230.CommandResult,
    (ModuleID.CHARGING_PROFILES, "{session_id}"): v230.SetChargingProfile,
    (ModuleID.CHARGING_PROFILES, "{id}"): v230.ActiveChargingProfileResult,
    (ModuleID.HUB_CLIENT_INFO, "{party_id}"): v230.ClientInfo,
    (ModuleID.INVOICE_RECONCILIATION, ""): v230.InvoiceReconciliationRecord,
    (ModuleID.INVOICE_RECONCILIATION, "{id}"): v230.InvoiceReconciliationRecord,
    (ModuleID.PAYMENTS, "financial-advice-confirmations"): v230.FinancialAdviceConfirmation,
    (ModuleID.PAYMENTS, "{id}"): v230.Terminal,
    (ModuleID.PAYMENTS, "terminals"): v230.Terminal,
    (ModuleID.PAYMENTS, "activate"): v230.Terminal,
    (ModuleID.BOOKINGS, ""): v230.BookingRequest,
    (ModuleID.BOOKINGS, "{id}"): v230.Booking,
    (ModuleID.BOOKINGS, "{calendar_id}"): v230.Calendar,
}
COMMANDS: dict[str, type[Wire]] = {
    "START_SESSION": v230.StartSession,
    "STOP_SESSION": v230.StopSession,
    "RESERVE_NOW": v230.ReserveNow,
    "CANCEL_RESERVATION": v230.CancelReservation,
    "UNLOCK_CONNECTOR": v230.UnlockConnector,
}


def class_at(row: Resource, variables: dict[str, str], random: Random) -> type[Wire]:
    """The 2.3.0 class of what is sent to a resource; any class where a body has no meaning."""
    if row.module is ModuleID.BOOKINGS and row.path.endswith("booking_locations/{id}"):
        return v230.BookingLocation
    if row.module is ModuleID.CHARGING_PROFILES and row.interface == "SENDER" and row.path == "{session_id}":
        return v230.ActiveChargingProfile
    if row.path == "{command}":
        return COMMANDS.get(variables["command"], v230.StartSession)
    last = row.path if row.module is ModuleID.CREDENTIALS else row.path.split("/")[-1]
    return _BODIES.get((row.module, last)) or random.choice(KINDS).cls


#: Fields of a body that its URL names too, where they are not called the same.
_NAMED = {"evse_uid": "uid", "connector_id": "id", "calendar_id": "id"}


def body_at(row: Resource, variables: dict[str, str], version: Version, random: Random) -> dict[str, object]:
    """A right object for a resource, as its URL says; it names our party and ids that exist."""
    cls = class_at(row, variables, random)
    words = random.choice(((), (UNKNOWN_WORD,)))
    body = Generator(random.getrandbits(32), words).body(class_in(cls, version))
    for variable in ("country_code", "party_id", "id", *_NAMED):
        if variable in variables:
            body[_NAMED.get(variable, variable)] = variables[variable]
    if cls is v230.Token and "id" in variables:
        body["uid"], body["type"] = body.pop("id"), "RFID"
    if cls is v230.Terminal and "id" in variables:
        body["terminal_id"] = body.pop("id")
    return body


def kept_at(row: Resource) -> bool:
    """Whether a GET of the resource answers what was PUT there, and changes nothing."""
    modules = (ModuleID.CREDENTIALS, ModuleID.CHARGING_PROFILES)
    return {"GET", "PUT"} <= row.methods.keys() and row.module not in modules

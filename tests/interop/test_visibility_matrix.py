"""Peer B can neither read nor change what concerns only A, and A can: every row of the route table, method and version.

Made from the route table itself. A row without an entry fails the test: whoever adds a row says here what of it
concerns one peer only, and what A can do with it.
"""

import base64
import dataclasses
import json
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, unquote, urlsplit

import asyncpg
import pytest
from hostile import COMMANDS
from seen import ID, MARK, OURS, ROWS, A, B, Connected, Obliging, replace_headers, settled

from ocpilot.app.secrets import hash_token
from ocpilot.base.settings import HUB
from ocpilot.http.routes import TABLE, Configuration
from ocpilot.wire.protocol import PROTOCOLS, SUPPORTED, ModuleID

#: Words that say that nothing was done.
REFUSALS = ("REJECTED", "UNKNOWN_SESSION", "UNKNOWN_RESERVATION", "NOT_SUPPORTED", "NOT_ALLOWED")
METHODS = ("GET", "PUT", "PATCH", "POST", "DELETE")


@dataclass(frozen=True)
class Entry:
    """What A can do with a row, by the same request that B tries.

    `can`: methods that A succeeds with. `first` is what A sends before (method and row), so that there is something of
    its own. `reads`: its answer to a GET holds the mark. `asked`: something is done for A, and nothing of it for B.
    What neither is read nor done says `why`.
    """

    can: tuple[str, ...] = ("GET",)
    first: tuple[str, str] | None = None
    reads: bool = True
    asked: bool = False
    why: str = ""


OWNED = "{country_code}/{party_id}/{id}"
PLACE = "{country_code}/{party_id}/booking_locations/{id}"
LOCATION, TARIFF, SESSION = (f"receiver/{module}/{OWNED}" for module in ("locations", "tariffs", "sessions"))
TOKEN, INVOICE = f"receiver/tokens/{OWNED}", f"receiver/invoicereconciliation/{OWNED}"
BOOKING, BOOKING_PLACE = f"receiver/Booking/{OWNED}", f"receiver/Booking/{PLACE}"
TERMINALS, ADVICES = "payments/terminals", "payments/financial-advice-confirmations"
ASKED = Entry(("POST",), reads=False, asked=True)

ENTRIES = {
    "versions": Entry(reads=False, why="the same for everybody"),
    "2.2": Entry(reads=False, why="the same for everybody"),
    "{version}": Entry(reads=False, why="the same for everybody"),
    "{version}/credentials": Entry(("GET", "PUT"), reads=False, why="each its own, by its token"),
    # ---- ours, for A alone
    "sender/locations": Entry(),
    "sender/locations/{id}": Entry(),
    "sender/locations/{id}/{evse_uid}": Entry(),
    "sender/locations/{id}/{evse_uid}/{connector_id}": Entry(),
    "sender/tariffs": Entry(),
    "sender/sessions": Entry(),
    "sender/sessions/{id}/charging_preferences": Entry(("PUT",), reads=False, asked=True),
    "sender/cdrs": Entry(),
    "sender/tokens": Entry(),
    "sender/tokens/{id}/authorize": ASKED,
    "sender/invoicereconciliation": Entry(),
    "sender/payments/terminals": Entry(),
    "sender/payments/terminals/{id}": Entry(("GET", "PUT", "PATCH")),
    "sender/payments/terminals/activate": ASKED,
    "sender/payments/terminals/{id}/deactivate": ASKED,
    f"sender/{ADVICES}": Entry(),
    f"sender/{ADVICES}/{{id}}": Entry(),
    "sender/Booking": Entry(),
    "sender/Booking/booking_locations": Entry(),
    "sender/Booking/booking_locations/{id}": Entry(),
    "sender/Booking/booking_locations/{id}/{calendar_id}": Entry(),
    "sender/hubclientinfo": Entry(reads=False, why="who is connected to a hub is told to everybody there"),
    # ---- orders about A's charge, and results of orders to A
    "receiver/commands/{command}": ASKED,
    "sender/commands/{command}/{id}": ASKED,
    "receiver/chargingprofiles/{session_id}": Entry(("GET", "PUT", "DELETE"), reads=False, asked=True),
    "sender/chargingprofiles/{session_id}": Entry(("PUT",), ("PUT", SESSION), reads=False, asked=True),
    "sender/chargingprofiles/{order}/{id}": ASKED,
    # ---- what A sent
    LOCATION: Entry(("GET", "PUT", "PATCH"), ("PUT", LOCATION)),
    f"{LOCATION}/{{evse_uid}}": Entry(("GET", "PUT", "PATCH"), ("PUT", LOCATION)),
    f"{LOCATION}/{{evse_uid}}/{{connector_id}}": Entry(("GET", "PUT", "PATCH"), ("PUT", LOCATION)),
    TARIFF: Entry(("GET", "PUT", "PATCH", "DELETE"), ("PUT", TARIFF)),
    SESSION: Entry(("GET", "PUT", "PATCH"), ("PUT", SESSION)),
    "receiver/cdrs": Entry(("POST",), ("POST", "receiver/cdrs"), reads=False),
    f"receiver/cdrs/{OWNED}": Entry(("GET",), ("POST", "receiver/cdrs")),
    TOKEN: Entry(("GET", "PUT", "PATCH"), ("PUT", TOKEN)),
    "receiver/hubclientinfo/{country_code}/{party_id}": Entry(
        ("GET", "PUT"), ("PUT", "receiver/hubclientinfo/{country_code}/{party_id}")
    ),
    "receiver/invoicereconciliation": Entry(("POST",), ("POST", "receiver/invoicereconciliation"), reads=False),
    INVOICE: Entry(("GET", "PUT", "DELETE"), ("PUT", INVOICE)),
    f"receiver/{TERMINALS}": Entry(("POST",), ("POST", f"receiver/{TERMINALS}"), reads=False),
    f"receiver/{TERMINALS}/{{id}}": Entry(("GET",), ("POST", f"receiver/{TERMINALS}")),
    f"receiver/{ADVICES}": Entry(("POST",), ("POST", f"receiver/{ADVICES}"), reads=False),
    f"receiver/{ADVICES}/{{id}}": Entry(("GET",), ("POST", f"receiver/{ADVICES}")),
    BOOKING: Entry(("GET", "PUT", "PATCH"), ("PUT", BOOKING)),
    BOOKING_PLACE: Entry(("GET", "PUT", "PATCH"), ("PUT", BOOKING_PLACE)),
    f"{BOOKING_PLACE}/{{calendar_id}}": Entry(("GET", "PUT", "PATCH"), ("PUT", BOOKING_PLACE)),
}


def name_of(row):
    """What stands for a row in `ENTRIES`."""
    return row.path if isinstance(row, Configuration) else "/".join(row.template[1:])


def cases():
    """Every row in every version that has it."""
    for row in TABLE:
        for version in SUPPORTED:
            if version in row.versions and row.module in PROTOCOLS[version].modules:
                yield pytest.param(row, version, id=f"{version}-{name_of(row)}")


def test_every_row_of_the_table_has_an_entry_and_no_other():
    assert {name_of(row) for row in TABLE} == set(ENTRIES)
    assert all(entry.reads or entry.asked or entry.first or entry.why for entry in ENTRIES.values())
    assert all(row in ROWS for row in TABLE)


@pytest.mark.parametrize(("row", "version"), list(cases()))
async def test_b_can_neither_read_nor_change_what_concerns_only_a(start, database_url, tmp_path, row, version):
    # What members of a hub see of each other is in test_hub_*.py; here each row is that of a platform of its own.
    parties = OURS if row.module is ModuleID.HUB_CLIENT_INFO else tuple(one for one in OURS if one.role != HUB)
    async with start("Ours", parties, database_url, tmp_path) as node:
        database = await asyncpg.connect(database_url)
        platform = dataclasses.replace(node.platform, partners=Obliging(), stations=Connected())
        stage = await settled(platform, database, version)
        entry = ENTRIES[name_of(row)]
        try:
            await send_first(stage, entry)
            await attack(stage, row)
            await itself(stage, row, entry)
        finally:
            await platform.background.drain()
            await database.close()


# ---- what B tries --------------------------------------------------------------------------------------------------


async def attack(stage, row):
    before = await stage.of_a()
    assert before, "there is nothing of A that could be read"
    for method in METHODS:
        for shot in await attempts(stage, row, method):
            told = await stage.ask(B, shot)
            assert told.http < 500, (shot, told)
            assert MARK not in told.text.decode(), (shot, told)
            asked = unquote(shot.path + shot.query) + shot.body.decode()
            assert ID in asked or ID not in told.text.decode(), (shot, told)
            assert not (ENTRIES[name_of(row)].asked and is_served(told)), (shot, told)
        missing = before - await stage.of_a()
        assert not missing, (row, method, missing)
        await welcome_back(stage)


def is_served(told):
    """Whether something was done: an order is answered with a word, the rest by the status alone."""
    data = told.envelope.get("data")
    word = data.get("result", data.get("allowed")) if isinstance(data, dict) else data
    return told.http < 300 and told.envelope["status_code"] == 1000 and word not in REFUSALS


async def welcome_back(stage):
    """B has a right to end its own registration; then it goes on."""
    await stage.platform.store.peers.save(stage.peers[B])
    assert stage.peers[B].token_hash == hash_token(stage.tokens[B])


async def attempts(stage, row, method):
    """The request as A would send it, and all that B may make of it."""
    words = COMMANDS if "{command}" in row.template else ("START_SESSION",)
    right = [stage.request(row, method, command=word) for word in words]
    right += [stage.request(row, method, body_party=B), stage.request(row, method, url_party=B)]
    right += [stage.request(row, method, url_party=B, body_party=B)]
    return [shot for one in right for shot in (*spelt(one), *claimed(one), *await paged(stage, row, one))]


def spelt(shot):
    """In another letter case, percent-encoded, with slashes."""
    head, rest = shot.path[:5], shot.path[5:]
    segments = rest.split("/")
    for change in (str.upper, str.lower, str.swapcase):
        changed = [change(segment) if is_value(segment) else segment for segment in segments]
        yield dataclasses.replace(shot, path=head + "/".join(changed))
    coded = ["".join(f"%{ord(one):02X}" for one in segment) if is_value(segment) else segment for segment in segments]
    yield dataclasses.replace(shot, path=head + "/".join(coded))
    yield dataclasses.replace(shot, path=shot.path + "/")
    yield dataclasses.replace(shot, path=shot.path.replace(ID, f"{quote('..', safe='')}/{ID}"))


def is_value(segment):
    return segment in (ID, A.party_id, B.party_id, "SE")


def claimed(shot):
    """With headers and parameters that name A."""
    yield shot
    for prefix, other in (("from", "to"), ("to", "from")):
        names = {
            f"ocpi-{prefix}-country-code": A.country_code,
            f"ocpi-{prefix}-party-id": A.party_id,
            f"ocpi-{other}-country-code": "SE",
            f"ocpi-{other}-party-id": "OPR",
        }
        yield replace_headers(shot, tuple((name.encode(), value.encode()) for name, value in names.items()))
    more = f"{shot.query}&" if shot.query else ""
    for query in ("country_code=SE&party_id=AAA", "viewer=SEAAA&audience=SEAAA&peer_id=1", "type=RFID", "type=rfid"):
        yield dataclasses.replace(shot, query=more + query)


async def paged(stage, row, shot):
    """Other pages of a list: by offset, by date, and by the cursor of A's own page."""
    if shot.method != "GET" or row.template[-1].startswith("{"):
        return []
    told = await stage.ask(A, dataclasses.replace(shot, query="limit=1"))
    queries = (
        "limit=1000",
        "offset=0&limit=1000",
        "offset=1&limit=1",
        "offset=-1",
        "date_from=2000-01-01T00:00:00Z",
        "date_from=2000-01-01T00:00:00Z&date_to=2100-01-01T00:00:00Z&limit=1000",
        "timeslot_from=2000-01-01T00:00:00Z&timeslot_to=2100-01-01T00:00:00Z",
        *(f"limit=1&cursor={cursor}" for cursor in cursors(told)),
    )
    return [dataclasses.replace(shot, query=query) for query in queries]


def cursors(told):
    """That of the Link A got, and one that begins before everything."""
    crafted = {"last_updated": "0001-01-01T00:00:00Z", "party": "", "id": "", "sub": "", "total": 99}
    yield base64.urlsafe_b64encode(json.dumps(crafted).encode()).decode().rstrip("=")
    link = parse_qs(urlsplit(told.headers.get("link", "").partition(">")[0].lstrip("<")).query)
    yield from link.get("cursor", [])


# ---- what A can ----------------------------------------------------------------------------------------------------


async def send_first(stage, entry):
    if entry.first is None:
        return
    method, name = entry.first
    row = next(one for one in TABLE if name_of(one) == name and stage.version in one.versions)
    told = await stage.ask(A, stage.request(row, method, mark=MARK))
    assert (told.http, told.envelope["status_code"]) in ((200, 1000), (201, 1000)), told


async def itself(stage, row, entry):
    for method in METHODS:
        if method not in entry.can or method not in row.methods:
            continue
        told = await stage.ask(A, stage.request(row, method, mark=MARK))
        assert told.http in (200, 201), (method, told)
        assert is_served(told), (method, told)
        if method == "GET" and entry.reads:
            assert MARK in told.text.decode(), told

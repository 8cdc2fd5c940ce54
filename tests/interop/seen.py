"""A platform of every role with something of everything that concerns peer A alone, and peer B, who is as A is.

What is A's has an id that B knows, and a field whose text B must never read.
"""

import json
from dataclasses import dataclass
from random import Random

import asyncpg
from hostile import NOWHERE, Shot, body_at, class_at, fire, text_of, url_of
from msgspec.structs import replace
from shooting import MODULES, charging, registered, rows_of
from starlette.applications import Starlette

from generated import OWN_FIELD, Generator
from ocpilot.app.charges import charges
from ocpilot.app.charges.command_records import ProfileOrder
from ocpilot.app.kept.charge_records import Station, StationConnector
from ocpilot.app.kept.peer_records import Peer
from ocpilot.app.kept.records import ObjectKey, PartnerAnswer, StoredObject
from ocpilot.app.kept.station_events import ActiveProfileAnswer
from ocpilot.app.ocpi.classes import BOOKING_LOCATIONS, BOOKINGS, CONFIRMATIONS, TERMINALS
from ocpilot.app.orders import sent_orders
from ocpilot.app.partners import peers
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.base import time
from ocpilot.base.ids import PartyId
from ocpilot.base.settings import PartySettings
from ocpilot.http.server import ocpi_routes
from ocpilot.roaming.tokens import header_value
from ocpilot.wire import codec
from ocpilot.wire.packages import class_in
from ocpilot.wire.protocol import PROTOCOLS, InterfaceRole, ModuleID, Version
from ocpilot.wire.v230 import (
    EVSE,
    Booking,
    BookingLocation,
    Calendar,
    ChargingPreferences,
    Connector,
    FinancialAdviceConfirmation,
    InvoiceReconciliationRecord,
    Location,
    SetChargingProfile,
    Terminal,
    Token,
)

#: The id of everything that concerns A alone. It has letters, so that it can be written in another case.
ID = "ONLY-FOR-A"
#: That of a command to A whose result is still to come.
COMMANDED = f"{ID}-COMMANDED"
#: What stands in a field of it beside those of the standard.
MARK = "nobody but A may read this"
A, B = PartyId("SE", "AAA"), PartyId("SE", "BBB")
OURS = tuple(
    PartySettings(country_code="SE", party_id=party, role=role, name=party)
    for party, role in (("OPR", "CPO"), ("PRO", "EMSP"), ("PAY", "PTP"), ("SMA", "SCSP"), ("NAV", "HUB"))
)
ROWS = rows_of(party.role for party in OURS)
#: What changes without anybody's doing, or says only that somebody looked.
_PASSING = ("assembled_location", "change", "change_cursor", "leniency", "follower", "schema_version")


class Obliging:
    """`Partners` that answer every question rightly, so that nothing is refused for want of an answer."""

    async def get(self, url, *_, **__):
        if url.startswith(NOWHERE + "details/"):
            version = url.rpartition("/")[2]
            listed = [
                {"identifier": module, "role": role, "url": f"{NOWHERE}{module}"}
                for module in ModuleID
                for role in InterfaceRole
            ]
            return _answer({"version": version, "endpoints": listed})
        return _answer([{"version": version, "url": f"{NOWHERE}details/{version}"} for version in Version])

    async def call(self, *_, **__):
        return _answer({"result": "ACCEPTED", "timeout": 30})

    call_url = post_credentials = call


class Connected:
    """Stations that are all there and do what they are told."""

    async def is_connected(self, _):
        return True

    async def remote_start(self, *_):
        return "Accepted"

    remote_stop = reserve = cancel_reservation = set_charging_profile = clear_charging_profile = remote_start

    async def unlock(self, *_):
        return "Unlocked"

    async def active_charging_profile(self, *_):
        return ActiveProfileAnswer(status="Rejected")


def _answer(data):
    return PartnerAnswer(http_status=200, status_code=1000, status_message=None, data=data, headers={})


@dataclass
class Stage:
    """The platform, and what A and B talk with."""

    platform: Platform
    database: asyncpg.Connection
    version: Version
    peers: dict[PartyId, Peer]
    tokens: dict[PartyId, str]

    def __post_init__(self):
        self.app = Starlette(routes=ocpi_routes(self.platform))

    def authorized(self, who):
        return (
            b"authorization",
            header_value(self.tokens[who], PROTOCOLS[self.version].token_encoding).encode(),
        )

    async def ask(self, who, shot):
        """The answer to a request with this peer's token."""
        return await fire(self.app, replace_headers(shot, (*shot.headers, self.authorized(who))))

    def request(self, row, method, *, url_party=A, body_party=A, mark=None, command="START_SESSION"):
        """A right request to a resource that concerns A, as whoever sends it writes it."""
        variables = {
            "version": str(self.version),
            "country_code": url_party.country_code,
            "party_id": url_party.party_id,
            "command": command,
            "order": ProfileOrder.GET,
        }
        names = {part[1:-1] for part in row.template if part.startswith("{")}
        if row.module is ModuleID.COMMANDS:
            variables["id"] = COMMANDED
        variables = {name: variables.get(name, ID) for name in names}
        body = self.body(row, variables, body_party, mark)
        if method == "PATCH":
            body = {name: value for name, value in body.items() if name in _PATCHED}
        sent = text_of(body) if method in ("PUT", "PATCH", "POST") else b""
        return Shot(method, url_of(row, variables), query=self._query(row), body=sent)

    def body(self, row, variables, party, mark):
        named = variables | {"party_id": party.party_id, "country_code": "SE"}
        random = Random(3)
        cls = class_at(row, named, random)
        body = belonging(body_at(row, named, self.version, Random(3)), row, party, mark)
        return body | self._parts(cls, mark) | _PLAIN.get(cls, {})

    def _parts(self, cls, mark):
        """What is in a Location and a BookingLocation has the id and the mark too."""
        marked = {"id": ID} | ({OWN_FIELD: mark} if mark else {})
        made = Generator(8)
        if cls is BookingLocation:
            return {"calendars": [made.body(class_in(Calendar, self.version)) | marked]}
        if cls is not Location:
            return {}
        connector = made.body(class_in(Connector, self.version)) | marked
        evse = made.body(class_in(EVSE, self.version)) | marked | {"uid": ID, "connectors": [connector]}
        evse.pop("id")
        return {"evses": [evse | {"status": "AVAILABLE"}]}

    def _query(self, row):
        if row.module is ModuleID.CHARGING_PROFILES:
            return f"duration=60&response_url={NOWHERE}x"
        return ""

    async def of_a(self):
        """Every row of the database that is A's alone."""
        tables = await self.database.fetch(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> ALL($1::text[])",
            list(_PASSING),
        )
        found = set()
        for (table,) in tables:
            wanted = "id = $1" if table == "peer" else "t::text ILIKE '%' || $1 || '%' AND t::text LIKE '%AAA%'"
            value = self.peers[A].id if table == "peer" else ID
            rows = await self.database.fetch(f'SELECT t::text AS said FROM "{table}" AS t WHERE {wanted}', value)  # noqa: S608 - names of our tables
            found |= {(table, row["said"]) for row in rows}
        return found


#: What a station can do, where a made-up body may ask for anything.
_PLAIN = {
    ChargingPreferences: {"profile_type": "REGULAR"},
    SetChargingProfile: {
        "charging_profile": {
            "charging_rate_unit": "W",
            "charging_profile_period": [{"start_period": 0, "limit": 11000}],
        }
    },
}
#: Fields that a PATCH changes: every object has the first, some have the others.
_PATCHED = ("last_updated", "status", "valid", "uid", "id", "reservation_status")


#: Fields that name something of A's.
_IDS = (
    "id",
    "terminal_id",
    "session_id",
    "location_id",
    "booking_location_id",
    "reservation_id",
    "evse_uid",
    "connector_id",
)


def replace_headers(shot, headers):
    return Shot(shot.method, shot.path, query=shot.query, headers=headers, body=shot.body)


def belonging(body, row, party, mark):
    """The object as one of this party, with the id that is A's and the mark where it is A's own."""
    owner = {"country_code": party.country_code, "party_id": party.party_id}
    for name in _IDS:
        if name in body and (name != "id" or row.path in ("", "terminals", "financial-advice-confirmations")):
            body[name] = ID
    body |= {name: value for name, value in owner.items() if name in body}
    for name in ("reference", "credit"):
        body.pop(name, None)
    if isinstance(body.get("cdr_token"), dict):
        body["cdr_token"] |= {"country_code": "SE", "party_id": "PRO", "contract_id": "CONTRACT"}
    if "auth_id" in body:
        body["auth_id"] = "CONTRACT"
    if isinstance(body.get("token"), dict):
        body["token"] |= owner | {"uid": ID}
    if isinstance(body.get("tokens"), list):
        body["tokens"] = [one | owner for one in body["tokens"]]
    if isinstance(body.get("roles"), list):
        body["roles"] = [one | owner for one in body["roles"][:1]]
    if "response_url" in body:
        body["response_url"] = NOWHERE + "x"
    if mark is not None:
        body[OWN_FIELD] = mark
    return body


# ---- what is there -------------------------------------------------------------------------------------------------


async def settled(platform, database, version):
    """Both peers, and everything of ours that concerns A alone."""
    known = {}
    for party in (A, B):
        invitation = await peers.invite(platform, party.party_id, ("*",))
        peer = registered(invitation.peer, version, invitation.token)
        roles = tuple(replace(role, party_id=party.party_id) for role in peer.roles)
        known[party] = replace(peer, roles=roles, hub_party=party.key), invitation.token
        await platform.store.peers.save(known[party][0])
    stage = Stage(
        platform,
        database,
        version,
        {party: peer for party, (peer, _) in known.items()},
        {party: token for party, (_, token) in known.items()},
    )
    await _own_objects(platform)
    await _orders(platform, stage.peers[A])
    return stage


async def _own_objects(platform):
    """Two of each, so that a list has a second page."""
    for ident in (ID, f"{ID}-2"):
        await _own_objects_named(platform, ident)


async def _own_objects_named(platform, ident):
    generator = Generator(7)
    for cls, module in MODULES.items():
        party = "PRO" if cls is Token else "OPR"
        await _keep(platform, ident, cls, module, party, generator.body(cls))
    payments = ((Terminal, TERMINALS), (FinancialAdviceConfirmation, CONFIRMATIONS))
    for cls, sub in payments:
        await _keep(platform, ident, cls, ModuleID.PAYMENTS, "PAY", generator.body(cls), sub)
    record = generator.body(InvoiceReconciliationRecord)
    await _keep(platform, ident, InvoiceReconciliationRecord, ModuleID.INVOICE_RECONCILIATION, "OPR", record)
    await _keep(platform, ident, Booking, ModuleID.BOOKINGS, "OPR", generator.body(Booking), BOOKINGS)
    place = generator.body(BookingLocation)
    place["calendars"] = [generator.body(Calendar) | {"id": ID, OWN_FIELD: MARK}]
    await _keep(platform, ident, BookingLocation, ModuleID.BOOKINGS, "OPR", place, BOOKING_LOCATIONS)


async def _keep(platform, ident, cls, module, party, body, sub=""):  # noqa: PLR0917 - an object, and where it is
    """An object of ours for A alone; Token and Terminal have other names for their id."""
    body |= {"country_code": "SE", "party_id": party, OWN_FIELD: MARK}
    body |= {{Token: "uid", Terminal: "terminal_id"}.get(cls, "id"): ident}
    if cls is Token:
        body |= {"type": "RFID", "valid": True, "contract_id": "CONTRACT"}
    if "cdr_token" in body:
        body["cdr_token"] |= {"country_code": "SE", "party_id": A.party_id}
    if cls is Location:
        connector = Generator(9).body(Connector) | {"id": ID, OWN_FIELD: MARK}
        body["evses"] = [Generator(8).body(EVSE) | {"uid": ID, "connectors": [connector], OWN_FIELD: MARK}]
        body["evses"][0] |= {
            "status": "AVAILABLE",
            "capabilities": ["CHARGING_PREFERENCES_CAPABLE", "CHARGING_PROFILE_CAPABLE"],
        }
    read = codec.read(cls, OWN_VERSION, body)
    stored = StoredObject(
        key=ObjectKey(module=module, party=PartyId("SE", party), id=ident, sub=body["type"] if cls is Token else sub),
        version=OWN_VERSION,
        body=codec.dumps(read.body).decode(),
        last_updated=time.parse(str(read.body["last_updated"])),
        audience=A.key,
    )
    await (platform.store.locations if cls is Location else platform.store.objects).put(stored)


async def _orders(platform, peer):
    """A charge of a driver of A, a reservation for one, and an order to A whose result is still to come."""
    bearer = {"country_code": A.country_code, "party_id": A.party_id}
    connector = StationConnector(evse_id=1, evse_uid=ID, ocpi_connector_id=ID)
    station = Station(id="ST1", party=OURS[0].id, location_id=ID, connectors=(connector,), connected=True)
    await platform.store.stations.save(station)
    charge = replace(
        charging(platform, bearer),
        location_id=ID,
        evse_uid=ID,
        ocpi_connector_id=ID,
        session_id=ID,
        cdr_token=json.dumps({**bearer, "uid": ID, "type": "RFID", "contract_id": ID}),
        terms=await charges.terms_now(platform, station, connector, driver=A),
    )
    await platform.store.transactions.start(charge)
    order = replace(sent_orders.new(platform, ProfileOrder.GET, peer), id=ID, session_id=ID)
    await platform.store.commands.add(order)
    command = replace(sent_orders.new(platform, "START_SESSION", peer), id=COMMANDED)
    await platform.store.commands.add(command)

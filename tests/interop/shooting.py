"""A platform to be shot at: what it has of its own, the peers it knows, and a request for every row of its table."""

import base64
import json
from decimal import Decimal
from random import Random
from urllib.parse import unquote, urlencode, urlsplit

import asyncpg
from hostile import (
    COMMANDS,
    NOWHERE,
    ODD_TEXTS,
    USUAL_IDS,
    Shot,
    body_at,
    class_at,
    fire,
    huge_text,
    kept_at,
    mutated,
    no_json,
    odd_authorization,
    odd_headers,
    odd_path,
    odd_query,
    odd_value,
    text_of,
    url_of,
)
from msgspec.structs import replace
from starlette.applications import Starlette

from generated import Generator
from ocpilot.app.charges.command_records import ProfileOrder
from ocpilot.app.kept.charge_records import Transaction
from ocpilot.app.kept.peer_records import Peer, PeerState
from ocpilot.app.kept.records import ObjectKey, PartnerAnswer
from ocpilot.app.ocpi import payments
from ocpilot.app.ocpi.bodies import own
from ocpilot.app.orders import bookings, sent_orders
from ocpilot.app.partners import peers
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.app.secrets import hash_token
from ocpilot.base import time
from ocpilot.base.errors import PeerUnreachable
from ocpilot.base.ids import PartyId
from ocpilot.base.problem import Severity
from ocpilot.http.routes import TABLE, Configuration, Resource
from ocpilot.http.server import ocpi_routes
from ocpilot.roaming.offers import offered
from ocpilot.roaming.tokens import header_value
from ocpilot.store.objects import TABLES
from ocpilot.wire import codec
from ocpilot.wire.protocol import PROTOCOLS, SUPPORTED, InterfaceRole, ModuleID, Version
from ocpilot.wire.v230 import (
    CDR,
    EVSE,
    BookingLocation,
    BusinessDetails,
    Calendar,
    Connector,
    CredentialsRole,
    FinancialAdviceConfirmation,
    Location,
    Role,
    Session,
    Tariff,
    Terminal,
    Token,
)

METHODS = ("GET", "PUT", "PATCH", "POST", "DELETE", "HEAD", "OPTIONS", "BREW")
#: Everything that a peer sent.
#: Forgets what peers sent.
FORGET = "; ".join(
    ["DELETE FROM evse USING location l WHERE (evse.party, key_location) = (l.party, l.key_id) AND l.peer_id <> 0"]
    + [f"DELETE FROM {table} WHERE peer_id <> 0" for table in ("location", *TABLES.values())]  # noqa: S608 - our names
)
THEIRS = (Role.CPO, Role.EMSP, Role.PTP, Role.SCSP, Role.NSP)
#: What a request may have wrong; before the first ones there is something to be changed or spoilt.
PREPARED = ("nothing", "body", "bytes", "json", "query", "headers", "authorization")
WRONG = (*PREPARED, "ids", "path", "method")
MODULES = {
    Location: ModuleID.LOCATIONS,
    Tariff: ModuleID.TARIFFS,
    Session: ModuleID.SESSIONS,
    CDR: ModuleID.CDRS,
    Token: ModuleID.TOKENS,
}


# ---- what is shot --------------------------------------------------------------------------------------------------


class Nowhere:
    """`Partners` that reach nobody, or get an answer that somebody made up."""

    def __init__(self):
        self.random = Random(0)

    async def get(self, url, *_, **__):
        right = [{"version": version, "url": f"{NOWHERE}{version}"} for version in SUPPORTED]
        if not url.startswith(NOWHERE + "x"):
            version = url.removeprefix(NOWHERE)
            right = {"version": version, "endpoints": [{"identifier": "credentials", "role": "SENDER", "url": url}]}
            right["endpoints"] += [
                {"identifier": module, "role": role, "url": url} for module in ModuleID for role in InterfaceRole
            ]
        return self._answer(right)

    async def call_url(self, *_, **__):
        return self._answer({"result": "ACCEPTED", "timeout": 30})

    post_credentials = call = call_url

    async def pages(self, *_, **__):
        yield self._answer([]).data

    def _answer(self, right):
        if self.random.random() < 0.2:
            raise PeerUnreachable("nobody listens there")
        data = right if self.random.random() < 0.6 else odd_value(self.random)
        if data is right and self.random.random() < 0.3:
            data = mutated(self.random, right)
        return PartnerAnswer(http_status=200, status_code=1000, status_message=None, data=data, headers={})


class Range:
    """A platform to shoot at: its rows, and a peer per version with its party and token."""

    def __init__(self, platform, rows, known, database):
        self.platform: Platform = platform
        self.app = Starlette(routes=ocpi_routes(platform))
        self.rows: list[Resource] = rows
        self.peers: dict[Version, Peer] = {version: peer for version, (peer, _) in known.items()}
        self.tokens: dict[Version, str] = {version: token for version, (_, token) in known.items()}
        self.database: asyncpg.Connection = database
        self.last: ModuleID | None = None

    def authorized(self, version):
        value = header_value(self.tokens[version], PROTOCOLS[version].token_encoding)
        return ((b"authorization", value.encode()),)

    async def begin(self, row, method, version, random):
        """As if nobody had asked anything before, so that a request that fails does so again."""
        self.platform.partners.random = random
        await self.database.execute(FORGET)
        if row.module is ModuleID.CREDENTIALS or self.last is ModuleID.CREDENTIALS:
            for peer in self.peers.values():
                await self.platform.store.peers.save(peer)
        self.last = row.module
        if method == "POST" and row.module is ModuleID.CREDENTIALS:
            token = hash_token(self.tokens[version])
            invited = replace(
                self.peers[version], state=PeerState.INVITED, token_hash=None, invitation_hash=token, roles=()
            )
            await self.platform.store.peers.save(invited)

    def right_ones(self, row, path, version, random):
        """Right objects for the path, from the outermost that must be there first."""
        segments = [unquote(part) for part in path.split("/")[2:]]
        for other in self.rows if kept_at(row) else ():
            above = other.template
            same_side = (other.module, other.interface) == (row.module, row.interface)
            if kept_at(other) and same_side and version in other.versions and above == row.template[: len(above)]:
                names = zip(above, segments, strict=False)
                variables = {part[1:-1]: value for part, value in names if part.startswith("{")}
                body = completed(self, body_at(other, variables, version, random), other, self.peers[version].roles[0])
                yield other, Shot("PUT", url_of(other, variables), headers=self.authorized(version), body=text_of(body))

    async def shoot(self, row, shot, version, random, *, astray=False):
        """The answer is an envelope. What was refused changed nothing, what was accepted is there and whole.

        `astray`: the request may not be for the row at all, so nothing can be said of what is there.
        """
        seen = Shot("GET", shot.path, headers=self.authorized(version))
        kept = kept_at(row) and not astray
        before = await self.ask(seen) if kept else None
        told = await self.ask(shot)
        if told.accepted and "location" in told.headers:
            kept, seen = True, Shot("GET", urlsplit(told.headers["location"]).path, headers=seen.headers)
        after = await self.ask(seen) if kept else None
        if told.accepted and shot.method in ("PUT", "PATCH", "POST"):
            assert after is None or is_whole(row, after, version, random), (shot, told, after)
        elif not (told.accepted and shot.method == "DELETE"):
            assert same(before, after), (shot, told, after)

    async def ask(self, shot):
        told = await fire(self.app, shot)
        self.judge(shot, told)
        return told

    def judge(self, shot, told):
        """What holds of every answer."""
        assert told.http < 500, (shot, told)
        assert told.headers["content-type"] == "application/json", (shot, told)
        envelope = told.envelope
        assert isinstance(envelope["status_code"], int), (shot, told)
        assert time.parse(envelope["timestamp"]), (shot, told)
        sent = dict(shot.headers).get(b"x-request-id", b"")
        sane = 0 < len(sent) <= 128 and all(0x20 <= one < 0x7F for one in sent)
        back = told.headers["x-request-id"].encode("latin-1")
        assert back == sent if sane else (back.isalnum() or len(back) == 36), (shot, told)
        self.shows_no_token(shot, told)

    def shows_no_token(self, shot, told):
        credentials = shot.path.rstrip("/").endswith("credentials") and told.accepted
        for token in () if credentials else self.tokens.values():
            seen = told.text + repr(told.headers).encode()
            assert token.encode() not in seen, (shot, told)
            assert base64.b64encode(token.encode()) not in seen, (shot, told)


def is_whole(row, told, version, random):
    """Whether a GET answers an object that breaks nothing."""
    cls = class_at(row, {}, random)
    found = codec.problems(cls, version, codec.loads(codec.dumps(told.envelope["data"])))
    return not [problem for problem in found if problem.severity is Severity.ERROR]


def same(before, after):
    """Whether two GETs answer the same object."""
    return before is after or (before.http, before.envelope.get("data")) == (after.http, after.envelope.get("data"))


def rows_of(roles):
    """What a platform with these roles answers."""
    ours = offered(roles)
    return [row for row in TABLE if isinstance(row, Configuration) or (row.module, row.interface) in ours]


async def known_peers(platform):
    """A registered peer per version, and the token it uses."""
    known = {}
    for version in SUPPORTED:
        invitation = await peers.invite(platform, f"Peer {version}")
        known[version] = registered(invitation.peer, version, invitation.token), invitation.token
        await platform.store.peers.save(known[version][0])
    return known


def registered(peer, version, token):
    party = "V" + version.replace(".", "")[:2]
    business = BusinessDetails(name=peer.name)
    return replace(
        peer,
        state=PeerState.REGISTERED,
        version=version,
        roles=tuple(
            CredentialsRole(role=role, country_code="SE", party_id=party, business_details=business) for role in THEIRS
        ),
        hub_party=f"SE{party}",
        token_hash=hash_token(token),
        invitation_hash=None,
    )


async def own_things(platform, peer):
    """Something of ours behind each Sender interface, and orders whose results we wait for."""
    generator = Generator(7)
    bearer = {"country_code": "SE", "party_id": peer.roles[0].party_id}
    for party in platform.settings.parties:
        owner = {"country_code": "SE", "party_id": party.party_id}
        for cls in MODULES:
            for ident in USUAL_IDS:
                await keep(
                    platform, cls, generator.body(cls) | owner | {"uid" if cls is Token else "id": ident}, bearer
                )
        place = generator.body(BookingLocation) | owner | {"id": "A1", "location_id": "A1"}
        place["calendars"] = [generator.body(Calendar) | {"id": "A1"}]
        await bookings.put_location(platform, codec.read(BookingLocation, OWN_VERSION, place).value)
    first = platform.settings.parties[0].id
    terminal = codec.read(Terminal, OWN_VERSION, generator.body(Terminal) | {"terminal_id": "A1"}).value
    await payments.put_terminal(platform, first, terminal, PartyId(**bearer))
    advice = generator.body(FinancialAdviceConfirmation) | {"id": "A1"}
    await payments.confirm(
        platform, first, codec.read(FinancialAdviceConfirmation, OWN_VERSION, advice).value, PartyId(**bearer)
    )
    for ident, word in (("A1", "START_SESSION"), ("B 2", ProfileOrder.GET), ("C/3", ProfileOrder.SET)):
        order = replace(sent_orders.new(platform, word, peer), id=ident, session_id="A1")
        await platform.store.commands.add(order)
    await platform.store.transactions.start(charging(platform, bearer))


async def keep(platform, cls, body, bearer):
    """An object of ours, with one EVSE and Connector that are met again when it is a Location."""
    if "cdr_token" in body:
        body["cdr_token"] |= bearer
    if cls is Location:
        evse = Generator(8).body(EVSE) | {"uid": "A1", "connectors": [Generator(9).body(Connector) | {"id": "A1"}]}
        body["evses"] = [evse | {"capabilities": ["CHARGING_PREFERENCES_CAPABLE", "CHARGING_PROFILE_CAPABLE"]}]
    value = codec.read(cls, OWN_VERSION, body).value
    party, sub = PartyId.of(value.country_code, value.party_id), body["type"] if cls is Token else ""
    key = ObjectKey(module=MODULES[cls], party=party, id=body["uid" if cls is Token else "id"], sub=sub)
    store = platform.store.locations if cls is Location else platform.store.objects
    await store.put(own(key, value, value.last_updated))


def charging(platform, bearer):
    """A transaction whose Session is A1."""
    return Transaction(
        station_id="ST1",
        evse_id=1,
        party=platform.settings.parties[0].id,
        location_id="A1",
        evse_uid="A1",
        ocpi_connector_id="A1",
        session_id="A1",
        id_tag="A1",
        cdr_token=json.dumps({**bearer, "uid": "A1", "type": "RFID", "contract_id": "A1"}),
        auth_method="WHITELIST",
        accepted=True,
        meter_start_wh=Decimal(0),
        started_at=platform.clock(),
        dedupe="A1",
    )


# ---- what is shot --------------------------------------------------------------------------------------------------


def variables_of(row, random, version, party, wrong):
    """A value for every variable of a URL."""
    odd = wrong == "ids"
    values = {}
    for part in row.template:
        name = part[1:-1]
        if not part.startswith("{"):
            continue
        if name == "version":
            values[name] = str(version)
        elif name == "command":
            values[name] = random.choice(list(COMMANDS))
        elif name in ("country_code", "party_id") and (not odd or random.random() < 0.8):
            value = party.country_code if name == "country_code" else party.party_id
            values[name] = random.choice((value, value.lower()))
        elif odd:
            values[name] = random.choice((*ODD_TEXTS, huge_text(random))) or "x"
        else:
            values[name] = random.choice(USUAL_IDS)
    return values


def shot_at(target, row, method, version, *, wrong, random):
    """A request of one of their parties to a resource of ours, with one thing wrong."""
    role = target.peers[version].roles[0]
    variables = variables_of(row, random, version, PartyId(role.country_code, role.party_id), wrong)
    body = completed(target, body_at(row, variables, version, random), row, role)
    if method == "PATCH":
        names = random.sample(sorted(body), min(len(body), 2))
        body = {name: body[name] for name in names} | {"last_updated": "2026-11-01T10:00:00Z"}
    if wrong == "body":
        body = mutated(random, body)
    elif wrong == "json":
        body = odd_value(random)
    data = text_of(body)
    path = url_of(row, variables)
    headers = dict(odd_headers(random)) if wrong == "headers" else {}
    value = header_value(target.tokens[version], PROTOCOLS[version].token_encoding).encode()
    headers[b"authorization"] = odd_authorization(random, target.tokens[version]) if wrong == "authorization" else value
    needed = urlencode({"duration": 60, "response_url": NOWHERE + "x"}) if "{session_id}" in row.template else ""
    return Shot(
        method=random.choice(METHODS) if wrong == "method" else method,
        path=odd_path(random, path) if wrong == "path" else path,
        query=odd_query(random) if wrong == "query" else needed,
        headers=tuple(headers.items()),
        body=no_json(random, data) if wrong == "bytes" else data,
    )


def completed(target, body, row, role):
    """With the parties that the body must name to get past the door."""
    theirs = {"country_code": role.country_code, "party_id": role.party_id}
    ours = {"country_code": "SE", "party_id": target.platform.settings.parties[0].party_id}
    if row.path in ("", "terminals", "financial-advice-confirmations"):
        body |= {name: "A1" for name in ("id", "terminal_id") if name in body}
    if row.path == "" or row.module is ModuleID.BOOKINGS:
        body |= {name: value for name, value in theirs.items() if name in body}
    if isinstance(body.get("cdr_token"), dict):
        body["cdr_token"] |= ours
    if isinstance(body.get("token"), dict):
        body["token"] |= theirs
    if isinstance(body.get("tokens"), list):
        body["tokens"] = [one | theirs for one in body["tokens"]]
    if isinstance(body.get("roles"), list):
        body["roles"] = [one | theirs for one in body["roles"][:1]]
    for name in ("location_id", "booking_location_id"):
        if name in body:
            body[name] = "A1"
    return body

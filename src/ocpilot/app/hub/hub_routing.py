"""Where a call goes that a member of our hub makes (transport_and_format, "Message Routing").

By its headers to one party, to everybody (Broadcast Push), to all that we hold (GET ALL); without headers by what it
says (Open Routing Request). Questions and orders go on live (`hub_questions.py`). What a member tells of his own
objects is kept by the handlers of these objects and pushed on by the workers (`push_worker.py`), or goes on live too
where the settings say so. Lists are made of what is kept.
"""

from dataclasses import replace

import msgspec

from ocpilot.app.cdrs.objects import sub_of
from ocpilot.app.hub import hub_forward, hub_links, hub_orders, hub_questions
from ocpilot.app.hub.hub_forward import Crossing, Passage
from ocpilot.app.kept.hub_records import HubRoute
from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.ocpi.classes import BOOKING_LOCATIONS
from ocpilot.app.ocpi.exchange import Answer, AtHub, Call, Handler
from ocpilot.app.ocpi.homes import home
from ocpilot.app.ocpi.unsaid import unsaid
from ocpilot.app.ocpi.visibility import joined, parties_in
from ocpilot.app.partners.hub_members import Member, connected, is_ours, known, party_in, tells_apart, viewer
from ocpilot.app.platform import Platform
from ocpilot.base.errors import MissingParameter, NotFound, UnknownReceiver
from ocpilot.base.ids import PartyId
from ocpilot.base.settings import HubMode
from ocpilot.roaming import routing
from ocpilot.wire import codec
from ocpilot.wire.protocol import InterfaceRole, ModuleID
from ocpilot.wire.steps import provider_in

#: Modules in which everything but a list is a question to one party.
_ASKED = frozenset({ModuleID.COMMANDS, ModuleID.CHARGING_PROFILES, ModuleID.PAYMENTS, ModuleID.INVOICE_RECONCILIATION})
_CHARGES = frozenset({ModuleID.SESSIONS, ModuleID.CDRS})


def behind(handler: Handler, crossing: Crossing) -> Handler:
    """The handler of a resource, for calls that are for us as a hub or for a party of ours; others go on."""

    async def answered(platform: Platform, call: Call) -> Answer:
        routed = await route(platform, call, crossing)
        return routed if isinstance(routed, Answer) else await handler(platform, routed)

    return answered


async def route(platform: Platform, call: Call, crossing: Crossing) -> Answer | Call:
    """The answer of whoever it is for, or the call for our own handler.

    MissingParameter (2001) for a sender that is none of the caller's parties; HubError (4xxx) when it cannot go on.
    """
    if call.module in routing.UNROUTED:
        return call
    if hub_orders.is_result(call):
        order = await platform.store.hub.get(call.path["id"])
        return call if order is None else await hub_orders.take(platform, call, order)
    sender = _sender(call)
    to = None if call.receiver == platform.settings.hub else call.receiver
    if to is not None and is_ours(platform, to):
        return call
    if to is not None and to.key in call.peer.parties:
        raise UnknownReceiver(f"{to} is a party of your own")
    return await _between(platform, call, crossing, hub_questions.Asking(sender=sender, to=to))


async def _between(platform: Platform, call: Call, crossing: Crossing, asking: hub_questions.Asking) -> Answer | Call:
    """A call between members: a question, a read, or what a member tells."""
    if hub_links.PAGE in call.query:
        return await _next_page(platform, call, crossing)
    if _is_question(call, asking.to):
        answer = await hub_questions.ask(platform, call, crossing, asking)
        return call if answer is None else answer
    member = None if asking.to is None else await known(platform, asking.to)
    if call.interface is InterfaceRole.SENDER:
        return await _read(platform, call, crossing, asking.sender, member)
    return await _told(platform, call, crossing, asking.sender, member)


def _sender(call: Call) -> PartyId | None:
    """The party of the caller that speaks: as its headers say, else the owner in the URL, else its only one."""
    if call.sender is not None:
        if call.sender.key not in call.peer.parties:
            raise MissingParameter(f"OCPI-from-*: found {call.sender}, expected a party of yours")
        return call.sender
    if "country_code" in call.path:
        owner = PartyId.of(call.path["country_code"], call.path["party_id"])
        if owner.key in call.peer.parties:
            return owner
    return PartyId.parse(call.peer.parties[0]) if len(call.peer.parties) == 1 else None


def _is_question(call: Call, to: PartyId | None) -> bool:
    """Whether one party must answer itself. A list that names none is one of what we hold."""
    if call.module in _ASKED:
        return to is not None or call.method != "GET" or call.module in {ModuleID.CHARGING_PROFILES}
    return call.interface is InterfaceRole.SENDER and call.method != "GET"


def _passes_through(platform: Platform) -> bool:
    return platform.settings.roaming.hub_mode is HubMode.PASS_THROUGH


# ---- reading -------------------------------------------------------------------------------------------------------


async def _read(
    platform: Platform, call: Call, crossing: Crossing, sender: PartyId | None, member: Member | None
) -> Answer | Call:
    """A list, or one object, of what members own: of one of them, or of all that the caller may see (GET ALL)."""
    shows_all = call.module in _CHARGES and member is not None and not tells_apart(member)
    if member is not None and _passes_through(platform) and not shows_all:
        passage = Passage(call=call, crossing=crossing, sender=sender, member=member)
        return await hub_forward.carry(platform, passage)
    at_hub = AtHub(
        member=member.peer.id if member else None,
        party=member.party if member else None,
        viewer=await viewer(platform, call.peer),
    )
    return replace(call, at_hub=at_hub)


async def _next_page(platform: Platform, call: Call, crossing: Crossing) -> Answer:
    page = hub_links.opened(platform, call)
    member = await known(platform, PartyId.parse(page.party))
    sender = PartyId.parse(page.sender) if page.sender else None
    passage = Passage(call=call, crossing=crossing, sender=sender, member=member)
    return await hub_forward.follow(platform, passage, page.url)


# ---- telling -------------------------------------------------------------------------------------------------------


async def _told(
    platform: Platform, call: Call, crossing: Crossing, sender: PartyId | None, member: Member | None
) -> Answer | Call:
    """A member tells of an object of his own, or asks what was kept of it."""
    audience = member.party.key if member else await _concerned(platform, call)
    if _is_for_us(platform, audience):
        return call
    if audience is not None and _passes_through(platform):
        member = member or await known(platform, party_in(audience))
        await _check_own(platform, call, member)
        return await _passed_through(platform, Passage(call=call, crossing=crossing, sender=sender, member=member))
    if call.method == "GET":
        return call
    _note_talk(platform, call)
    if call.method == "DELETE":
        return call
    return replace(call, at_hub=AtHub(audience=await _widened(platform, call, member, audience)))


async def _check_own(platform: Platform, call: Call, member: Member) -> None:
    """NotFound for a charge that the caller never told this member of, who could not tell it from that of another."""
    reads = call.module in _CHARGES and call.method in {"GET", "PATCH"}
    if reads and not tells_apart(member) and await _remembered(platform, call) != member.party.key:
        raise NotFound(f"{call.module}: you have told {member.party} of no {call.path['id']!r}")


def _note_talk(platform: Platform, call: Call) -> None:
    """The pushes that follow belong to this talk (transport_and_format, "Unique message IDs")."""
    key = _key(call, _body(call))
    if key is not None:
        part = msgspec.structs.replace(key, sub=call.path.get("evse_uid", key.sub))
        platform.told_by.note(part.folded, call.correlation_id)


def _is_for_us(platform: Platform, audience: str | None) -> bool:
    """Whether an object concerns a party of ours, be it the hub itself: then our handlers keep it as any peer's."""
    return any(party.id.key in parties_in(audience) for party in platform.settings.parties)


async def _passed_through(platform: Platform, passage: Passage) -> Answer:
    """Live, and of a Session or CDR only for whom it is, is remembered: who may ask about it later."""
    connected(passage.member)
    answer = await hub_forward.carry(platform, passage)
    call = passage.call
    key = _key(call, call.object() if call.method == "POST" else {}) if call.module in _CHARGES else None
    if key is not None and call.method != "GET" and answer.status_code < 2000:
        audience = passage.member.party.key
        note = HubRoute(module=call.module, party=key.party, id=key.id, audience=audience, noted_at=platform.clock())
        await platform.store.hub.note(note)
    return answer


async def _widened(platform: Platform, call: Call, member: Member | None, audience: str | None) -> str | None:
    """Who may see the object from now on. One that is addressed to one party more is for all it was addressed to; a
    PATCH that names nobody changes nothing of that."""
    if call.module in _CHARGES:
        return audience
    here = await _held(platform, call)
    if member is None:
        return here.audience if here is not None and call.method == "PATCH" else audience
    if here is None:
        return audience
    if here.audience is None:
        return None
    widened = joined(here.audience, member.party)
    if len(parties_in(widened)) > 1:
        await platform.store.hub.open_audience(widened, parties_in(widened))
    return widened


# ---- whom it concerns ----------------------------------------------------------------------------------------------


async def _concerned(platform: Platform, call: Call) -> str | None:
    """The one party that an object is for when nobody is addressed; None: it is for everybody.

    UnknownReceiver (4001) for a charge whose provider is not here: it is for one, so it is never broadcast.
    """
    whole = call.method in {"PUT", "POST"}
    if call.module in _CHARGES:
        return await (_provider(platform, call) if whole else _remembered(platform, call))
    if call.module is ModuleID.BOOKINGS and BOOKING_LOCATIONS not in call.url:
        here = None if whole else await _held(platform, call)
        asking = _asked_for_by(call.object()) if whole else here.audience if here else None
        if asking is None or _is_for_us(platform, asking):
            return asking
        return (await known(platform, party_in(asking))).party.key
    return None


async def _provider(platform: Platform, call: Call) -> str:
    """The provider whose Token was used (mod_sessions, mod_cdrs, "CdrToken")."""
    body = call.object()
    owner = PartyId.of(call.path["country_code"], call.path["party_id"]) if "country_code" in call.path else None
    context = await unsaid(platform, call.peer, call.version, call.module, body, party=owner)
    named = {**(context.token or {}), **_said(body.get("cdr_token"))}
    country_code, party_id = named.get("country_code"), named.get("party_id")
    if isinstance(country_code, str) and isinstance(party_id, str):
        party: PartyId | None = PartyId.of(country_code, party_id)
    else:
        party = provider_in(str(body.get("auth_id")))
    if party is None:
        raise UnknownReceiver("no party of this hub has told of the Token that was used")
    return party.key if _is_for_us(platform, party.key) else (await known(platform, party)).party.key


def _said(token: object) -> dict[str, object]:
    return {name: value for name, value in token.items() if value is not None} if isinstance(token, dict) else {}


async def _remembered(platform: Platform, call: Call) -> str | None:
    """Whom a Session or CDR of the caller's was for so far."""
    key = _key(call, {})
    charges = await hub_questions.charges_of(platform, key.id, call.module) if key else []
    return next((one.audience or None for one in charges if key and one.party == key.party), None)


def _asked_for_by(body: codec.Body) -> str | None:
    """The provider that asked for a booking."""
    requests = body.get("booking_requests")
    first = requests[0] if isinstance(requests, list) and requests else None
    asked = first.get("booking_request") if isinstance(first, dict) else None
    if not isinstance(asked, dict):
        return None
    return PartyId.of(str(asked.get("country_code")), str(asked.get("party_id"))).key


async def _held(platform: Platform, call: Call) -> StoredObject | None:
    """What we keep of the object that the URL names."""
    key = _key(call, _body(call))
    if key is None:
        return None
    return await home(platform, key.module).held(key)


def _body(call: Call) -> codec.Body:
    return call.object() if call.body.strip() else {}


def _key(call: Call, body: codec.Body) -> ObjectKey | None:
    """The object that the URL names, or the body where the URL does not."""
    named = call.path if "country_code" in call.path else body
    country_code, party_id, ident = (named.get(name) for name in ("country_code", "party_id", "id"))
    if ident is None:
        return None
    if not (isinstance(country_code, str) and isinstance(party_id, str)):
        country_code, party_id = call.peer.parties[0][:2], call.peer.parties[0][2:]
    sub = BOOKING_LOCATIONS if f"/{BOOKING_LOCATIONS}/" in call.url else sub_of(call, body)
    return ObjectKey(module=call.module, party=PartyId.of(country_code, party_id), id=str(ident), sub=sub)

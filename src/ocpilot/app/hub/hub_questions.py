"""What one member of our hub asks or orders of another: whom it is for when nobody says so, and whether he may.

The members know each other only through us: an operator of 2.1.1 sees one provider, the hub. So what he could not tell
apart is checked here: whose the Token is, and whose the Session or reservation.
"""

from collections.abc import Awaitable, Callable, Iterable

from ocpilot.app.charges.command_records import ProfileOrder, words
from ocpilot.app.hub import hub_forward, hub_orders
from ocpilot.app.hub.hub_forward import Crossing, Passage
from ocpilot.app.kept.hub_records import HubRoute
from ocpilot.app.kept.peer_records import PeerState
from ocpilot.app.kept.records import Record, StoredObject
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.ocpi.classes import BOOKING_LOCATIONS
from ocpilot.app.ocpi.exchange import Answer, Call
from ocpilot.app.ocpi.unsaid import unsaid
from ocpilot.app.ocpi.visibility import (
    may_command,
    may_see,
    require_commander,
    require_receiver,
)
from ocpilot.app.partners.hub_members import Member, is_ours, known, tells_apart
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.base.errors import (
    InvalidObject,
    NotFound,
    OcpilotError,
    UnknownLocation,
    UnknownReceiver,
)
from ocpilot.base.ids import PartyId, fold
from ocpilot.base.problem import Problem
from ocpilot.roaming.offers import Interface
from ocpilot.wire import codec
from ocpilot.wire.codec import NOTHING, Context
from ocpilot.wire.fields import Wire
from ocpilot.wire.protocol import InterfaceRole, ModuleID, Version
from ocpilot.wire.v230 import (
    BookingRequest,
    CancelReservation,
    ChargingProfileResponse,
    ChargingProfileResponseType,
    CommandResponse,
    CommandResponseType,
    CommandType,
    ReserveNow,
    SetChargingProfile,
    StartSession,
    StopSession,
    Token,
    TokenType,
    UnlockConnector,
)

_COMMANDS: dict[str, type[Wire]] = {
    CommandType.START_SESSION: StartSession,
    CommandType.STOP_SESSION: StopSession,
    CommandType.RESERVE_NOW: ReserveNow,
    CommandType.CANCEL_RESERVATION: CancelReservation,
    CommandType.UNLOCK_CONNECTOR: UnlockConnector,
}
_PROFILES = {"GET": ProfileOrder.GET, "PUT": ProfileOrder.SET, "DELETE": ProfileOrder.CLEAR}


class Asking(Record, frozen=True):
    """Who asks, and whom, where the call says it."""

    sender: PartyId | None
    to: PartyId | None


async def ask(platform: Platform, call: Call, crossing: Crossing, asking: Asking) -> Answer | None:
    """The other member's answer; None when the question is for a party of our own.

    A HubError when it cannot be asked; UnknownLocation, NotFound and InvalidObject as our own handlers raise them.
    """
    question = _QUESTIONS.get((call.module, call.interface), _addressed)
    return await question(platform, call, crossing, asking)


async def _addressed(platform: Platform, call: Call, crossing: Crossing, asking: Asking) -> Answer | None:
    """Payments and invoices, which only headers say the receiver of."""
    return await _carry(platform, call, crossing, asking, asking.to)


async def _carry(
    platform: Platform, call: Call, crossing: Crossing, asking: Asking, to: PartyId | None
) -> Answer | None:
    """The question as it is, to this party."""
    if to is None:
        raise UnknownReceiver("nothing here says whom this is for: name the party in OCPI-to-* headers")
    if is_ours(platform, to):
        return None
    member = await known(platform, to)
    return await hub_forward.carry(platform, Passage(call=call, crossing=crossing, sender=asking.sender, member=member))


# ---- commands ------------------------------------------------------------------------------------------------------


class _Refused(Exception):
    """The word of our refusal, and why."""

    def __init__(self, word: CommandResponseType, why: str) -> None:
        self.word = word
        super().__init__(why)


async def _command(platform: Platform, call: Call, crossing: Crossing, asking: Asking) -> Answer | None:
    require_commander(call.peer)
    word = call.path["command"].upper()
    cls = _COMMANDS.get(word)
    if cls is None:
        return _answer(call, CommandResponse(result=CommandResponseType.NOT_SUPPORTED, timeout=0))
    body = call.object()
    context = await unsaid(platform, call.peer, call.version, ModuleID.TOKENS, body)
    read = call.read(cls, body, context)
    try:
        to = await _for(platform, call, asking, read.value)
        if is_ours(platform, to):
            return None
        member = await known(platform, to)
        await _check_reservation(platform, call, member, read.value)
    except _Refused as refused:
        response = CommandResponse(result=refused.word, timeout=0, message=words(str(refused)))
        return _answer(call, response)
    url = await hub_orders.kept(
        platform,
        call,
        word,
        member,
        str(read.body["response_url"]),
        sender=_asker(asking, read.value),
        about=_about(read.value),
    )
    there = codec.convert(cls, read.body | {"response_url": url}, call.version, _version(member), context).body
    passage = Passage(call=call, crossing=crossing, sender=_asker(asking, read.value), member=member)
    return await hub_forward.send(platform, passage, codec.dumps(there))


async def _for(platform: Platform, call: Call, asking: Asking, request: Wire) -> PartyId:
    """The operator a command is for, when the caller may give it."""
    match request:
        case StartSession() | ReserveNow():
            token = request.token
            if not may_command(call.peer, PartyId.of(token.country_code, token.party_id)):
                raise _Refused(CommandResponseType.REJECTED, "the Token is none of yours")
            return asking.to or await _at(platform, call, request.location_id)
        case UnlockConnector():
            return asking.to or await _at(platform, call, request.location_id)
        case StopSession():
            owner = await _operator_of(platform, call, asking, request.session_id)
            if owner is None:
                why = f"no session {request.session_id} of yours"
                raise _Refused(CommandResponseType.UNKNOWN_SESSION, why)
            return owner
        case CancelReservation():
            return await _reserved_at(platform, call, asking, request.reservation_id)
        case _:
            raise TypeError(f"{type(request).__name__} is no command")


async def _reserved_at(platform: Platform, call: Call, asking: Asking, reservation_id: str) -> PartyId:
    """Where the caller reserved something under this id. An operator that knows no parties but the hub would cancel
    that of anybody."""
    orders = await platform.store.hub.about(reservation_id, CommandType.RESERVE_NOW)
    mine = [one for one in orders if one.origin == call.peer.id and asking.to in {None, PartyId.parse(one.receiver)}]
    if mine:
        return PartyId.parse(mine[0].receiver)
    if asking.to is None or (not is_ours(platform, asking.to) and not tells_apart(await known(platform, asking.to))):
        raise _Refused(CommandResponseType.REJECTED, f"no reservation {reservation_id} of yours")
    return asking.to


async def _check_reservation(platform: Platform, call: Call, member: Member, request: Wire) -> None:
    """Two providers may use the same id; an operator that sees one provider would move the reservation of the other."""
    if not isinstance(request, ReserveNow) or tells_apart(member):
        return
    for order in await platform.store.hub.about(request.reservation_id, CommandType.RESERVE_NOW):
        if order.receiver == member.party.key and order.origin != call.peer.id:
            raise _Refused(CommandResponseType.REJECTED, f"reservation_id {request.reservation_id} is taken there")


def _about(request: Wire) -> str | None:
    if isinstance(request, StopSession):
        return request.session_id
    return request.reservation_id if isinstance(request, ReserveNow | CancelReservation) else None


def _asker(asking: Asking, request: Wire) -> PartyId | None:
    """The party that gives a command: as said, else whose the Token is."""
    if asking.sender is None and isinstance(request, StartSession | ReserveNow):
        return PartyId.of(request.token.country_code, request.token.party_id)
    return asking.sender


# ---- charging profiles and preferences -----------------------------------------------------------------------------


async def _profile(platform: Platform, call: Call, crossing: Crossing, asking: Asking) -> Answer | None:
    to = await _operator_of(platform, call, asking, call.path["session_id"])
    if to is None:
        return _answer(call, ChargingProfileResponse(result=ChargingProfileResponseType.UNKNOWN_SESSION, timeout=0))
    if is_ours(platform, to):
        return None
    member = await known(platform, to)
    word, session_id = _PROFILES[call.method], call.path["session_id"]
    passage = Passage(call=call, crossing=crossing, sender=asking.sender, member=member)
    if call.method == "PUT":
        read = call.read(SetChargingProfile, call.object())
        said = str(read.body["response_url"])
    else:
        read, said = None, call.parameter("response_url")
    url = await hub_orders.kept(platform, call, word, member, said, sender=asking.sender, about=session_id)
    if read is None:
        return await hub_forward.send(platform, passage, None, params={**call.query, "response_url": url})
    body = read.body | {"response_url": url}
    there = codec.convert(SetChargingProfile, body, call.version, _version(member)).body
    return await hub_forward.send(platform, passage, codec.dumps(there))


async def _limits(platform: Platform, call: Call, crossing: Crossing, asking: Asking) -> Answer | None:
    """An operator tells that the limits of a Session of his changed: to the party named, else to the provider."""
    charges = await charges_of(platform, call.path["session_id"])
    mine = [one for one in charges if one.party.key in call.peer.parties]
    if not mine:
        raise NotFound(f"no session {call.path['session_id']} of yours")
    if asking.to is None and not mine[0].audience:
        return None  # of a driver of our own
    return await _carry(platform, call, crossing, asking, asking.to or PartyId.parse(mine[0].audience))


async def _preferences(platform: Platform, call: Call, crossing: Crossing, asking: Asking) -> Answer | None:
    to = await _operator_of(platform, call, asking, call.path["id"])
    if to is None:
        raise NotFound(f"no session {call.path['id']} of yours")
    return await _carry(platform, call, crossing, asking, to)


# ---- tokens and bookings -------------------------------------------------------------------------------------------


async def _authorize(platform: Platform, call: Call, crossing: Crossing, asking: Asking) -> Answer | None:
    """The provider that told us of the Token is asked; about one that nobody told of those who tell of none."""
    require_receiver(call.peer, ModuleID.TOKENS)
    found = await _tokens(platform, call)
    named = [one for one in found if asking.to in {None, one.key.party}]
    if named and asking.to is None and len({one.key.party for one in named}) > 1:
        raise UnknownReceiver(f"several providers have a Token {call.path['id']}: name one in OCPI-to-* headers")
    to = asking.to or (named[0].key.party if named else None)
    if to is None:
        return await _ask_around(platform, call, crossing, asking)
    if is_ours(platform, to):
        return None
    context = Context(token=codec.body_of(value_of(Token, named[0]))) if named else NOTHING
    passage = Passage(
        call=call, crossing=crossing, sender=asking.sender, member=await known(platform, to), context=context
    )
    return await hub_forward.carry(platform, passage)


async def _tokens(platform: Platform, call: Call) -> list[StoredObject]:
    """The Tokens that are meant, of others than the caller."""
    wanted = fold(call.query.get("type") or TokenType.RFID)
    return [
        one
        for one in await platform.store.objects.find(ModuleID.TOKENS, call.path["id"])
        if one.peer_id != call.peer.id and fold(codec.word_in(TokenType, one.key.sub, call.version)) == wanted
    ]


async def _ask_around(platform: Platform, call: Call, crossing: Crossing, asking: Asking) -> Answer:
    """What providers that do not tell their Tokens say: the first that knows it counts."""
    for peer in await platform.store.peers.all():
        if not (peer.profile.tokens_on_demand and peer.state is PeerState.REGISTERED and peer.id != call.peer.id):
            continue
        member = Member(peer=peer, party=peer.addressee or PartyId.parse(peer.parties[0]))
        passage = Passage(call=call, crossing=crossing, sender=asking.sender, member=member)
        try:
            answer = await hub_forward.carry(platform, passage)
        except OcpilotError:
            continue
        if answer.status_code < 2000:
            return answer
    # The one place where the standard wants HTTP 404 and status code 2004 together.
    return Answer(http_status=404, status_code=2004, message=f"no Token {call.path['id']} at this hub")


async def _booking(platform: Platform, call: Call, crossing: Crossing, asking: Asking) -> Answer | None:
    request = call.read(BookingRequest, call.object()).value
    party = PartyId.of(request.country_code, request.party_id)
    if party.key not in call.peer.parties:
        raise InvalidObject(
            [Problem(path="$.party_id", found=str(party), expected="a party of yours")], "BookingRequest"
        )
    to = asking.to
    if to is None:
        places = await platform.store.objects.find(ModuleID.BOOKINGS, request.booking_location_id)
        found = [one for one in places if one.key.sub == BOOKING_LOCATIONS and one.peer_id != call.peer.id]
        to = _one(found, f"BookingLocation {request.booking_location_id}")
    return await _carry(platform, call, crossing, asking, to)


# ---- whose is it? --------------------------------------------------------------------------------------------------


async def charges_of(platform: Platform, ident: str, module: ModuleID = ModuleID.SESSIONS) -> list[HubRoute]:
    """The Sessions (or CDRs) with this id that we keep or passed on: whose, and for whom."""
    kept = [
        HubRoute(
            module=module, party=one.key.party, id=one.key.id, audience=one.audience or "", noted_at=one.last_updated
        )
        for one in await platform.store.objects.find(module, ident)
    ]
    return [*kept, *await platform.store.hub.routes(module, ident)]


async def _operator_of(platform: Platform, call: Call, asking: Asking, session_id: str) -> PartyId | None:
    """The operator of a Session of the caller's driver; None for a Session of another's, as for one that is unknown.

    Of one that we never heard of, an operator that tells our members apart may say it himself.
    """
    charges = [one for one in await charges_of(platform, session_id) if asking.to in {None, one.party}]
    mine = {one.party for one in charges if may_see(call.peer, ModuleID.SESSIONS, one.audience or None)}
    if len(mine) > 1:
        raise UnknownReceiver(f"several operators have a session {session_id}: name one in OCPI-to-* headers")
    if mine or charges or asking.to is None:
        return next(iter(mine), None)
    tells = is_ours(platform, asking.to) or tells_apart(await known(platform, asking.to))
    return asking.to if tells else None


async def _at(platform: Platform, call: Call, location_id: str) -> PartyId:
    """The operator of a Location that the caller may see; UnknownLocation (2003) for others."""
    found = [
        one
        for one in await platform.store.locations.find(location_id)
        if one.peer_id != call.peer.id and may_see(call.peer, ModuleID.LOCATIONS, one.audience)
    ]
    return _one(found, f"Location {location_id}")


def _one(found: Iterable[StoredObject], what: str) -> PartyId:
    owners = {one.key.party for one in found}
    if not owners:
        raise UnknownLocation(f"no {what}")
    if len(owners) > 1:
        raise UnknownReceiver(f"several operators have a {what}: name one in OCPI-to-* headers")
    return owners.pop()


def _version(member: Member) -> Version:
    return member.peer.version or OWN_VERSION


def _answer(call: Call, value: Wire) -> Answer:
    body = codec.convert(type(value), codec.body_of(value), OWN_VERSION, call.version).body
    return Answer(data=codec.dumps(body))


_Question = Callable[[Platform, Call, Crossing, Asking], Awaitable[Answer | None]]
_QUESTIONS: dict[Interface, _Question] = {
    (ModuleID.COMMANDS, InterfaceRole.RECEIVER): _command,
    (ModuleID.CHARGING_PROFILES, InterfaceRole.RECEIVER): _profile,
    (ModuleID.CHARGING_PROFILES, InterfaceRole.SENDER): _limits,
    (ModuleID.TOKENS, InterfaceRole.SENDER): _authorize,
    (ModuleID.SESSIONS, InterfaceRole.SENDER): _preferences,
    (ModuleID.BOOKINGS, InterfaceRole.SENDER): _booking,
}

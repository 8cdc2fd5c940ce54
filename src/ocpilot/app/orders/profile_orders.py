"""Charging profiles as an operator carries them out: set, cleared, asked for, and told when they change.

(mod_charging_profiles, "Receiver Interface"). One profile per Session: a newer one replaces it, whoever sent it.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import msgspec

from ocpilot.app.charges.charges import NoTerms, terms_of
from ocpilot.app.charges.command_records import ProfileOrder
from ocpilot.app.kept.charge_records import Command, CommandDirection, Transaction, TransactionState
from ocpilot.app.kept.peer_records import Peer
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.ocpi.bodies import parsed, text_of, value_of
from ocpilot.app.ocpi.visibility import may_steer
from ocpilot.app.orders import orders, station_profiles
from ocpilot.app.orders.orders import Outcome
from ocpilot.app.platform import Platform
from ocpilot.base.errors import NotFound, StationError
from ocpilot.base.ids import PartyId, derived_id, fold
from ocpilot.roaming.routing import DIRECT, Route
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import (
    EVSE,
    ActiveChargingProfile,
    Capability,
    CdrToken,
    ChargingProfile,
    ChargingProfilePeriod,
    ChargingProfileResponse,
    ChargingProfileResponseType,
    ChargingProfileResultType,
    ChargingRateUnit,
    PowerType,
    SetChargingProfile,
)

log = logging.getLogger(__name__)

#: A station's word -> what came of it (OCPP 1.6, 7.11 "ChargingProfileStatus", 7.20 "ClearChargingProfileStatus").
_RESULTS = {
    "Accepted": ChargingProfileResultType.ACCEPTED,
    "Rejected": ChargingProfileResultType.REJECTED,
    "NotSupported": ChargingProfileResultType.REJECTED,
    "Unknown": ChargingProfileResultType.UNKNOWN,
}
_MINUTE = timedelta(minutes=1)
#: How far an unasked update looks ahead, seconds ("PUT Method": between 5 and 60 minutes).
_AHEAD = 900

Carry = Callable[[Command, Transaction], Awaitable[Outcome]]


async def set_profile(
    platform: Platform, peer: Peer, session_id: str, request: SetChargingProfile, *, route: Route = DIRECT
) -> Command | str:
    """PUT: limit a Session. The order as kept, or the word of our refusal."""
    if not _is_sound(request.charging_profile):
        return ChargingProfileResponseType.REJECTED
    command = orders.new(platform, ProfileOrder.SET, peer, request.response_url, text_of(request), route=route)
    return await _order(platform, peer, command, session_id, _setting(platform, request.charging_profile))


def _is_sound(profile: ChargingProfile) -> bool:
    """Whether a station can follow it: limits that are none below zero, each from later on than the one before."""
    starts = [period.start_period for period in profile.charging_profile_period]
    limits = [period.limit for period in profile.charging_profile_period]
    ordered = all(one < later for one, later in pairwise(starts))
    lasting = profile.duration is None or profile.duration > 0
    return bool(starts) and ordered and starts[0] >= 0 and lasting and min(*limits, profile.min_charging_rate or 0) >= 0


async def clear_profile(
    platform: Platform, peer: Peer, session_id: str, response_url: str, *, route: Route = DIRECT
) -> Command | str:
    """DELETE: limit it no longer."""
    command = orders.new(platform, ProfileOrder.CLEAR, peer, response_url, "{}", route=route)
    return await _order(platform, peer, command, session_id, _clearing(platform))


async def ask_profile(
    platform: Platform, peer: Peer, session_id: str, seconds: int, response_url: str, *, route: Route = DIRECT
) -> Command | str:
    """GET: which limits will hold for so many seconds."""
    command = orders.new(platform, ProfileOrder.GET, peer, response_url, "{}", route=route)
    return await _order(platform, peer, command, session_id, _asking(platform, seconds))


def response_of(platform: Platform, answered: Command | str) -> ChargingProfileResponse:
    """What the other side gets at once."""
    word = answered.response if isinstance(answered, Command) else answered
    result = ChargingProfileResponseType(word or ChargingProfileResponseType.REJECTED)
    return ChargingProfileResponse(result=result, timeout=round(platform.settings.roaming.command_timeout))


# ---- for providers and platforms of our own ------------------------------------------------------------------------


async def order_set(platform: Platform, command: Command, profile: ChargingProfile) -> Command:
    """Limit a Session of our own for a driver of our own; the order is kept with our response to it."""
    return await _own(platform, command, _setting(platform, profile))


async def order_clear(platform: Platform, command: Command) -> Command:
    """The same for clearing."""
    return await _own(platform, command, _clearing(platform))


async def order_ask(platform: Platform, command: Command, seconds: int) -> Command:
    """The same for asking."""
    return await _own(platform, command, _asking(platform, seconds))


async def _own(platform: Platform, command: Command, carry: Carry) -> Command:
    transaction = await platform.store.transactions.by_session(command.session_id or "")
    if transaction is None:
        return await orders.kept(platform, command, ChargingProfileResponseType.UNKNOWN_SESSION)
    refusal = await _refusal(platform, transaction)
    if refusal is not None:
        return await orders.kept(platform, command, refusal)
    return await _accepted(platform, command, transaction, carry)


# ---- may it be done? -----------------------------------------------------------------------------------------------


async def _order(
    platform: Platform, peer: Peer, command: Command, session_id: str, carry: Carry
) -> Command | ChargingProfileResponseType:
    """A Session that this peer may not steer is as unknown as one that does not exist."""
    transaction = await platform.store.transactions.by_session(session_id)
    token = parsed(CdrToken, transaction.cdr_token) if transaction and transaction.cdr_token else None
    if transaction is None or token is None:
        return ChargingProfileResponseType.UNKNOWN_SESSION
    if not may_steer(peer, PartyId.of(token.country_code, token.party_id)):
        return ChargingProfileResponseType.UNKNOWN_SESSION
    refusal = await _refusal(platform, transaction)
    if refusal is not None:
        return refusal
    if await _too_often(platform, peer, transaction):
        return ChargingProfileResponseType.TOO_OFTEN
    return await _accepted(platform, command, transaction, carry)


async def _refusal(platform: Platform, transaction: Transaction) -> ChargingProfileResponseType | None:
    if not await _capable(platform, transaction):
        return ChargingProfileResponseType.NOT_SUPPORTED
    running = transaction.state == TransactionState.OPEN and await platform.stations.is_connected(
        transaction.station_id
    )
    return None if running else ChargingProfileResponseType.REJECTED


async def _accepted(platform: Platform, command: Command, transaction: Transaction, carry: Carry) -> Command:
    there = msgspec.structs.replace(
        command,
        session_id=transaction.session_id,
        location_id=transaction.location_id,
        evse_uid=transaction.evse_uid,
        connector_id=transaction.ocpi_connector_id,
    )
    kept = await orders.kept(platform, there, ChargingProfileResponseType.ACCEPTED)
    orders.carry_out(platform, kept, lambda: carry(kept, transaction), _RESULTS)
    return kept


async def _capable(platform: Platform, transaction: Transaction) -> bool:
    key = ObjectKey(
        module=ModuleID.LOCATIONS, party=transaction.party, id=transaction.location_id, sub=transaction.evse_uid
    )
    evse = await platform.store.locations.get(key)
    return evse is not None and Capability.CHARGING_PROFILE_CAPABLE in value_of(EVSE, evse).capabilities


async def _too_often(platform: Platform, peer: Peer, transaction: Transaction) -> bool:
    asked = await platform.store.commands.of_session(
        transaction.session_id, [ProfileOrder.GET, ProfileOrder.SET, ProfileOrder.CLEAR], platform.clock() - _MINUTE
    )
    mine = [one for one in asked if one.peer_id == peer.id]
    return len(mine) >= platform.settings.roaming.profiles_per_minute


# ---- what the station is asked -------------------------------------------------------------------------------------


def _setting(platform: Platform, profile: ChargingProfile) -> Carry:
    async def carry(command: Command, transaction: Transaction) -> Outcome:
        word = await station_profiles.put(platform, transaction, profile)
        return _changed(platform, command, transaction, word)

    return carry


def _clearing(platform: Platform) -> Carry:
    async def carry(command: Command, transaction: Transaction) -> Outcome:
        word = await station_profiles.put(platform, transaction, None)
        return _changed(platform, command, transaction, word)

    return carry


def _asking(platform: Platform, seconds: int) -> Carry:
    async def carry(_: Command, transaction: Transaction) -> Outcome:
        return await _active(platform, transaction, seconds)

    return carry


def _changed(platform: Platform, command: Command, transaction: Transaction, word: str) -> Outcome:
    """Others who set a profile of this Session are told of the change."""
    if word == "Accepted":
        work = tell(platform, transaction, but=command.peer_id)
        platform.background.start(work, f"active profile of session {transaction.session_id}")
    return Outcome(word=word)


async def _active(platform: Platform, transaction: Transaction, seconds: int) -> Outcome:
    """Where nothing is limited the connector's own capacity is the limit ("PUT Method", "Request Body")."""
    unit = _unit(transaction)
    answer = await platform.stations.active_charging_profile(transaction, seconds, unit)
    profile = answer.profile
    if answer.status == "Accepted" and profile is None:
        profile = _capacity(platform, transaction, seconds, unit)
    return Outcome(word=answer.status, answer=text_of(profile) if profile else None)


def _unit(transaction: Transaction) -> ChargingRateUnit:
    """Watts for direct current, ampere for alternating current ("ChargingRateUnit")."""
    try:
        direct = terms_of(transaction).connector.power_type == PowerType.DC
    except NoTerms:
        direct = True
    return ChargingRateUnit.W if direct else ChargingRateUnit.A


def _capacity(
    platform: Platform, transaction: Transaction, seconds: int, unit: ChargingRateUnit
) -> ActiveChargingProfile | None:
    try:
        terms = terms_of(transaction)
    except NoTerms:
        return None
    limit = terms.max_power_w if unit is ChargingRateUnit.W else Decimal(terms.connector.max_amperage)
    now = platform.clock()
    profile = ChargingProfile(
        start_date_time=now,
        duration=seconds,
        charging_rate_unit=unit,
        charging_profile_period=(ChargingProfilePeriod(start_period=0, limit=limit),),
    )
    return ActiveChargingProfile(start_date_time=now, charging_profile=profile)


# ---- telling who set a profile -------------------------------------------------------------------------------------


async def cancel_profile(platform: Platform, session_id: str) -> None:
    """We, the operator, take the limit of a Session away: whoever set it is told. NotFound without such a Session."""
    transaction = await platform.store.transactions.by_session(session_id)
    if transaction is None:
        raise NotFound(f"no session {session_id}")
    await station_profiles.put(platform, transaction, None)
    await station_profiles.taken_back(platform, transaction)
    await tell(platform, transaction)


async def tell(platform: Platform, transaction: Transaction, but: int | None = None) -> None:
    """The limits changed and those who did not ask for it hear so, as every result does: until they have it.

    Only who set a profile of this Session with success may be told ("PUT Method").
    """
    setters = [one for one in await _setters(platform, transaction) if one.peer_id != but]
    if not setters:
        return
    try:
        outcome = await _active(platform, transaction, _AHEAD)
    except StationError as error:
        log.warning("limits of session %s changed, to what is not known: %s", transaction.session_id, error)
        return
    for setter in setters:
        if outcome.answer is not None:
            await orders.send_result(platform, await _update(platform, transaction, setter, outcome.answer))


async def _setters(platform: Platform, transaction: Transaction) -> list[Command]:
    """The newest success of each platform."""
    sets = await platform.store.commands.of_session(
        transaction.session_id, [ProfileOrder.SET], transaction.started_at - timedelta(days=1)
    )
    done = [
        one
        for one in sets
        if one.direction == CommandDirection.RECEIVED and one.result == ChargingProfileResultType.ACCEPTED
    ]
    return list({one.peer_id: one for one in reversed(done)}.values())


async def _update(platform: Platform, transaction: Transaction, setter: Command, profile: str) -> Command:
    """One record per Session and platform: what is not sent yet is replaced by what is newer."""
    now = platform.clock()
    fresh = Command(
        id=derived_id("active charging profile", fold(transaction.session_id), str(setter.peer_id)),
        direction=CommandDirection.RECEIVED,
        peer_id=setter.peer_id,
        command=ProfileOrder.UPDATE,
        request="{}",
        sender=setter.sender,
        receiver=transaction.party.key,
        response=ChargingProfileResponseType.ACCEPTED,
        result=ChargingProfileResultType.ACCEPTED,
        result_at=now,
        answer=profile,
        session_id=transaction.session_id,
        created_at=now,
        expires_at=now,
    )
    kept = await platform.store.commands.modify(fresh.id, lambda _: fresh)
    if kept is None:
        await platform.store.commands.add(fresh)
    return fresh

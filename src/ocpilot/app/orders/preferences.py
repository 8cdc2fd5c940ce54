"""What a driver wants of a running charge: sent by his provider, answered by what the Connector can do.

(mod_sessions, "Set: Charging Preferences")
"""

from decimal import Decimal
from typing import cast

import msgspec

from ocpilot.app.charges import sessions
from ocpilot.app.charges.charges import AcceptedPreferences, NoTerms, Terms, terms_of
from ocpilot.app.kept.charge_records import Transaction, TransactionState
from ocpilot.app.kept.records import Account
from ocpilot.app.ocpi.accounts import provider
from ocpilot.app.ocpi.bodies import parsed, text_of
from ocpilot.app.ocpi.exchange import Answer, Call
from ocpilot.app.ocpi.visibility import may_send
from ocpilot.app.orders import commands
from ocpilot.app.orders.sent_orders import operator_of
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.base.errors import InvalidObject, NotFound, PeerNonsense
from ocpilot.base.ids import PartyId
from ocpilot.wire import codec
from ocpilot.wire.protocol import InterfaceRole, ModuleID
from ocpilot.wire.v230 import (
    Capability,
    CdrToken,
    ChargingPreferences,
    ChargingPreferencesResponse,
    ProfileType,
)

#: Profiles that move energy to another time: they need to know until when, and how much.
_PLANNED = frozenset({ProfileType.CHEAP, ProfileType.GREEN})


async def put(platform: Platform, call: Call) -> Answer:
    """PUT of `charging_preferences` below a Session of ours; NotFound when it is not this provider's."""
    wanted = call.read(ChargingPreferences, call.object()).value
    transaction = await platform.store.transactions.by_session(call.path["id"])
    token = parsed(CdrToken, transaction.cdr_token) if transaction and transaction.cdr_token else None
    his = token and may_send(call.peer, ModuleID.TOKENS, PartyId.of(token.country_code, token.party_id))
    if transaction is None or not his:
        raise NotFound(f"no session {call.path['id']} of yours")
    response = await take(platform, transaction, wanted)
    if response is None:
        # The one place where the standard wants HTTP 404 and status code 2001 together ("ChargingPreferencesResponse").
        return Answer(http_status=404, status_code=2001, message="the EVSE takes no charging preferences")
    return Answer(data=msgspec.json.encode(response))


async def take(
    platform: Platform, transaction: Transaction, wanted: ChargingPreferences
) -> ChargingPreferencesResponse | None:
    """Our answer; what is accepted is kept with the transaction, and its Tariff holds from now on. None: the EVSE is
    not made for preferences."""
    response = _response(platform, transaction, wanted)
    if response is ChargingPreferencesResponse.ACCEPTED:
        accepted = AcceptedPreferences(at=platform.clock(), wanted=msgspec.Raw(text_of(wanted)))
        await platform.store.transactions.add_preferences(transaction.id, msgspec.json.encode(accepted).decode())
        kept = await platform.store.transactions.get(transaction.id)
        await sessions.write(platform, kept or transaction)
    return response


async def send(
    platform: Platform, account: Account, session_id: str, wanted: ChargingPreferences
) -> ChargingPreferencesResponse:
    """Tell the operator what a driver of ours wants; errors of the peer are raised.

    NotFound when the Session is not his, or its EVSE takes no preferences.
    """
    stored, _ = await commands.session_of(platform, account, session_id)
    peer = await operator_of(platform, stored)
    if peer is None:
        transaction = await platform.store.transactions.by_session(session_id)
        response = await take(platform, transaction, wanted) if transaction else None
        if response is None:
            raise NotFound(f"session {session_id} takes no charging preferences")
        return response
    body = codec.convert(ChargingPreferences, codec.body_of(wanted), OWN_VERSION, peer.version or OWN_VERSION).body
    answer = await platform.partners.call(
        peer,
        "PUT",
        ModuleID.SESSIONS,
        InterfaceRole.SENDER,
        (stored.key.id, "charging_preferences"),
        body=codec.dumps(body),
        sender=provider(platform),
        receiver=stored.key.party,
    )
    try:
        return ChargingPreferencesResponse(cast(str, answer.data))
    except ValueError as error:
        raise PeerNonsense(f"{peer.name}: {answer.data!r} is no ChargingPreferencesResponse") from error


def _response(
    platform: Platform, transaction: Transaction, wanted: ChargingPreferences
) -> ChargingPreferencesResponse | None:
    try:
        terms = terms_of(transaction)
    except (NoTerms, InvalidObject):
        return None
    if Capability.CHARGING_PREFERENCES_CAPABLE not in terms.evse.capabilities:
        return None
    running = transaction.state == TransactionState.OPEN
    lacking = _lacking(terms, transaction, wanted)
    if lacking is None and running and _can_be_done(platform, terms, wanted):
        return ChargingPreferencesResponse.ACCEPTED
    return lacking or ChargingPreferencesResponse.NOT_POSSIBLE


def _lacking(terms: Terms, transaction: Transaction, wanted: ChargingPreferences) -> ChargingPreferencesResponse | None:
    """What the Connector or the preferences lack; every profile but REGULAR has a Tariff of its own."""
    special = wanted.profile_type is not ProfileType.REGULAR
    if special and terms.tariff_of(wanted.profile_type, transaction.started_at) is None:
        return ChargingPreferencesResponse.PROFILE_TYPE_NOT_SUPPORTED
    if wanted.profile_type in _PLANNED and wanted.departure_time is None:
        return ChargingPreferencesResponse.DEPARTURE_REQUIRED
    if wanted.profile_type in _PLANNED and wanted.energy_need is None:
        return ChargingPreferencesResponse.ENERGY_NEED_REQUIRED
    return None


def _can_be_done(platform: Platform, terms: Terms, wanted: ChargingPreferences) -> bool:
    """Even at full power from now on."""
    if wanted.departure_time is None:
        return True
    hours = Decimal((wanted.departure_time - platform.clock()).total_seconds()) / 3600
    return hours > 0 and (wanted.energy_need or Decimal(0)) <= hours * terms.max_power_w / 1000

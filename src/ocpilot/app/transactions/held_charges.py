"""Charges that wait for a person: why they do, and what he may do with them (bill them after all, or drop them)."""

import msgspec

from ocpilot.app.cdrs import dropped
from ocpilot.app.charges import charges
from ocpilot.app.charges.charges import Charge
from ocpilot.app.charges.meant import NOT_AVAILABLE
from ocpilot.app.kept.charge_records import Transaction, TransactionState
from ocpilot.app.kept.records import ObjectKey, Record
from ocpilot.app.ocpi import tokens
from ocpilot.app.ocpi.bodies import text_of, value_of
from ocpilot.app.platform import Platform
from ocpilot.app.transactions import placing
from ocpilot.base.errors import Conflict, NotFound
from ocpilot.base.ids import fold
from ocpilot.metering.findings import Finding
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import EVSE, Location


class HeldCharge(Record, frozen=True):
    """One of them. `charge` is what it would come to, None where that cannot be said."""

    transaction: Transaction
    findings: tuple[Finding, ...]
    charge: Charge | None


async def held(platform: Platform) -> tuple[HeldCharge, ...]:
    """All of them, oldest first."""
    found = await platform.store.transactions.in_state(TransactionState.HELD)
    return tuple([await _seen(platform, one) for one in found])


async def _seen(platform: Platform, transaction: Transaction) -> HeldCharge:
    findings = await platform.store.transaction_findings.of(transaction.id)
    try:
        charge = await charges.charge_of(platform, transaction)
    except charges.NoTerms:
        charge = None
    return HeldCharge(transaction=transaction, findings=findings, charge=charge)


async def release(platform: Platform, number: int, uid: str | None = None, evse_uid: str | None = None) -> Transaction:
    """Bill it as it is, whatever was odd about it; `uid` says whose Token it was, where nobody knows. `evse_uid` says
    which EVSE it was at, where its station named a connector we did not know: that is one from now on, and all held
    charges there are judged again.

    The CDR is made by the jobs. One that waits for a meter value need not wait any longer. NotFound for a transaction
    or Token that is not known; Conflict when it is not held, when nobody would have to pay it, or when it is not known
    where it was.
    """
    transaction = await _held(platform, number)
    if evse_uid is not None:
        transaction = await placing.connect(platform, transaction, evse_uid)
        if uid is None:
            return transaction
    if transaction.terms is None:
        raise Conflict(f"transaction {number} began at an EVSE that is not known: say which it is (--evse UID)")
    if uid is None and (transaction.cdr_token is None or not transaction.accepted):
        raise Conflict(f"transaction {number} has no Token that may charge: say whose it is (--token UID)")
    token = await _cdr_token(platform, uid) if uid is not None else None

    def change(kept: Transaction) -> Transaction:
        released = msgspec.structs.replace(kept, released=True)
        return msgspec.structs.replace(released, cdr_token=token, accepted=True) if token else released

    changed = await platform.store.transactions.modify(number, change)
    await platform.store.transactions.judge_again(number, platform.clock())
    return changed or transaction


async def _cdr_token(platform: Platform, uid: str) -> str:
    known = await tokens.known(platform, uid)
    if not known:
        raise NotFound(f"no Token {uid} is known here")
    return text_of(tokens.cdr_token_of(known[0][1]))


async def evses_for(platform: Platform, transaction: Transaction) -> tuple[EVSE, ...]:
    """Which EVSEs a charge may have been at when its station named a connector we did not know: those of the Location
    of no station; or none at all: those of the station. Nothing where it is known."""
    if transaction.evse_uid != NOT_AVAILABLE or transaction.state != TransactionState.HELD:
        return ()
    key = ObjectKey(module=ModuleID.LOCATIONS, party=transaction.party, id=transaction.location_id)
    stored = await platform.store.locations.get(key)
    station = await platform.store.stations.get(transaction.station_id)
    known = {fold(one.evse_uid) for one in station.connectors} if station else set[str]()
    evses = value_of(Location, stored).evses if stored else ()
    if not transaction.evse_id:
        return tuple(one for one in evses if fold(one.uid) in known)
    at_evse = platform.store.stations.at_evse
    return tuple([one for one in evses if await at_evse(transaction.location_id, one.uid) is None])


async def drop(platform: Platform, number: int, why: str | None = None) -> Transaction:
    """Never bill it. NotFound, Conflict when it is not held."""
    transaction = await _held(platform, number)
    await dropped.drop(platform, transaction, why or transaction.held_because or "")
    return transaction


async def _held(platform: Platform, number: int) -> Transaction:
    transaction = await platform.store.transactions.get(number)
    if transaction is None:
        raise NotFound(f"no transaction {number}")
    if transaction.state != TransactionState.HELD and not transaction.waits:
        raise Conflict(f"transaction {number} is {transaction.state}, not held")
    return transaction

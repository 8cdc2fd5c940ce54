"""A transaction that nobody is billed for: decided by a person, or because it is none."""

import msgspec

from ocpilot.app.charges import sessions
from ocpilot.app.kept.charge_records import Transaction, TransactionState
from ocpilot.app.ocpi.bodies import own, value_of
from ocpilot.app.platform import Platform
from ocpilot.wire.v230 import Session, SessionStatus


async def drop(platform: Platform, transaction: Transaction, why: str) -> None:
    """Never bill it. Its Session, if anybody was told of one, becomes INVALID."""
    await platform.store.transactions.set_state(transaction.id, TransactionState.DROPPED, why)
    kept = await platform.store.objects.get(sessions.key_of(transaction))
    if kept is not None:
        now = platform.clock()
        invalid = msgspec.structs.replace(value_of(Session, kept), status=SessionStatus.INVALID, last_updated=now)
        await platform.store.objects.put(own(kept.key, invalid, now))

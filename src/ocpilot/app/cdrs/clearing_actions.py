"""What a person does with a CDR: accept, hold, dispute or drop it, each with who and why."""

from collections.abc import Sequence

from ocpilot.app.cdrs import clearing, credit_clearing
from ocpilot.app.cdrs.clearing_moves import Action, moved
from ocpilot.app.kept.clearing_records import Clearing, ClearingState
from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.platform import Platform
from ocpilot.base.errors import Conflict, NotFound, UserError
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID


async def act(platform: Platform, key: ObjectKey, action: Action, who: str, why: str) -> Clearing:
    """Move a CDR on. Conflict where its state does not allow it, and of one that is on an invoice already."""
    found = await standing(platform, await clearing.stored_of(platform, key))
    if action is Action.ACCEPT and found.credits is not None:
        accepted = await credit_clearing.accept(platform, found, who, why)
        await clearing.judge_again(platform, accepted)
        return accepted
    if found.state is ClearingState.ACCEPTED:
        await _require_unbilled(platform, found, action)
    move = moved(platform, found, action, who, why)
    if not await platform.store.clearings.move_together([move]):
        raise Conflict(f"CDR {key.id} of {key.party} was moved meanwhile: look again")
    return move.after


async def _require_unbilled(platform: Platform, found: Clearing, action: Action) -> None:
    items = await platform.store.bill_items.of(found.key)
    numbers = {item.invoice for item in items if item.invoice is not None and not item.taken_back}
    if numbers:
        on = ", ".join(sorted(numbers))
        raise Conflict(f"CDR {found.key.id} is on invoice {on}: to {action} it, that must be credited first")


async def standing(platform: Platform, stored: StoredObject) -> Clearing:
    """Where a CDR stands; one that nobody has looked at yet is looked at now."""
    return await platform.store.clearings.get(stored.key) or await clearing.clear(platform, stored)


async def named(platform: Platform, cdr_id: str, party: PartyId | None = None) -> StoredObject:
    """The CDR of this id, of this party where several have one. NotFound, UserError when it cannot be told which."""
    all_found = await platform.store.objects.find(ModuleID.CDRS, cdr_id)
    found = [one for one in all_found if party in (None, one.key.party)]
    if not found:
        others = f"; {_parties(all_found)} has one" if all_found else ""
        raise NotFound(f"no CDR {cdr_id}{f' of {party}' if party else ''}{others}")
    if len(found) > 1:
        raise UserError(f"several CDRs have the id {cdr_id}, of {_parties(found)}: say whose is meant (--party)")
    return found[0]


def _parties(found: Sequence[StoredObject]) -> str:
    return " and ".join(sorted(str(one.key.party) for one in found))

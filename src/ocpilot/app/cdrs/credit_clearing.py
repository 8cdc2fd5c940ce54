"""Credit CDRs: which CDR each takes back, by every clue, and what becomes of both (mod_cdrs, "Credit CDRs")."""

import msgspec

from ocpilot.app.cdrs.clearing_moves import PLATFORM, WAYS, Action, moved
from ocpilot.app.kept.clearing_records import Clearing, ClearingFinding, ClearingState
from ocpilot.app.kept.records import StoredObject
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.ocpi.tokens import is_ours
from ocpilot.app.platform import Platform
from ocpilot.base.errors import Conflict, InvalidObject
from ocpilot.base.ids import PartyId
from ocpilot.billing.credit_rules import credit_findings, takes_back
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import CDR

#: CDRs of the same Token that are looked through for the one a credit is of.
_MOST = 200


async def original_of(platform: Platform, stored: StoredObject, credit: CDR) -> StoredObject | None:
    """The CDR that this one takes back: the one it names, else the newest of the same charge and amount."""
    if credit.credit_reference_id is not None:
        named = await platform.store.objects.held(stored.key.named(credit.credit_reference_id))
        if named is not None:
            return named
    for one in await platform.store.objects.newest(ModuleID.CDRS, _MOST, [credit.cdr_token.uid]):
        same = (one.key.party, one.peer_id) == (stored.key.party, stored.peer_id) and one.key != stored.key
        if same and _fits(credit, one):
            return one
    return None


def _fits(credit: CDR, other: StoredObject) -> bool:
    try:
        return takes_back(credit, value_of(CDR, other))
    except InvalidObject:
        return False


async def settle(platform: Platform, waiting: Clearing, who: str = PLATFORM, why: str | None = None) -> Clearing:
    """Judge a credit that is NEW: with its original it is taken as good, or it is held, or it goes on waiting. `why` a
    person took it back."""
    original = await _original(platform, waiting)
    if original is None:
        return waiting
    found = await _against(platform, waiting, original)
    if found:
        held = msgspec.structs.replace(waiting, findings=found)
        move = moved(platform, held, Action.HOLD, who, found[0].sentence)
        return move.after if await platform.store.clearings.move_together([move]) else waiting
    if original.state is ClearingState.DROPPED:
        move = moved(platform, waiting, Action.DROP, who, f"CDR {original.key.id}, which it takes back, was dropped")
        return move.after if await platform.store.clearings.move_together([move]) else waiting
    because = why or f"it takes back CDR {original.key.id}"
    return await _take_back(platform, waiting, original, who, because) or waiting


async def accept(platform: Platform, credit: Clearing, who: str, why: str) -> Clearing:
    """A person takes a credit that is held as good: its original is credited too. Conflict when that cannot be, for it
    is not here, is a credit itself, was credited already, or is never paid."""
    original = await _original(platform, credit)
    if original is None:
        raise Conflict(f"CDR {credit.credits}, which {credit.key.id} takes back, is not here: drop it, or wait")
    if original.credits is not None:
        raise Conflict(f"CDR {original.key.id} is a Credit CDR itself: drop {credit.key.id}")
    done = await _take_back(platform, credit, original, who, why)
    if done is None:
        raise Conflict(f"CDR {credit.key.id} or {original.key.id} was moved meanwhile: look again")
    return done


async def _take_back(platform: Platform, credit: Clearing, original: Clearing, who: str, why: str) -> Clearing | None:
    """Both moves in one transaction; None when one of them stands elsewhere by now."""
    action = Action.ISSUE if _is_ours(platform, credit) else Action.ACCEPT
    good = moved(platform, credit, action, who, why)
    taken = msgspec.structs.replace(original, credited_by=credit.key.id)
    moves = [good, moved(platform, taken, Action.CREDIT, who, f"Credit CDR {credit.key.id}")]
    return good.after if await platform.store.clearings.move_together(moves) else None


async def _original(platform: Platform, credit: Clearing) -> Clearing | None:
    return await platform.store.clearings.get(credit.key.named(credit.credits or ""))


async def _against(platform: Platform, credit: Clearing, original: Clearing) -> tuple[ClearingFinding, ...]:
    bodies = [await platform.store.objects.held(one.key) for one in (credit, original)]
    theirs, first = (value_of(CDR, one) if one else None for one in bodies)
    if theirs is None or first is None:
        return ()
    can_be = original.state in WAYS[Action.CREDIT].before | {ClearingState.DROPPED}
    credited_by = None if can_be else original.credited_by
    return tuple(
        ClearingFinding(rule=one.rule, found=one.found, expected=one.expected)
        for one in credit_findings(theirs, first, credited_by)
    )


def _is_ours(platform: Platform, credit: Clearing) -> bool:
    """Of ours, for somebody else to take."""
    return credit.peer_id is None and not is_ours(platform, PartyId.parse(credit.audience or ""))

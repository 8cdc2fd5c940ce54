"""Clearing: which CDRs stand where, every step of one, the message of a dispute, and what a person decides."""

import msgspec

from ocpilot.api import calls
from ocpilot.api.calls import ApiCall, Reply
from ocpilot.api.shapes import Decision, Reissue
from ocpilot.app.cdrs import clearing_actions
from ocpilot.app.cdrs.clearing_moves import Action
from ocpilot.app.invoicing import clearing_shown, disputes
from ocpilot.app.kept.clearing_records import ClearingState, Wanted
from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.ocpi.concerns import concerns
from ocpilot.app.office import cdr_credits, listing
from ocpilot.app.office.cdr_credits import Anew
from ocpilot.app.partners import peers
from ocpilot.base.errors import MissingParameter
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID


async def list_clearing(call: ApiCall) -> Reply:
    """Where CDRs stand, ours and peers', longest first; without steps."""
    state, name = call.query.get("state"), call.query.get("peer")
    if state is not None and state not in set(ClearingState):
        raise MissingParameter(f"state: found {state[:20]!r}, expected one of {', '.join(ClearingState)}")
    peer = await peers.named(call.platform, name) if name else None
    wanted = Wanted(
        states=(ClearingState(state),) if state else (),
        peer_id=peer.id if peer else None,
        parties=peer.parties if peer else (),
        limit=call.limit(),
    )
    found = await call.platform.store.clearings.listed(wanted)
    items = []
    for one in found:
        stored = await call.platform.store.objects.held(one.key) if call.key.only else None
        if call.key.only is None or (stored is not None and concerns(call.key.only, stored)):
            items.append(msgspec.json.encode(clearing_shown.clearing(one)))
    return calls.listed(items, call)


async def get_clearing(call: ApiCall) -> Reply:
    """Where a CDR stands, with what speaks against it and every step."""
    return await _shown(call, await _stored(call))


async def decide(call: ApiCall) -> Reply:
    """Accept, hold, dispute or drop a CDR, with a reason that is kept."""
    stored, order = await _stored(call), call.read(Decision)
    await clearing_actions.act(call.platform, stored.key, Action(order.action), _who(call), order.why)
    return await _shown(call, stored)


async def get_dispute(call: ApiCall) -> Reply:
    """The message about a CDR for its operator; nothing is sent."""
    message = await disputes.message(call.platform, await _stored(call))
    return calls.shown(clearing_shown.dispute(message))


async def reissue_cdr(call: ApiCall) -> Reply:
    """Take a CDR of ours back and make it anew, in one go. Again: the same two."""
    order = call.read(Reissue)
    anew = Anew(
        why=order.why,
        tariff=order.tariff,
        kwh=None if order.kwh is None else cdr_credits.kwh_of(order.kwh, str(order.kwh)),
    )
    done = await cdr_credits.reissue(call.platform, call.path["id"], anew, call.party(), _who(call))
    return calls.shown(clearing_shown.ReissuedShown(credit=done.credit.key.id, cdr=done.cdr.key.id), 201)


async def _stored(call: ApiCall) -> StoredObject:
    party = PartyId.of(call.path["country_code"], call.path["party_id"])
    key = ObjectKey(module=ModuleID.CDRS, party=party, id=call.path["id"])
    return await listing.one(call.platform, key, call.key.only)


async def _shown(call: ApiCall, stored: StoredObject) -> Reply:
    standing = await clearing_actions.standing(call.platform, stored)
    steps = await call.platform.store.clearings.steps(stored.key)
    return calls.shown(clearing_shown.clearing(standing, steps))


def _who(call: ApiCall) -> str:
    return f"key {call.key.name}"

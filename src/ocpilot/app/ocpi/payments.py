"""Payment terminals and what they captured, for a terminal provider (PTP) and for an operator (mod_payments).

Neither URLs nor objects name the PTP, so an object is kept under the party of the platform it came from. A terminal
concerns the one operator it was made or activated for; a confirmation the operator of the Session.
"""

import msgspec

from ocpilot.app.kept.peer_records import Peer
from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.ocpi.bodies import object_in, own
from ocpilot.app.ocpi.classes import CONFIRMATIONS, TERMINALS, class_of
from ocpilot.app.ocpi.exchange import Answer, Call, endpoint_url, stored_answer
from ocpilot.app.ocpi.in_version import body_in, text_in
from ocpilot.app.ocpi.owned import from_peer
from ocpilot.app.ocpi.visibility import audience_of, may_see, party_of, require_receiver
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.base import time
from ocpilot.base.errors import Conflict, InvalidObject, NotFound
from ocpilot.base.ids import PartyId, derived_id, fold, new_id
from ocpilot.base.problem import Problem
from ocpilot.roaming.offers import OFFERED_BY
from ocpilot.wire import codec
from ocpilot.wire.protocol import InterfaceRole, ModuleID
from ocpilot.wire.v230 import FinancialAdviceConfirmation, Terminal

_MODULE = ModuleID.PAYMENTS
_SENDER, _RECEIVER = (_MODULE, InterfaceRole.SENDER), (_MODULE, InterfaceRole.RECEIVER)
#: What names a terminal or was issued by the PTP, and is not the operator's to change.
_NOT_THE_OPERATORS = ("terminal_id", "reference")


# ---- the terminal provider: Sender interface -----------------------------------------------------------------------


async def put_terminal(platform: Platform, party: PartyId, terminal: Terminal, operator: PartyId | None = None) -> None:
    """Store a terminal of `party`, one of ours; its operator gets it once. Without an operator, here or in the
    terminal, nobody sees it yet."""
    key = _key(party, terminal.terminal_id, TERMINALS)
    audience = operator.key if operator else audience_of(terminal)
    stored = own(key, terminal, terminal.last_updated)
    await platform.store.objects.put(msgspec.structs.replace(stored, audience=audience))


async def confirm(
    platform: Platform, party: PartyId, confirmation: FinancialAdviceConfirmation, operator: PartyId
) -> None:
    """Store what `party`, one of ours, captured for a Session of `operator`, who gets it."""
    stored = own(_key(party, confirmation.id, CONFIRMATIONS), confirmation, confirmation.last_updated)
    await platform.store.objects.put(msgspec.structs.replace(stored, audience=operator.key))


async def sender_get(platform: Platform, call: Call, sub: str) -> Answer:
    """GET of one terminal or confirmation of ours that this operator may see."""
    return Answer(data=await text_in(platform, await _visible(platform, call, sub), call.version))


async def terminal_put(platform: Platform, call: Call) -> Answer:
    """PUT by the operator. A body that names the terminal is all of it; one that does not, as in the standard's own
    example, says what changes (mod_payments, "PUT Terminal Method")."""
    body = call.object()
    await _change(platform, call, body, whole="terminal_id" in body)
    return Answer()


async def terminal_patch(platform: Platform, call: Call) -> Answer:
    """PATCH by the operator: which Locations and EVSEs the terminal serves, or another field that is his to set."""
    await _change(platform, call, call.object(), whole=False)
    return Answer()


async def activate(platform: Platform, call: Call) -> Answer:
    """POST .../activate: the operator says what a terminal is for; we make it and push it to him.

    The same again (by its id, else by its reference) finds the same terminal. NotFound for one of another operator.
    """
    require_receiver(call.peer, _MODULE)
    operator = party_of(call.peer, _RECEIVER, call.sender)
    body = call.object()
    ident = body.get("terminal_id") or _id_for(operator, body.get("reference"))
    made = _now(platform, body | {"terminal_id": ident})
    read = call.read(Terminal, made)
    key = _key(_our_ptp(platform, call), read.value.terminal_id, TERMINALS)
    before = await platform.store.objects.get(key)
    if before is not None and before.audience not in {None, operator.key}:
        raise _unknown(read.value.terminal_id)
    stored = from_peer(call.peer, call.version, key, read.body)
    await platform.store.objects.put(msgspec.structs.replace(stored, peer_id=None, audience=operator.key))
    return stored_answer(before is None)


async def deactivate(platform: Platform, call: Call) -> Answer:
    """POST .../{terminal_id}/deactivate: from now on it serves nothing; a Terminal has no other word for that."""
    await _change(platform, call, {"location_ids": [], "evse_uids": []}, whole=False)
    return Answer()


async def _change(platform: Platform, call: Call, given: codec.Body, *, whole: bool) -> None:
    """The operator's change of a terminal of ours, checked as a whole; when it was updated is ours to say."""
    stored = await _visible(platform, call, TERMINALS)

    def change(here: StoredObject) -> StoredObject:
        body = body_in(Terminal, here, call.version)
        _refuse_ours(body, given)
        ours = {name: body[name] for name in _NOT_THE_OPERATORS if name in body}
        merged = codec.merge_patch(ours if whole else body, {**given, **ours})
        read = call.read(Terminal, _now(platform, merged))
        made = from_peer(call.peer, call.version, here.key, read.body)
        return msgspec.structs.replace(made, peer_id=None, audience=here.audience)

    if await platform.store.objects.modify(stored.key, None, change) is None:
        raise _unknown(call.path["id"])


def _refuse_ours(kept: codec.Body, given: codec.Body) -> None:
    """InvalidObject when the operator would change what the PTP gave."""
    problems = [
        Problem(path=f"$.{name}", found=repr(given[name]), expected=f"{kept.get(name)!r}, which the PTP gave")
        for name in _NOT_THE_OPERATORS
        if name in given and fold(str(given[name])) != fold(str(kept.get(name)))
    ]
    if problems:
        raise InvalidObject(problems, "Terminal")


async def _visible(platform: Platform, call: Call, sub: str) -> StoredObject:
    """The object of ours that the URL names; NotFound also when it concerns somebody else."""
    require_receiver(call.peer, _MODULE)
    for one in await platform.store.objects.find(_MODULE, call.path["id"]):
        if one.peer_id is None and one.key.sub == sub and may_see(call.peer, _MODULE, one.audience):
            return one
    raise _unknown(call.path["id"])


def _our_ptp(platform: Platform, call: Call) -> PartyId:
    """The party of ours that is asked: as the header says, else our first terminal provider."""
    ours = [party.id for party in platform.settings.parties if party.role in OFFERED_BY[_SENDER]]
    return call.receiver if call.receiver in ours and call.receiver else ours[0]


def _id_for(operator: PartyId, reference: object) -> str:
    return derived_id("terminal", operator.key, fold(reference)) if isinstance(reference, str) else new_id()


# ---- the operator: Receiver interface ------------------------------------------------------------------------------


async def receiver_post(platform: Platform, call: Call, sub: str) -> Answer:
    """POST of a terminal or confirmation. The PTP has no other way to change one, so the newest counts.

    A new terminal may be no more than its id (mod_payments, "POST Terminal Method").
    """
    body = call.object()
    read = call.read(class_of(_MODULE, sub), _now(platform, body) if _undated(body, sub) else body)
    ident = str(read.body["terminal_id" if sub == TERMINALS else "id"])
    key = await key_from(platform, call.peer, sub, ident, call.sender)
    created = await platform.store.objects.put(from_peer(call.peer, call.version, key, read.body))
    url = endpoint_url(platform.settings, call.version, _MODULE, InterfaceRole.RECEIVER, sub, key.id)
    return stored_answer(created, {"Location": url})


async def key_from(platform: Platform, peer: Peer, sub: str, ident: str, sender: PartyId | None = None) -> ObjectKey:
    """Where an object of this peer is kept: where it was, else under the party of the platform that sends it."""
    for one in await platform.store.objects.find(_MODULE, ident):
        if one.peer_id == peer.id and one.key.sub == sub:
            return one.key
    return _key(party_of(peer, _SENDER, sender), ident, sub)


async def receiver_get(platform: Platform, call: Call, sub: str) -> Answer:
    """GET of a terminal or confirmation as this PTP sent it."""
    for one in await platform.store.objects.find(_MODULE, call.path["id"]):
        if one.peer_id == call.peer.id and one.key.sub == sub:
            return Answer(data=await text_in(platform, one, call.version))
    raise _unknown(call.path["id"])


async def assign(platform: Platform, peer: Peer, terminal_id: str, changes: codec.Body, sender: PartyId) -> None:
    """Tell a PTP which Locations and EVSEs a terminal of his serves (`location_ids`, `evse_uids`), or another field
    that is ours to set; our copy follows. NotFound when he has sent no such terminal; errors as `Partners.call`."""
    stored = await _sent_by(platform, peer, terminal_id)
    dated = _now(platform, changes)
    await platform.partners.call(
        peer,
        "PATCH",
        *_SENDER,
        (TERMINALS, terminal_id),
        body=codec.dumps(dated),
        sender=sender,
        receiver=stored.key.party,
    )

    def change(here: StoredObject) -> StoredObject:
        read = codec.read(Terminal, here.version, codec.merge_patch(object_in(here), dated))
        return from_peer(peer, here.version, here.key, read.body)

    await platform.store.objects.modify(stored.key, peer.id, change)


async def ask_to_activate(platform: Platform, peer: Peer, terminal: codec.Body, sender: PartyId) -> None:
    """Ask a PTP to activate a terminal (`terminal_id` may be left out); he sends it. Errors as `Partners.call`;
    Conflict when there are several behind a hub."""
    body = _now(platform, terminal)
    codec.read(Terminal, peer.version or OWN_VERSION, {"terminal_id": "to be given"} | body)
    await platform.partners.call(
        peer, "POST", *_SENDER, (TERMINALS, "activate"), body=codec.dumps(body), sender=sender, receiver=_ptp_of(peer)
    )


async def ask_to_deactivate(platform: Platform, peer: Peer, terminal_id: str, sender: PartyId) -> None:
    """Ask a PTP to deactivate a terminal; our copy serves nothing from now on. Errors as `assign`."""
    stored = await _sent_by(platform, peer, terminal_id)
    await platform.partners.call(
        peer, "POST", *_SENDER, (TERMINALS, terminal_id, "deactivate"), sender=sender, receiver=stored.key.party
    )

    def change(here: StoredObject) -> StoredObject:
        emptied = object_in(here) | {"location_ids": [], "evse_uids": []}
        return from_peer(peer, here.version, here.key, _now(platform, emptied))

    await platform.store.objects.modify(stored.key, peer.id, change)


def _ptp_of(peer: Peer) -> PartyId:
    """The PTP of a peer, or the one behind a hub, whose own role is OTHER, as a PTP's may be."""
    if peer.hub_party is None:
        return party_of(peer, _SENDER, None)
    found = {PartyId.of(one.country_code, one.party_id) for one in peer.roles if one.role in OFFERED_BY[_SENDER]}
    found.discard(PartyId.parse(peer.hub_party))
    if len(found) != 1:
        raise Conflict(f"behind {peer.name}: found {len(found)} terminal providers, expected one")
    return found.pop()


async def _sent_by(platform: Platform, peer: Peer, terminal_id: str) -> StoredObject:
    for one in await platform.store.objects.find(_MODULE, terminal_id):
        if one.peer_id == peer.id and one.key.sub == TERMINALS:
            return one
    raise _unknown(terminal_id)


# ---- both ----------------------------------------------------------------------------------------------------------


def _key(party: PartyId, ident: str, sub: str) -> ObjectKey:
    return ObjectKey(module=_MODULE, party=party, id=ident, sub=sub)


def _now(platform: Platform, body: codec.Body) -> codec.Body:
    return body | {"last_updated": time.write(platform.clock())}


def _undated(body: codec.Body, sub: str) -> bool:
    return sub == TERMINALS and body.get("last_updated") is None


def _unknown(ident: str) -> NotFound:
    return NotFound(f"no {ident!r} that is yours to see")

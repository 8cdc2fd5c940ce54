"""What a CDR comes to when it is looked at first: issued, accepted, or held for a person with what was found.

A CDR of ours for a partner is issued. One of a peer, and one of ours for a driver of ours, is judged by the rules of
`billing.clearing_rules` with the limits of its partner. At our hub so is one that is passed on, to be told of, not to
be paid. A Credit CDR waits for the CDR it takes back (`app/cdrs/credit_clearing.py`).
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from ocpilot.app.cdrs import cdr_match, cdrs, credit_clearing
from ocpilot.app.cdrs.clearing_moves import PLATFORM, Action, moved
from ocpilot.app.charges import signed_charges
from ocpilot.app.kept.cdr_match_records import Part
from ocpilot.app.kept.clearing_records import BILLED_STATES, Clearing, ClearingFinding, ClearingState, ClearingStep
from ocpilot.app.kept.peer_records import PeerProfile
from ocpilot.app.kept.records import ObjectKey, Record, StoredObject
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.ocpi.tokens import is_ours
from ocpilot.app.ocpi.visibility import audience_of
from ocpilot.app.platform import Platform
from ocpilot.base.errors import NotFound
from ocpilot.base.ids import PartyId, fold
from ocpilot.billing.clearing_limits import ClearingLimits
from ocpilot.billing.clearing_rules import Around, Neighbour, corrected, findings
from ocpilot.billing.power import watts_of
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import CDR, Connector, Location, TokenType


class Judged(Record, frozen=True):
    """What the rules find of a CDR now; `corrects` is the CDR of the same charge that was taken back before."""

    findings: tuple[ClearingFinding, ...]
    corrects: tuple[Neighbour, ...] = ()

    @property
    def held(self) -> bool:
        """Must a person look at it?"""
        return any(one.holds for one in self.findings)

    @property
    def why(self) -> str:
        """In one sentence."""
        against = next((one for one in self.findings if one.holds), None)
        if against is not None:
            return against.sentence
        return _corrects(self.corrects) or "nothing speaks against it"


def _corrects(first: Sequence[Neighbour]) -> str | None:
    return f"it corrects CDR {first[0].id}, which was credited" if first else None


async def clear(platform: Platform, stored: StoredObject, who: str = PLATFORM, why: str | None = None) -> Clearing:
    """Look at a CDR that nobody has looked at; where it stands then. `why` a person took another one back by it."""
    cdr = value_of(CDR, stored)
    if cdr.credit:
        begun = await _credit(platform, stored, cdr)
    elif is_issued(platform, stored):
        why = _corrects(corrected(cdr, await _neighbours(platform, stored))) or "it was made of a charge of ours"
        begun = _of(platform, stored, cdr, ClearingState.ISSUED, why)
    else:
        judged = await judge(platform, stored)
        state = ClearingState.HELD if judged.held else ClearingState.ACCEPTED
        begun = _of(platform, stored, cdr, state, judged.why, judged.findings)
    before = None if begun.state in {ClearingState.NEW, ClearingState.ISSUED} else ClearingState.NEW
    step = ClearingStep(key=begun.key, before=before, after=begun.state, who=who, why=begun.why, at=begun.at)
    if await platform.store.clearings.begin(begun, step):
        return await settle(platform, begun, who, why) if cdr.credit else begun
    return await platform.store.clearings.get(stored.key) or begun


def is_issued(platform: Platform, stored: StoredObject) -> bool:
    """Is it one of ours that somebody else pays?"""
    return stored.peer_id is None and not _is_for_us(platform, stored)


def is_passed_on(platform: Platform, stored: StoredObject) -> bool:
    """Does it only pass through our hub?"""
    return stored.peer_id is not None and not _is_for_us(platform, stored)


def _is_for_us(platform: Platform, stored: StoredObject) -> bool:
    """What a peer sends without an audience was for us, or it would not have been kept."""
    if stored.audience is None:
        return stored.peer_id is not None
    return is_ours(platform, PartyId.parse(stored.audience))


async def _credit(platform: Platform, stored: StoredObject, cdr: CDR) -> Clearing:
    await cdr_match.match_of(platform, stored)
    original = await credit_clearing.original_of(platform, stored, cdr)
    named = original.key.id if original else cdr.credit_reference_id
    why = f"it waits for CDR {named}, which it takes back"
    return msgspec.structs.replace(_of(platform, stored, cdr, ClearingState.NEW, why), credits=named)


def _of(  # noqa: PLR0917 - what a Clearing is made of, in the order it is known
    platform: Platform,
    stored: StoredObject,
    cdr: CDR,
    state: ClearingState,
    why: str,
    found: tuple[ClearingFinding, ...] = (),
) -> Clearing:
    return Clearing(
        key=stored.key,
        peer_id=stored.peer_id,
        audience=stored.audience or audience_of(cdr),
        token_uid=cdr.cdr_token.uid,
        state=state,
        why=why,
        findings=found,
        currency=cdr.currency,
        total=cdr.total_cost.before_taxes,
        kwh=cdr.total_energy,
        ended_at=cdr.end_date_time,
        at=platform.clock(),
    )


# ---- credits -------------------------------------------------------------------------------------------------------


async def settle(platform: Platform, waiting: Clearing, who: str = PLATFORM, why: str | None = None) -> Clearing:
    """Judge a credit that waits; what was held because of the CDR it takes back is judged again."""
    await _look_at(platform, waiting.key.named(waiting.credits or ""))
    settled = await credit_clearing.settle(platform, waiting, who, why)
    if settled.state in BILLED_STATES:
        await judge_again(platform, settled)
    return settled


async def _look_at(platform: Platform, original: ObjectKey) -> None:
    """One from before there was clearing is looked at when it is taken back."""
    if await platform.store.clearings.get(original) is None:
        stored = await platform.store.objects.held(original)
        if stored is not None:
            await clear(platform, stored)


async def judge_again(platform: Platform, credit: Clearing) -> None:
    """The corrected CDR may have come before the credit: what only the platform held may be right by now."""
    original = credit.key.named(credit.credits or "")
    for one in await _neighbours(platform, await stored_of(platform, original)):
        key = ObjectKey(module=ModuleID.CDRS, party=PartyId.parse(one.party), id=one.id)
        held = await platform.store.clearings.get(key)
        if held is None or held.state is not ClearingState.HELD or held.credits is not None:
            continue
        steps = await platform.store.clearings.steps(key)
        judged = await judge(platform, await stored_of(platform, key))
        if steps[-1].who == PLATFORM and not judged.held:
            right = msgspec.structs.replace(held, findings=judged.findings)
            await platform.store.clearings.move_together([moved(platform, right, Action.ACCEPT, PLATFORM, judged.why)])


# ---- the rules -----------------------------------------------------------------------------------------------------


async def judge(platform: Platform, stored: StoredObject) -> Judged:
    """What the rules find of a CDR that is no credit, with what is known now."""
    cdr = value_of(CDR, stored)
    limits = await limits_of(platform, stored)
    around = await _around(platform, stored, cdr)
    found = tuple(
        ClearingFinding(rule=one.rule, found=one.found, expected=one.expected, holds=limits.holds(one.rule))
        for one in findings(cdr, around, limits)
    )
    return Judged(found, corrected(cdr, around.neighbours))


async def corrects(platform: Platform, stored: StoredObject, cdr: CDR) -> tuple[ObjectKey, ...]:
    """The CDRs of the same charge that were taken back before this one, the newest first."""
    found = corrected(cdr, await _neighbours(platform, stored))
    return tuple(ObjectKey(module=ModuleID.CDRS, party=PartyId.parse(one.party), id=one.id) for one in found)


async def limits_of(platform: Platform, stored: StoredObject) -> ClearingLimits:
    """Those of the peer it came from; the usual ones for one of ours."""
    peer = await platform.store.peers.get(stored.peer_id) if stored.peer_id else None
    return (peer.profile if peer else PeerProfile()).clearing


async def _around(platform: Platform, stored: StoredObject, cdr: CDR) -> Around:
    check = await platform.store.documents.check(stored.key) or await cdrs.check(platform, stored)
    signed = await platform.store.signed.verdict(stored.key) if cdr.signed_data and stored.peer_id else None
    place, connector = await _place(platform, stored, cdr)
    return Around(
        verdict=cdrs.verdict_of(check),
        came_at=await _came_at(platform, stored),
        signed=signed_charges.why_held(platform, signed),
        token_known=await _token_known(platform, stored, cdr),
        place_known=place if stored.peer_id else None,
        connector_kw=Decimal(watts_of(connector)) / 1000 if connector else None,
        neighbours=await _neighbours(platform, stored),
    )


async def _neighbours(platform: Platform, stored: StoredObject) -> tuple[Neighbour, ...]:
    return await platform.store.clearings.neighbours(await cdr_match.match_of(platform, stored))


async def _came_at(platform: Platform, stored: StoredObject) -> datetime | None:
    return await platform.store.clearings.came_at(stored.key) if stored.peer_id else None


async def _token_known(platform: Platform, stored: StoredObject, cdr: CDR) -> bool | None:
    """Of a peer's CDR for a driver of ours. Of ours the station asked us; an ad-hoc Token is told to nobody."""
    if not stored.peer_id or is_passed_on(platform, stored) or cdr.cdr_token.type == TokenType.AD_HOC_USER:
        return None
    return (await cdr_match.match_of(platform, stored)).of(Part.TOKEN) is not None


async def _place(platform: Platform, stored: StoredObject, cdr: CDR) -> tuple[bool, Connector | None]:
    """Is its EVSE known, and the Connector that was used?"""
    where = cdr.cdr_location
    key = ObjectKey(module=ModuleID.LOCATIONS, party=stored.key.party, id=where.id)
    location = await platform.store.locations.get(key, stored.peer_id)
    evses = value_of(Location, location).evses if location else ()
    evse = next((one for one in evses if fold(one.uid) == fold(where.evse_uid)), None)
    connectors = evse.connectors if evse else ()
    used = next((one for one in connectors if fold(one.id) == fold(where.connector_id)), None)
    return evse is not None, used


async def stored_of(platform: Platform, key: ObjectKey) -> StoredObject:
    """The CDR itself; NotFound."""
    stored = await platform.store.objects.held(key)
    if stored is None:
        raise NotFound(f"no CDR {key.id} of {key.party}")
    return stored

"""Charges for tests as they stand in the store: Session, CDR, where it stands, and what of it is billed."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec

from issued import line
from ocpilot.app.kept.bill_records import BillItem, Purpose
from ocpilot.app.kept.cdr_match_records import CdrMatch
from ocpilot.app.kept.clearing_records import Clearing, ClearingState, ClearingStep
from ocpilot.app.kept.customer_records import Customer
from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.base.ids import PartyId
from ocpilot.base.time import write
from ocpilot.store.postgres import PostgresStore
from ocpilot.wire.protocol import ModuleID, Version

LADE, RESA = PartyId("SE", "LAD"), PartyId("SE", "RES")
ENDED = datetime(2026, 11, 10, 12, tzinfo=UTC)


async def charge(
    store: PostgresStore,
    ident: str,
    *,
    session: str | None = "",
    state: ClearingState = ClearingState.ISSUED,
    at: datetime = ENDED,
    kwh: str = "10",
    session_kwh: str = "10",
    total: str = "80",
    peer_id: int | None = None,
    party: PartyId = LADE,
    audience: PartyId = RESA,
    credits: str | None = None,
    currency: str = "SEK",
) -> ObjectKey:
    """A CDR that was cleared and matched, with its Session (`session` empty: one of its own; None: none)."""
    key = ObjectKey(module=ModuleID.CDRS, party=party, id=ident)
    named = f"S-{ident}" if session == "" else session
    if named:
        body = {"id": named, "status": "COMPLETED", "kwh": float(session_kwh)}
        await _put(store, ModuleID.SESSIONS, party, named, body, at=at, peer_id=peer_id, audience=audience)
    await _put(store, ModuleID.CDRS, party, ident, {"id": ident}, at=at, peer_id=peer_id, audience=audience)
    found = Clearing(
        key=key,
        peer_id=peer_id,
        audience=audience.key,
        token_uid="04A1",
        state=state,
        why="a test",
        credits=credits,
        currency=currency,
        total=Decimal(total),
        kwh=Decimal(kwh),
        ended_at=at,
        rated=True,
        at=at,
    )
    await store.clearings.begin(found, ClearingStep(key=key, before=None, after=state, who="t", why="t", at=at))
    match = _match(key, named, at, peer_id)
    await store.matches.save(msgspec.structs.replace(match, credit=credits is not None, credits=credits))
    return key


def _match(key: ObjectKey, session: str | None, at: datetime, peer_id: int | None) -> CdrMatch:
    return CdrMatch(
        key=key,
        peer_id=peer_id,
        matches=(),
        session=session,
        credits=None,
        credit=False,
        token_uid="04A1",
        location_id="L1",
        evse_uid="E1",
        starts=at - timedelta(hours=1),
        ends=at,
        currency="SEK",
        at=at,
    )


async def _put(
    store: PostgresStore,
    module: ModuleID,
    party: PartyId,
    ident: str,
    body: dict[str, object],
    *,
    at: datetime,
    peer_id: int | None,
    audience: PartyId,
) -> None:
    await store.objects.put(
        StoredObject(
            key=ObjectKey(module=module, party=party, id=ident),
            version=Version.V2_3_0,
            body=json.dumps({**body, "last_updated": write(at)}),
            last_updated=at,
            peer_id=peer_id,
            audience=None if peer_id else audience.key,
        )
    )


async def billed(
    store: PostgresStore, buyer: Customer, *keys: ObjectKey, purpose: Purpose = Purpose.ROAMING, net: str = "80"
) -> None:
    """A bill item of each, on no invoice yet."""
    items = [
        BillItem(
            purpose=purpose,
            key=key,
            customer_id=buyer.id,
            currency="SEK",
            at=ENDED,
            net=Decimal(net),
            lines=(line(net),),
        )
        for key in keys
    ]
    await store.bill_items.rated(keys, items)

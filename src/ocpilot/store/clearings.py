"""Where each CDR stands, and every step that led there."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from ocpilot.app.kept.cdr_match_records import CdrMatch
from ocpilot.app.kept.clearing_records import (
    Clearing,
    ClearingFinding,
    ClearingState,
    ClearingStep,
    Moved,
    Unrated,
    Wanted,
)
from ocpilot.app.kept.records import CdrCheck, ObjectKey, StoredObject
from ocpilot.base.ids import PartyId, fold
from ocpilot.billing.clearing_rules import Neighbour
from ocpilot.store.pool import Database, Session
from ocpilot.store.queries import load
from ocpilot.store.rows import json_of, key_values, object_of, party_of, record_of
from ocpilot.wire.protocol import ModuleID

_SQL = load("clearings")


class PostgresClearings:
    """`app.kept.clearing_records.Clearings`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def uncleared(self, limit: int) -> tuple[StoredObject, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["uncleared"], {"limit": limit})
        return tuple(object_of(row, ModuleID.CDRS) for row in rows)

    async def begin(self, clearing: Clearing, step: ClearingStep) -> bool:
        """See the port."""
        return await self._database.row(_SQL["begin"], _values(clearing, step)) is not None

    async def move_together(self, moves: Sequence[Moved]) -> bool:
        """See the port; in the order of their keys, so that two of us form no ring."""
        ordered = sorted(moves, key=lambda one: (one.after.key.party, fold(one.after.key.id)))
        try:
            async with self._database.transaction() as session:
                for one in ordered:
                    if not await _move(session, one):
                        raise _StandsElsewhere
        except _StandsElsewhere:
            return False
        return True

    async def get(self, key: ObjectKey) -> Clearing | None:
        """See the port."""
        row = await self._database.row(_SQL["get"], key_values(key))
        return _clearing(row) if row else None

    async def found(self, cdr_id: str) -> tuple[Clearing, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["found"], {"key_id": fold(cdr_id)})
        return tuple(_clearing(row) for row in rows)

    async def came_at(self, key: ObjectKey) -> datetime | None:
        """See the port."""
        row = await self._database.row(_SQL["came_at"], key_values(key))
        return row["received_at"] if row else None

    async def neighbours(self, match: CdrMatch) -> tuple[Neighbour, ...]:
        """See the port."""
        values = {
            **key_values(match.key),
            "key_session": fold(match.session) if match.session else None,
            "key_token": fold(match.token_uid),
            "key_location": fold(match.location_id),
            "key_evse": fold(match.evse_uid),
            "starts": match.starts,
            "ends": match.ends,
        }
        rows = await self._database.rows(_SQL["neighbours"], values)
        return tuple(msgspec.convert(dict(row), Neighbour) for row in rows)

    async def waiting_credits(self, limit: int) -> tuple[Clearing, ...]:
        """See the port."""
        return tuple(_clearing(row) for row in await self._database.rows(_SQL["waiting_credits"], {"limit": limit}))

    async def listed(self, wanted: Wanted) -> tuple[Clearing, ...]:
        """See the port."""
        values = {
            "states": [str(one) for one in wanted.states or ClearingState],
            "peer_id": wanted.peer_id,
            "parties": list(wanted.parties),
            "limit": wanted.limit,
        }
        return tuple(_clearing(row) for row in await self._database.rows(_SQL["listed"], values))

    async def steps(self, key: ObjectKey) -> tuple[ClearingStep, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["steps"], key_values(key))
        return tuple(record_of(ClearingStep, row, key=_key(row, row["cdr_id"])) for row in rows)

    async def counts(self) -> dict[ClearingState, int]:
        """See the port."""
        return {ClearingState(row["state"]): row["found"] for row in await self._database.rows(_SQL["counts"])}

    async def waiting(self) -> int:
        """See the port."""
        row = await self._database.row(_SQL["waiting"])
        return row["found"] if row else 0

    async def unrated(self, limit: int, again: datetime) -> tuple[Unrated, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["unrated"], {"limit": limit, "again": again})
        return tuple(_unrated(row) for row in rows)

    async def could_not_rate(self, key: ObjectKey, problem: str, at: datetime) -> None:
        """See the port."""
        await self._database.row(_SQL["could_not_rate"], {**key_values(key), "problem": problem, "at": at})

    async def unrate(self, token_uids: Sequence[str], party: PartyId | None = None) -> int:
        """See the port."""
        tokens = {"tokens": [fold(one) for one in token_uids]}
        await self._database.row(_SQL["receipts_of_tokens"], tokens)
        rows = await self._database.rows(_SQL["unrate_tokens"], tokens)
        if party is not None:
            rows += await self._database.rows(_SQL["unrate_party"], {"party": party.key})
        return len(rows)

    async def unrate_customer(self, customer_id: int) -> int:
        """See the port."""
        return len(await self._database.rows(_SQL["unrate_customer"], {"customer_id": customer_id}))

    async def unrate_places(self, locations: Sequence[str], since: datetime) -> int:
        """See the port."""
        asked = {"locations": [fold(one) for one in locations], "since": since}
        return len(await self._database.rows(_SQL["unrate_places"], asked))


class _StandsElsewhere(Exception):
    """Ends a transaction in which one of several moves cannot be made."""


async def _move(session: Session, moved: Moved) -> bool:
    values = {**_values(moved.after, moved.step), "states": [str(one) for one in moved.before]}
    return await session.row(_SQL["move"], values) is not None


def _values(clearing: Clearing, step: ClearingStep) -> dict[str, object]:
    return {
        **msgspec.structs.asdict(clearing),
        **key_values(clearing.key),
        "peer_id": clearing.peer_id or 0,
        "audience": clearing.audience or "",
        "token_uid": fold(clearing.token_uid),
        "key_credits": None if clearing.credits is None else fold(clearing.credits),
        "findings": json_of(clearing.findings),
        "before": step.before,
        "after": step.after,
        "who": step.who,
        "step_why": step.why,
        "step_at": step.at,
    }


def _key(row: asyncpg.Record, cdr_id: str) -> ObjectKey:
    return ObjectKey(module=ModuleID.CDRS, party=party_of(row["party"]), id=cdr_id)


def _clearing(row: asyncpg.Record) -> Clearing:
    return record_of(
        Clearing,
        row,
        key=_key(row, row["id"]),
        peer_id=row["peer_id"] or None,
        audience=row["audience"] or None,
        findings=msgspec.json.decode(row["findings"], type=tuple[ClearingFinding, ...]),
    )


def _unrated(row: asyncpg.Record) -> Unrated:
    clearing = _clearing(row)
    check = (
        CdrCheck(
            key=clearing.key,
            agrees=row["agrees"],
            our_total=row["our_total"],
            body=row["check_body"],
            at=row["check_at"],
        )
        if row["check_body"] is not None
        else None
    )
    return Unrated(clearing=clearing, stored=object_of(row, ModuleID.CDRS), check=check)

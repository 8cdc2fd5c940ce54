"""What CDRs belong to, and which charges have none."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from ocpilot.app.kept.cdr_match_records import CdrMatch, MissingCdr
from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.base.ids import fold
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import json_of, key_of, key_values, object_of
from ocpilot.wire.protocol import ModuleID

_SQL = load("cdr_matches")


class PostgresMatches:
    """`app.kept.cdr_match_records.Matches`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, match: CdrMatch) -> None:
        """See the port."""
        values: dict[str, object] = {
            **key_values(match.key),
            "peer_id": match.peer_id or 0,
            "key_session": fold(match.session) if match.session else None,
            "key_credits": fold(match.credits) if match.credits else None,
            "credit": match.credit,
            "key_token": fold(match.token_uid),
            "key_location": fold(match.location_id),
            "key_evse": fold(match.evse_uid),
            "starts": match.starts,
            "ends": match.ends,
            "currency": match.currency,
            "at": match.at,
            "body": json_of(match),
        }
        await self._database.row(_SQL["save"], values)

    async def get(self, key: ObjectKey) -> CdrMatch | None:
        """See the port."""
        row = await self._database.row(_SQL["get"], key_values(key))
        return msgspec.json.decode(row["body"], type=CdrMatch) if row else None

    async def unmatched(self, limit: int, again_before: datetime) -> tuple[StoredObject, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["unmatched"], {"limit": limit})
        rows = rows or await self._database.rows(
            _SQL["without_session"], {"limit": limit, "again_before": again_before}
        )
        return tuple(object_of(row, ModuleID.CDRS) for row in rows)

    async def authorization(self, reference: str) -> str | None:
        """See the port."""
        row = await self._database.row(_SQL["authorization"], {"reference": fold(reference)})
        return row["id"] if row else None

    async def authorization_before(self, token_uid: str, since: datetime, until: datetime) -> str | None:
        """See the port."""
        values = {"key_token": fold(token_uid), "since": since, "until": until}
        row = await self._database.row(_SQL["authorization_before"], values)
        return row["id"] if row else None

    async def command(self, reference: str | None, session_id: str | None) -> tuple[str, bool] | None:
        """See the port."""
        for name, value in (("reference", reference), ("session", session_id)):
            if value:
                key = "reference" if name == "reference" else "key_session"
                row = await self._database.row(_SQL[f"command_by_{name}"], {key: fold(value)})
                if row is not None:
                    return str(row["id"]), name == "reference"
        return None

    async def missing(self, peer_id: int | None, since: datetime, before: datetime, limit: int) -> Sequence[MissingCdr]:
        """See the port."""
        values = {"peer_id": peer_id or 0, "since": since, "before": before, "limit": limit}
        return tuple(
            MissingCdr(
                key=key_of(row, ModuleID.SESSIONS),
                peer_id=row["peer_id"] or None,
                status=row["status"],
                last_updated=row["last_updated"],
            )
            for row in await self._database.rows(_SQL["missing"], values)
        )

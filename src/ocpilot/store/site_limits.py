"""Limits of sites, and what each of their charges may draw: both as JSON beside what they are found by."""

import asyncpg
import msgspec

from ocpilot.app.kept.charge_records import SampleRow
from ocpilot.app.kept.site_limit_records import ChargeShare, Looked, SiteLimit
from ocpilot.base.ids import PartyId, fold
from ocpilot.store.bell import Bell
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import json_of, record_of

_SQL = load("site_limits")


class PostgresSiteLimits:
    """`app.kept.site_limit_records.SiteLimits`; whoever shares hears at once of another limit."""

    def __init__(self, database: Database, bell: Bell) -> None:
        self._database = database
        self._bell = bell

    async def put(self, limit: SiteLimit) -> None:
        """See the port."""
        await self._database.row(_SQL["put"], {**_site(limit.party, limit.location_id), "body": json_of(limit)})
        self._bell.ring()

    async def remove(self, party: PartyId, location_id: str) -> bool:
        """See the port."""
        removed = await self._database.row(_SQL["remove"], _site(party, location_id)) is not None
        self._bell.ring()
        return removed

    async def all(self) -> tuple[SiteLimit, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["all"])
        return tuple(msgspec.json.decode(row["body"], type=SiteLimit) for row in rows)

    async def watched(self) -> tuple[tuple[SiteLimit, str], ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["watched"])
        return tuple((msgspec.json.decode(row["body"], type=SiteLimit), str(row["mark"])) for row in rows)

    async def get(self, party: PartyId, location_id: str) -> tuple[SiteLimit, Looked | None] | None:
        """See the port."""
        row = await self._database.row(_SQL["get"], _site(party, location_id))
        if row is None:
            return None
        looked = msgspec.json.decode(row["looked"], type=Looked) if row["looked"] else None
        return msgspec.json.decode(row["body"], type=SiteLimit), looked

    async def looked(self, limit: SiteLimit, found: Looked) -> None:
        """See the port."""
        await self._database.row(_SQL["looked"], {**_site(limit.party, limit.location_id), "looked": json_of(found)})

    async def shares(self, party: PartyId, location_id: str) -> tuple[ChargeShare, ...]:
        """See the port."""
        return tuple(map(_share, await self._database.rows(_SQL["shares"], _site(party, location_id))))

    async def share(self, transaction_id: int) -> ChargeShare | None:
        """See the port."""
        row = await self._database.row(_SQL["share"], {"transaction_id": transaction_id})
        return _share(row) if row else None

    async def save_share(self, share: ChargeShare) -> None:
        """See the port."""
        place = _site(share.party, share.location_id)
        values = {**place, "transaction_id": share.transaction_id, "body": json_of(share)}
        await self._database.row(_SQL["save_share"], values)

    async def doubt(self, station_id: str) -> None:
        """See the port."""
        await self._database.row(_SQL["doubt"], {"station_id": station_id})

    async def forget_share(self, transaction_id: int) -> None:
        """See the port."""
        await self._database.row(_SQL["forget_share"], {"transaction_id": transaction_id})

    async def stray(self) -> tuple[ChargeShare, ...]:
        """See the port."""
        return tuple(map(_share, await self._database.rows(_SQL["stray"])))

    async def running(self, party: PartyId, location_id: str) -> tuple[int, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["running"], _site(party, location_id))
        return tuple(row["id"] for row in rows)

    async def newest_samples(self, transaction_id: int, many: int) -> tuple[SampleRow, ...]:
        """See the port."""
        values: dict[str, object] = {"transaction_id": transaction_id, "many": many}
        return tuple(record_of(SampleRow, row) for row in await self._database.rows(_SQL["newest_samples"], values))

    async def stations(self, party: PartyId, location_id: str) -> tuple[str, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["stations"], _site(party, location_id))
        return tuple(str(row["id"]) for row in rows)


def _site(party: PartyId, location_id: str) -> dict[str, object]:
    return {"party": party.key, "key_location": fold(location_id)}


def _share(row: asyncpg.Record) -> ChargeShare:
    return msgspec.json.decode(row["body"], type=ChargeShare)

"""Keys of meters, and what was found of the signed meter values of CDRs."""

from datetime import datetime

import asyncpg
import msgspec

from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.kept.signed_records import MeterKey, MeterPlace
from ocpilot.base.ids import fold
from ocpilot.metering.signed import SignedCharge
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import json_of, key_values, party_of, record_of

_SQL = load("signed")


class PostgresSignedBook:
    """`app.kept.signed_records.SignedBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pin(self, key: MeterKey) -> None:
        """See the port."""
        await self._database.row(_SQL["pin"], _values(key))

    async def set_key(self, key: MeterKey) -> None:
        """See the port."""
        await self._database.row(_SQL["set_key"], _values(key))

    async def key_of(self, place: MeterPlace) -> MeterKey | None:
        """See the port."""
        row = await self._database.row(_SQL["key_of"], _place_values(place))
        return _key(row) if row else None

    async def keys(self) -> tuple[MeterKey, ...]:
        """See the port."""
        return tuple(_key(row) for row in await self._database.rows(_SQL["keys"], {}))

    async def save(self, key: ObjectKey, found: SignedCharge, at: datetime) -> None:
        """See the port."""
        values = {**key_values(key), "verdict": str(found.verdict), "body": json_of(found), "at": at}
        await self._database.row(_SQL["save"], values)

    async def verdict(self, key: ObjectKey) -> SignedCharge | None:
        """See the port."""
        row = await self._database.row(_SQL["verdict"], key_values(key))
        return msgspec.json.decode(row["body"], type=SignedCharge) if row else None


def _place_values(place: MeterPlace) -> dict[str, object]:
    return {
        "party": place.party.key,
        "key_location": fold(place.location_id),
        "key_evse": fold(place.evse_uid),
        "location_id": place.location_id,
        "evse_uid": place.evse_uid,
    }


def _values(key: MeterKey) -> dict[str, object]:
    return {**_place_values(key.place), "key": key.key, "source": str(key.source), "at": key.at}


def _key(row: asyncpg.Record) -> MeterKey:
    place = MeterPlace(party=party_of(row["party"]), location_id=str(row["location_id"]), evse_uid=str(row["evse_uid"]))
    return record_of(MeterKey, row, place=place)

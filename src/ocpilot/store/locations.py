"""Locations with a row per EVSE, so that one EVSE costs the same at a Location with 1 EVSE and with 1,000.

Every write locks the Location's row first and its EVSEs after, so that two writes wait for each other, never in a ring.
"""

from collections.abc import Callable, Sequence

import asyncpg
from msgspec import structs

from ocpilot.app.kept.records import ObjectKey, Page, PageQuery, StoredObject
from ocpilot.base.errors import Conflict, NotFound
from ocpilot.base.ids import fold
from ocpilot.store.bell import Bell
from ocpilot.store.location_pages import LocationPages
from ocpilot.store.location_rows import EvseRow, LocationRows, after_replacing, evse_row, kept_row, split
from ocpilot.store.nearby import box
from ocpilot.store.pool import Database, Session
from ocpilot.store.queries import load
from ocpilot.store.rows import key_of, key_values, object_of, object_values
from ocpilot.wire.protocol import ModuleID

#: Between ids in one text: no id holds it, it cannot be printed.
TARIFFS_BETWEEN = chr(31)
_SQL = load("locations")


class PostgresLocations:
    """`app.ports.Locations`."""

    def __init__(self, database: Database, bell: Bell) -> None:
        self._database = database
        self._bell = bell
        self._pages = LocationPages(database, bell)

    async def put(self, stored: StoredObject) -> bool:
        """See the port; a put that changes nothing adds no change row. NotFound for an EVSE without its Location."""
        if stored.key.sub:
            created, told = await _put_evse(self._database, stored)
        else:
            async with self._database.transaction() as session:
                created, told = await _put_location(session, stored)
        self._ring(told)
        return created

    async def get(self, key: ObjectKey, peer_id: int | None = None) -> StoredObject | None:
        """See the port."""
        return await _get(self._database, key, peer_id)

    async def held(self, key: ObjectKey) -> StoredObject | None:
        """See the port."""
        row = await self._database.row(_SQL["held_evse" if key.sub else "held"], key_values(key))
        return object_of(row, ModuleID.LOCATIONS) if row else None

    async def some_evses(self, keys: Sequence[ObjectKey], *, anyones: bool = False) -> tuple[StoredObject, ...]:
        """See the port."""
        values: dict[str, object] = {
            "parties": [key.party.key for key in keys],
            "key_ids": [fold(key.id) for key in keys],
            "key_subs": [fold(key.sub) for key in keys],
            "anyones": anyones,
        }
        rows = await self._database.rows(_SQL["some_evses"], values)
        return tuple(object_of(row, ModuleID.LOCATIONS) for row in rows)

    async def find(self, object_id: str) -> tuple[StoredObject, ...]:
        """See the port; ours first."""
        rows = await self._database.rows(_SQL["find"], {"key_id": fold(object_id)})
        return tuple(object_of(row, ModuleID.LOCATIONS) for row in rows)

    async def find_evse(self, evse_uid: str) -> tuple[ObjectKey, ...]:
        """See the port; ours first."""
        rows = await self._database.rows(_SQL["find_evse"], {"key_uid": fold(evse_uid)})
        return tuple(key_of(row, ModuleID.LOCATIONS) for row in rows)

    async def with_evse_id(self, evse_id: str) -> tuple[ObjectKey, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["with_evse_id"], {"plain": fold(evse_id).replace("*", "")})
        return tuple(key_of(row, ModuleID.LOCATIONS) for row in rows)

    async def modify(
        self, key: ObjectKey, peer_id: int | None, change: Callable[[StoredObject], StoredObject]
    ) -> StoredObject | None:
        """See the port."""
        async with self._database.transaction() as session:
            await session.row(_SQL["lock"], key_values(key))
            kept = await _get(session, key, peer_id)
            if kept is None:
                return None
            changed = change(kept)
            _, told = await (_put_evse if key.sub else _put_location)(session, changed)
        self._ring(told)
        return changed

    async def page(self, query: PageQuery) -> Page:
        """See the port."""
        return await self._pages.page(query)

    async def near(
        self, latitude: float, longitude: float, radius_km: float, limit: int, peer_id: int | None = None
    ) -> tuple[StoredObject, ...]:
        """See the port; `peer_id` keeps only what that peer sent."""
        values = {
            **structs.asdict(box(latitude, longitude, radius_km)),
            "latitude": latitude,
            "longitude": longitude,
            "radius_km": radius_km,
            "limit": limit,
            "any_peer": peer_id is None,
            "peer_id": peer_id or 0,
        }
        return tuple(object_of(row, ModuleID.LOCATIONS) for row in await self._database.rows(_SQL["near"], values))

    def _ring(self, told: bool) -> None:
        if told:
            self._bell.ring()


async def _get(session: Session, key: ObjectKey, peer_id: int | None) -> StoredObject | None:
    statement = _SQL["get_evse" if key.sub else "get"]
    row = await session.row(statement, {**key_values(key), "peer_id": peer_id or 0})
    return object_of(row, ModuleID.LOCATIONS) if row else None


async def _put_evse(session: Session, stored: StoredObject) -> tuple[bool, bool]:
    """(created, told in the change log) of one EVSE, one statement."""
    row = evse_row(stored.body, str(stored.version))
    values = {
        **object_values(stored),
        "place": row.place,
        "status": row.status,
        "key_evse_id": row.key_evse_id,
        "key_tariffs": row.key_tariffs,
    }
    written = await session.row(_SQL["put_evse"], values)
    if written is None:
        owner = await session.row(_SQL["owner"], values)
        if owner is None:
            raise NotFound(f"Location {stored.key.party}/{stored.key.id}: unknown, so it can have no EVSE")
        raise Conflict(f"Location {stored.key.party}/{stored.key.id}: belongs to another platform")
    return bool(written["created"]), bool(written["told"])


async def _put_location(session: Session, stored: StoredObject) -> tuple[bool, bool]:
    """(created, told in the change log) of a whole Location, inside a transaction."""
    new = split(stored)
    values = _location_values(stored, new)
    created = await session.row(_SQL["add"], values) is not None
    locked = await session.row(_SQL["lock"], values)
    if locked is None or (locked["peer_id"] != values["peer_id"] and (locked["held"] or not values["peer_id"])):
        raise Conflict(f"Location {stored.key.party}/{stored.key.id}: belongs to another platform")
    kept = {row["key_uid"]: kept_row(row) for row in await session.rows(_SQL["evses"], values)}
    evses = after_replacing(kept.values(), new, stored.last_updated)
    values["last_updated"] = max([stored.last_updated, *(row.last_updated for row in evses.values())])
    changed = [row for row in evses.values() if row != kept.get(row.key_uid)]
    if not (created or changed or _differs(locked, values)):
        return False, False
    await session.row(_SQL["replace"], values)
    await session.row(_SQL["put_evses"], {**values, **_evse_columns(changed)})
    return created, await session.row(_SQL["log"], values) is not None


def _location_values(stored: StoredObject, new: LocationRows) -> dict[str, object]:
    return {
        **object_values(stored),
        "body": new.body,
        "publish": new.publish,
        "latitude": new.latitude,
        "longitude": new.longitude,
    }


def _differs(locked: asyncpg.Record, values: dict[str, object]) -> bool:
    """Whether the Location itself would be another one; an older `last_updated` alone is none."""
    newer = bool(values["last_updated"] > locked["last_updated"])
    return newer or any(locked[name] != values[name] for name in ("peer_id", "version", "audience", "body"))


def _evse_columns(rows: list[EvseRow]) -> dict[str, object]:
    return {
        "key_uids": [row.key_uid for row in rows],
        "uids": [row.uid for row in rows],
        "places": [row.place for row in rows],
        "versions": [row.version for row in rows],
        "statuses": [row.status for row in rows],
        "updated": [row.last_updated for row in rows],
        "evse_ids": [row.key_evse_id for row in rows],
        "tariffs": [TARIFFS_BETWEEN.join(row.key_tariffs) for row in rows],
        "bodies": [row.body for row in rows],
    }

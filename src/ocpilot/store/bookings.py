"""Decisions about times at our Locations, one after the other per Location."""

from collections.abc import Callable, Sequence
from datetime import datetime

from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.base import time
from ocpilot.base.ids import PartyId, fold
from ocpilot.store.bell import Bell
from ocpilot.store.objects import put_object
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import key_values, object_of
from ocpilot.wire.protocol import ModuleID

_SQL = load("bookings")


class PostgresBookings:
    """`app.ports.Bookings`."""

    def __init__(self, database: Database, bell: Bell) -> None:
        self._database = database
        self._bell = bell

    async def decide(
        self,
        key: ObjectKey,
        location_id: str,
        decision: Callable[[Sequence[StoredObject]], Sequence[StoredObject]],
    ) -> None:
        """See the port. First the object is locked, then the Location: always in this order, so nobody waits in a ring.

        Statements see what was committed before they began, so what follows the locks sees every earlier decision.
        """
        names = {**key_values(key), "key_location": fold(location_id)}
        async with self._database.transaction() as session:
            for held in (f"object {key.party.key} {fold(key.id)}", f"location {key.party.key} {fold(location_id)}"):
                await session.row(_SQL["hold"], {"held": held})
            rows = await session.rows(_SQL["at_location"], names)
            written = decision([object_of(row, ModuleID.BOOKINGS) for row in rows])
            changed = [await put_object(session, stored) for stored in written]
        if any(changed):
            self._bell.ring()

    async def begun(self, now: datetime, limit: int) -> tuple[StoredObject, ...]:
        """See the port; times of ours are written alike, so that their texts compare as they do."""
        rows = await self._database.rows(_SQL["begun"], {"now": time.write(now), "limit": limit})
        return tuple(object_of(row, ModuleID.BOOKINGS) for row in rows)

    async def around(
        self, party: PartyId, location_id: str, earliest: datetime, latest: datetime
    ) -> tuple[StoredObject, ...]:
        """See the port; the texts of times compare as in `begun`."""
        values = {
            "party": party.key,
            "key_location": fold(location_id),
            "earliest": time.write(earliest),
            "latest": time.write(latest),
        }
        rows = await self._database.rows(_SQL["around"], values)
        return tuple(object_of(row, ModuleID.BOOKINGS) for row in rows)

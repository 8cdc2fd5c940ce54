"""The status of our EVSEs: what stations say and what is planned become one, written with its time and reason.

A status is put into the history first and into the EVSE after: what a dead process left between the two is mended by
the next word of the station, and neither is written twice.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import cast

import msgspec

from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.kept.status_records import ScheduledEvse, StatusChange, StatusReason, Why
from ocpilot.app.ocpi.bodies import object_in, value_of
from ocpilot.app.platform import Platform
from ocpilot.base import time
from ocpilot.base.ids import fold
from ocpilot.wire import codec
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import EVSE, Location, Status, StatusSchedule

log = logging.getLogger(__name__)

#: Planned ones that hold whatever the station says; of the others the station knows better.
OVERRIDING = frozenset({Status.INOPERATIVE, Status.BLOCKED, Status.OUTOFORDER, Status.PLANNED, Status.REMOVED})
#: How often all schedules are looked at; one that is known is acted on when its time has come.
_LOOK = timedelta(seconds=30)


async def set_status(platform: Platform, key: ObjectKey, status: Status, why: Why) -> None:
    """An EVSE of ours is this from now on, unless a plan says otherwise; nobody is told of what it is already.

    A car that charges is told of in spite of a plan: who plans does not cut it off.
    """
    kept = await platform.store.locations.get(key)
    if kept is None:
        log.warning("EVSE %s of location %s is not stored; its status %s is lost", key.sub, key.id, status)
        return
    evse = value_of(EVSE, kept)
    plan = planned(evse.status_schedule, platform.clock())
    if plan in OVERRIDING and status != Status.CHARGING:
        await platform.store.status_history.add(key, _change(platform, status, why, shown=False))
        await _show_planned(platform, key, evse, plan)
        return
    await platform.store.status_history.add(key, _change(platform, status, why))
    await _write(platform, key, evse, status)


async def as_stations_say(platform: Platform, stored: StoredObject) -> StoredObject:
    """A Location or EVSE of ours that a person or program wrote, with the status that its stations said last where the
    written one takes nothing out of service: files and programs know that later than stations, if at all."""
    known = {
        fold(evse.uid): before.status
        for evse, before in await _last_known(platform, stored)
        if before is not None and before.reason is not StatusReason.WRITTEN and evse.status not in OVERRIDING
    }
    if not known:
        return stored
    body = object_in(stored)
    evses = [body] if stored.key.sub else cast(list[codec.Body], body["evses"])
    for evse in evses:
        evse["status"] = str(known.get(fold(str(evse["uid"])), evse["status"]))
    return msgspec.structs.replace(stored, body=codec.dumps(body).decode())


async def written(platform: Platform, stored: StoredObject) -> None:
    """A person or program wrote a Location or EVSE of ours: of EVSEs whose stations have said something it goes into
    the history when they are another thing now."""
    for evse, before in await _last_known(platform, stored):
        key = msgspec.structs.replace(stored.key, sub=evse.uid)
        if before is not None and before.status != evse.status:
            why = Why(reason=StatusReason.WRITTEN)
            await platform.store.status_history.add(key, _change(platform, evse.status, why))


async def _last_known(platform: Platform, stored: StoredObject) -> list[tuple[EVSE, StatusChange | None]]:
    """The EVSEs of a Location, or the one it is, with what each was last; none of other objects."""
    if stored.key.module is not ModuleID.LOCATIONS:
        return []
    evses = (value_of(EVSE, stored),) if stored.key.sub else value_of(Location, stored).evses
    keys = [msgspec.structs.replace(stored.key, sub=evse.uid) for evse in evses]
    return list(zip(evses, await platform.store.status_history.newest(keys), strict=True))


def planned(schedule: Iterable[StatusSchedule], now: datetime) -> Status | None:
    """What is planned for a moment: of several plans the one that began last (mod_locations, "StatusSchedule")."""
    current = [one for one in schedule if one.period_begin <= now and (one.period_end is None or now < one.period_end)]
    return max(current, key=lambda one: one.period_begin).status if current else None


def next_moment(schedule: Iterable[StatusSchedule], now: datetime) -> datetime | None:
    """When a plan begins or ends next."""
    moments = [moment for one in schedule for moment in (one.period_begin, one.period_end)]
    return min((moment for moment in moments if moment is not None and moment > now), default=None)


class Plans:
    """Applies planned statuses when they are due and ends them again. One process does so."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._next: datetime | None = None

    async def due(self) -> tuple[ScheduledEvse, ...]:
        """The EVSEs to be looked at now; none until the next plan begins or ends or new ones are to be looked for."""
        now = self._platform.clock()
        if self._next is not None and now < self._next:
            return ()
        found = await self._platform.store.status_history.scheduled()
        moments = [next_moment(_schedule(one), now) for one in found]
        self._next = min([now + _LOOK, *(moment for moment in moments if moment is not None)])
        return found

    async def settle(self, one: ScheduledEvse) -> None:
        """The EVSE is what its schedule says now, or again what its station says."""
        evse = msgspec.json.decode(one.body, type=EVSE)
        plan = planned(evse.status_schedule, self._platform.clock())
        if plan is not None and evse.status != Status.CHARGING:
            if one.planned != plan or (plan in OVERRIDING and evse.status != plan):
                await self._begin(one, evse, plan)
        elif plan is None and one.planned is not None:
            await self._end(one, evse)

    async def _begin(self, one: ScheduledEvse, evse: EVSE, plan: Status) -> None:
        """A plan to open ends what stood before: the station's word counts, if it ever said one."""
        said = None if plan in OVERRIDING else await self._platform.store.status_history.said_last(one.key)
        if said is None:
            await _show_planned(self._platform, one.key, evse, plan)
        else:
            await self._show(one.key, evse, said)
            await self._platform.store.status_history.plan(one.key, plan)

    async def _end(self, one: ScheduledEvse, evse: EVSE) -> None:
        said = await self._platform.store.status_history.said_last(one.key)
        if said is not None:
            await self._show(one.key, evse, said)
        await self._platform.store.status_history.plan(one.key, None)

    async def _show(self, key: ObjectKey, evse: EVSE, said: StatusChange) -> None:
        again = msgspec.structs.replace(said, at=self._platform.clock(), shown=True)
        await self._platform.store.status_history.add(key, again)
        await _write(self._platform, key, evse, said.status)


def _schedule(one: ScheduledEvse) -> tuple[StatusSchedule, ...]:
    return msgspec.json.decode(one.body, type=EVSE).status_schedule


def _change(platform: Platform, status: Status, why: Why, *, shown: bool = True) -> StatusChange:
    return StatusChange(at=platform.clock(), status=status, shown=shown, **msgspec.structs.asdict(why))


async def _show_planned(platform: Platform, key: ObjectKey, evse: EVSE, plan: Status) -> None:
    await platform.store.status_history.add(key, _change(platform, plan, Why(reason=StatusReason.PLANNED)))
    await platform.store.status_history.plan(key, plan)
    await _write(platform, key, evse, plan)


async def _write(platform: Platform, key: ObjectKey, evse: EVSE, status: Status) -> None:
    if evse.status == status:
        return
    now = platform.clock()

    def change(stored: StoredObject) -> StoredObject:
        moved = codec.merge_patch(object_in(stored), {"status": status, "last_updated": time.write(now)})
        return msgspec.structs.replace(stored, body=codec.dumps(moved).decode(), last_updated=now)

    await platform.store.locations.modify(key, None, change)

"""EVSEs that were read for the pushes to one peer serve those to the others, which nearly always want the same ones."""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.ocpi.access_point import passes_on
from ocpilot.app.platform import Platform
from ocpilot.wire.protocol import ModuleID

_Rows = Mapping[ObjectKey, StoredObject]
#: Readings that are kept for others: who is further behind reads for himself.
_KEPT = 8


class _Reading:
    """Some EVSEs, read in one statement. `number` counts readings in the order in which they began."""

    def __init__(self, number: int, keys: Sequence[ObjectKey], rows: asyncio.Task[_Rows]) -> None:
        self.number = number
        self.keys = keys
        self.rows = rows

    @property
    def has_failed(self) -> bool:
        return self.rows.done() and (self.rows.cancelled() or self.rows.exception() is not None)


class ReadEvses:
    """What of our EVSEs was read lately. Keys are folded, here and in the answers.

    Whoever has read the change log takes a `mark` and asks for what was read since then: a reading that began after the
    log was read holds every change that the log told, as one of his own would.
    """

    def __init__(self, platform: Platform) -> None:
        self._locations = platform.store.locations
        self._anyones = passes_on(platform.settings, ModuleID.LOCATIONS)
        self._began = 0
        self._readings = deque[_Reading]()
        self._of: dict[ObjectKey, _Reading] = {}

    def mark(self) -> int:
        """The present moment, for `since`."""
        return self._began

    async def some(self, keys: Iterable[ObjectKey], since: int) -> dict[ObjectKey, StoredObject]:
        """Those EVSEs as they were at one moment since `since`; what is not there is left out."""
        found = {key: self._of.get(key) for key in keys}
        fresh = [key for key, one in found.items() if one is None or one.number <= since or one.has_failed]
        if fresh:
            reading = self._begin(fresh)
            found |= dict.fromkeys(fresh, reading)
        rows = {one: await asyncio.shield(one.rows) for one in set(found.values()) if one is not None}
        return {key: stored for key, one in found.items() if one is not None and (stored := rows[one].get(key))}

    def _begin(self, keys: Sequence[ObjectKey]) -> _Reading:
        """Read these, for everybody."""
        self._began += 1
        reading = _Reading(self._began, keys, asyncio.create_task(self._rows(keys)))
        self._readings.append(reading)
        self._of |= dict.fromkeys(keys, reading)
        if len(self._readings) > _KEPT:
            self._forget(self._readings.popleft())
        return reading

    async def _rows(self, keys: Sequence[ObjectKey]) -> _Rows:
        return {one.key.folded: one for one in await self._locations.some_evses(keys, anyones=self._anyones)}

    def _forget(self, reading: _Reading) -> None:
        for key in reading.keys:
            if self._of.get(key) is reading:
                del self._of[key]

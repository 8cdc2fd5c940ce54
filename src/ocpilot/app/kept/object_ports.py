"""What the platform needs of a store of OCPI objects, ours and peers', as Protocols (`ports.py`)."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from ocpilot.app.kept.records import Arrival, ObjectKey, Page, PageQuery, StoredObject
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID


class Objects(Protocol):
    """Tariffs, Sessions, CDRs and Tokens, ours and peers'. Ids compare case-insensitively, bodies keep the case."""

    async def put(self, stored: StoredObject) -> bool:
        """Insert or replace; True when it was created. An object of another `peer_id` is never replaced (Conflict)."""

    async def receive(self, stored: StoredObject) -> Arrival:
        """The same as `put`, and whether somebody may be waiting for it."""

    async def add(self, under: ObjectKey, new: Sequence[StoredObject]) -> None:
        """Write those of these objects of ours that are not there yet, all or none; what is there stays as it is. One
        after the other per object `under` of ours, of the same module."""

    async def get(self, key: ObjectKey, peer_id: int | None = None) -> StoredObject | None:
        """The object of ours (`peer_id` None) or the one that peer sent us."""

    async def find(self, module: ModuleID, object_id: str) -> tuple[StoredObject, ...]:
        """All objects with this id, whoever owns them: a Token presented at a station, a CDR from a link."""

    async def some(self, module: ModuleID, party: PartyId, ids: Sequence[str]) -> tuple[StoredObject, ...]:
        """Those of ours of a party that have one of these ids, in any order."""

    async def held(self, key: ObjectKey) -> StoredObject | None:
        """The object whoever sent it, ours too."""

    async def of_contract(self, contract_id: str, *, anyones: bool = False) -> tuple[StoredObject, ...]:
        """Tokens of ours (or of `anyones`) with this contract id: all that a Session or CDR of 2.1.1 names."""

    async def of_emaid(self, plain: str) -> tuple[StoredObject, ...]:
        """Tokens, ours and peers', whose contract id is this eMA ID in its plain form (`roaming.emaids`)."""

    async def modify(
        self, key: ObjectKey, peer_id: int | None, change: Callable[[StoredObject], StoredObject]
    ) -> StoredObject | None:
        """Read under a row lock, apply the pure `change`, write; None when it does not exist."""

    async def delete(
        self, key: ObjectKey, peer_id: int | None = None, check: Callable[[StoredObject], None] | None = None
    ) -> bool:
        """Remove; True when it was there. `check` sees it under a row lock and may raise, then it stays."""

    async def page(self, query: PageQuery) -> Page:
        """One page, see PageQuery; deep pages cost as much as the first."""

    async def newest(
        self, module: ModuleID, limit: int, token_uids: Sequence[str] | None = None
    ) -> tuple[StoredObject, ...]:
        """Newest first, ours and peers'; with `token_uids` only Sessions or CDRs of those Tokens."""


class Bookings(Protocol):
    """Bookings at Locations of ours, whose times are sold once. They are read and listed as all `Objects` are."""

    async def decide(
        self,
        key: ObjectKey,
        location_id: str,
        decision: Callable[[Sequence[StoredObject]], Sequence[StoredObject]],
    ) -> None:
        """Write what the pure `decision` makes of all that matters: bookings of ours that hold a time at this Location
        of `key.party`, its BookingLocations and their openings, and the object `key`, if there is one. One decision
        after the other per Location and per `key`; an error of `decision` leaves everything as it was."""

    async def begun(self, now: datetime, limit: int) -> tuple[StoredObject, ...]:
        """Bookings of ours that hold a time which has begun, oldest first."""

    async def around(
        self, party: PartyId, location_id: str, earliest: datetime, latest: datetime
    ) -> tuple[StoredObject, ...]:
        """Bookings at a Location of `party`, RESERVED or FULFILLED, whose period starts in this span."""


class Locations(Protocol):
    """Locations, with a row per EVSE. A Location body given to `put` holds its `evses`; what `get` returns holds them
    again, with `last_updated` of the newest part. `key.sub` names an EVSE; empty means the whole Location."""

    async def put(self, stored: StoredObject) -> bool:
        """Insert or replace a whole Location (or one EVSE when `key.sub` is set); True when it was created.

        EVSEs absent from a replacing Location body are kept with status REMOVED, as the standard demands.
        """

    async def get(self, key: ObjectKey, peer_id: int | None = None) -> StoredObject | None:
        """The whole Location, or the EVSE body when `key.sub` is set."""

    async def held(self, key: ObjectKey) -> StoredObject | None:
        """The same whoever sent it, ours too."""

    async def find(self, object_id: str) -> tuple[StoredObject, ...]:
        """All Locations with this id, whoever owns them."""

    async def some_evses(self, keys: Sequence[ObjectKey], *, anyones: bool = False) -> tuple[StoredObject, ...]:
        """The EVSEs of ours (or of `anyones`) that these keys (with `sub`) name, in any order; unknown ones are left
        out."""

    async def find_evse(self, evse_uid: str) -> tuple[ObjectKey, ...]:
        """Keys (with `sub`) of all EVSEs with this uid."""

    async def with_evse_id(self, evse_id: str) -> tuple[ObjectKey, ...]:
        """Keys (with `sub`) of all EVSEs with this EVSE.evse_id, with or without separators: ours first, then the
        newest; at most ten."""

    async def modify(
        self, key: ObjectKey, peer_id: int | None, change: Callable[[StoredObject], StoredObject]
    ) -> StoredObject | None:
        """Under a row lock: of the EVSE when `key.sub` is set (the parents' `last_updated` follow), else of the
        Location. One EVSE costs the same at a Location with 1 EVSE and with 1,000."""

    async def page(self, query: PageQuery) -> Page:
        """One page of whole Locations."""

    async def near(
        self, latitude: float, longitude: float, radius_km: float, limit: int, peer_id: int | None = None
    ) -> tuple[StoredObject, ...]:
        """Published Locations around a point, nearest first, ours and all peers'."""

"""What a site may draw, how that is shared among its charges now, and who keeps that."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from ocpilot.app.kept.charge_records import SampleRow
from ocpilot.app.kept.records import ObjectKey, Record
from ocpilot.base.ids import PartyId
from ocpilot.metering.sharing import Why
from ocpilot.metering.site import Memory
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import ChargingRateUnit


class LimitGroup(Record, frozen=True, kw_only=True):
    """A part of a site with a fuse of its own: `amps` per phase, `watts` in all, or both. `parent` is the group it is
    in, empty for the site; `evses` are uids."""

    name: str
    amps: Decimal | None = None
    watts: Decimal | None = None
    parent: str = ""
    evses: tuple[str, ...] = ()


class SiteLimit(Record, frozen=True, kw_only=True):
    """What a Location of ours may draw. `offline_amps` is what an EVSE without connection may draw per phase by
    itself; None counts it with the most it can give."""

    party: PartyId
    location_id: str
    amps: Decimal | None = None
    watts: Decimal | None = None
    groups: tuple[LimitGroup, ...] = ()
    offline_amps: Decimal | None = None
    changed_at: datetime

    @property
    def location(self) -> ObjectKey:
        """The Location's key."""
        return ObjectKey(module=ModuleID.LOCATIONS, party=self.party, id=self.location_id)


class Told(StrEnum):
    """How it stands with a station and its limit: it took it, was not asked yet, refused it, cannot be reached."""

    TAKEN = "taken"
    NOT_YET = "not yet"
    REFUSED = "refused"
    AWAY = "away"


class ChargeShare(Record, frozen=True, kw_only=True):
    """What one charge may draw per phase, and why. `wanted_a` is what was decided, `memory.limit_a` what its station
    took last, `asked_a` what it was asked and has not answered.

    `sent` names what the station was told last (limit and provider's order); `counts_a` is what it is reckoned with.
    `limit` is the same in the `unit` its station is told, `profile_watts_per_a` the power of one ampere of a provider's
    profile in ampere. `kwh_then` is what was charged when the preferences of
    `wished_at` were accepted.
    """

    transaction_id: int
    party: PartyId
    location_id: str
    station_id: str
    evse_uid: str
    session_id: str
    group: str = ""
    unit: ChargingRateUnit
    watts_per_a: Decimal
    profile_watts_per_a: Decimal
    most_a: Decimal
    wanted_a: Decimal
    counts_a: Decimal
    asked_a: Decimal | None = None
    why: Why
    because_of: str | None = None
    needed_a: Decimal | None = None
    leaves_at: datetime | None = None
    needed_kwh: Decimal | None = None
    provider_a: Decimal | None = None
    draws_a: Decimal | None = None
    told: Told = Told.NOT_YET
    answer: str | None = None
    sent: str | None = None
    sent_at: datetime | None = None
    refused_at: datetime | None = None
    unanswered_at: datetime | None = None
    wished_at: datetime | None = None
    kwh_then: Decimal | None = None
    memory: Memory = Memory()

    @property
    def limit(self) -> Decimal:
        """What its station may be told at any moment: what it is being asked, else no more than it took."""
        taken = self.memory.limit_a
        amps = self.wanted_a if taken is None else min(self.wanted_a, taken)
        return in_unit(amps if self.asked_a is None else self.asked_a, self.unit, self.watts_per_a)


def in_unit(amps: Decimal, unit: ChargingRateUnit, watts_per_a: Decimal) -> Decimal:
    """Ampere per phase on the side of the grid as a station is told them."""
    return amps if unit is ChargingRateUnit.A else amps * watts_per_a


class IdleEvse(Record, frozen=True, kw_only=True):
    """An EVSE whose station is away and may charge without our knowing: what it counts with."""

    station_id: str
    evse_uid: str
    group: str = ""
    counts_a: Decimal
    watts_per_a: Decimal


class Looked(Record, frozen=True, kw_only=True):
    """What was found when a site's limit was shared last."""

    at: datetime
    idle: tuple[IdleEvse, ...] = ()


class SiteLimits(Protocol):
    """Limits of sites and the shares of charges."""

    async def put(self, limit: SiteLimit) -> None:
        """Set or replace."""

    async def remove(self, party: PartyId, location_id: str) -> bool:
        """Forget; whether there was one."""

    async def all(self) -> tuple[SiteLimit, ...]:
        """Every one, by party and Location."""

    async def watched(self) -> tuple[tuple[SiteLimit, str], ...]:
        """Every one with a mark that is another one when a charge began or ended there, its driver wants something
        else, or the limit was changed."""

    async def get(self, party: PartyId, location_id: str) -> tuple[SiteLimit, Looked | None] | None:
        """One, and what was found last."""

    async def looked(self, limit: SiteLimit, found: Looked) -> None:
        """Keep what was found."""

    async def shares(self, party: PartyId, location_id: str) -> tuple[ChargeShare, ...]:
        """Of the charges of one site, by transaction."""

    async def share(self, transaction_id: int) -> ChargeShare | None:
        """Of one charge."""

    async def save_share(self, share: ChargeShare) -> None:
        """Insert or replace by transaction."""

    async def doubt(self, station_id: str) -> None:
        """A station may have forgotten what it was told, and take what it refused: its charges are told anew."""

    async def forget_share(self, transaction_id: int) -> None:
        """The charge is over, or nothing limits it."""

    async def stray(self) -> tuple[ChargeShare, ...]:
        """Shares of charges whose site is limited no more."""

    async def running(self, party: PartyId, location_id: str) -> tuple[int, ...]:
        """The numbers of the open transactions at a site."""

    async def newest_samples(self, transaction_id: int, many: int) -> tuple[SampleRow, ...]:
        """The newest meter values of a transaction, the newest first."""

    async def stations(self, party: PartyId, location_id: str) -> tuple[str, ...]:
        """The stations of a site."""

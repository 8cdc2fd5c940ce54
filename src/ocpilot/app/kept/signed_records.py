"""The keys by which meters are known, and who keeps them and the verdicts on signed meter values."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from ocpilot.app.kept.records import ObjectKey, Record
from ocpilot.base.ids import PartyId
from ocpilot.metering.signed import SignedCharge


class KeySource(StrEnum):
    """Where a key was first seen: a station of ours said it, it stood in a peer's CDR, or a person set it."""

    STATION = "station"
    CDR = "cdr"
    HAND = "hand"


class MeterPlace(Record, frozen=True, kw_only=True):
    """The EVSE whose meter is meant, ours or a peer's."""

    party: PartyId
    location_id: str
    evse_uid: str


class MeterKey(Record, frozen=True, kw_only=True):
    """`key` is that of `metering.public_keys.PublicKey.text`."""

    place: MeterPlace
    key: str
    source: KeySource
    at: datetime


class SignedBook(Protocol):
    """Keys of meters, and verdicts on CDRs."""

    async def pin(self, key: MeterKey) -> None:
        """Keep the first key of an EVSE; one that is known stays."""

    async def set_key(self, key: MeterKey) -> None:
        """Keep a key in place of the one before."""

    async def key_of(self, place: MeterPlace) -> MeterKey | None:
        """The key of an EVSE."""

    async def keys(self) -> tuple[MeterKey, ...]:
        """Every key, by place."""

    async def save(self, key: ObjectKey, found: SignedCharge, at: datetime) -> None:
        """Insert or replace what was found of a CDR."""

    async def verdict(self, key: ObjectKey) -> SignedCharge | None:
        """What was found of a CDR; None when it has no signed values, or was not looked at."""

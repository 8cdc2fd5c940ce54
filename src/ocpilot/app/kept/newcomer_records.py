"""Stations that nobody added: those that wait, codes to join with, and passwords that are being changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ocpilot.app.kept.charge_records import Station, StationConnector
from ocpilot.app.kept.records import Record
from ocpilot.app.kept.station_events import BootInfo
from ocpilot.base.ids import PartyId


class WaitingStation(Record, frozen=True, kw_only=True):
    """`password_hash` is that of its first connection, so that nobody else takes its name; `refused` ones stay away."""

    id: str
    password_hash: str | None
    security_profile: int
    remote: str
    protocol: str | None = None
    node: int | None = None
    vendor: str | None = None
    model: str | None = None
    serial: str | None = None
    firmware: str | None = None
    first_seen: datetime
    last_seen: datetime
    decision: str | None = None


class Invitation(Record, frozen=True, kw_only=True):
    """A code with which one station joins, as these connectors."""

    code_hash: bytes
    party: PartyId
    location_id: str
    connectors: tuple[StationConnector, ...]
    created_at: datetime
    expires_at: datetime


class NextPassword(Record, frozen=True, kw_only=True):
    """A station is to get another password; with `next_hash` one was sent that it may have taken."""

    next_hash: str | None


class Newcomers(Protocol):
    """Storage of what is above."""

    async def waiting(self) -> Sequence[WaitingStation]:
        """Those that wait, the longest first."""

    async def get(self, station_id: str) -> WaitingStation | None:
        """One that waits or is refused."""

    async def add(self, station: WaitingStation, most: int) -> bool:
        """One more that waits; False when `most` do, or it does already."""

    async def booted(self, station_id: str, info: BootInfo, at: datetime) -> bool:
        """What it says of itself; False when it does not wait."""

    async def knocked(self, station_id: str, at: datetime) -> None:
        """A refused one came again: it is remembered longer."""

    async def forget(self, before: datetime) -> None:
        """Those that wait or are refused and did not come since then, and codes made before then that nobody can use
        any more."""

    async def refuse(self, station_id: str) -> bool:
        """It must stay away; False when it does not wait."""

    async def approve(self, station: Station) -> Station | None:
        """It is one of ours from now on, with the password it came with; None when it does not wait. What `station`
        says of its connection does not count."""

    async def invite(self, invitations: Sequence[Invitation]) -> None:
        """Store new ones."""

    async def is_valid(self, code_hash: bytes, now: datetime) -> bool:
        """Whether somebody can still join with this code."""

    async def redeem(self, code_hash: bytes, station_id: str, password_hash: str, now: datetime) -> Station | None:
        """Use up a code that is valid: the station is one of ours from now on, and is to get another password."""

    async def next_password(self, station_id: str) -> NextPassword | None:
        """Whether it is to get another password."""

    async def sent_password(self, station_id: str, next_hash: str) -> None:
        """One is about to be sent to it."""

    async def settle_password(self, station_id: str, *, taken: bool) -> None:
        """It has the password that was sent last, or it stays with the one it has."""

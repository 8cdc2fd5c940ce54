"""What passes between stations and the platform, whatever OCPP version a station speaks.

`StationEvents` is what a gateway calls, `StationCalls` what it offers. A station gets its answer only after the method
returned, so what a method has written when it returns is all that may count as acknowledged.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

import msgspec

from ocpilot.wire.v230 import ActiveChargingProfile, ChargingProfile, ChargingRateUnit


class AuthorizationStatus(StrEnum):
    """OCPP 1.6 (7.2, "AuthorizationStatus")."""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    EXPIRED = "Expired"
    INVALID = "Invalid"
    CONCURRENT_TX = "ConcurrentTx"


class BootInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a station says about itself when it boots, in its own words."""

    vendor: str
    model: str
    serial: str | None = None
    firmware: str | None = None


class BootAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`interval`: seconds between heartbeats, or until the next try of a station that was not accepted."""

    accepted: bool
    interval: int


class IdTagAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """OCPP 1.6 (7.27, "IdTagInfo")."""

    status: AuthorizationStatus
    parent: str | None = None
    expires: datetime | None = None


class SampledValue(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a meter in the station's raw words; None where the station said nothing."""

    value: str
    measurand: str | None = None
    unit: str | None = None
    phase: str | None = None
    context: str | None = None
    format: str | None = None
    location: str | None = None


class StationSample(msgspec.Struct, frozen=True, kw_only=True):
    """The values of one moment. `at` is the station's time, None when it sent none or an absurd one."""

    at: datetime | None
    values: tuple[SampledValue, ...]


class StartEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction began. `meter_start_wh` is the register in Wh as the station labels it."""

    connector_id: int
    id_tag: str
    meter_start_wh: Decimal
    at: datetime | None
    reservation_id: int | None = None


class StartAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """OCPP 1.6 cannot refuse a start: it always gets a transaction id, and the tag's status beside it."""

    transaction_id: int
    id_tag: IdTagAnswer


class StopEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction ended. `reason` is OCPP 1.6 (7.36, "Reason") in the station's words."""

    transaction_id: int
    meter_stop_wh: Decimal
    at: datetime | None
    id_tag: str | None = None
    reason: str | None = None
    samples: tuple[StationSample, ...] = ()


class StationReservation(msgspec.Struct, frozen=True, kw_only=True):
    """What a station is asked to keep free, for whom and until when. `id` is unique over all providers."""

    id: int
    connector_id: int
    id_tag: str
    until: datetime


class ActiveProfileAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`Accepted`, `Rejected` or `NotSupported`; an accepted answer without a profile says that nothing is limited."""

    status: str
    profile: ActiveChargingProfile | None = None


class StationEvents(Protocol):
    """What a gateway tells the platform. Calls of one station come strictly one after the other."""

    async def authenticate(self, station_id: str, password: str | None, remote: str) -> bool:
        """May this station connect? `password` is None when it sent none; `remote` is its address."""

    async def connected(self, station_id: str, protocol: str) -> None:
        """A connection stands; `protocol` is the subprotocol, as `ocpp1.6`. A newer one may follow without a gap."""

    async def disconnected(self, station_id: str) -> None:
        """The station's last connection is gone."""

    async def booted(self, station_id: str, info: BootInfo) -> BootAnswer:
        """BootNotification."""

    async def heartbeat(self, station_id: str) -> datetime:
        """Heartbeat: answers with the present time."""

    async def status(  # noqa: PLR0917 - the five fields of the notification, flat as the standard has them
        self, station_id: str, connector_id: int, status: str, error_code: str, at: datetime | None, info: str | None
    ) -> None:
        """StatusNotification; `status` and `error_code` in the station's words, connector 0 is the whole station."""

    async def authorize(self, station_id: str, id_tag: str) -> IdTagAnswer:
        """Authorize."""

    async def start(self, station_id: str, event: StartEvent) -> StartAnswer:
        """StartTransaction, maybe repeated."""

    async def meter_values(
        self, station_id: str, connector_id: int, transaction_id: int | None, samples: tuple[StationSample, ...]
    ) -> None:
        """MeterValues, maybe repeated; without transaction id they belong to no transaction or the open one."""

    async def stop(self, station_id: str, event: StopEvent) -> IdTagAnswer | None:
        """StopTransaction, maybe repeated; None when it named no id tag."""


class StationCalls(Protocol):
    """What the platform asks of stations.

    Each call answers with the status word of OCPP 1.6, also when the station refused with an error
    (`NotSupported`, else the word for a refusal). Raises StationUnreachable or StationTimeout.
    """

    async def remote_start(self, station_id: str, connector_id: int | None, id_tag: str) -> str:
        """RemoteStartTransaction: `Accepted`, `Rejected` or `NotSupported`; None lets the station pick a connector."""

    async def remote_stop(self, station_id: str, transaction_id: int) -> str:
        """RemoteStopTransaction: `Accepted`, `Rejected` or `NotSupported`."""

    async def unlock(self, station_id: str, connector_id: int) -> str:
        """UnlockConnector: `Unlocked`, `UnlockFailed` or `NotSupported`."""

    async def reserve(self, station_id: str, reservation: StationReservation) -> str:
        """ReserveNow, which replaces one with the same id: `Accepted`, `Faulted`, `Occupied`, `Rejected`,
        `Unavailable` or `NotSupported`."""

    async def cancel_reservation(self, station_id: str, reservation_id: int) -> str:
        """CancelReservation: `Accepted`, `Rejected` (it has none such) or `NotSupported`."""

    async def set_charging_profile(
        self, station_id: str, connector_id: int, transaction_id: int, profile: ChargingProfile
    ) -> str:
        """SetChargingProfile for a running transaction, one at a time: `Accepted`, `Rejected` or `NotSupported`."""

    async def clear_charging_profile(self, station_id: str, transaction_id: int) -> str:
        """ClearChargingProfile of what `set_charging_profile` set: `Accepted`, `Unknown` or `NotSupported`."""

    async def active_charging_profile(
        self, station_id: str, connector_id: int, seconds: int, unit: ChargingRateUnit
    ) -> ActiveProfileAnswer:
        """GetCompositeSchedule of the next `seconds`; the station may answer in the other unit."""

    def is_connected(self, station_id: str) -> bool:
        """Does the station have a live connection here?"""

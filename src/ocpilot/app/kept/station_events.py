"""What passes between stations and the platform, whatever OCPP version a station speaks.

`StationEvents` is what a gateway calls, `StationCalls` what it offers. A station gets its answer only after the method
returned, so what a method has written when it returns is all that may count as acknowledged.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

import msgspec

from ocpilot.app.kept.charge_records import Transaction
from ocpilot.wire.v230 import ActiveChargingProfile, ChargingProfile, ChargingRateUnit, DisplayText, Tariff

#: A JSON object of OCPP. Numbers with a fraction are Decimal.
Payload = dict[str, object]


class AuthorizationStatus(StrEnum):
    """OCPP 2.x ("AuthorizationStatusEnumType"), of which 1.6 knows the first four and `ConcurrentTx`."""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    EXPIRED = "Expired"
    INVALID = "Invalid"
    CONCURRENT_TX = "ConcurrentTx"
    NO_CREDIT = "NoCredit"
    NOT_AT_THIS_LOCATION = "NotAtThisLocation"
    UNKNOWN = "Unknown"


class IdToken(msgspec.Struct, frozen=True):
    """What a driver shows. `kind` is OCPP 2.x ("IdTokenEnumType"), as `ISO14443`, `eMAID`, `Central`; None in 1.6."""

    value: str
    kind: str | None = None


class BootInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a station says about itself when it boots, in its own words."""

    vendor: str
    model: str
    serial: str | None = None
    firmware: str | None = None


class BootAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`interval`: seconds between heartbeats, or until the next try of a station that was not accepted: one that is
    `waiting` for somebody's decision, or is refused."""

    accepted: bool
    interval: int
    waiting: bool = False

    @property
    def status(self) -> str:
        """OCPP 1.6 (7.31, "RegistrationStatus"), 2.x ("RegistrationStatusEnumType")."""
        return "Accepted" if self.accepted else "Pending" if self.waiting else "Rejected"


class Knock(msgspec.Struct, frozen=True, kw_only=True):
    """A station that wants to connect. `remote` is its address, `certificate_names` are the names in the client
    certificate it proved to have."""

    station_id: str
    password: str | None
    remote: str
    tls: bool = False
    certificate_names: tuple[str, ...] = ()

    @property
    def profile(self) -> int:
        """The security profile it comes with (OCPP 2.0.1, part 2, A00; 1.6 security whitepaper)."""
        if self.tls and self.certificate_names:
            return 3
        if self.password is None:
            return 0
        return 2 if self.tls else 1


class Admission(StrEnum):
    """Whether a station may connect. One that waits may boot, and nothing else it says counts."""

    ADMITTED = "admitted"
    WAITING = "waiting"
    REFUSED = "refused"
    TOO_OFTEN = "too often"


class IdTagAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """OCPP 1.6 (7.27, "IdTagInfo"), 2.x ("IdTokenInfoType"). `parent` is the group; `message` is for the driver's eyes,
    where a station can show one (2.x)."""

    status: AuthorizationStatus
    parent: str | None = None
    expires: datetime | None = None
    message: DisplayText | None = None


class SignedMeterValue(msgspec.Struct, frozen=True, kw_only=True):
    """OCPP 2.x ("SignedMeterValueType"); `data` is the signed text itself, out of its Base64."""

    data: str
    signing_method: str | None = None
    encoding_method: str | None = None
    public_key: str | None = None


class SampledValue(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a meter in the station's raw words; None where the station said nothing.

    `multiplier` is a power of ten (2.x).
    """

    value: str
    measurand: str | None = None
    unit: str | None = None
    multiplier: int = 0
    phase: str | None = None
    context: str | None = None
    format: str | None = None
    location: str | None = None
    signed: SignedMeterValue | None = None


class StationSample(msgspec.Struct, frozen=True, kw_only=True):
    """The values of one moment. `at` is the station's time, None when it sent none or an absurd one."""

    at: datetime | None
    values: tuple[SampledValue, ...]


class StatusEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A connector changed its state; `status` and `error_code` in the station's words. EVSE 0 is the whole station."""

    evse_id: int
    connector_id: int = 1
    status: str
    error_code: str | None = None
    at: datetime | None = None
    info: str | None = None
    vendor_error_code: str | None = None


class StartEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction began. `meter_start_wh` is the register in Wh as the station labels it.

    `station_key` is the station's own name of it (2.x). Without `token` nobody has said yet who charges.
    """

    evse_id: int
    connector_id: int = 1
    token: IdToken | None
    meter_start_wh: Decimal | None = None
    at: datetime | None
    reservation_id: int | None = None
    remote_start_id: int | None = None
    station_key: str | None = None


class StartAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """OCPP 1.6 cannot refuse a start: it always gets a transaction id, and the tag's status beside it."""

    transaction_id: int
    id_tag: IdTagAnswer


class StopEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction of 1.6 ended. `reason` is OCPP 1.6 (7.36, "Reason") in the station's words."""

    transaction_id: int
    meter_stop_wh: Decimal | None
    at: datetime | None
    id_tag: str | None = None
    reason: str | None = None
    samples: tuple[StationSample, ...] = ()


class EventKind(StrEnum):
    """OCPP 2.x ("TransactionEventEnumType")."""

    STARTED = "Started"
    UPDATED = "Updated"
    ENDED = "Ended"


class StationCost(msgspec.Struct, frozen=True, kw_only=True):
    """What a station counted that a charge costs, before or after taxes or both (2.1, "TotalCostType")."""

    currency: str
    before_taxes: Decimal | None = None
    after_taxes: Decimal | None = None


class TransactionEvent(msgspec.Struct, frozen=True, kw_only=True):
    """OCPP 2.x ("TransactionEventRequest"): whatever happens in a transaction; any of them may be the first we hear of.

    `station_key` is unique per station only. `state` is its charging state (`ChargingStateEnumType`).
    """

    kind: EventKind
    station_key: str
    seq_no: int
    trigger: str
    at: datetime | None
    offline: bool = False
    evse_id: int | None = None
    connector_id: int | None = None
    token: IdToken | None = None
    remote_start_id: int | None = None
    reservation_id: int | None = None
    state: str | None = None
    samples: tuple[StationSample, ...] = ()
    reason: str | None = None
    cost: StationCost | None = None


class TransactionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`token` is the answer about the token that the event named, None when it named none; `total_cost` what a driver
    is to be shown, in the currency of the place and with its taxes."""

    token: IdTagAnswer | None = None
    total_cost: Decimal | None = None


class StationReservation(msgspec.Struct, frozen=True, kw_only=True):
    """What a station is asked to keep free, for whom and until when. `id` is unique over all providers."""

    id: int
    evse_id: int
    token: IdToken
    until: datetime


class ListedToken(msgspec.Struct, frozen=True):
    """A Token on the list of a station, and the group it belongs to."""

    token: IdToken
    group: str | None = None


class ListUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """One message about a local list: `full` is all of it, else what is new or other, and what is gone."""

    version: int
    full: bool
    listed: tuple[ListedToken, ...] = ()
    removed: tuple[IdToken, ...] = ()


class LocalListLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How many Tokens a station holds and takes at once, and how long they may be."""

    total: int
    per_message: int
    longest: int


class TariffAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a Tariff for an EVSE: `Accepted`, `NotSupported`, another word of the station, or `Inexpressible`
    when its version has no exact form of it; `why` in words."""

    status: str
    why: str | None = None


class CallAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a station answered to a call: its payload, or the error code and description with which it refused."""

    payload: Payload | None = None
    error: str | None = None
    description: str = ""


class ActiveProfileAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`Accepted`, `Rejected` or `NotSupported`; an accepted answer without a profile says that nothing is limited."""

    status: str
    profile: ActiveChargingProfile | None = None


class StationEvents(Protocol):
    """What a gateway tells the platform. Calls of one station come strictly one after the other."""

    async def authenticate(self, knock: Knock) -> Admission:
        """May this station connect?"""

    async def connected(self, station_id: str, protocol: str) -> None:
        """A connection stands; `protocol` is the subprotocol, as `ocpp1.6`. A newer one may follow without a gap."""

    async def disconnected(self, station_id: str) -> None:
        """The station's last connection is gone."""

    async def booted(self, station_id: str, info: BootInfo) -> BootAnswer:
        """BootNotification."""

    async def heartbeat(self, station_id: str) -> datetime:
        """Heartbeat: answers with the present time."""

    async def status(self, station_id: str, event: StatusEvent) -> None:
        """StatusNotification."""

    async def authorize(self, station_id: str, token: IdToken) -> IdTagAnswer:
        """Authorize."""

    async def start(self, station_id: str, event: StartEvent) -> StartAnswer:
        """StartTransaction (1.6), maybe repeated."""

    async def meter_values(
        self, station_id: str, evse_id: int, transaction_id: int | None, samples: tuple[StationSample, ...]
    ) -> None:
        """MeterValues, maybe repeated; without transaction id they belong to no transaction or the open one."""

    async def stop(self, station_id: str, event: StopEvent) -> IdTagAnswer | None:
        """StopTransaction (1.6), maybe repeated; None when it named no id tag."""

    async def transaction_event(self, station_id: str, event: TransactionEvent) -> TransactionAnswer:
        """TransactionEvent (2.x), maybe repeated, late or out of order."""

    async def sign_certificate(self, station_id: str, csr: str, kind: str | None) -> str | None:
        """SignCertificate: why it is refused; None when the certificate follows by CertificateSigned. `kind` is
        `ChargingStationCertificate` or `V2GCertificate`, None in 1.6."""

    async def reservation_ended(self, station_id: str, number: int, *, expired: bool) -> None:
        """ReservationStatusUpdate (2.x): its time is over, or the station keeps it no longer for another reason."""

    async def security(self, station_id: str, what: str) -> None:
        """Something that those who look after security want to know, in words that follow the station's name."""

    async def notice(self, station_id: str, action: str, payload: Payload) -> None:
        """Anything else a station says that asks for no decision, in the words of its version."""


class StationCalls(Protocol):
    """What the platform asks of stations, whichever process holds their connection.

    Each call answers with the status word of OCPP 1.6, also when the station refused with an error
    (`NotSupported`, else the word for a refusal). Raises StationUnreachable or StationTimeout.
    """

    async def remote_start(self, station_id: str, evse_id: int | None, token: IdToken, remote_start_id: int) -> str:
        """RemoteStartTransaction: `Accepted`, `Rejected` or `NotSupported`; None lets the station pick an EVSE."""

    async def remote_stop(self, transaction: Transaction) -> str:
        """RemoteStopTransaction: `Accepted`, `Rejected` or `NotSupported`."""

    async def unlock(self, station_id: str, evse_id: int, connector_id: int = 1) -> str:
        """UnlockConnector: `Unlocked`, `UnlockFailed`, `Rejected` or `NotSupported`."""

    async def reserve(self, station_id: str, reservation: StationReservation) -> str:
        """ReserveNow, which replaces one with the same id: `Accepted`, `Faulted`, `Occupied`, `Rejected`,
        `Unavailable` or `NotSupported`."""

    async def cancel_reservation(self, station_id: str, reservation_id: int) -> str:
        """CancelReservation: `Accepted`, `Rejected` (it has none such) or `NotSupported`."""

    async def set_charging_profile(self, transaction: Transaction, profile: ChargingProfile) -> str:
        """SetChargingProfile for a running transaction, one at a time: `Accepted`, `Rejected` or `NotSupported`."""

    async def clear_charging_profile(self, transaction: Transaction) -> str:
        """ClearChargingProfile of what `set_charging_profile` set: `Accepted`, `Unknown` or `NotSupported`."""

    async def active_charging_profile(
        self, transaction: Transaction, seconds: int, unit: ChargingRateUnit
    ) -> ActiveProfileAnswer:
        """GetCompositeSchedule of the next `seconds`; the station may answer in the other unit."""

    async def local_list_limits(self, station_id: str) -> LocalListLimits | None:
        """What the station says about its local list; None when it has none."""

    async def local_list_version(self, station_id: str) -> int | None:
        """GetLocalListVersion: 0 without entries, None when it has no list."""

    async def send_local_list(self, station_id: str, update: ListUpdate) -> str:
        """SendLocalList: `Accepted`, `Failed`, `VersionMismatch` or `NotSupported`."""

    async def clear_cache(self, station_id: str) -> str:
        """ClearCache: `Accepted`, `Rejected` or `NotSupported`."""

    async def cost_updated(self, transaction: Transaction, cost: Decimal) -> str:
        """CostUpdated (2.x), what it costs so far with taxes: `Accepted`, `Rejected` or `NotSupported`."""

    async def set_default_tariff(
        self, station_id: str, evse_id: int, tariff: Tariff, name: str, texts: Sequence[DisplayText]
    ) -> TariffAnswer:
        """SetDefaultTariff (2.1), which replaces the one before: by what charges at an EVSE are priced from now
        on. `name` is its tariffId there, another one for every other content."""

    async def clear_tariff(self, station_id: str, evse_id: int, name: str) -> str:
        """ClearTariffs (2.1) of one that it took: `Accepted`, `Rejected`, `NoTariff` or `NotSupported`."""

    async def call(self, station_id: str, action: str, payload: Payload) -> CallAnswer:
        """Any call of the station's OCPP version as it is. StationUnreachable, StationTimeout."""

    async def set_password(self, station_id: str, password: str) -> bool:
        """Let the station use another password (hexadecimal) from its next connection on; whether it will.
        StationUnreachable, StationTimeout."""

    async def is_connected(self, station_id: str) -> bool:
        """Does the station have a live connection to any process?"""

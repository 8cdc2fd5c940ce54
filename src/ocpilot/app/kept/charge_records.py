"""Stations, their transactions, and the Tokens, commands and reservations behind them, as the platform keeps them."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from ocpilot.app.kept.records import Record
from ocpilot.base.ids import PartyId

# ---- stations and transactions -------------------------------------------------------------------------------------


class StationConnector(Record, frozen=True, kw_only=True):
    """One connector of a station and the OCPI EVSE and Connector it is.

    `evse_id` is the number of its OCPP EVSE, `connector_id` that within the EVSE; connector n of 1.6 is EVSE n.
    """

    evse_id: int
    connector_id: int = 1
    evse_uid: str
    ocpi_connector_id: str


class Station(Record, frozen=True, kw_only=True):
    """A charging station of ours. `password_hash` is argon2; None lets nobody in by password.

    `node` is the process that holds its connection. One that is not `approved` may connect and must wait.
    `security_profile` is the lowest it may use (OCPP 2.0.1, part 2, A00; 1.6 security whitepaper).
    """

    id: str
    party: PartyId
    location_id: str
    connectors: tuple[StationConnector, ...]
    password_hash: str | None = None
    protocol: str | None = None
    connected: bool = False
    vendor: str | None = None
    model: str | None = None
    serial: str | None = None
    firmware: str | None = None
    last_seen: datetime | None = None
    node: int | None = None
    approved: bool = True
    security_profile: int = 0


class StationQuery(Record, frozen=True, kw_only=True):
    """Which stations, by id; None asks for all. `text` is somewhere in the id, vendor, model or serial number, in any
    case; `status` is that of one of its EVSEs; `after` is the last id of the page before."""

    party: PartyId | None = None
    location_id: str | None = None
    text: str | None = None
    connected: bool | None = None
    status: str | None = None
    after: str = ""
    limit: int = 50


class TransactionState(StrEnum):
    """`open`: energy may flow. `stopped`: the CDR is still to be made. `billed`: made. `held`: a person must look.
    `dropped`: he decided that nobody is billed."""

    OPEN = "open"
    STOPPED = "stopped"
    BILLED = "billed"
    HELD = "held"
    DROPPED = "dropped"


class Transaction(Record, frozen=True, kw_only=True):
    """One OCPP transaction and the OCPI Session it is. `id` is our number of it, 0 until stored.

    A station of 1.6 knows it by that number, one of 2.x by its own `station_key`, which is unique per station only.

    `cdr_token` is the CdrToken (2.3.0) as JSON text; `dedupe` is the same for a repeated StartTransaction. `terms` is
    `{"location": Location, "tariffs": [Tariff]}` (2.3.0) as they were at the start, as JSON text (mod_cdrs, "CDR").
    `preferences` are the driver's ChargingPreferences (2.3.0) that we accepted, as a JSON list of
    `{"at": DateTime, "wanted": ChargingPreferences}` (`charges.AcceptedPreferences`).

    `started_at` and `stopped_at` are the station's times, `start_arrived` and `stop_arrived` ours. Since `freed_at` its
    connector has been free though no stop came. Until `waits_until` the next value of its meter may come, because its
    end was not read. `released`: a person said that it is to be billed as it is.
    """

    id: int = 0
    station_id: str
    station_key: str | None = None
    evse_id: int
    party: PartyId
    location_id: str
    evse_uid: str
    ocpi_connector_id: str
    session_id: str
    id_tag: str
    cdr_token: str | None
    auth_method: str
    authorization_reference: str | None = None
    accepted: bool
    meter_start_wh: Decimal | None = None
    started_at: datetime
    stopped_at: datetime | None = None
    meter_stop_wh: Decimal | None = None
    stop_reason: str | None = None
    held_because: str | None = None
    terms: str | None = None
    preferences: str | None = None
    state: TransactionState = TransactionState.OPEN
    start_arrived: datetime | None = None
    stop_arrived: datetime | None = None
    freed_at: datetime | None = None
    waits_until: datetime | None = None
    released: bool = False
    dedupe: str

    @property
    def waits(self) -> bool:
        """Whether its bill waits, or has waited, for a value of its meter, and is not made yet."""
        return self.state == TransactionState.STOPPED and self.waits_until is not None


class SampleRow(Record, frozen=True, kw_only=True):
    """One moment of meter values or one change of state of a transaction. `body` is a `MeterSample` as JSON text; `at`
    is the station's time, `arrived` ours when it came first."""

    transaction_id: int
    at: datetime
    body: str
    arrived: datetime | None = None


# ---- tokens, authorizations, commands ------------------------------------------------------------------------------


class Authorization(Record, frozen=True, kw_only=True):
    """One answer about a Token: ours to an operator (`peer_id` = the asker) or a provider's to us.

    `info` is the AuthorizationInfo (2.3.0) as JSON text.
    """

    id: str
    peer_id: int | None
    token_party: PartyId
    token_uid: str
    location_id: str | None
    allowed: str
    authorization_reference: str | None
    info: str
    at: datetime


class CommandDirection(StrEnum):
    """`sent` by us as a provider, `received` by us as an operator."""

    SENT = "sent"
    RECEIVED = "received"


class Command(Record, frozen=True, kw_only=True):
    """One command, or one order about a charging profile (`command_records.ProfileOrder`), from request to result to
    Session. `id` is the last segment of the response_url we gave out.

    `request` is the object (2.3.0) that asks, as JSON text; `answer` is an ActiveChargingProfile that came with the
    result. `response` and `result` are the standard's words, None until
    known. `response_url` is where our result must go (received commands), `sender` and `receiver` (as `SERES`) the
    parties the request came from and went to, whose ways back are the result's.
    """

    id: str
    direction: CommandDirection
    peer_id: int
    command: str
    request: str
    account_id: int | None = None
    response_url: str | None = None
    sender: str | None = None
    receiver: str | None = None
    token_uid: str | None = None
    location_id: str | None = None
    evse_uid: str | None = None
    connector_id: str | None = None
    authorization_reference: str | None = None
    response: str | None = None
    response_at: datetime | None = None
    result: str | None = None
    result_at: datetime | None = None
    result_sent_at: datetime | None = None
    message: str | None = None
    answer: str | None = None
    session_id: str | None = None
    #: What a station of 2.x knows it by (`remoteStartId`); given when it is stored.
    number: int = 0
    created_at: datetime
    expires_at: datetime


class ReservationState(StrEnum):
    """`asked`: the station has not said yes. `active`: it is kept free. The others are ends."""

    ASKED = "asked"
    ACTIVE = "active"
    REFUSED = "refused"
    USED = "used"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Reservation(Record, frozen=True, kw_only=True):
    """A connector of ours kept free for a Token. `id` is what the station knows, 0 until stored: another one for every
    reservation of every provider (mod_commands, "ReserveNow object").

    `owner` is the party of the Token, `reservation_id` its own id for it, `peer_id` the platform it came from, 0 for a
    driver of our own. `token` is the Token (2.3.0), `terms` are those of a Transaction, both as JSON text.
    """

    id: int = 0
    peer_id: int
    owner: PartyId
    reservation_id: str
    command_id: str
    station_id: str
    evse_id: int
    party: PartyId
    location_id: str
    evse_uid: str
    ocpi_connector_id: str
    token: str
    id_tag: str
    authorization_reference: str | None = None
    session_id: str
    terms: str | None = None
    state: ReservationState = ReservationState.ASKED
    began_at: datetime
    until: datetime

"""What the platform needs of a store of stations, their transactions and the orders about them (`ports.py`)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from ocpilot.app.kept.charge_records import (
    Authorization,
    Command,
    Reservation,
    SampleRow,
    Station,
    StationQuery,
    Transaction,
    TransactionState,
)
from ocpilot.app.kept.station_events import BootInfo


class Stations(Protocol):
    """Charging stations of ours."""

    async def save(self, station: Station) -> None:
        """Insert or replace by id."""

    async def get(self, station_id: str) -> Station | None:
        """By its OCPP identity."""

    async def at_evse(self, location_id: str, evse_uid: str) -> Station | None:
        """The station that an EVSE of ours belongs to."""

    async def all(self) -> tuple[Station, ...]:
        """Every station, by id."""

    async def connected(self, station_id: str, protocol: str, at: datetime) -> None:
        """This process holds its connection from now on; one that held it before hears of it."""

    async def disconnected(self, station_id: str, node: int | None = None) -> bool:
        """This process, or that of a number, holds its connection no longer; False when another one does by now."""

    async def booted(self, station_id: str, info: BootInfo, at: datetime) -> Station | None:
        """What it says of itself; None when there is no such station."""

    async def seen(self, heard: Mapping[str, datetime]) -> None:
        """When stations were heard last."""

    async def secured(self, station_id: str, profile: int) -> None:
        """It came in with this security profile: from now on not with less."""

    async def abandoned(self) -> tuple[Station, ...]:
        """Stations whose connection was held by a process that is no more."""

    async def page(self, query: StationQuery) -> tuple[Station, ...]:
        """Those that the query asks for, by id."""


class Transactions(Protocol):
    """OCPP transactions with their samples. What `add_samples` and `stop` were given is on disk when they return."""

    async def start(self, transaction: Transaction) -> tuple[Transaction, bool]:
        """Store a new one with a fresh positive `id`; (the earlier one, False) when `dedupe` was seen before."""

    async def get(self, transaction_id: int) -> Transaction | None:
        """By OCPP transaction id."""

    async def keyed(self, station_id: str, station_key: str, evse_id: int = 0) -> Transaction | None:
        """The newest that this station named so itself (2.x), at this EVSE if it is not 0 or not yet known where."""

    async def modify(self, transaction_id: int, change: Callable[[Transaction], Transaction]) -> Transaction | None:
        """Read under a row lock, apply the pure `change` (who charges, where, since when, under which terms), write;
        None when it does not exist."""

    async def by_session(self, session_id: str) -> Transaction | None:
        """By the id of its Session."""

    async def open_on(self, station_id: str, evse_id: int) -> Transaction | None:
        """The newest open one on that connector."""

    async def open_of(self, station_id: str) -> tuple[Transaction, ...]:
        """All open ones of a station, oldest first."""

    async def of_station(
        self, station_id: str, since: datetime, until: datetime, limit: int
    ) -> tuple[Transaction, ...]:
        """Those of a station that began from `since` to before `until`, newest first."""

    async def running(self, cdr_token: str) -> tuple[Transaction, ...]:
        """The open ones of this CdrToken (JSON text) that may go on."""

    async def in_state(self, state: TransactionState) -> tuple[Transaction, ...]:
        """All in that state, oldest first."""

    async def add_samples(self, samples: Sequence[SampleRow]) -> None:
        """Append; a sample with the same transaction, time and body is kept once."""

    async def samples(self, transaction_id: int) -> tuple[SampleRow, ...]:
        """All samples in order of time."""

    async def stop(
        self,
        transaction_id: int,
        *,
        at: datetime,
        arrived: datetime | None,
        meter_stop_wh: Decimal | None,
        reason: str | None,
        samples: Sequence[SampleRow],
    ) -> Transaction | None:
        """Open -> stopped with the last samples, in one transaction; unchanged when it was stopped before. `arrived`
        None is no stop of the station: one that comes later (and before the bill) takes its place."""

    async def to_bill(self, now: datetime) -> tuple[Transaction, ...]:
        """Stopped ones that wait for no meter value any more, oldest first."""

    async def last_on(self, station_id: str, evse_id: int, before: datetime) -> Transaction | None:
        """The one at that EVSE that began last before a moment."""

    async def wait(self, transaction_id: int, until: datetime) -> None:
        """A stopped one waits for the next value of its meter."""

    async def judge_again(self, transaction_id: int, now: datetime) -> None:
        """Stopped or held -> stopped, and waiting no longer."""

    async def set_freed(self, transaction_id: int, at: datetime | None) -> None:
        """Since when the connector of an open one is free."""

    async def silent(self, before: datetime) -> tuple[Transaction, ...]:
        """Open ones of which nothing has arrived since a moment."""

    async def stops_without_start(self, station_id: str) -> tuple[Transaction, ...]:
        """Stops of a station that nobody started, newest first."""

    async def add_preferences(self, transaction_id: int, accepted: str) -> None:
        """Append to the driver's preferences, JSON text of one of the list."""

    async def set_state(self, transaction_id: int, state: TransactionState, because: str | None = None) -> None:
        """Stopped -> billed or held."""


class Authorizations(Protocol):
    """Answers about Tokens, given and received."""

    async def add(self, authorization: Authorization) -> None:
        """Store one."""

    async def latest(self, token_uid: str, since: datetime) -> Authorization | None:
        """The newest answer about this Token at or after `since`."""

    async def of_command(
        self, token_uid: str, since: datetime, *, evse_uid: str | None, number: int | None
    ) -> Authorization | None:
        """The answer by the command of this number, else the newest by one about this EVSE that no charge came of."""


class Commands(Protocol):
    """Commands, one record from request to result to Session."""

    async def add(self, command: Command) -> Command:
        """Store a new one; the returned one has its `number`."""

    async def numbered(self, number: int) -> Command | None:
        """By the number a station was given (`remoteStartId`)."""

    async def modify(self, command_id: str, change: Callable[[Command], Command]) -> Command | None:
        """Read under a row lock, apply the pure `change`, write; None when it does not exist."""

    async def get(self, command_id: str) -> Command | None:
        """By id."""

    async def unsent_results(self) -> tuple[Command, ...]:
        """Received commands whose result is known and has not reached the sender."""

    async def expired(self, now: datetime) -> tuple[Command, ...]:
        """Commands without a result whose time is over."""

    async def awaiting_session(
        self,
        *,
        direction: str,
        token_uid: str,
        location_id: str,
        since: datetime,
        reference: str | None = None,
        evse_uid: str | None = None,
        peer_id: int | None = None,
    ) -> Command | None:
        """The newest START_SESSION or RESERVE_NOW for this Token and Location that has no Session yet, refused ones
        left out, and those with another `authorization_reference` than `reference` when both are known; one about
        another EVSE only when there is none about this one. `peer_id` is whom it was sent to or came from."""

    async def of_token(self, token_uid: str, word: str) -> tuple[Command, ...]:
        """Commands of this word with this Token, oldest first."""

    async def of_session(self, session_id: str, words: Sequence[str], since: datetime) -> tuple[Command, ...]:
        """Commands of these words about a Session since a moment, newest first."""

    async def is_response_url(self, peer_id: int, url: str) -> bool:
        """Whether a peer ever wanted the result of a command there."""

    async def recent(self, limit: int, account_id: int | None = None) -> tuple[Command, ...]:
        """Newest first."""

    async def page(self, limit: int, before: tuple[datetime, str] | None) -> tuple[Command, ...]:
        """Newest first, those before a moment and id."""


class Reservations(Protocol):
    """Connectors of ours that are kept free. `asked` and `active` ones are live."""

    async def add(self, reservation: Reservation) -> Reservation:
        """Store a new one; the returned one has its `id`."""

    async def modify(self, number: int, change: Callable[[Reservation], Reservation]) -> Reservation | None:
        """Read under a row lock, apply the pure `change`, write; None when it does not exist."""

    async def get(self, number: int) -> Reservation | None:
        """By the number the station knows."""

    async def named(self, peer_id: int, reservation_id: str) -> tuple[Reservation, ...]:
        """The live ones to which the platform gave this id, newest first."""

    async def on(self, station_id: str, evse_id: int) -> Reservation | None:
        """The live one of a connector."""

    async def of_token(self, location_id: str, token_uid: str) -> Reservation | None:
        """The active one of a Token at a Location."""

    async def of_session(self, session_id: str) -> Reservation | None:
        """The one whose Session it is, live or ended."""

    async def due(self, now: datetime) -> tuple[Reservation, ...]:
        """Live ones whose time is over."""

    async def expired(self, since: datetime) -> tuple[Reservation, ...]:
        """Those that nobody came for and whose time was over after a moment."""


class ActiveProfiles(Protocol):
    """The limits of Sessions as operators told us last."""

    async def put(self, peer_id: int, session_id: str, profile: str, at: datetime) -> None:
        """Keep the ActiveChargingProfile (2.3.0, JSON text) of a Session."""

    async def get(self, peer_id: int, session_id: str) -> str | None:
        """The last one."""

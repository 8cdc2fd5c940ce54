"""What the gateway must know about an OCPP version. One file per version fills it: `v16.py`, and 2.x beside it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

import msgspec

from ocpilot.app.kept.charge_records import Transaction
from ocpilot.app.kept.station_events import (
    ActiveProfileAnswer,
    IdToken,
    ListUpdate,
    LocalListLimits,
    Payload,
    StationEvents,
    StationReservation,
)
from ocpilot.base.errors import OcpilotError
from ocpilot.base.time import Clock
from ocpilot.ocpp import schemas
from ocpilot.ocpp.frames import CallError, CallResult, ErrorCode, ErrorWords
from ocpilot.wire.v230 import ChargingProfile, ChargingRateUnit, DisplayText, Tariff


class CallRefused(OcpilotError):
    """A station's call that is answered with a CALLERROR. Never leaves `ocpp/`."""

    fault = "station"

    def __init__(self, code: str, description: str, details: Payload | None = None) -> None:
        self.code = code
        self.details = details or {}
        super().__init__(description)


class Station(msgspec.Struct, frozen=True):
    """One station as a handler sees it: whom it speaks for, whom it tells, what time it is."""

    id: str
    events: StationEvents
    clock: Clock


Handler = Callable[[Station, Payload], Awaitable[Payload]]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A call of ours: its action and payload, and how the station's answer reads as a status word.

    `refused` is the word for a refusal, `done` that for an answer which needs no status.
    """

    action: str
    payload: Payload
    refused: str = "Rejected"
    done: str | None = None


class OcppVersion(Protocol):
    """One OCPP version: its words and its tables, what stations call and what we call."""

    @property
    def subprotocol(self) -> str:
        """The websocket subprotocol, as `ocpp1.6`."""

    @property
    def schemas(self) -> str:
        """The sub-package of `ocpp` that has the schemas."""

    @property
    def words(self) -> ErrorWords:
        """How this version spells its errors."""

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """What stations call, by action."""

    @property
    def sent(self) -> Mapping[str, Handler]:
        """What stations say without waiting for an answer, by action (2.1, "SEND")."""

    def remote_start(self, evse_id: int | None, token: IdToken, remote_start_id: int) -> Asked:
        """Ask the station to start a transaction."""

    def remote_stop(self, transaction: Transaction) -> Asked:
        """Ask the station to stop a transaction."""

    def unlock(self, evse_id: int, connector_id: int) -> Asked:
        """Ask the station to release a cable."""

    def reserve(self, reservation: StationReservation) -> Asked:
        """Ask the station to keep an EVSE free for a token."""

    def cancel_reservation(self, reservation_id: int) -> Asked:
        """Ask the station to keep it free no longer."""

    def set_charging_profile(self, transaction: Transaction, profile: ChargingProfile) -> Asked:
        """Ask the station to limit a transaction."""

    def clear_charging_profile(self, transaction: Transaction) -> Asked:
        """Ask the station to limit it no longer."""

    def active_charging_profile(self, transaction: Transaction, seconds: int, unit: ChargingRateUnit) -> Asked:
        """Ask the station which limits will hold."""

    def local_list_limits(self) -> Asked:
        """Ask the station how many Tokens its local list takes."""

    def local_list_limits_of(self, asked: Asked, answer: CallResult | CallError) -> LocalListLimits | None:
        """The limits the station named; None when it has no local list."""

    def send_local_list(self, update: ListUpdate) -> Asked:
        """Tell the station what is on its local list."""

    def cost_updated(self, transaction: Transaction, cost: Decimal) -> Asked | None:
        """Tell the station what a transaction costs so far; None in a version that has no words for it."""

    def set_default_tariff(self, evse_id: int, tariff: Tariff, name: str, texts: Sequence[DisplayText]) -> Asked | None:
        """Tell the station by what charges at an EVSE are priced; None in a version that has no words for it.
        Inexpressible."""

    def active_profile_of(self, asked: Asked, answer: CallResult | CallError, now: datetime) -> ActiveProfileAnswer:
        """The limits the station named; `now` is when they count from if it does not say."""

    def status_of(self, asked: Asked, answer: CallResult | CallError) -> str:
        """The station's answer as a status word of OCPP 1.6."""


def payload_of(package: str, asked: Asked, answer: CallResult | CallError) -> Payload | None:
    """What a station answered as far as it is sure; None for a refusal and for an answer that is none."""
    if isinstance(answer, CallError):
        return None
    checked = schemas.check_answer(package, asked.action, answer.payload)
    return None if checked.errors else checked.payload


def status_word(package: str, asked: Asked, answer: CallResult | CallError) -> str:
    """The status in an answer; one without a status, or a refusal, is the word for "no" that the action has."""
    if isinstance(answer, CallError):
        no_such_action = answer.code in (ErrorCode.NOT_IMPLEMENTED, ErrorCode.NOT_SUPPORTED)
        return "NotSupported" if no_such_action else asked.refused
    payload = payload_of(package, asked, answer)
    status = payload.get("status", asked.done) if payload is not None else None
    return status if isinstance(status, str) else asked.refused

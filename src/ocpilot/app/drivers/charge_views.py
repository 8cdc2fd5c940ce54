"""What a driver sees of his own charges: the start, the running charge, the history with receipts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from ocpilot.app.customers import driver_costs
from ocpilot.app.customers.driver_costs import Charged, Paid
from ocpilot.app.kept.charge_records import Command
from ocpilot.app.kept.clearing_records import ClearingState
from ocpilot.app.kept.records import Account, ObjectKey, Receipt, Record, StoredObject
from ocpilot.app.ocpi import tokens
from ocpilot.app.ocpi.accounts import is_his, may_be_his
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.platform import Platform
from ocpilot.base.errors import InvalidObject, NotFound
from ocpilot.base.ids import PartyId
from ocpilot.billing.matching import is_bill_of
from ocpilot.billing.numbers import after_taxes
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import (
    CDR,
    CdrDimensionType,
    ChargingPeriod,
    CommandResponseType,
    CommandResultType,
    CommandType,
    Location,
    Price,
    Session,
    SessionStatus,
    Token,
)

_MANY = 200


class Stage(StrEnum):
    """How far the start of a charge has come."""

    ASKING = "asking"
    STATION = "station"
    PLUG_IN = "plug_in"
    STARTED = "started"
    REFUSED = "refused"
    TIMED_OUT = "timed_out"


class StartView(Record, frozen=True):
    """A command of this driver. `reason` is the standard's word of a refusal, `station` where it was sent."""

    command: Command
    stage: Stage
    reason: str | None = None
    session: ObjectKey | None = None
    station: ObjectKey | None = None


class ChargeView(Record, frozen=True):
    """A charge: the Session while it runs, the CDR when the bill has come, either alone or both."""

    key: ObjectKey
    session: Session | None
    cdr: CDR | None
    place: Location | None
    receipt: Receipt | None
    #: The bill was taken back, and no other one has come.
    credited: bool = False
    #: Which CDR the bill is.
    bill: ObjectKey | None = None
    #: What whoever pays for it pays; None: what the operator asks.
    paid: Paid | None = None

    @property
    def running(self) -> bool:
        """Is the car still connected, as far as we know?"""
        ended = {SessionStatus.COMPLETED, SessionStatus.INVALID}
        return self.cdr is None and self.session is not None and self.session.status not in ended

    @property
    def kwh(self) -> Decimal:
        """Energy in kWh."""
        return self.cdr.total_energy if self.cdr else self._known.kwh

    @property
    def started(self) -> datetime:
        """When it began."""
        return self.cdr.start_date_time if self.cdr else self._known.start_date_time

    @property
    def ended(self) -> datetime | None:
        """When it ended; None while it runs."""
        return self.cdr.end_date_time if self.cdr else self._known.end_date_time

    @property
    def cost(self) -> Price | None:
        """What the driver pays, or the bill, or the cost so far; None while it is not known."""
        if self.paid is not None:
            return self.paid.cost
        return self.cdr.total_cost if self.cdr else self._known.total_cost

    @property
    def currency(self) -> str:
        """ISO 4217."""
        if self.paid is not None:
            return self.paid.currency
        return self.cdr.currency if self.cdr else self._known.currency

    @property
    def place_name(self) -> str:
        """Where, in words."""
        if self.place is not None:
            return self.place.name or self.place.address
        if self.cdr is not None:
            return self.cdr.cdr_location.name or self.cdr.cdr_location.address
        return self._known.location_id

    @property
    def zone(self) -> str:
        """The IANA zone of the place; UTC when we do not know it."""
        return self.place.time_zone if self.place else "UTC"

    @property
    def kilowatts(self) -> Decimal | None:
        """The power of the newest Charging Period of a running charge, when it tells one."""
        if self.session is None or not self.running or not self.session.charging_periods:
            return None
        return _power(self.session.charging_periods[-1])

    def lasted(self, now: datetime) -> timedelta:
        """From plug to unplug, or until now."""
        return (self.ended or now) - self.started

    @property
    def _known(self) -> Session:
        if self.session is None:
            raise NotFound("no such charge")
        return self.session


def _power(period: ChargingPeriod) -> Decimal | None:
    """kW as the period tells it: POWER, else MAX_POWER."""
    volumes = {dimension.type: dimension.volume for dimension in period.dimensions}
    return volumes.get(CdrDimensionType.POWER, volumes.get(CdrDimensionType.MAX_POWER))


async def start_view(platform: Platform, account: Account, command_id: str) -> StartView:
    """How a start this driver asked for is going; NotFound when it is not his."""
    command = await platform.store.commands.get(command_id)
    if command is None or command.account_id != account.id:
        raise NotFound(f"no command {command_id}")
    return await of_command(platform, command)


async def of_command(platform: Platform, command: Command) -> StartView:
    """The same for any command of ours; whose it is, is for the caller to know."""
    if command.command == CommandType.START_SESSION and command.session_id is not None:
        key = await _session_key(platform, command)
        return StartView(command=command, stage=Stage.STARTED if key else Stage.PLUG_IN, session=key)
    stage, reason = _stage(command, platform.clock())
    return StartView(command=command, stage=stage, reason=reason, station=await _station_key(platform, command))


def _stage(command: Command, now: datetime) -> tuple[Stage, str | None]:
    if command.response not in {None, CommandResponseType.ACCEPTED}:
        return Stage.REFUSED, command.response
    if command.result is None:
        waiting = Stage.ASKING if command.response is None else Stage.STATION
        return (Stage.TIMED_OUT if now >= command.expires_at else waiting), None
    if command.result == CommandResultType.ACCEPTED:
        return Stage.PLUG_IN, None
    return (Stage.TIMED_OUT if command.result == CommandResultType.TIMEOUT else Stage.REFUSED), command.result


async def _session_key(platform: Platform, command: Command) -> ObjectKey | None:
    found = await platform.store.objects.find(ModuleID.SESSIONS, command.session_id or "")
    return next((stored.key for stored in found if stored.peer_id in {command.peer_id, None}), None)


async def _station_key(platform: Platform, command: Command) -> ObjectKey | None:
    found = await platform.store.locations.find(command.location_id or "")
    return next((stored.key for stored in found if stored.peer_id == command.peer_id), None)


async def charge_view(platform: Platform, account: Account, party: PartyId, session_id: str) -> ChargeView:
    """One charge of this driver by the id of its Session; NotFound when there is none or it is not his."""
    sessions = await platform.store.objects.find(ModuleID.SESSIONS, session_id)
    for stored in sessions:
        session = value_of(Session, stored)
        if stored.key.party == party and is_his(platform, account, stored, session.cdr_token):
            cdrs = await platform.store.objects.newest(ModuleID.CDRS, _MANY, [session.cdr_token.uid])
            return await _joined(platform, stored, session, _cdr_of(session, cdrs))
    raise NotFound(f"no charge {session_id}")


async def charges(platform: Platform, account: Account, limit: int = 50) -> tuple[ChargeView, ...]:
    """The driver's charges, newest first."""
    return await with_tokens(platform, account.token_uids, limit)


async def with_tokens(platform: Platform, uids: Sequence[str], limit: int) -> tuple[ChargeView, ...]:
    """Charges with these Tokens, newest first."""
    if not uids:
        return ()
    cdrs = await platform.store.objects.newest(ModuleID.CDRS, _MANY, uids)
    sessions = await platform.store.objects.newest(ModuleID.SESSIONS, limit, uids)
    views = []
    for stored in sessions:
        session = _readable(stored)
        if session is not None and may_be_his(platform, stored, session.cdr_token):
            views.append(await _joined(platform, stored, session, _cdr_of(session, cdrs)))
    return tuple(sorted(views, key=lambda view: view.started, reverse=True))


class Sum(Record, frozen=True):
    """What billed charges in one currency came to, taxes included where stated."""

    kwh: Decimal
    cost: Decimal


def totals(views: Sequence[ChargeView]) -> tuple[tuple[str, Sum], ...]:
    """The sum of all billed charges per currency."""
    sums: dict[str, Sum] = {}
    for view in (one for one in views if one.cdr):
        before = sums.get(view.currency, Sum(kwh=Decimal(), cost=Decimal()))
        cost = after_taxes(view.cost) if view.cost else Decimal()
        sums[view.currency] = Sum(kwh=before.kwh + view.kwh, cost=before.cost + cost)
    return tuple(sums.items())


async def running_charges(platform: Platform, account: Account) -> tuple[ChargeView, ...]:
    """The driver's charges that have not ended."""
    return tuple(view for view in await charges(platform, account, 10) if view.running)


async def receipt(platform: Platform, account: Account, number: str) -> Receipt:
    """A receipt of this driver; NotFound when it is not his."""
    found = await platform.store.documents.receipt(number)
    if found is None or found.account_id != account.id:
        raise NotFound(f"no receipt {number}")
    return found


async def cards(platform: Platform, account: Account) -> tuple[Token, ...]:
    """The Tokens of this driver: the app's own and his cards."""
    found = [await tokens.known(platform, uid) for uid in account.token_uids]
    return tuple(known[0][1] for known in found if known)


async def _joined(
    platform: Platform, stored: StoredObject, session: Session, bill: tuple[StoredObject, CDR] | None
) -> ChargeView:
    """A Session with its CDR, receipt and Location."""
    where = ObjectKey(module=ModuleID.LOCATIONS, party=stored.key.party, id=session.location_id)
    place = await platform.store.locations.get(where, stored.peer_id)
    standing = await platform.store.clearings.get(bill[0].key) if bill else None
    location, cdr = value_of(Location, place) if place else None, bill[1] if bill else None
    charged = Charged(session=session, cdr=cdr, place=location, key=stored.key, peer_id=stored.peer_id)
    return ChargeView(
        key=stored.key,
        session=session,
        cdr=cdr,
        place=location,
        receipt=await platform.store.documents.receipt_of(bill[0].key) if bill else None,
        credited=standing is not None and standing.state is ClearingState.CREDITED,
        bill=bill[0].key if bill else None,
        paid=await driver_costs.paid(platform, charged, bill[0].key if bill else None),
    )


def _cdr_of(session: Session, cdrs: tuple[StoredObject, ...]) -> tuple[StoredObject, CDR] | None:
    """The bill of a Session, when it has come."""
    for stored in cdrs:
        cdr = value_of(CDR, stored)
        if is_bill_of(cdr, session):
            return stored, cdr
    return None


def _readable(stored: StoredObject) -> Session | None:
    try:
        return value_of(Session, stored)
    except InvalidObject:
        return None

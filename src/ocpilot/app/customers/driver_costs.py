"""What a charge costs the customer who pays for it, where that is not what the operator asks."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from msgspec.structs import replace

from ocpilot.app.customers import driver_prices
from ocpilot.app.customers.driver_prices import Paying
from ocpilot.app.kept.bill_records import BillItem, Purpose
from ocpilot.app.kept.records import ObjectKey, Record
from ocpilot.app.ocpi import tariffs as tariff_store
from ocpilot.app.platform import Platform
from ocpilot.base.zones import zone_named
from ocpilot.pricing import price
from ocpilot.wire.v230 import CDR, ChargingPeriod, Location, Price, Session, TaxAmount


class Paid(Record, frozen=True, kw_only=True):
    """The cost, None: not known yet."""

    cost: Price | None
    currency: str


class Charged(Record, frozen=True, kw_only=True):
    """A charge to be priced: the Session, its CDR when it has come, and where it was."""

    session: Session
    cdr: CDR | None
    place: Location | None
    key: ObjectKey
    peer_id: int | None

    @property
    def periods(self) -> Sequence[ChargingPeriod]:
        """Of the CDR, or so far."""
        return self.cdr.charging_periods if self.cdr else self.session.charging_periods

    @property
    def end(self) -> datetime | None:
        """None while it runs."""
        return self.cdr.end_date_time if self.cdr else self.session.end_date_time


async def paid(platform: Platform, charge: Charged, bill: ObjectKey | None) -> Paid | None:
    """What is on the invoice or will be, else what his price plan makes of it so far. None: what the operator asks."""
    items = await platform.store.bill_items.of(bill) if bill else ()
    sold = next((item for item in reversed(items) if item.purpose is Purpose.SALE), None)
    if sold is not None:
        return None if sold.taken_back else _of_item(sold)
    payer = await driver_prices.paying(platform, (charge.session.cdr_token.uid,), charge.session.start_date_time)
    if payer is None or payer.plan is None:
        return None
    return await _by_plan(platform, charge, payer)


def _of_item(item: BillItem) -> Paid:
    gross = sum((line.net if line.gross is None else line.gross for line in item.lines), Decimal(0))
    tax = TaxAmount(name="VAT", amount=gross - item.net)
    return Paid(cost=Price(before_taxes=item.net, taxes=(tax,)), currency=item.currency)


async def _by_plan(platform: Platform, charge: Charged, payer: Paying) -> Paid:
    """A price by the hour is known when the charge is over."""
    session, place = charge.session, charge.place
    named = {one.tariff_id for one in charge.periods if one.tariff_id}
    asked = await tariff_store.named(platform, charge.key.party, sorted(named), charge.peer_id)
    by_hour = payer.plan is not None and payer.plan.series
    country = place.country if place else ""
    found = () if by_hour else driver_prices.tariffs_paid(platform, payer, charge.key.party, country, asked)
    if not found:
        return Paid(cost=None, currency=session.currency)
    instead = found[0].id if payer.plan is not None and payer.plan.tariff is not None else None
    priced = price(
        [replace(one, tariff_id=instead or one.tariff_id) for one in charge.periods],
        found,
        start=session.start_date_time,
        end=charge.end,
        zone=zone_named(place.time_zone if place else "UTC"),
        currency=found[0].currency,
        explained=False,
    )
    return Paid(cost=priced.total.price if priced.total else None, currency=found[0].currency)

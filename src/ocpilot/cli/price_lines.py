"""CDRs as text -> one JSON line each with what they cost, or why that cannot be said."""

from collections.abc import Iterator
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.base.errors import InvalidObject
from ocpilot.base.time import hours
from ocpilot.cli.charges import unsaid_in
from ocpilot.pricing import PricedCharge, Sum, price
from ocpilot.wire.codec import read
from ocpilot.wire.kinds import guess_version, kind_of
from ocpilot.wire.protocol import Version
from ocpilot.wire.texts import objects_in, value_of
from ocpilot.wire.v230 import CDR, CdrDimensionType, Tariff


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What all CDRs are priced by: `tariffs` (none: those in each CDR), the Locations' zone, the OCPI version (None: as
    guessed), and the keys of CDRs to leave out."""

    tariffs: tuple[Tariff, ...] = ()
    zone: str = "UTC"
    version: Version | None = None
    done: frozenset[str] = frozenset()


class Text(msgspec.Struct, frozen=True):
    """A text of one CDR or more, and where it stands; `line` None is the whole file."""

    file: str
    line: int | None
    content: bytes


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """Decimal strings; None is not known."""

    before_taxes: str | None
    taxes: str | None
    after_taxes: str | None


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is written of a CDR. Without `total_cost` it could not be priced, for the `reasons`; `findings` are what is
    odd about it. A Credit CDR has its total negative, and only that (mod_cdrs, "Credit CDRs")."""

    file: str
    line: int | None = None
    key: str | None = None
    id: str | None = None
    currency: str | None = None
    credit: bool = False
    total_cost: Money | None = None
    total_fixed_cost: Money | None = None
    total_energy_cost: Money | None = None
    total_time_cost: Money | None = None
    total_parking_cost: Money | None = None
    total_reservation_cost: Money | None = None
    total_energy: str | None = None
    total_time: str | None = None
    total_parking_time: str | None = None
    findings: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


def lines_of_text(text: Text, terms: Terms) -> Iterator[Line]:
    """One for each CDR that is not done; one with reasons for what is none."""
    value = value_of(text.content)
    if value.wrong is not None:
        yield Line(file=text.file, line=text.line, reasons=(value.wrong,))
        return
    for path, item in objects_in(value.value):
        line = _line(text, path, item, terms)
        if line is not None:
            yield line


def _line(text: Text, path: str, item: object, terms: Terms) -> Line | None:
    if not isinstance(item, dict):
        return Line(file=text.file, line=text.line, reasons=(f"{path}: found {type(item).__name__}, expected a CDR",))
    try:
        version = terms.version or guess_version(kind_of(CDR), item)
        cdr = read(CDR, version, item, unsaid_in(item)).value
    except InvalidObject as error:
        reasons = tuple(str(problem) for problem in error.problems)
        return Line(file=text.file, line=text.line, id=_text(item.get("id")), reasons=reasons)
    key = key_of(cdr)
    return None if key in terms.done else _priced(text, key, cdr, terms)


def key_of(cdr: CDR) -> str:
    """What tells it from all others (mod_cdrs, "CDR Object", `id`)."""
    return f"{cdr.country_code}*{cdr.party_id}*{cdr.id}".upper()


def _priced(text: Text, key: str, cdr: CDR, terms: Terms) -> Line:
    kinds = {one.type for period in cdr.charging_periods for one in period.dimensions}
    priced = price(
        cdr.charging_periods,
        terms.tariffs or cdr.tariffs,
        start=cdr.start_date_time,
        end=cdr.end_date_time,
        zone=ZoneInfo(terms.zone),
        currency=cdr.currency,
        # Nothing in a CDR says that a reservation expired; one that holds nothing but a reservation is one.
        expired=kinds == {CdrDimensionType.RESERVATION_TIME},
        explained=False,
    )
    findings = tuple(map(str, priced.findings))
    if priced.total is None:
        reasons = findings or ("no Tariff is given and the CDR holds none",)
        return Line(file=text.file, line=text.line, key=key, id=cdr.id, currency=cdr.currency, reasons=reasons)
    return _with_costs(text, key, cdr, priced, findings)


def _with_costs(text: Text, key: str, cdr: CDR, priced: PricedCharge, findings: tuple[str, ...]) -> Line:
    return Line(
        file=text.file,
        line=text.line,
        key=key,
        id=cdr.id,
        currency=cdr.currency,
        credit=bool(cdr.credit),
        total_cost=_money(priced.total, -1 if cdr.credit else 1),
        total_fixed_cost=_money(priced.fixed),
        total_energy_cost=_money(priced.energy),
        total_time_cost=_money(priced.time),
        total_parking_cost=_money(priced.parking),
        total_reservation_cost=_money(priced.reservation),
        total_energy=f"{priced.kwh:f}",
        total_time=f"{hours(priced.duration):f}",
        total_parking_time=f"{hours(priced.parked):f}",
        findings=findings,
    )


def _money(total: Sum | None, sign: int = 1) -> Money | None:
    if total is None:
        return None
    sides = (total.amount.excl, total.amount.vat, total.amount.incl)
    before, taxes, after = (None if side is None else f"{_signed(side, sign):f}" for side in sides)
    return Money(before_taxes=before, taxes=taxes, after_taxes=after)


def _signed(side: Decimal, sign: int) -> Decimal:
    """Without a negative zero."""
    return side * sign if side else side


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None

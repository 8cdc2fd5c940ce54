"""What a transaction came to: its terms as they were at the start, what was measured, and what that costs."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.app.charges.righted import righted
from ocpilot.app.charges.samples import findings_of
from ocpilot.app.charges.signed import Blob, blobs_of
from ocpilot.app.kept.charge_records import Reservation, Station, StationConnector, Transaction, TransactionState
from ocpilot.app.kept.records import ObjectKey, Record
from ocpilot.app.ocpi import tariffs
from ocpilot.app.ocpi.bodies import parsed, text_of, value_of
from ocpilot.app.platform import Platform
from ocpilot.base.errors import OcpilotError
from ocpilot.base.ids import PartyId, fold
from ocpilot.base.zones import zone_named
from ocpilot.billing.metered import Reserved, cost_of, metered
from ocpilot.billing.power import phases_of, watts_of
from ocpilot.metering.findings import once_each
from ocpilot.metering.periods import Measured
from ocpilot.pricing import PricedCharge, choice
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import (
    EVSE,
    ChargingPreferences,
    Connector,
    Location,
    ProfileType,
    Tariff,
)


class Terms(Record, frozen=True):
    """Location (with the one EVSE), Connector and Tariffs a charge began under (mod_cdrs, "CDR Object").

    `reserved_from` is when a reservation before it began, `reserved_under` the Tariff of that.
    """

    location: Location
    evse: EVSE
    connector: Connector
    tariffs: tuple[Tariff, ...]
    reserved_from: datetime | None = None
    reserved_under: Tariff | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The Location's zone; UTC when its name is none."""
        return zone_named(self.location.time_zone)

    @property
    def phases(self) -> int:
        """Of the Connector; 1 for direct current."""
        return phases_of(self.connector.power_type)

    @property
    def max_power_w(self) -> Decimal:
        """The most the Connector can give."""
        return Decimal(watts_of(self.connector))

    def tariff_at(self, start: datetime) -> Tariff | None:
        """The one that holds for a charge without preferences that begins then."""
        return choice.usual(self.tariffs, start)

    def tariff_of(self, profile: ProfileType, start: datetime) -> Tariff | None:
        """The one of a driver's preference for a charge that began at `start`; None when the operator has none."""
        return choice.preferred(self.tariffs, profile, start)


class AcceptedPreferences(Record, frozen=True):
    """What a driver wanted, and the moment we accepted it. `wanted` is the ChargingPreferences (2.3.0)."""

    at: datetime
    wanted: msgspec.Raw

    @property
    def profile(self) -> ProfileType:
        """How he wants to charge from then on."""
        return parsed(ChargingPreferences, bytes(self.wanted).decode()).profile_type


class Charge(Record, frozen=True):
    """A transaction measured and priced. `tariffs` are those it began and went on under, and that of a reservation;
    none when none holds: then the cost is unknown, not zero."""

    transaction: Transaction
    terms: Terms
    tariffs: tuple[Tariff, ...]
    currency: str
    measured: Measured
    priced: PricedCharge
    signed: tuple[Blob, ...] = ()


class NoTerms(OcpilotError):
    """The transaction began somewhere we know nothing about, so nothing can be said of it."""


class _KeptTerms(msgspec.Struct, frozen=True):
    location: msgspec.Raw
    tariffs: tuple[msgspec.Raw, ...]
    reserved_from: datetime | None = None
    #: One Tariff or none.
    reserved_under: tuple[msgspec.Raw, ...] = ()


async def terms_now(
    platform: Platform,
    station: Station,
    connector: StationConnector,
    reservation: Reservation | None = None,
    *,
    driver: PartyId | None,
    ad_hoc: bool = False,
) -> str | None:
    """The terms of a charge that starts now with a Token of the party `driver` (None: nobody knows whose), maybe with a
    reservation, as JSON text; None when the Location or EVSE is not stored. `ad_hoc`: there is no contract."""
    key = ObjectKey(module=ModuleID.LOCATIONS, party=station.party, id=station.location_id)
    stored = await platform.store.locations.get(key)
    location = value_of(Location, stored) if stored else None
    evse = _named(location.evses if location else (), connector.evse_uid)
    if location is None or evse is None:
        return None
    place = next((one for one in evse.connectors if fold(one.id) == fold(connector.ocpi_connector_id)), None)
    held = await tariffs.at_connector(platform, station.party, place, driver) if place else ()
    if ad_hoc:
        held = choice.for_ad_hoc(held)
    kept = _KeptTerms(
        location=msgspec.Raw(text_of(msgspec.structs.replace(location, evses=(evse,)))),
        tariffs=tuple(msgspec.Raw(text_of(one)) for one in held),
        reserved_from=reservation.began_at if reservation else None,
        reserved_under=_reserved_under(reservation) if reservation else (),
    )
    return msgspec.json.encode(kept).decode()


def _reserved_under(reservation: Reservation) -> tuple[msgspec.Raw, ...]:
    tariff = terms_of(reservation).tariff_at(reservation.began_at) if reservation.terms else None
    return (msgspec.Raw(text_of(tariff)),) if tariff else ()


def terms_of(begun: Transaction | Reservation) -> Terms:
    """The terms kept with a transaction or reservation; NoTerms when there are none."""
    if begun.terms is None:
        raise NoTerms(f"{type(begun).__name__.lower()} {begun.id} began at an EVSE that is not stored")
    return _terms(begun.terms, begun.ocpi_connector_id)


@lru_cache(maxsize=2048)
def _terms(text: str, connector_id: str) -> Terms:
    """Read once per transaction rather than at every meter value."""
    kept = msgspec.json.decode(text, type=_KeptTerms)
    location = parsed(Location, bytes(kept.location).decode())
    evse = location.evses[0]
    connector = next((one for one in evse.connectors if fold(one.id) == fold(connector_id)), None)
    if connector is None:
        raise NoTerms(f"the EVSE {evse.uid} had no connector {connector_id}")
    return Terms(
        location=location,
        evse=evse,
        connector=connector,
        tariffs=tuple(parsed(Tariff, bytes(one).decode()) for one in kept.tariffs),
        reserved_from=kept.reserved_from,
        reserved_under=next((parsed(Tariff, bytes(one).decode()) for one in kept.reserved_under), None),
    )


def preferences_of(transaction: Transaction) -> tuple[AcceptedPreferences, ...]:
    """What its driver has wanted, in order of time."""
    return msgspec.json.decode(transaction.preferences or "[]", type=tuple[AcceptedPreferences, ...])


def _later(transaction: Transaction, terms: Terms, first: Tariff, start: datetime) -> Iterator[tuple[datetime, Tariff]]:
    """From when on which other Tariff holds, by what the driver preferred."""
    current = first
    for one in preferences_of(transaction):
        wanted = terms.tariff_of(one.profile, start)
        if wanted is not None and wanted != current:
            yield one.at, wanted
            current = wanted


def _reservation(terms: Terms, currency: str) -> Reserved | None:
    """The reservation before a charge; its Tariff counts when both are in one currency."""
    if terms.reserved_from is None:
        return None
    under = terms.reserved_under
    return Reserved(since=terms.reserved_from, tariff=under if under and under.currency == currency else None)


async def charge_of(platform: Platform, transaction: Transaction, under: Tariff | None = None) -> Charge:
    """Measure all samples of a transaction and price them; the same samples give the same Charge. Raises NoTerms.

    `under` is a Tariff that is to hold all the time in place of those the charge began and went on under.
    """
    terms = terms_of(transaction)
    rows = await platform.store.transactions.samples(transaction.id)
    told = righted(transaction, rows)
    tariff = under or terms.tariff_at(told.start)
    currency = tariff.currency if tariff else platform.settings.charging.currency
    later = tuple(_later(transaction, terms, tariff, told.start)) if tariff and not under else ()
    reserved = _reservation(terms, tariff.currency if tariff else "")
    found = metered(
        told.samples,
        tariff,
        start=told.start,
        end=told.end,
        zone=terms.zone,
        later=later,
        reserved=reserved,
        max_power_w=terms.max_power_w,
    )
    came = findings_of(rows) if transaction.state != TransactionState.OPEN else ()
    found = msgspec.structs.replace(found, findings=once_each((*found.findings, *told.findings, *came)))
    reserving = (reserved.tariff,) if reserved and reserved.tariff else ()
    held = (*((tariff,) if tariff else ()), *(one for _, one in later), *reserving)
    used = tuple({one.id: one for one in reversed(held)}.values())[::-1]
    return Charge(
        transaction=transaction,
        terms=terms,
        tariffs=used,
        currency=currency,
        measured=found,
        priced=cost_of(found, used, zone=terms.zone, currency=currency),
        signed=blobs_of(rows),
    )


def repriced(charge: Charge, measured: Measured) -> Charge:
    """The same with other quantities."""
    priced = cost_of(measured, charge.tariffs, zone=charge.terms.zone, currency=charge.currency)
    return msgspec.structs.replace(charge, measured=measured, priced=priced)


def _named(evses: tuple[EVSE, ...], uid: str) -> EVSE | None:
    return next((one for one in evses if fold(one.uid) == fold(uid)), None)

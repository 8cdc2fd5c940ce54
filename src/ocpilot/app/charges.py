"""What a transaction came to: its terms as they were at the start, what was measured, and what that costs."""

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from ocpilot.app import samples, tariffs
from ocpilot.app.bodies import parsed, text_of, value_of
from ocpilot.app.platform import Platform
from ocpilot.app.records import ObjectKey, Record, Reservation, Station, StationConnector, Transaction
from ocpilot.app.signed import signed_data_of
from ocpilot.base.errors import OcpilotError
from ocpilot.base.ids import fold
from ocpilot.billing.metered import cost_of, metered
from ocpilot.metering.periods import Measured
from ocpilot.pricing import PricedCharge
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import EVSE, Connector, Location, PowerType, SignedData, Tariff, TariffType

_PHASES = {PowerType.AC_3_PHASE: 3, PowerType.AC_2_PHASE: 2, PowerType.AC_2_PHASE_SPLIT: 2}


class Terms(Record, frozen=True):
    """Location (with the one EVSE), Connector and Tariffs a charge began under (mod_cdrs, "CDR Object")."""

    location: Location
    evse: EVSE
    connector: Connector
    tariffs: tuple[Tariff, ...]

    @property
    def zone(self) -> ZoneInfo:
        """The Location's zone; UTC when its name is none."""
        try:
            return ZoneInfo(self.location.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo("UTC")

    @property
    def max_power_w(self) -> Decimal:
        """The most the Connector can give; for alternating current volts are between phase and neutral."""
        phases = _PHASES.get(self.connector.power_type, 1)
        plate = self.connector.max_voltage * self.connector.max_amperage * phases
        return Decimal(self.connector.max_electric_power or plate)

    def tariff_at(self, start: datetime) -> Tariff | None:
        """The one that holds for a charge without preferences: REGULAR or without a type, and valid at its start."""
        valid = [one for one in self.tariffs if _valid(one, start)]
        return next((one for one in valid if one.type in (None, TariffType.REGULAR)), next(iter(valid), None))


class Charge(Record, frozen=True):
    """A transaction measured and priced. `tariff` is None when none holds; then the cost is unknown, not zero."""

    transaction: Transaction
    terms: Terms
    tariff: Tariff | None
    currency: str
    measured: Measured
    priced: PricedCharge
    signed: SignedData | None = None


class NoTerms(OcpilotError):
    """The transaction began somewhere we know nothing about, so nothing can be said of it."""


class _KeptTerms(msgspec.Struct, frozen=True):
    location: msgspec.Raw
    tariffs: tuple[msgspec.Raw, ...]


async def terms_now(platform: Platform, station: Station, connector: StationConnector) -> str | None:
    """The terms of a charge that starts now, as JSON text; None when the Location or EVSE is not stored."""
    key = ObjectKey(module=ModuleID.LOCATIONS, party=station.party, id=station.location_id)
    stored = await platform.store.locations.get(key)
    location = value_of(Location, stored) if stored else None
    evse = _named(location.evses if location else (), connector.evse_uid)
    if location is None or evse is None:
        return None
    place = next((one for one in evse.connectors if fold(one.id) == fold(connector.ocpi_connector_id)), None)
    held = await tariffs.at_connector(platform, station.party, place) if place else ()
    kept = _KeptTerms(
        location=msgspec.Raw(text_of(msgspec.structs.replace(location, evses=(evse,)))),
        tariffs=tuple(msgspec.Raw(text_of(one)) for one in held),
    )
    return msgspec.json.encode(kept).decode()


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
    held = tuple(parsed(Tariff, bytes(one).decode()) for one in kept.tariffs)
    return Terms(location=location, evse=evse, connector=connector, tariffs=held)


async def charge_of(platform: Platform, transaction: Transaction) -> Charge:
    """Measure all samples of a transaction and price them; the same samples give the same Charge. Raises NoTerms."""
    terms = terms_of(transaction)
    tariff = terms.tariff_at(transaction.started_at)
    rows = await platform.store.transactions.samples(transaction.id)
    sent = samples.all_of(transaction, rows)
    found = metered(
        sent,
        tariff,
        start=transaction.started_at,
        end=transaction.stopped_at,
        zone=terms.zone,
        max_power_w=terms.max_power_w,
    )
    currency = tariff.currency if tariff else platform.settings.charging.currency
    priced = cost_of(found, (tariff,) if tariff else (), zone=terms.zone, currency=currency)
    return Charge(
        transaction=transaction,
        terms=terms,
        tariff=tariff,
        currency=currency,
        measured=found,
        priced=priced,
        signed=signed_data_of(rows),
    )


def _named(evses: tuple[EVSE, ...], uid: str) -> EVSE | None:
    return next((one for one in evses if fold(one.uid) == fold(uid)), None)


def _valid(tariff: Tariff, at: datetime) -> bool:
    begun = tariff.start_date_time is None or tariff.start_date_time <= at
    return begun and (tariff.end_date_time is None or at < tariff.end_date_time)

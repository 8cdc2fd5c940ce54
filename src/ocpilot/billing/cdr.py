"""The CDR of a finished Session (mod_cdrs, "CDR Object")."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.base.errors import NotFound
from ocpilot.base.time import hours
from ocpilot.billing.metered import cost_of
from ocpilot.metering.periods import Measured
from ocpilot.wire.v230 import CDR, EVSE, CdrLocation, Connector, Location, Price, Session, SignedData, Tariff

#: What stands where the operator has no value (transport_and_format, "No data available").
NOT_AVAILABLE = "#NA"
#: Of an id of a CDR in 2.1.1; later versions allow 39 (mod_cdrs, "CDR Object").
_LONGEST_ID = 36


def make_cdr(  # noqa: PLR0917 - the things a CDR is made of, in the order they are known
    session: Session,
    location: Location,
    evse_uid: str,
    connector_id: str,
    tariffs: Sequence[Tariff],
    measured: Measured,
    *,
    cdr_id: str,
    now: datetime,
    remark: str | None = None,
    signed_data: SignedData | None = None,
    expired: bool = False,
) -> CDR:
    """The CDR, priced. Location and Tariffs are to be those at the start of the session; `expired` is a reservation
    that nobody came for.

    Costs nothing when no Tariff is relevant. Raises NotFound when the Location has no such EVSE or Connector.
    """
    used = {period.tariff_id for period in measured.periods}
    relevant = tuple(tariff for tariff in tariffs if tariff.id in used)
    zone = ZoneInfo(location.time_zone)
    priced = cost_of(measured, relevant, zone=zone, currency=session.currency, expired=expired)
    return CDR(
        country_code=session.country_code,
        party_id=session.party_id,
        id=cdr_id,
        start_date_time=measured.began,
        end_date_time=measured.end,
        session_id=session.id,
        cdr_token=session.cdr_token,
        auth_method=session.auth_method,
        authorization_reference=session.authorization_reference,
        cdr_location=cdr_location(location, evse_uid, connector_id),
        meter_id=session.meter_id,
        currency=session.currency,
        tariffs=relevant,
        charging_periods=measured.periods,
        signed_data=signed_data,
        total_cost=priced.total_cost or Price(before_taxes=Decimal(0)),
        total_fixed_cost=priced.total_fixed_cost,
        total_energy=measured.kwh,
        total_energy_cost=priced.total_energy_cost,
        total_time=hours(measured.end - measured.began),
        total_time_cost=priced.total_time_cost,
        total_parking_time=hours(measured.parked) if measured.parked else None,
        total_parking_cost=priced.total_parking_cost,
        total_reservation_cost=priced.total_reservation_cost,
        remark=remark[:255] if remark else None,
        last_updated=now,
    )


def credit_of(cdr: CDR, now: datetime, remark: str | None = None) -> CDR:
    """The Credit CDR that takes this one back: all its data, only the total negative (mod_cdrs, "Credit CDRs")."""
    cost = cdr.total_cost
    taxes = tuple(msgspec.structs.replace(tax, amount=-tax.amount) for tax in cost.taxes)
    return msgspec.structs.replace(
        cdr,
        id=_credit_id(cdr.id),
        total_cost=msgspec.structs.replace(cost, before_taxes=-cost.before_taxes, taxes=taxes),
        credit=True,
        credit_reference_id=cdr.id,
        remark=remark[:255] if remark else cdr.remark,
        last_updated=now,
    )


def credit_ids(cdr_id: str) -> tuple[str, ...]:
    """What the Credit CDR of this one may be called: as now, and as before 2.1.1 was thought of."""
    return tuple(dict.fromkeys((_credit_id(cdr_id), f"{cdr_id}-C")))


def _credit_id(cdr_id: str) -> str:
    """Something appended to the id, as the standard proposes; of a UUID the hyphens are left out, as 2.1.1 has no more
    than 36 characters."""
    whole = f"{cdr_id}-C"
    return whole if len(whole) <= _LONGEST_ID else f"{cdr_id.replace('-', '')}-C"


def cdr_location(location: Location, evse_uid: str, connector_id: str) -> CdrLocation:
    """Location, EVSE and Connector in one (mod_cdrs, "CdrLocation"); texts longer than a CDR holds are cut."""
    evse, connector = _connector(location, evse_uid, connector_id)
    return CdrLocation(
        id=location.id,
        name=location.name,
        address=location.address[:45],
        city=location.city,
        postal_code=location.postal_code,
        state=location.state[:20] if location.state else None,
        country=location.country,
        coordinates=location.coordinates,
        evse_uid=evse.uid,
        evse_id=evse.evse_id or NOT_AVAILABLE,
        connector_id=connector.id,
        connector_standard=connector.standard,
        connector_format=connector.format,
        connector_power_type=connector.power_type,
    )


def _connector(location: Location, evse_uid: str, connector_id: str) -> tuple[EVSE, Connector]:
    for evse in location.evses:
        for connector in evse.connectors:
            if evse.uid.lower() == evse_uid.lower() and connector.id.lower() == connector_id.lower():
                return evse, connector
    raise NotFound(f"location {location.id} has no EVSE {evse_uid} with a connector {connector_id}")

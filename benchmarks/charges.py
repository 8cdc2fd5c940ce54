"""The complex Tariff of the standard with numbers of our own, and CDRs under it."""

from datetime import UTC, datetime, timedelta

from bodies import OWNER, PARTNER, UPDATED, Body, cdr_token

#: A Monday.
START = datetime(2026, 11, 2, 7, 30, tzinfo=UTC)
ZONE = "Europe/Stockholm"


def _component(kind: str, price: float, vat: int, step: int) -> Body:
    return {"type": kind, "price": price, "vat": vat, "step_size": step}


WORKDAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]

#: As the complex Tariff of the standard: a start fee; time by current and day; parking by day and hour.
TARIFF: Body = {
    **OWNER,
    "id": "COMPLEX",
    "currency": "EUR",
    "type": "REGULAR",
    "tax_included": "NO",
    "elements": [
        {"price_components": [_component("FLAT", 2.4, 15, 1)]},
        {"price_components": [_component("TIME", 1.1, 20, 900)], "restrictions": {"max_current": 32.0}},
        {
            "price_components": [_component("TIME", 2.1, 20, 600)],
            "restrictions": {"min_current": 32.0, "day_of_week": WORKDAYS},
        },
        {
            "price_components": [_component("TIME", 1.3, 20, 600)],
            "restrictions": {"min_current": 32.0, "day_of_week": ["SATURDAY", "SUNDAY"]},
        },
        {
            "price_components": [_component("PARKING_TIME", 5.2, 10, 300)],
            "restrictions": {"start_time": "09:00", "end_time": "18:00", "day_of_week": WORKDAYS},
        },
        {
            "price_components": [_component("PARKING_TIME", 6.2, 10, 300)],
            "restrictions": {"start_time": "10:00", "end_time": "17:00", "day_of_week": ["SATURDAY"]},
        },
    ],
    "last_updated": UPDATED,
}


def cdr(number: int, periods: int) -> Body:
    """One CDR with so many Charging Periods of five minutes; every fifth is parking, so two prices take turns."""
    start = START + timedelta(hours=number % 600, minutes=number % 60)
    end = start + timedelta(minutes=5 * periods)
    hours = round(periods / 12, 4)
    return {
        **OWNER,
        "id": f"CDR-{number:08}",
        "start_date_time": _written(start),
        "end_date_time": _written(end),
        "session_id": f"SESSION-{number:08}",
        "cdr_token": cdr_token(PARTNER),
        "auth_method": "WHITELIST",
        "cdr_location": {
            "id": "L1",
            "address": "Storgatan 1",
            "city": "Västerås",
            "country": "SWE",
            "coordinates": {"latitude": "59.612000", "longitude": "16.545000"},
            "evse_uid": "EVSE-00001",
            "evse_id": "SE*LAD*E00001",
            "connector_id": "1",
            "connector_standard": "IEC_62196_T2",
            "connector_format": "SOCKET",
            "connector_power_type": "AC_3_PHASE",
        },
        "currency": "EUR",
        "tariffs": [TARIFF],
        "charging_periods": [_period(start + timedelta(minutes=5 * place), place) for place in range(periods)],
        "total_cost": {"before_taxes": 7.35, "taxes": [{"name": "VAT", "percentage": 20, "amount": 1.23}]},
        "total_energy": round(1.2345 * periods, 4),
        "total_time": hours,
        "last_updated": _written(end),
    }


def _period(start: datetime, place: int) -> Body:
    if place % 5 == 4:
        used = [{"type": "PARKING_TIME", "volume": 0.0833}]
    else:
        used = [
            {"type": "ENERGY", "volume": 1.2345},
            {"type": "TIME", "volume": 0.0833},
            {"type": "MIN_CURRENT", "volume": 16 + place % 3 * 16},
            {"type": "MAX_CURRENT", "volume": 16 + place % 3 * 16},
        ]
    return {"start_date_time": _written(start), "dimensions": used, "tariff_id": "COMPLEX"}


def _written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")

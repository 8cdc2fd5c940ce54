"""Generated Tokens, Sessions and CDRs: who charged where, how much, and what it cost."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import cast

from ocpilot.base import time
from ocpilot.base.ids import PartyId
from ocpilot.base.money import HALF_UP
from ocpilot.wire.codec import Body

_VAT = Decimal(25)


@dataclass(frozen=True)
class Network:
    """Where drivers charge, and at what prices."""

    places: Sequence[Body]
    tariffs: Sequence[Body]
    chance: random.Random


def tokens(party: PartyId, count: int, now: datetime) -> list[Body]:
    """Cards, and every fourth one an app; every tenth is not valid."""
    return [_token(party, number, now - timedelta(minutes=count - number)) for number in range(count)]


def _token(party: PartyId, number: int, changed: datetime) -> Body:
    return {
        "country_code": party.country_code,
        "party_id": party.party_id,
        "uid": f"04{number + 1:06X}A1B2C3",
        "type": "APP_USER" if number % 4 == 3 else "RFID",
        "contract_id": f"{party.country_code}-{party.party_id}-C{number + 1:08d}",
        "visual_number": f"{party.party_id} {number + 1:08d}",
        "issuer": f"{party.party_id} Mobility",
        "valid": number % 10 != 9,
        "whitelist": ("ALLOWED", "NEVER", "ALWAYS", "ALLOWED_OFFLINE")[number % 4],
        "language": "en",
        "last_updated": time.write(changed),
    }


def sessions(provider: PartyId, network: Network, count: int, now: datetime) -> list[Body]:
    """Charges of this provider's drivers at these Locations; every tenth goes on."""
    return [_session(provider, network, number, now - timedelta(hours=count - number)) for number in range(count)]


def _session(provider: PartyId, network: Network, number: int, end: datetime) -> Body:
    minutes, kwh = network.chance.randint(20, 240), Decimal(network.chance.randint(3000, 60000)) / 1000
    place = network.places[number % len(network.places)]
    evse, connector = _parts(place)
    running = number % 10 == 9
    start = end - timedelta(minutes=minutes)
    tariff_id = cast(list[str], connector["tariff_ids"])[0]
    body: Body = {
        "country_code": place["country_code"],
        "party_id": place["party_id"],
        "id": f"S{number + 1:06d}",
        "start_date_time": time.write(start),
        "end_date_time": time.write(end),
        "kwh": kwh,
        "cdr_token": _cdr_token(provider, number),
        "auth_method": "WHITELIST",
        "location_id": place["id"],
        "evse_uid": evse["uid"],
        "connector_id": connector["id"],
        "currency": "SEK",
        "charging_periods": [_period(start, kwh, minutes, tariff_id)],
        "total_cost": _price(kwh * _per_kwh(network.tariffs, tariff_id)),
        "status": "ACTIVE" if running else "COMPLETED",
        "last_updated": time.write(end),
    }
    if running:
        del body["end_date_time"]
    return body


def cdrs(provider: PartyId, network: Network, count: int, now: datetime) -> list[Body]:
    """One CDR for each of as many charges."""
    return [_cdr(provider, network, number, now - timedelta(hours=count - number)) for number in range(count)]


def _cdr(provider: PartyId, network: Network, number: int, end: datetime) -> Body:
    minutes, kwh = network.chance.randint(20, 240), Decimal(network.chance.randint(3000, 60000)) / 1000
    place = network.places[number % len(network.places)]
    tariff_id = cast(list[str], _parts(place)[1]["tariff_ids"])[0]
    cost = kwh * _per_kwh(network.tariffs, tariff_id)
    start = end - timedelta(minutes=minutes)
    return {
        "country_code": place["country_code"],
        "party_id": place["party_id"],
        "id": f"C{number + 1:06d}",
        "start_date_time": time.write(start),
        "end_date_time": time.write(end),
        "session_id": f"D{number + 1:06d}",
        "cdr_token": _cdr_token(provider, number),
        "auth_method": "WHITELIST",
        "cdr_location": _cdr_location(place),
        "currency": "SEK",
        "tariffs": [tariff for tariff in network.tariffs if tariff["id"] == tariff_id],
        "charging_periods": [_period(start, kwh, minutes, tariff_id)],
        "total_cost": _price(cost),
        "total_energy": kwh,
        "total_energy_cost": _price(cost),
        "total_time": _hours(minutes),
        "last_updated": time.write(end),
    }


def invoices(billed: Sequence[Body]) -> list[Body]:
    """An invoice for every ten CDRs."""
    return [_invoice(number, billed[start : start + 10]) for number, start in enumerate(range(0, len(billed), 10))]


def _invoice(number: int, billed: Sequence[Body]) -> Body:
    newest = billed[-1]
    return {
        "country_code": newest["country_code"],
        "party_id": newest["party_id"],
        "id": f"R{number + 1:06d}",
        "invoice_id": f"I-{number + 1:06d}",
        "cdrs": [cdr["id"] for cdr in billed],
        "last_updated": newest["last_updated"],
    }


def _cdr_location(place: Body) -> Body:
    evse, connector = _parts(place)
    return {name: place[name] for name in ("id", "name", "address", "city", "postal_code", "country")} | {
        "coordinates": place["coordinates"],
        "evse_uid": evse["uid"],
        "evse_id": evse["evse_id"],
        "connector_id": connector["id"],
        "connector_standard": connector["standard"],
        "connector_format": connector["format"],
        "connector_power_type": connector["power_type"],
    }


def _parts(place: Body) -> tuple[Body, Body]:
    evse = cast(list[Body], place["evses"])[0]
    return evse, cast(list[Body], evse["connectors"])[0]


def _cdr_token(provider: PartyId, number: int) -> Body:
    token = _token(provider, number, time.now())
    return {name: token[name] for name in ("country_code", "party_id", "uid", "type", "contract_id")}


def _period(start: datetime, kwh: Decimal, minutes: int, tariff_id: str) -> Body:
    return {
        "start_date_time": time.write(start),
        "dimensions": [{"type": "ENERGY", "volume": kwh}, {"type": "TIME", "volume": _hours(minutes)}],
        "tariff_id": tariff_id,
    }


def _per_kwh(tariffs: Sequence[Body], tariff_id: str) -> Decimal:
    tariff = next((one for one in tariffs if one["id"] == tariff_id), None)
    if tariff is None:
        return Decimal(4)
    element = cast(list[Body], tariff["elements"])[0]
    return Decimal(str(cast(list[Body], element["price_components"])[0]["price"]))


def _price(amount: Decimal) -> Body:
    net = HALF_UP.round(amount, "SEK")
    tax = HALF_UP.round(net * _VAT / 100, "SEK")
    return {"before_taxes": net, "taxes": [{"name": "VAT", "percentage": _VAT, "amount": tax}]}


def _hours(minutes: int) -> Decimal:
    return round(Decimal(minutes) / 60, 4)

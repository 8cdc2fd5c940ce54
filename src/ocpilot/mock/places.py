"""Generated Locations and Tariffs that look like those of a small operator."""

import random
from datetime import datetime, timedelta
from decimal import Decimal

from ocpilot.base import time
from ocpilot.base.ids import PartyId
from ocpilot.wire.codec import Body

#: Name, postal code, latitude, longitude.
_CITIES = (
    ("Kiruna", "98131", 67.8558, 20.2253),
    ("Luleå", "97231", 65.5848, 22.1547),
    ("Umeå", "90326", 63.8258, 20.2630),
    ("Östersund", "83131", 63.1767, 14.6361),
    ("Sundsvall", "85230", 62.3908, 17.3069),
    ("Gävle", "80320", 60.6749, 17.1413),
    ("Uppsala", "75310", 59.8586, 17.6389),
    ("Stockholm", "11120", 59.3293, 18.0686),
    ("Örebro", "70210", 59.2753, 15.2134),
    ("Karlstad", "65224", 59.3793, 13.5036),
    ("Linköping", "58223", 58.4108, 15.6214),
    ("Göteborg", "41103", 57.7089, 11.9746),
    ("Jönköping", "55318", 57.7826, 14.1618),
    ("Växjö", "35230", 56.8777, 14.8091),
    ("Kalmar", "39231", 56.6634, 16.3566),
    ("Malmö", "21119", 55.6050, 13.0038),
)
_STREETS = ("Storgatan", "Kungsgatan", "Stationsgatan", "Industrivägen", "Hamngatan", "Ringvägen", "Torggatan")
_SITES = ("Station", "Torget", "Köpcentrum", "Resecentrum", "Parkeringshus", "Rastplats", "Hamnen")
_STATUS = ("AVAILABLE",) * 6 + ("CHARGING",) * 3 + ("OUTOFORDER",)
#: Connector standard, format, power type, volt, ampere, watt.
_PLUGS = (
    ("IEC_62196_T2", "SOCKET", "AC_3_PHASE", 230, 16, 11000),
    ("IEC_62196_T2", "SOCKET", "AC_3_PHASE", 230, 32, 22000),
    ("IEC_62196_T2_COMBO", "CABLE", "DC", 500, 125, 50000),
    ("IEC_62196_T2_COMBO", "CABLE", "DC", 920, 300, 150000),
)


def tariffs(party: PartyId, count: int, now: datetime) -> list[Body]:
    """Prices per kWh, some with a fee for parking after the charge."""
    return [_tariff(party, number, now - timedelta(days=30, minutes=count - number)) for number in range(count)]


def _tariff(party: PartyId, number: int, changed: datetime) -> Body:
    price = Decimal(350 + 25 * (number % 12)) / 100
    components: list[Body] = [{"type": "ENERGY", "price": price, "vat": 25, "step_size": 1}]
    if number % 3 == 2:
        components.append({"type": "PARKING_TIME", "price": Decimal("30.00"), "vat": 25, "step_size": 60})
    return {
        **_owner(party),
        "id": f"T{number + 1:04d}",
        "currency": "SEK",
        "tariff_alt_text": [{"language": "en", "text": f"{price:f} SEK per kWh, VAT is added"}],
        "elements": [{"price_components": components}],
        "tax_included": "NO",
        "last_updated": time.write(changed),
    }


def locations(party: PartyId, count: int, tariff_count: int, now: datetime, chance: random.Random) -> list[Body]:
    """Sites in Swedish towns, each with up to six EVSEs."""
    return [
        _location(party, number, f"T{number % tariff_count + 1:04d}", now - timedelta(minutes=count - number), chance)
        for number in range(count)
    ]


def _location(party: PartyId, number: int, tariff_id: str, changed: datetime, chance: random.Random) -> Body:
    city, postal_code, latitude, longitude = _CITIES[number % len(_CITIES)]
    stamp = time.write(changed)
    return {
        **_owner(party),
        "id": f"L{number + 1:05d}",
        "publish": True,
        "name": f"{city} {_SITES[number // len(_CITIES) % len(_SITES)]}",
        "address": f"{chance.choice(_STREETS)} {chance.randint(1, 98)}",
        "city": city,
        "postal_code": postal_code,
        "country": "SWE",
        "coordinates": {
            "latitude": f"{latitude + chance.uniform(-0.03, 0.03):.6f}",
            "longitude": f"{longitude + chance.uniform(-0.03, 0.03):.6f}",
        },
        "parking_type": "PARKING_LOT",
        "evses": [_evse(party, (number, place), tariff_id, stamp, chance) for place in range(1 + number % 6)],
        "facilities": ["SUPERMARKET", "PARKING_LOT"],
        "time_zone": "Europe/Stockholm",
        "opening_times": {"twentyfourseven": True},
        "last_updated": stamp,
    }


def _evse(party: PartyId, which: tuple[int, int], tariff_id: str, stamp: str, chance: random.Random) -> Body:
    number, place = which
    standard, form, power, volt, ampere, watt = _PLUGS[(number + place) % len(_PLUGS)]
    return {
        "uid": f"L{number + 1:05d}-{place + 1}",
        "evse_id": f"{party.country_code}*{party.party_id}*E{number + 1:05d}*{place + 1}",
        "status": chance.choice(_STATUS),
        "capabilities": ["RFID_READER", "REMOTE_START_STOP_CAPABLE", "UNLOCK_CAPABLE", "CHARGING_PROFILE_CAPABLE"],
        "connectors": [
            {
                "id": "1",
                "standard": standard,
                "format": form,
                "power_type": power,
                "max_voltage": volt,
                "max_amperage": ampere,
                "max_electric_power": watt,
                "tariff_ids": [tariff_id],
                "last_updated": stamp,
            }
        ],
        "physical_reference": f"{place + 1}",
        "last_updated": stamp,
    }


def _owner(party: PartyId) -> Body:
    return {"country_code": party.country_code, "party_id": party.party_id}

"""OCPI 2.3.0 objects of a usual size: what partners send in the field, with all that is common filled in."""

Body = dict[str, object]

OWNER: Body = {"country_code": "SE", "party_id": "LAD"}
PARTNER: Body = {"country_code": "DE", "party_id": "ABC"}
UPDATED = "2026-11-01T10:00:00Z"
#: What an app that is measured against answers when it has taken a body.
STORED = b'{"status_code":1000,"status_message":"Success","timestamp":"2026-11-23T12:00:00Z"}'


def connector(number: int) -> Body:
    """One Connector."""
    return {
        "id": str(number),
        "standard": "IEC_62196_T2",
        "format": "SOCKET",
        "power_type": "AC_3_PHASE",
        "max_voltage": 230,
        "max_amperage": 32,
        "tariff_ids": ["DAY", "NIGHT"],
        "last_updated": UPDATED,
    }


def evse(number: int, status: str = "AVAILABLE") -> Body:
    """One EVSE with two Connectors."""
    return {
        "uid": f"EVSE-{number:05}",
        "evse_id": f"SE*LAD*E{number:05}",
        "status": status,
        "capabilities": ["RFID_READER", "REMOTE_START_STOP_CAPABLE", "UNLOCK_CAPABLE"],
        "connectors": [connector(1), connector(2)],
        "physical_reference": str(number),
        "floor_level": "-1",
        "last_updated": UPDATED,
    }


def location(ident: str, evses: int, owner: Body = OWNER) -> Body:
    """One Location."""
    return {
        **owner,
        "id": ident,
        "publish": True,
        "name": f"Parking {ident}",
        "address": "Storgatan 1",
        "city": "Västerås",
        "postal_code": "72211",
        "country": "SWE",
        "coordinates": {"latitude": "59.612000", "longitude": "16.545000"},
        "evses": [evse(number) for number in range(1, evses + 1)],
        "operator": {"name": "Lade AB", "website": "https://lade.example/"},
        "facilities": ["PARKING_LOT"],
        "time_zone": "Europe/Stockholm",
        "opening_times": {"twentyfourseven": True},
        "last_updated": UPDATED,
    }


def charging_period(minute: int) -> Body:
    """One Charging Period of a quarter of an hour."""
    start = f"2026-11-01T{8 + minute // 60:02}:{minute % 60:02}:00Z"
    return {
        "start_date_time": start,
        "dimensions": [{"type": "ENERGY", "volume": 2.7413}, {"type": "TIME", "volume": 0.25}],
        "tariff_id": "DAY",
    }


def cdr_token(provider: Body) -> Body:
    """Who charged."""
    return {**provider, "uid": "04A1B2C3D4E5F6", "type": "RFID", "contract_id": "SE-RES-C00000001"}


def session(ident: str, periods: int, kwh: float = 10.9652, owner: Body = OWNER, provider: Body = PARTNER) -> Body:
    """One Session."""
    return {
        **owner,
        "id": ident,
        "start_date_time": "2026-11-01T08:00:00Z",
        "kwh": kwh,
        "cdr_token": cdr_token(provider),
        "auth_method": "WHITELIST",
        "location_id": "L00001",
        "evse_uid": "EVSE-00001",
        "connector_id": "1",
        "currency": "SEK",
        "charging_periods": [charging_period(15 * number) for number in range(periods)],
        "total_cost": {"before_taxes": 38.38, "taxes": [{"name": "VAT", "amount": 9.59}]},
        "status": "ACTIVE",
        "last_updated": UPDATED,
    }


def cdr(ident: str, periods: int) -> Body:
    """One CDR."""
    kept = ("start_date_time", "cdr_token", "auth_method", "currency", "charging_periods", "total_cost", "last_updated")
    charged = session(ident, periods)
    return {
        **OWNER,
        "id": ident,
        **{name: charged[name] for name in kept},
        "end_date_time": "2026-11-01T09:00:00Z",
        "session_id": ident,
        "cdr_location": {
            "id": "L00001",
            "name": "Parking",
            "address": "Storgatan 1",
            "city": "Västerås",
            "postal_code": "72211",
            "country": "SWE",
            "coordinates": {"latitude": "59.612000", "longitude": "16.545000"},
            "evse_uid": "EVSE-00001",
            "evse_id": "SE*LAD*E00001",
            "connector_id": "1",
            "connector_standard": "IEC_62196_T2",
            "connector_format": "SOCKET",
            "connector_power_type": "AC_3_PHASE",
        },
        "total_energy": 10.9652,
        "total_time": 1.0,
    }

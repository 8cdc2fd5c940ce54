"""One CDR of 10 kWh and 20 minutes of parking, and the Tariff that makes it cost what it says."""

TARIFF = {
    "country_code": "SE",
    "party_id": "LAD",
    "id": "STAD",
    "currency": "SEK",
    "tax_included": "NO",
    "elements": [
        {
            "price_components": [
                {"type": "ENERGY", "price": 3.6, "vat": 25, "step_size": 1},
                {"type": "PARKING_TIME", "price": 24, "vat": 25, "step_size": 900},
            ]
        }
    ],
    "last_updated": "2026-11-01T00:00:00Z",
}
TOKEN = {"country_code": "SE", "party_id": "RES", "uid": "U1", "type": "RFID", "contract_id": "C1"}
PERIODS = [
    {"start_date_time": "2026-11-23T10:00:00Z", "dimensions": [{"type": "ENERGY", "volume": 10}], "tariff_id": "STAD"},
    {
        "start_date_time": "2026-11-23T11:00:00Z",
        "dimensions": [{"type": "PARKING_TIME", "volume": 0.3333}],
        "tariff_id": "STAD",
    },
]
CDR = {
    "country_code": "SE",
    "party_id": "LAD",
    "id": "C1",
    "start_date_time": "2026-11-23T10:00:00Z",
    "end_date_time": "2026-11-23T11:20:00Z",
    "cdr_token": TOKEN,
    "auth_method": "WHITELIST",
    "cdr_location": {
        "id": "L1",
        "address": "Storgatan 1",
        "city": "Norrköping",
        "country": "SWE",
        "coordinates": {"latitude": "58.59419", "longitude": "16.18380"},
        "evse_uid": "E1",
        "evse_id": "SE*LAD*E1",
        "connector_id": "1",
        "connector_standard": "IEC_62196_T2",
        "connector_format": "SOCKET",
        "connector_power_type": "AC_3_PHASE",
    },
    "currency": "SEK",
    "charging_periods": PERIODS,
    "total_cost": {"before_taxes": 48, "taxes": [{"name": "VAT", "amount": 12}]},
    "total_energy": 10,
    "total_time": 1.3333,
    "total_parking_time": 0.3333,
    "last_updated": "2026-11-23T11:25:00Z",
}

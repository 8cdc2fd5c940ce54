"""An example of every shape that goes in or out, for the OpenAPI document; tests hold them against the schemas."""

from collections.abc import Mapping

import msgspec

from ocpilot.api import shapes
from ocpilot.app import shown
from ocpilot.app.invoicing import clearing_shown, invoices_shown
from ocpilot.app.kept.peer_records import PeerProfile
from ocpilot.app.sites import site_shown
from ocpilot.app.stations import station_shown
from ocpilot.wire.jsontext import Body
from ocpilot.wire.v230 import CDR, EVSE, Location, Session, Tariff, Token

_AT = "2026-11-26T08:00:00Z"
_LATER = "2026-11-26T08:00:02Z"
_OWNER: Body = {"country_code": "SE", "party_id": "LAD"}
_TOKEN: Body = {"country_code": "SE", "party_id": "RES", "uid": "04A1B2C3D4", "type": "RFID"}
_CONNECTOR: Body = {
    "id": "1",
    "standard": "IEC_62196_T2",
    "format": "SOCKET",
    "power_type": "AC_3_PHASE",
    "max_voltage": 230,
    "max_amperage": 32,
    "tariff_ids": ["DAY"],
    "last_updated": _AT,
}
_EVSE: Body = {
    "uid": "E1",
    "evse_id": "SE*LAD*E1",
    "status": "AVAILABLE",
    "connectors": [_CONNECTOR],
    "last_updated": _AT,
}
_PLACE: Body = {
    "address": "Storgatan 1",
    "city": "Kiruna",
    "country": "SWE",
    "coordinates": {"latitude": "67.855800", "longitude": "20.225280"},
}
_LOCATION: Body = {
    **_OWNER,
    "id": "KIRUNA-1",
    "publish": True,
    **_PLACE,
    "time_zone": "Europe/Stockholm",
    "evses": [_EVSE],
    "last_updated": _AT,
}
_TARIFF: Body = {
    **_OWNER,
    "id": "DAY",
    "currency": "SEK",
    "tax_included": "NO",
    "elements": [{"price_components": [{"type": "ENERGY", "price": 3.5, "vat": 25, "step_size": 1}]}],
    "last_updated": _AT,
}
_SESSION: Body = {
    **_OWNER,
    "id": "S-1",
    "start_date_time": _AT,
    "kwh": 1.5,
    "cdr_token": _TOKEN | {"contract_id": "SE-RES-C00000001"},
    "auth_method": "COMMAND",
    "location_id": "KIRUNA-1",
    "evse_uid": "E1",
    "connector_id": "1",
    "currency": "SEK",
    "status": "ACTIVE",
    "last_updated": _AT,
}
_CDR: Body = {
    **_OWNER,
    "id": "C-1",
    "start_date_time": "2026-11-26T07:00:00Z",
    "end_date_time": _AT,
    "session_id": "S-1",
    "cdr_token": _TOKEN | {"contract_id": "SE-RES-C00000001"},
    "auth_method": "COMMAND",
    "cdr_location": {
        "id": "KIRUNA-1",
        **_PLACE,
        "evse_uid": "E1",
        "evse_id": "SE*LAD*E1",
        "connector_id": "1",
        "connector_standard": "IEC_62196_T2",
        "connector_format": "SOCKET",
        "connector_power_type": "AC_3_PHASE",
    },
    "currency": "SEK",
    "charging_periods": [
        {"start_date_time": "2026-11-26T07:00:00Z", "dimensions": [{"type": "ENERGY", "volume": 1.5}]}
    ],
    "total_cost": {"before_taxes": 5.25, "taxes": [{"name": "VAT", "amount": 1.31}]},
    "total_energy": 1.5,
    "total_time": 1,
    "last_updated": _AT,
}
_HOOK: Body = {
    "name": "erp",
    "url": "https://erp.example.com/ocpilot",
    "events": ["session.updated", "cdr.updated", "peer.*"],
    "party": None,
    "active": True,
    "ended_because": None,
    "delivered_at": _LATER,
    "created_at": _AT,
}
_PEER: Body = {
    "name": "Resa",
    "state": "registered",
    "version": "2.3.0",
    "versions_url": "https://ocpi.resa.example/ocpi/versions",
    "parties": [{"country_code": "SE", "party_id": "RES", "role": "EMSP"}],
    "endpoints": [
        {
            "module": "tokens",
            "interface": "SENDER",
            "url": "https://ocpi.resa.example/ocpi/2.3.0/sender/tokens",
        }
    ],
    "profile": {"page_size": 50},
    "pulled_at": _LATER,
    "created_at": _AT,
    "updated_at": _AT,
}
_INVOICE: Body = {
    "number": "F-000042",
    "kind": "invoice",
    "state": "open",
    "purpose": "sale",
    "customer": "10017",
    "name": "Anna Berg",
    "issued_at": _AT,
    "issued_on": "2026-11-26",
    "due_on": "2026-12-26",
    "currency": "SEK",
    "net": "80.00",
    "tax": "20.00",
    "rounding": "0.00",
    "payable": "100.00",
    "open": "100.00",
    "payment_reference": "38000000422",
    "sent_at": None,
    "credits": None,
    "credited_by": None,
}
_COMMAND: Body = {
    "id": "0d8a7cf6-0f4f-4f6e-9f1a-3c3f0b0f6f55",
    "command": "START_SESSION",
    "direction": "sent",
    "state": "done",
    "peer": "Lade",
    "token_uid": "04A1B2C3D4",
    "location_id": "KIRUNA-1",
    "evse_uid": "E1",
    "connector_id": "1",
    "authorization_reference": "6a1c",
    "response": "ACCEPTED",
    "result": "ACCEPTED",
    "message": None,
    "session_id": "S-1",
    "created_at": _AT,
    "response_at": _AT,
    "result_at": _LATER,
    "expires_at": "2026-11-26T08:00:32Z",
}
_UPTIME: Body = {
    "uptime": 0.9981,
    "uptime_without_maintenance": 0.9993,
    "observed": 2188800,
    "down": 1500,
    "unknown": 300,
    "maintenance": 2600,
    "outages": 2,
}
_PLACE_NAMED: Body = {**_OWNER, "id": "KIRUNA-1"}

EXAMPLES: Mapping[type[msgspec.Struct], Body] = {
    Location: _LOCATION,
    EVSE: _EVSE,
    Tariff: _TARIFF,
    Token: _TOKEN
    | {"contract_id": "SE-RES-C00000001", "issuer": "Resa AB", "valid": True, "whitelist": "ALLOWED"}
    | {"last_updated": _AT},
    Session: _SESSION,
    CDR: _CDR,
    shown.PeerShown: _PEER,
    shown.FindingShown: {
        "module": "locations",
        "place": "$.evses[].last_updated",
        "expected": "a UTC time that ends with Z",
        "example": '"2026-11-26T09:00:00+01:00"',
        "count": 48,
        "first_at": _AT,
        "last_at": _LATER,
    },
    shown.DeliveryShown: {
        "module": "cdrs",
        "party": "SE/LAD",
        "id": "C-1",
        "sub": "",
        "state": "dead",
        "attempts": 6,
        "next_at": None,
        "last_error": "POST https://ocpi.resa.example/ocpi/2.3.0/receiver/cdrs: HTTP 200, status 2001 no such token",
        "remote_url": None,
        "updated_at": _LATER,
    },
    shown.CommandShown: _COMMAND,
    shown.HookShown: _HOOK,
    shown.HookEventShown: {
        "id": "3b1f2a52-94d3-4c0e-8a53-1c1b7f0f3e11",
        "hook": "erp",
        "event": "session.updated",
        "subject": "sessions SE/LAD S-1",
        "state": "waiting",
        "attempts": 2,
        "at": _AT,
        "next_at": _LATER,
        "last_error": "HTTP 503",
    },
    station_shown.StationShown: {
        "id": "CP-7",
        "party": "SE/LAD",
        "location_id": "KIRUNA-1",
        "connected": True,
        "protocol": "ocpp2.0.1",
        "vendor": "Alfa",
        "model": "Wallbox 3",
        "serial": "A-4711",
        "firmware": "3.2.1",
        "last_seen": _LATER,
        "evses": [
            {
                "number": 1,
                "evse_uid": "E1",
                "connector_id": "1",
                "status": "OUTOFORDER",
                "reason": "fault",
                "error": "GroundFailure",
                "info": "E17",
                "since": _AT,
                "tariff": "DAY-1f2e3d4c",
            }
        ],
    },
    station_shown.FrameShown: {
        "id": 4711,
        "at": _AT,
        "station": "CP-7",
        "direction": "in",
        "action": "Heartbeat",
        "message_id": "19223201",
        "failed": False,
        "masked": False,
        "size": 29,
        "frame": '[2,"19223201","Heartbeat",{}]',
    },
    station_shown.ReportShown: {
        "station": "CP-7",
        "month": "2026-11",
        "uptime": _UPTIME,
        "evses": [{"evse_uid": "E1", "began": _AT, "uptime": _UPTIME}],
        "earned": [{"currency": "SEK", "charges": 31, "kwh": "612.4", "cost": "2143.40"}],
    },
    station_shown.VariableShown: {
        "component": "OCPPCommCtrlr",
        "variable": "HeartbeatInterval",
        "attribute": "Actual",
        "value": "300",
        "writable": True,
        "unit": "s",
        "at": _AT,
    },
    station_shown.NoticeShown: {
        "action": "FirmwareStatusNotification",
        "at": _AT,
        "payload": '{"status":"Installing","requestId":7}',
    },
    shapes.CallPayload: {"type": "OnIdle"},
    shapes.CallAnswered: {"status": "Accepted"},
    shapes.MessageOrder: {"text": "Closed on 24 December", "until": "2026-12-25T00:00:00Z"},
    shapes.MessageMade: {"number": 777155713, "status": "Accepted"},
    shapes.Credit: {"remark": "the meter was wrong"},
    shapes.InvoiceCredit: {"why": "wrong address", "again": True},
    shapes.RunOrder: {"customer": "10017"},
    invoices_shown.InvoiceShown: _INVOICE,
    invoices_shown.InvoiceInFull: {
        "invoice": _INVOICE,
        "lines": [
            {
                "text": "Charging at Kiruna station",
                "quantity": "1",
                "unit": "C62",
                "unit_price": "80.00",
                "net": "80.00",
                "tax_rate": "25",
                "tax_country": "SE",
                "driver": "",
                "cost_centre": "",
            }
        ],
        "taxes": [{"name": "VAT", "category": "S", "rate": "25", "country": "SE", "base": "80.00", "amount": "20.00"}],
        "cdrs": [_OWNER | {"id": "C-1", "ended_at": _AT, "kwh": "22.1", "net": "80.00"}],
    },
    invoices_shown.InvoiceRunShown: {
        "id": 7,
        "state": "running",
        "who": "API key erp",
        "customer": None,
        "rated": 1200,
        "groups": 340,
        "done": 12,
        "written": 12,
        "failed": 0,
        "problem": None,
        "asked_at": _AT,
        "ended_at": None,
    },
    shapes.Decision: {"action": "dispute", "why": "the start fee is not in the Tariff"},
    shapes.Reissue: {"why": "wrong tariff", "tariff": "STAD", "kwh": "21.4"},
    clearing_shown.ReissuedShown: {"credit": "C-2041-C", "cdr": "0c3f9c1e-5d0e-5c33-9f2f-0c5b6f1b7a11"},
    clearing_shown.ClearingShown: {
        "party": "SE/LAD",
        "id": "C-2041",
        "audience": "SERES",
        "state": "held",
        "why": "The price is not ours: found total_cost 9.99 SEK, expected 5.25 SEK",
        "findings": [{"rule": "price", "found": "total_cost 9.99 SEK", "expected": "5.25 SEK", "holds": True}],
        "credits": None,
        "credited_by": None,
        "currency": "SEK",
        "total": "9.99",
        "kwh": "1.5",
        "ended_at": _AT,
        "at": _LATER,
        "steps": [
            {"at": _LATER, "who": "platform", "before": "new", "after": "held", "why": "The price is not ours"},
        ],
    },
    clearing_shown.DisputeShown: {
        "text": "Subject: CDR C-2041 of SE/LAD is disputed\n",
        "dispute": {
            "to": ["SE/LAD"],
            "sender": "Resa AB",
            "cdr_id": "C-2041",
            "party": "SE/LAD",
            "session_id": "S-1",
            "token_uid": "04A1B2C3",
            "contract_id": "SE-RES-C00000001",
            "evse_id": "SE*LAD*E1",
            "location_id": "LOC1",
            "start": _AT,
            "end": _LATER,
            "currency": "SEK",
            "why": "the price is not that of the Tariff",
            "priced_by": "ours",
            "totals": [
                {"name": "total_cost", "theirs": "9.99", "ours": "5.25", "unit": "SEK"}
                | {"difference": "4.74", "cause": "they used another tariff"}
            ],
            "lines": [
                {"what": "Energy", "quantity": "1.5 kWh", "unit_price": "3.50 SEK per kWh", "amount": "5.25"}
                | {"notes": []}
            ],
            "findings": [{"what": "The price is not ours", "found": "total_cost 9.99 SEK", "expected": "5.25 SEK"}],
        },
    },
    shapes.Invite: {"name": "Resa"},
    shapes.InvitationMade: {
        "name": "Resa",
        "versions_url": "https://ocpi.lade.example/ocpi/versions",
        "token": "Zk0...",
    },
    shapes.Register: {"versions_url": "https://ocpi.resa.example/ocpi/versions", "token": "Zk0..."},
    shapes.LetterOrder: {"module": "cdrs", "party": "SE/LAD", "id": "C-1"},
    shapes.HookOrder: {key: _HOOK[key] for key in ("name", "url", "events")},
    shapes.HookChange: {"active": True},
    shapes.HookMade: {"hook": _HOOK, "secret": "whsec_..."},
    shapes.StartOrder: {"token": _TOKEN, "location": _PLACE_NAMED, "evse_uid": "E1", "connector_id": "1"},
    shapes.StopOrder: {"session": {**_OWNER, "id": "S-1"}},
    shapes.UnlockOrder: {"location": _PLACE_NAMED, "evse_uid": "E1", "connector_id": "1"},
    shapes.ReserveOrder: {
        "token": _TOKEN,
        "location": _PLACE_NAMED,
        "evse_uid": "E1",
        "until": "2026-11-26T09:00:00Z",
    },
    shapes.CancelOrder: {"command_id": _COMMAND["id"]},
    shapes.SiteLimitOrder: {
        "amps": 63,
        "groups": [{"name": "left", "amps": 32, "evses": ["E1", "E2"]}],
        "offline_amps": 6,
    },
    site_shown.SiteShown: {
        **_OWNER,
        "location_id": "LOC1",
        "offline_amps": 6.0,
        "groups": [
            {"name": "", "parent": "", "amps": 63.0, "watts": None, "evses": []}
            | {"counts_amps": 16.0, "counts_watts": 11040.0, "over": False}
        ],
        "charges": [
            {
                "session_id": "S-1",
                "transaction_id": 7,
                "station_id": "CP-1",
                "evse_uid": "E1",
                "group": "",
                "limit_amps": 16.0,
                "taken_amps": 16.0,
                "counts_amps": 16.0,
                "draws_amps": 15.8,
                "most_amps": 16.0,
                "station": "taken",
                "why": "most",
                "reason": "It gets the most its EVSE can give.",
                "leaves_at": None,
                "needed_kwh": None,
            }
        ],
        "away": [],
        "changed_at": _AT,
        "shared_at": _LATER,
    },
    shapes.Accepted: {"state": "begun"},
    shapes.Replayed: {"count": 1},
}
#: What a PATCH most often changes.
PATCHES: Mapping[type[msgspec.Struct], Body] = {
    Location: {"name": "Kiruna station"},
    EVSE: {"status": "INOPERATIVE"},
    Tariff: {"end_date_time": "2026-12-31T23:00:00Z"},
    Token: {"valid": False},
    PeerProfile: {"page_size": 50, "policy": "fifo"},
}


def example_of(cls: type[msgspec.Struct], *, patches: bool = False) -> Body:
    """An example of a shape, or of a PATCH of it."""
    return PATCHES[cls] if patches else EXAMPLES[cls]

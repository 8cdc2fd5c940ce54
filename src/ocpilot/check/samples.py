"""Our own harmless objects: nothing to see for drivers, nothing to pay, made for one run."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from ocpilot.base import time
from ocpilot.base.ids import PartyId, new_id
from ocpilot.wire import codec
from ocpilot.wire.codec import Body, Context
from ocpilot.wire.fields import Wire
from ocpilot.wire.protocol import CANONICAL, Version
from ocpilot.wire.v230 import (
    CDR,
    EVSE,
    Booking,
    BookingLocation,
    BookingRequest,
    Calendar,
    Connector,
    FinancialAdviceConfirmation,
    InvoiceReconciliationRecord,
    Location,
    Session,
    Tariff,
    Terminal,
    Token,
)

_CURRENCY = "EUR"
#: Minutes.
_YEAR = 365 * 24 * 60
_NOTE = "OCPIlot conformance check"


def fresh_id() -> str:
    """An id that nobody has."""
    return f"CHECK-{new_id()[:13].upper()}"


@dataclass(frozen=True, kw_only=True)
class Samples:
    """Objects of `party` in `version`; `other` is the platform's party, whose driver a Session is for."""

    party: PartyId
    other: PartyId
    version: Version

    def written(self, cls: type[Wire], body: Body) -> Body:
        """A 2.3.0 body in our version."""
        context = Context(party=self.party, location=self._location(str(body.get("location_id", "CHECK"))))
        return codec.convert(cls, body, CANONICAL, self.version, context).body

    def location(self, ident: str) -> Body:
        """Not published, one EVSE with one Connector."""
        return self.written(Location, self._location(ident))

    def evse(self, uid: str) -> Body:
        """One with a Connector."""
        return self.written(EVSE, self._evse(uid))

    def connector(self, ident: str) -> Body:
        """A socket."""
        return self.written(Connector, self._connector(ident))

    def tariff(self, ident: str) -> Body:
        """Free of charge."""
        component = {"type": "ENERGY", "price": 0, "vat": 0, "step_size": 1}
        body: Body = {
            **self._owner(),
            "id": ident,
            "currency": _CURRENCY,
            "tariff_alt_text": [{"language": "en", "text": _NOTE}],
            "elements": [{"price_components": [component]}],
            "tax_included": "NO",
            "last_updated": _stamp(),
        }
        return self.written(Tariff, body)

    def session(self, ident: str) -> Body:
        """Not valid, so nobody is billed."""
        body: Body = {
            **self._owner(),
            "id": ident,
            "start_date_time": _stamp(-60),
            "kwh": 0,
            "cdr_token": self._cdr_token(),
            "auth_method": "WHITELIST",
            "location_id": "CHECK",
            "evse_uid": "CHECK-1",
            "connector_id": "1",
            "meter_id": "CHECK-METER",
            "currency": _CURRENCY,
            "charging_periods": [self.period(-60)],
            "status": "INVALID",
            "last_updated": _stamp(),
        }
        return self.written(Session, body)

    def period(self, minutes: int) -> Body:
        """A Charging Period that began so many minutes from now."""
        return {"start_date_time": _stamp(minutes), "dimensions": [{"type": "ENERGY", "volume": 0}]}

    def cdr(self, ident: str) -> Body:
        """Nothing charged, nothing to pay."""
        place = self._connector("1")
        body: Body = {
            **self._owner(),
            "id": ident,
            "start_date_time": _stamp(-60),
            "end_date_time": _stamp(-30),
            "session_id": ident,
            "cdr_token": self._cdr_token(),
            "auth_method": "WHITELIST",
            "cdr_location": {
                "id": "CHECK",
                "name": _NOTE,
                **_ADDRESS,
                "evse_uid": "CHECK-1",
                "evse_id": f"{self.party.country_code}*{self.party.party_id}*ECHECK1",
                "connector_id": "1",
                **{f"connector_{name}": place[name] for name in ("standard", "format", "power_type")},
            },
            "currency": _CURRENCY,
            "charging_periods": [self.period(-60)],
            "total_cost": {"before_taxes": 0},
            "total_energy": 0,
            "total_time": Decimal("0.5"),
            "remark": _NOTE,
            "last_updated": _stamp(),
        }
        context = Context(party=self.party, location=self._location("CHECK"))
        return codec.convert(CDR, body, CANONICAL, self.version, context).body

    def token(self, uid: str) -> Body:
        """A card that is not valid."""
        return self.written(Token, self.canonical_token(uid))

    def canonical_token(self, uid: str) -> Body:
        """The same in 2.3.0."""
        return {
            **self._owner(),
            "uid": uid,
            "type": "RFID",
            "contract_id": f"{self.party.country_code}-{self.party.party_id}-CCHECK001",
            "visual_number": "CHECK 1",
            "issuer": _NOTE,
            "valid": False,
            "whitelist": "NEVER",
            "last_updated": _stamp(),
        }

    def booking_location(self, ident: str) -> Body:
        """Nothing that can be booked."""
        body: Body = {**self._owner(), "id": ident, "location_id": "CHECK", "tariff_ids": ["CHECK"]}
        return self.written(BookingLocation, body | {"last_updated": _stamp()})

    def invoice_record(self, ident: str) -> Body:
        """An invoice for a CDR that does not exist."""
        body: Body = {**self._owner(), "id": ident, "invoice_id": ident, "cdrs": [ident], "last_updated": _stamp()}
        return self.written(InvoiceReconciliationRecord, body)

    def terminal(self, ident: str) -> Body:
        """It serves nothing."""
        return self.written(Terminal, {"terminal_id": ident, "reference": "CHECK", "last_updated": _stamp()})

    def confirmation(self, ident: str) -> Body:
        """Nothing was captured."""
        body: Body = {
            "id": ident,
            "authorization_reference": ident,
            "total_costs": {"before_taxes": 0},
            "currency": _CURRENCY,
            "eft_data": [_NOTE],
            "capture_status_code": "FAILED",
            "last_updated": _stamp(),
        }
        return self.written(FinancialAdviceConfirmation, body)

    def calendar(self, ident: str) -> Body:
        """Two hours in a year."""
        body: Body = {
            "id": ident,
            "begin_from": _stamp(_YEAR),
            "end_before": _stamp(_YEAR + 120),
            "available_timeslots": [{"start_date_time": _stamp(_YEAR), "end_date_time": _stamp(_YEAR + 60)}],
            "last_updated": _stamp(1),
        }
        return self.written(Calendar, body)

    def booking_request(self, driver: PartyId) -> Body:
        """For a place that nobody has."""
        ident = fresh_id()
        body: Body = {
            "country_code": driver.country_code,
            "party_id": driver.party_id,
            "request_id": ident,
            "location_id": ident,
            "booking_location_id": ident,
            "period": {"start_date_time": _stamp(_YEAR), "end_date_time": _stamp(_YEAR + 60)},
            "authorization_reference": ident,
        }
        return self.written(BookingRequest, body)

    def booking(self, ident: str) -> Body:
        """One that was rejected."""
        request = self.booking_request(self.other)
        status = {"request_status": "DECLINED", "booking_request": request, "request_received": _stamp()}
        body: Body = {
            **self._owner(),
            "id": ident,
            "request_id": request["request_id"],
            "location_id": "CHECK",
            "period": request["period"],
            "reservation_status": "REJECTED",
            "authorization_reference": request["authorization_reference"],
            "booking_terms": {
                "supported_access_methods": ["OPEN"],
                "change_until_minutes": 0,
                "cancel_until_minutes": 0,
            },
            "booking_requests": [status],
            "last_updated": _stamp(),
        }
        return self.written(Booking, body)

    # ---- 2.3.0 bodies ----------------------------------------------------------------------------------------------

    def _owner(self) -> Body:
        return {"country_code": self.party.country_code, "party_id": self.party.party_id}

    def _location(self, ident: str) -> Body:
        return {
            **self._owner(),
            "id": ident,
            "publish": False,
            "name": _NOTE,
            **_ADDRESS,
            "postal_code": "00000",
            "parking_type": "PARKING_LOT",
            "evses": [self._evse("CHECK-1")],
            "facilities": ["SUPERMARKET", "PARKING_LOT"],
            "time_zone": "Europe/Stockholm",
            "last_updated": _stamp(),
        }

    def _evse(self, uid: str) -> Body:
        return {
            "uid": uid,
            "evse_id": f"{self.party.country_code}*{self.party.party_id}*ECHECK1",
            "status": "PLANNED",
            "physical_reference": "1",
            "connectors": [self._connector("1")],
            "last_updated": _stamp(),
        }

    def _connector(self, ident: str) -> Body:
        return {
            "id": ident,
            "standard": "IEC_62196_T2",
            "format": "SOCKET",
            "power_type": "AC_3_PHASE",
            "max_voltage": 230,
            "max_amperage": 16,
            "last_updated": _stamp(),
        }

    def _cdr_token(self) -> Body:
        return {
            "country_code": self.other.country_code,
            "party_id": self.other.party_id,
            "uid": "CHECK",
            "type": "RFID",
            "contract_id": f"{self.other.country_code}-{self.other.party_id}-CCHECK001",
        }


_ADDRESS: Body = {
    "address": "Nowhere 1",
    "city": "Kiruna",
    "country": "SWE",
    "coordinates": {"latitude": "67.855800", "longitude": "20.225280"},
}


def _stamp(minutes: int = 0) -> str:
    """A moment so many minutes from now, in whole seconds."""
    return time.write((time.now() + timedelta(minutes=minutes)).replace(microsecond=0))


def later(stamp: object, seconds: int = 1) -> str:
    """A moment after another one, as OCPI writes it."""
    return time.write(time.parse(str(stamp)) + timedelta(seconds=seconds))

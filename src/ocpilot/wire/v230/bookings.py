"""The bookings module: charging booked ahead (mod_bookings 1.1, extension of 2.3.0)."""

from enum import StrEnum
from typing import Annotated

from ocpilot.wire.fields import (
    AT_LEAST_ONE,
    CiString2,
    CiString3,
    CiString36,
    DateTime,
    Number,
    String,
    Url,
    Wire,
    Words,
)
from ocpilot.wire.v230.location_words import ConnectorFormat, EVSEPosition, PowerType
from ocpilot.wire.v230.locations import AnyConnectorType, AnyVehicleType
from ocpilot.wire.v230.types import AnyTokenType, Role

#: The table says Role and links to InterfaceRole; the words it speaks of are those of Role, and others are kept.
AnyRole = Annotated[str, Words(Role)]


class AccessMethod(StrEnum):
    """How a driver gets in (mod_bookings, "AccessMethod")."""

    OPEN = "OPEN"
    TOKEN = "TOKEN"  # noqa: S105 - a word of the standard, no secret
    LICENSE_PLATE = "LICENSE_PLATE"
    ACCESS_CODE = "ACCESS_CODE"
    INTERCOM = "INTERCOM"
    PARKING_TICKET = "PARKING_TICKET"


class CanceledReason(StrEnum):
    """(mod_bookings, "CanceledReason")."""

    POWER_OUTAGE = "POWER_OUTAGE"
    BROKEN_CHARGER = "BROKEN_CHARGER"
    FULL = "FULL"
    BLOCKED = "BLOCKED"
    TRAFFIC = "TRAFFIC"
    BROKEN_VEHICLE = "BROKEN_VEHICLE"
    NO_CANCELED = "NO_CANCELED"
    UNKNOWN = "UNKNOWN"


class ReservationRequestStatus(StrEnum):
    """(mod_bookings, "ReservationRequestStatus")."""

    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    FAILED = "FAILED"


class ReservationStatus(StrEnum):
    """(mod_bookings, "ReservationStatus")."""

    PENDING = "PENDING"
    RESERVED = "RESERVED"
    CANCELED = "CANCELED"
    FAILED = "FAILED"
    NO_SHOW = "NO_SHOW"
    FULFILLED = "FULFILLED"
    REJECTED = "REJECTED"
    UNKNOWN = "UNKNOWN"


class AccessInformation(Wire, frozen=True, kw_only=True):
    """(mod_bookings, "AccessInformation")."""

    method: AccessMethod
    value: String | None = None


class BookingOption(Wire, frozen=True, kw_only=True):
    """What can be booked, or is; kilograms, centimetres (mod_bookings, "BookingOption")."""

    evse_uid: CiString36 | None = None
    connector_id: CiString36 | None = None
    parking_id: CiString36 | None = None
    evse_position: tuple[EVSEPosition, ...] = ()
    vehicle_types: tuple[AnyVehicleType, ...] = ()
    connector_format: tuple[ConnectorFormat, ...] = ()
    connector_types: tuple[AnyConnectorType, ...] = ()
    power_types: tuple[PowerType, ...] = ()
    max_vehicle_weight: Number | None = None
    max_vehicle_height: Number | None = None
    max_vehicle_length: Number | None = None
    max_vehicle_width: Number | None = None
    min_parking_space_length: Number | None = None
    min_parking_space_width: Number | None = None
    dangerous_goods_allowed: bool | None = None
    drive_through: bool | None = None
    refrigeration_outlet: bool | None = None


class BookingTerms(Wire, frozen=True, kw_only=True):
    """What holds for a booking; times in minutes (mod_bookings, "BookingTerms")."""

    rfid_auth_required: bool | None = None
    token_groups_supported: bool | None = None
    remote_auth_supported: bool | None = None
    supported_access_methods: Annotated[tuple[AccessMethod, ...], AT_LEAST_ONE]
    change_until_minutes: Number
    cancel_until_minutes: Number
    change_not_allowed: bool | None = None
    early_start_allowed: bool | None = None
    early_start_time: Number | None = None
    noshow_timeout: Number | None = None
    noshow_fee: bool | None = None
    late_stop_allowed: bool | None = None
    late_stop_time: Number | None = None
    overlapping_bookings_allowed: bool | None = None
    min_booking_duration: Number | None = None
    max_booking_duration: Number | None = None
    booking_terms: Url | None = None


class BookingToken(Wire, frozen=True, kw_only=True):
    """A token the booking can be used with (mod_bookings, "BookingToken")."""

    country_code: CiString2
    party_id: CiString3
    uid: CiString36
    type: AnyTokenType
    contract_id: CiString36


class Cancellation(Wire, frozen=True, kw_only=True):
    """(mod_bookings, "Cancellation")."""

    cancellation_reason: CanceledReason
    who_canceled: AnyRole


class Period(Wire, frozen=True, kw_only=True):
    """(mod_bookings, "Period")."""

    start_date_time: DateTime
    end_date_time: DateTime


class Timeslot(Wire, frozen=True, kw_only=True):
    """A time that can be booked, or is; power in watts (mod_bookings, "Timeslot")."""

    start_date_time: DateTime
    end_date_time: DateTime
    min_power: Number | None = None
    max_power: Number | None = None
    green_energy_support: bool | None = None


class Calendar(Wire, frozen=True, kw_only=True):
    """When a BookingLocation is free; `timeslot_increment` in minutes (mod_bookings, "Calendar object")."""

    id: CiString36
    begin_from: DateTime
    end_before: DateTime
    timeslot_increment: int | None = None
    available_timeslots: Annotated[tuple[Timeslot, ...], AT_LEAST_ONE]
    last_updated: DateTime


class Policy(Wire, frozen=True, kw_only=True):
    """Whether one must book, and how many chargers are left for those who did not (mod_bookings, "Policy")."""

    reservation_required: bool
    ad_hoc: Number | None = None


class BookingLocation(Wire, frozen=True, kw_only=True):
    """What of a Location can be booked (mod_bookings, "BookingLocation object")."""

    country_code: CiString2
    party_id: CiString3
    id: CiString36
    location_id: CiString36
    booking_option: BookingOption | None = None
    policy: Policy | None = None
    tariff_ids: tuple[CiString36, ...] = ()
    booking_terms: BookingTerms | None = None
    calendars: tuple[Calendar, ...] = ()
    last_updated: DateTime


class BookingRequest(Wire, frozen=True, kw_only=True):
    """What the provider asks for; `power_required` in kW (mod_bookings, "BookingRequest")."""

    country_code: CiString2
    party_id: CiString3
    request_id: CiString36
    booking_option: BookingOption | None = None
    location_id: CiString36
    booking_location_id: CiString36
    tokens: tuple[BookingToken, ...] = ()
    access_information: tuple[AccessInformation, ...] = ()
    period: Period
    authorization_reference: CiString36
    power_required: int | None = None
    canceled: Cancellation | None = None


class BookingRequestStatus(Wire, frozen=True, kw_only=True):
    """One request for a booking and what became of it (mod_bookings, "BookingRequestStatus")."""

    request_status: ReservationRequestStatus
    booking_request: BookingRequest
    request_received: DateTime


class Booking(Wire, frozen=True, kw_only=True):
    """(mod_bookings, "Booking object")."""

    id: CiString36
    country_code: CiString2
    party_id: CiString3
    request_id: CiString36
    booking_option: BookingOption | None = None
    location_id: CiString36
    booking_tokens: tuple[BookingToken, ...] = ()
    tariff_ids: tuple[CiString36, ...] = ()
    period: Timeslot
    reservation_status: ReservationStatus
    canceled: Cancellation | None = None
    access_information: tuple[AccessInformation, ...] = ()
    authorization_reference: CiString36
    booking_terms: BookingTerms
    booking_requests: Annotated[tuple[BookingRequestStatus, ...], AT_LEAST_ONE]
    last_updated: DateTime

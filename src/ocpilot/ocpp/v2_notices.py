"""What stations of OCPP 2.0.1 and 2.1 say that the platform only keeps, and our answers.

Where a station asks for something that nobody here does, the answer is the standard's word for that: never a promise.
"""

from collections.abc import Mapping
from typing import cast

from ocpilot.app.kept.station_events import Payload
from ocpilot.base import time
from ocpilot.ocpp.certificate_requests import sign_certificate
from ocpilot.ocpp.notices import always, notice, notices
from ocpilot.ocpp.version import Handler, Station

#: Why we do not: a standardized reason code (part 2, appendix "Standardized reason codes").
_NOT_DONE: Payload = {"reasonCode": "UnsupportedRequest"}

#: What both versions have.
V201_NOTICES: Mapping[str, Handler] = {
    **notices(
        "ClearedChargingLimit",
        "FirmwareStatusNotification",
        "LogStatusNotification",
        "NotifyChargingLimit",
        "NotifyCustomerInformation",
        "NotifyDisplayMessages",
        "NotifyEvent",
        "NotifyMonitoringReport",
        "NotifyReport",
        "PublishFirmwareStatusNotification",
        "ReportChargingProfiles",
        "SecurityEventNotification",
    ),
    # P02: we have no agreement with any vendor
    "DataTransfer": notice("DataTransfer", always(status="UnknownVendorId")),
    # M03, M06: we ask no OCSP responder
    "GetCertificateStatus": notice("GetCertificateStatus", always(status="Failed", statusInfo=_NOT_DONE)),
    # M01, M02: contract certificates are not installed by us; the empty text is no EXI message
    "Get15118EVCertificate": notice(
        "Get15118EVCertificate", always(status="Failed", exiResponse="", statusInfo=_NOT_DONE)
    ),
    "SignCertificate": sign_certificate,
    # K15: no schedule follows from what a car needs; it may charge within the limits it has
    "NotifyEVChargingNeeds": notice("NotifyEVChargingNeeds", always(status="Rejected", statusInfo=_NOT_DONE)),
    # K15, K16: the car's own schedule is within the limits we set, for the station sees to that
    "NotifyEVChargingSchedule": notice("NotifyEVChargingSchedule", always(status="Accepted")),
}


def _vat_number(payload: Payload) -> Payload:
    """VatNumberValidation (C25): nothing here knows VAT numbers, so none is confirmed."""
    about: Payload = {key: payload[key] for key in ("vatNumber", "evseId") if key in payload}
    return {**about, "status": "Rejected", "statusInfo": _NOT_DONE}


async def _certificate_chain(station: Station, payload: Payload) -> Payload:
    """GetCertificateChainStatus (M07): one answer for each certificate, and none is checked. It holds for no time."""
    await station.events.notice(station.id, "GetCertificateChainStatus", payload)
    asked, now = cast(list[Payload], payload["certificateStatusRequests"]), time.write(station.clock())
    return {
        "certificateStatus": [
            {
                "certificateHashData": one["certificateHashData"],
                "source": one["source"],
                "status": "Failed",
                "nextUpdate": now,
            }
            for one in asked
        ]
    }


#: What 2.1 has more, and what it words anew.
V21_NOTICES: Mapping[str, Handler] = {
    **V201_NOTICES,
    **notices(
        "BatterySwap",
        "ClosePeriodicEventStream",
        "NotifyDERAlarm",
        "NotifyDERStartStop",
        "NotifyPriorityCharging",
        "NotifySettlement",
        "ReportDERControl",
    ),
    "GetCertificateChainStatus": _certificate_chain,
    # K15: 2.1 has a word for it
    "NotifyEVChargingNeeds": notice("NotifyEVChargingNeeds", always(status="NoChargingProfile")),
    # N11: somebody asked for it when he set the monitor, and what streams in is kept
    "OpenPeriodicEventStream": notice("OpenPeriodicEventStream", always(status="Accepted")),
    # K28: we set no profile that changes
    "PullDynamicScheduleUpdate": notice("PullDynamicScheduleUpdate", always(status="Rejected", statusInfo=_NOT_DONE)),
    "VatNumberValidation": notice("VatNumberValidation", _vat_number),
}

#: What 2.1 sends without waiting for an answer (OCPP-J 2.1, "SEND").
V21_SENT: Mapping[str, Handler] = notices("NotifyPeriodicEventStream")

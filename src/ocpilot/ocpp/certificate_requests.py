"""SignCertificate, in every version: a station asks for a certificate, which follows by CertificateSigned.

(1.6 security whitepaper, A02; 2.0.1, part 2, A02, A03)
"""

from ocpilot.app.kept.station_events import Payload
from ocpilot.ocpp.values import required_text, text
from ocpilot.ocpp.version import Station


async def sign_certificate(station: Station, payload: Payload) -> Payload:
    """Accepted when an authority of ours signs it; why not is in our log, for 1.6 has no words for it."""
    refusal = await station.events.sign_certificate(
        station.id, required_text(payload, "csr"), text(payload, "certificateType")
    )
    return {"status": "Accepted" if refusal is None else "Rejected"}

"""Certificates of stations: what they ask for is signed by an authority of our own, when the operator has one.

OCPP 2.0.1, part 2, A02 and A03; 1.6 security whitepaper, "SignCertificate" and "CertificateSigned".
"""

import asyncio
import logging
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ocpilot.app.kept.station_events import Payload
from ocpilot.app.platform import Platform
from ocpilot.app.stations.station_security import happened
from ocpilot.base.errors import SettingsError, StationError
from ocpilot.base.settings import StationSettings

log = logging.getLogger(__name__)

#: What OCPP asks of keys (A00.FR.501 and following): RSA of 2048 bits, elliptic curves of 224.
_RSA_BITS = 2048
_CURVE_BITS = 224
#: A station's clock may be behind ours.
_BEFORE = timedelta(days=1)


class CertificateKind(StrEnum):
    """OCPP 2.0.1 ("CertificateSigningUseEnumType"); 1.6 has only the first."""

    STATION = "ChargingStationCertificate"
    VEHICLE = "V2GCertificate"


async def sign(platform: Platform, station_id: str, csr: str, kind: str | None) -> str | None:
    """Why a certificate is not signed; None when it is, and goes to the station by a call of its own, after this was
    answered. `csr` is a PKCS #10 request as PEM text, `kind` None in 1.6."""
    settings = platform.settings.stations
    if not settings.ca_certificate:
        return "no authority is set up here (stations.ca_certificate)"
    if kind not in (None, CertificateKind.STATION):
        return f"certificates of kind {kind} are not signed here"
    try:
        request = x509.load_pem_x509_csr(csr.encode())
        refusal = _refusal(request, station_id)
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension) as error:
        refusal = f"no certificate request that can be read: {error}"
    if refusal is not None:
        await happened(platform, station_id, f"gets no certificate: {refusal}")
        return refusal
    chain = await asyncio.to_thread(_signed, settings, request, platform.clock())
    await happened(platform, station_id, f"gets a certificate for {settings.certificate_days} days")
    platform.background.start(_send(platform, station_id, chain, kind), f"certificate of {station_id}")
    return None


def _refusal(request: x509.CertificateSigningRequest, station_id: str) -> str | None:
    if not request.is_signature_valid:
        return "the request is not signed with its own key"
    names = [str(each.value) for each in request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if names != [station_id]:
        return f"the common name is {', '.join(names) or 'missing'}, expected {station_id}"
    key = request.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return _too_short(key.key_size, _RSA_BITS)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _too_short(key.key_size, _CURVE_BITS)
    return "neither an RSA nor an elliptic curve key"


def _too_short(bits: int, expected: int) -> str | None:
    return None if bits >= expected else f"a key of {bits} bits, expected {expected} or more"


def _signed(settings: StationSettings, request: x509.CertificateSigningRequest, now: datetime) -> str:
    """The certificate and that of our authority, as PEM text."""
    authority, key = _authority(settings)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(request.subject)
        .issuer_name(authority.subject)
        .public_key(request.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BEFORE)
        .not_valid_after(now + timedelta(days=settings.certificate_days))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return "".join(each.public_bytes(serialization.Encoding.PEM).decode() for each in (certificate, authority))


def _authority(settings: StationSettings) -> tuple[x509.Certificate, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey]:
    try:
        certificate = x509.load_pem_x509_certificate(Path(settings.ca_certificate).read_bytes())
        key = serialization.load_pem_private_key(Path(settings.ca_key).read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise SettingsError(f"stations.ca_certificate, stations.ca_key: cannot be read: {error}") from error
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise SettingsError("stations.ca_key: expected an RSA or an elliptic curve key")
    return certificate, key


async def _send(platform: Platform, station_id: str, chain: str, kind: str | None) -> None:
    """CertificateSigned; a station that does not take it asks again."""
    payload: Payload = {"certificateChain": chain}
    if kind is not None:
        payload["certificateType"] = kind
    try:
        answer = await platform.stations.call(station_id, "CertificateSigned", payload)
    except StationError as error:
        log.warning("station %s did not take its certificate: %s", station_id, error)
        return
    status = (answer.payload or {}).get("status", answer.error)
    if status != "Accepted":
        await happened(platform, station_id, f"does not want its certificate: {status}")

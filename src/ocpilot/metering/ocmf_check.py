"""Is the signature of an OCMF text right? The only file that calls pyocmf."""

import base64
import hashlib
import warnings
from collections.abc import Iterable
from decimal import Decimal

from pyocmf import OCMF, PyOCMFError, Reading, SignatureMethod, SignatureVerificationError

from ocpilot.base.signed_verdict import SignedVerdict
from ocpilot.metering.ocmf import Judged, ReadingKind, SignedReading, SignedRecord, payload_of
from ocpilot.metering.public_keys import PublicKey

#: What reading a hostile text may raise in pyocmf 0.6, beside its own errors.
_UNREADABLE = (PyOCMFError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError)
#: pyocmf 0.6 knows the curve of such keys by another name than OCMF gives it.
_RENAMED = {
    SignatureMethod.BRAINPOOL256R1_SHA256: SignatureMethod.BRAINPOOLP256R1_SHA256,
    SignatureMethod.BRAINPOOL256R1_SHA512: SignatureMethod.BRAINPOOLP256R1_SHA512,
}
_HASHES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
_SHORTEST_SIGNATURE = 48
#: Before or after the point.
_MOST_DIGITS = 15
_TO_KWH = {"kWh": Decimal(1), "Wh": Decimal("0.001")}


def judge(text: str, key: PublicKey | None) -> Judged:
    """Read a text and check its signature with the key of the meter."""
    try:
        found = _parsed(text)
        record = _record(found)
    except _UNREADABLE as error:
        return Judged(verdict=SignedVerdict.UNREADABLE, reason=f"this is no OCMF: {_line(error)}")
    unsigned = _why_unsigned(text, found)
    if unsigned:
        return Judged(verdict=SignedVerdict.NOT_SIGNED, reason=unsigned, record=record)
    verdict, reason = _checked(found, key)
    return Judged(verdict=verdict, reason=reason, record=record)


def _parsed(text: str) -> OCMF:
    """What differs from OCMF's own rules without harm is taken, as by the transparency software."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return OCMF.from_string(text)


def _checked(found: OCMF, key: PublicKey | None) -> tuple[SignedVerdict, str]:
    method = found.signature.SA
    if not isinstance(method, SignatureMethod):
        return SignedVerdict.UNSUPPORTED, f"we cannot check the algorithm {method}"
    if key is None:
        return SignedVerdict.NO_KEY, "the public key of the meter is not known"
    found.signature.SA = _RENAMED.get(method, method)
    try:
        is_right = found.verify_signature(key.der(method.curve).hex())
    except SignatureVerificationError as error:
        # pyocmf has one error for a key of another curve and for a curve that it cannot check.
        is_other = "mismatch" in str(error) or error.reason is not None
        return (SignedVerdict.INVALID if is_other else SignedVerdict.UNSUPPORTED), _line(error)
    except (PyOCMFError, ValueError, ImportError) as error:
        return SignedVerdict.INVALID, f"the key does not fit the signature: {_line(error)}"
    if is_right:
        return SignedVerdict.VALID, f"the signature is right ({method}, key ...{key.short})"
    return SignedVerdict.INVALID, f"the signature is not that of the key ...{key.short} under this text"


def _why_unsigned(text: str, found: OCMF) -> str:
    """Why what stands for a signature is none; empty when it may be one."""
    data = found.signature.SD.strip()
    if not data:
        return "there is no signature"
    method = str(found.signature.SA)
    if not isinstance(found.signature.SA, SignatureMethod) and method.lower().replace("-", "") in _HASHES:
        return f"only a hash ({method}) stands where the signature should be"
    decoded = _decoded(data)
    payload = payload_of(text.strip()).encode()
    if decoded in {hashlib.new(name, payload, usedforsecurity=False).digest() for name in _HASHES}:
        return "only a hash of the text stands where the signature should be: anybody can make one"
    if decoded is not None and len(decoded) < _SHORTEST_SIGNATURE and decoded[:1] != b"\x30":
        return f"what stands for a signature has {len(decoded)} bytes: as long as a hash, too short for a signature"
    return ""


def _decoded(data: str) -> bytes | None:
    try:
        return bytes.fromhex(data)
    except ValueError:
        pass
    try:
        return base64.b64decode(data, validate=True)
    except ValueError:
        return None


def _record(found: OCMF) -> SignedRecord:
    said = found.payload
    return SignedRecord(
        meter=said.MS or said.GS,
        gateway=said.GI,
        page=said.PG,
        identified=said.IS is True,
        id_kind=str(said.IT) if said.IT else None,
        id=str(said.ID) if said.ID else None,
        algorithm=str(found.signature.SA),
        readings=tuple(_readings(said.RD)),
    )


def _readings(found: Iterable[Reading]) -> Iterable[SignedReading]:
    """Those with a value, times with a zone; one that says only "as before" has the kind of the one before."""
    clocks = {"S": "synchronised", "I": "informative", "R": "relative"}
    for one in found:
        if one.RV is None:
            continue
        if one.timestamp.tzinfo is None or not one.RV.is_finite() or abs(one.RV.adjusted()) > _MOST_DIGITS:
            raise ValueError(f"reading of {one.TM}: expected a time with its zone and a number that a meter can show")
        unit = str(one.RU) if one.RU else None
        factor = _TO_KWH.get(unit or "")
        yield SignedReading(
            at=one.timestamp,
            clock=clocks.get(str(one.time_status), "unknown"),
            kind=_kind(str(one.TX)),
            register=str(one.RI) if one.RI else None,
            value=one.RV,
            unit=unit,
            kwh=one.RV * factor if factor is not None else None,
            ok=str(one.ST) == "G" and not one.EF,
            is_compensated=one.RI is not None and one.RI.is_loss_compensated,
            is_lawful=one.RI is not None and one.RI.is_law_relevant,
        )


def _kind(word: str) -> ReadingKind:
    if word == "B":
        return ReadingKind.BEGIN
    return ReadingKind.END if word in {"E", "L", "R", "A", "P"} else ReadingKind.BETWEEN


def _line(error: Exception) -> str:
    """The first line of what may be many."""
    if not isinstance(error, (PyOCMFError, ValueError)):
        return "its parts are of other kinds than the format says"
    return str(error).partition("\n")[0][:200] or type(error).__name__

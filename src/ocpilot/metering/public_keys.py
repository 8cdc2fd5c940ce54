"""Public keys of meters in every writing they come in, and one in which they are kept and compared."""

import base64
import re
from typing import Self

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

#: What OCPP's note on signed meter values puts before a key: `oca:base16:asn1:3059...`.
_PREFIX = re.compile(r"oca:(base16|base64):[^:]*:", re.IGNORECASE)
_PEM = re.compile(r"-----BEGIN [A-Z ]*PUBLIC KEY-----(.*?)-----END", re.DOTALL)
_SEQUENCE = 0x30
_UNCOMPRESSED, _COMPRESSED = 0x04, (0x02, 0x03)
#: A key within Base64 within Base64 is the deepest seen.
_DEEPEST = 3

#: Curve names of OCMF's signature algorithms (OCMF, table "Signature Data").
_CURVES: dict[str, type[ec.EllipticCurve]] = {
    "secp192r1": ec.SECP192R1,
    "secp256k1": ec.SECP256K1,
    "secp256r1": ec.SECP256R1,
    "secp384r1": ec.SECP384R1,
    "secp521r1": ec.SECP521R1,
    "brainpool256r1": ec.BrainpoolP256R1,
    "brainpoolP256r1": ec.BrainpoolP256R1,
    "brainpool384r1": ec.BrainpoolP384R1,
}


class PublicKey(msgspec.Struct, frozen=True):
    """A SubjectPublicKeyInfo in DER, or only the point on a curve that the signature names."""

    data: bytes

    @classmethod
    def of(cls, text: str | bytes) -> Self:
        """From hex, Base64, PEM, DER, or OCPP's `oca:base16:asn1:` form; ValueError for anything else."""
        if isinstance(text, bytes) and _is_key(text):
            return cls(text)
        try:
            data = _bytes_of(text if isinstance(text, str) else text.decode("ascii"), _DEEPEST)
        except ValueError:
            data = b""
        if not _is_key(data):
            raise ValueError("no public key: expected hex, Base64, PEM or DER of an elliptic curve key or its point")
        return cls(data)

    @property
    def text(self) -> str:
        """Base64, as OCPI writes a key (mod_cdrs, "SignedData")."""
        return base64.b64encode(self.data).decode()

    @property
    def short(self) -> str:
        """The end of its point in hex: enough to tell two keys apart by eye."""
        return self._point[-6:].hex()

    def is_same(self, other: "PublicKey") -> bool:
        """The same key, whatever it is wrapped in; a compressed point is compared by what it tells."""
        mine, theirs = self._point, other._point
        shortest = (min(len(mine), len(theirs)) - 1) if mine[0] != theirs[0] else len(mine)
        return mine[1:][:shortest] == theirs[1:][:shortest]

    def der(self, curve: str) -> bytes:
        """The SubjectPublicKeyInfo; a bare point becomes one on the curve. ValueError when it is not on it."""
        if self.data[0] == _SEQUENCE:
            return self.data
        kind = _CURVES.get(curve)
        if kind is None:
            raise ValueError(f"a point alone is no key for the curve {curve}, which we do not know")
        key = ec.EllipticCurvePublicKey.from_encoded_point(kind(), self.data)
        return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    @property
    def _point(self) -> bytes:
        """The point as it is, or the one within, which is the last thing in a SubjectPublicKeyInfo."""
        if self.data[0] != _SEQUENCE:
            return self.data
        try:
            key = serialization.load_der_public_key(self.data)
        except (ValueError, UnsupportedAlgorithm):
            return self.data
        assert isinstance(key, ec.EllipticCurvePublicKey)  # noqa: S101 - `of` takes no other
        return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def _bytes_of(text: str, deepest: int) -> bytes:
    """What a text says; Base64 may hold another text (OCPP wraps its `oca:` form in it)."""
    pem = _PEM.search(text)
    if pem:
        return base64.b64decode("".join(pem[1].split()), validate=True)
    bare = "".join(_PREFIX.sub("", text, count=1).split())
    if re.fullmatch(r"(0x)?([0-9a-fA-F]{2})+", bare):
        return bytes.fromhex(bare.removeprefix("0x"))
    data = base64.b64decode(bare.replace("-", "+").replace("_", "/") + "=" * (-len(bare) % 4), validate=True)
    if _is_key(data) or deepest == 0 or not data.isascii():
        return data
    return _bytes_of(data.decode("ascii"), deepest - 1)


def _is_key(data: bytes) -> bool:
    """A SubjectPublicKeyInfo of an elliptic curve, also of one we cannot check, or a point of a usual length."""
    if not data:
        return False
    if data[0] == _SEQUENCE:
        try:
            return isinstance(serialization.load_der_public_key(data), ec.EllipticCurvePublicKey)
        except UnsupportedAlgorithm:
            return True
        except ValueError:
            return False
    half = 2 if data[0] == _UNCOMPRESSED else 1
    return data[0] in (_UNCOMPRESSED, *_COMPRESSED) and len(data) - 1 in {n * half for n in (24, 32, 48, 66)}

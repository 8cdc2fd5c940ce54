"""A meter that signs: OCMF texts with a key of its own, made anew for every run."""

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass
class SigningMeter:
    """Signs readings in the order they are asked for, one page each."""

    serial: str = "1EMH0012345678"
    curve: ec.EllipticCurve = field(default_factory=ec.SECP256R1)
    algorithm: str = "ECDSA-secp256r1-SHA256"
    id: str = "04AABBCCDD"
    page: int = 0

    def __post_init__(self) -> None:
        self.private = ec.generate_private_key(self.curve)

    @property
    def der(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def pem(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def base64(self) -> str:
        return base64.b64encode(self.der).decode()

    def point(self, compressed: bool = False) -> bytes:
        kind = PublicFormat.CompressedPoint if compressed else PublicFormat.UncompressedPoint
        return self.private.public_key().public_bytes(Encoding.X962, kind)

    def reading(self, tx: str, value: float | str, at: datetime = NOON, **changes: object) -> dict[str, object]:
        return {
            "TM": at.strftime("%Y-%m-%dT%H:%M:%S,000+0000 S"),
            "TX": tx,
            "RV": value,
            "RI": "01-00:98.08.00.FF",
            "RU": "kWh",
            "RT": "AC",
            "EF": "",
            "ST": "G",
        } | changes

    def text(self, *readings: dict[str, object], **changes: object) -> str:
        """A signed text; `changes` are fields of the payload."""
        self.page += 1
        payload = {
            "FV": "1.0",
            "GI": "Charger 22",
            "GS": "C-1",
            "PG": f"T{self.page}",
            "MV": "Meters",
            "MS": self.serial,
            "IS": True,
            "IL": "VERIFIED",
            "IT": "ISO14443",
            "ID": self.id,
            "RD": readings,
        } | changes
        return self.sign(json.dumps(payload))

    def sign(self, payload: str) -> str:
        hashed = hashes.SHA512() if self.algorithm.endswith("512") else hashes.SHA256()
        signature = self.private.sign(payload.encode(), ec.ECDSA(hashed)).hex()
        return f"OCMF|{payload}|{json.dumps({'SA': self.algorithm, 'SD': signature})}"

    def begin(self, value: float = 1.0, at: datetime = NOON, **changes: object) -> str:
        return self.text(self.reading("B", value, at), **changes)

    def end(self, value: float = 11.0, at: datetime = NOON, **changes: object) -> str:
        return self.text(self.reading("E", value, at), **changes)

    @staticmethod
    def in_base64(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    def in_ocpp(self) -> str:
        """The key as OCPP's note on signed meter values wraps it."""
        return self.in_base64(f"oca:base16:asn1:{self.der.hex()}")

"""Signed meter values: an OCMF record of a reading, signed with the station's own key (OCMF 1.x; ECDSA secp256r1)."""

import base64
import json
import re
from dataclasses import replace

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ocpilot.simulator.meter import Sample

METHOD = "ECDSA-secp256r1-SHA256"
ENCODING = "OCMF"
#: A uid of a card; other tokens are numbers of a central system.
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){4,10}")
_TYPES = {"Transaction.Begin": "B", "Transaction.End": "E"}


class Signer:
    """A key for each station; the pagination counts its records."""

    def __init__(self, station_id: str, vendor: str, model: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._station_id = station_id
        self._vendor = vendor
        self._model = model
        self._page = 0

    @property
    def public_key_hex(self) -> str:
        """SubjectPublicKeyInfo in DER, as hexadecimal digits."""
        form, coding = serialization.PublicFormat.SubjectPublicKeyInfo, serialization.Encoding.DER
        return self._key.public_key().public_bytes(coding, form).hex()

    @property
    def public_key(self) -> str:
        """As signedMeterValue carries it: its encodings named before it, the whole in Base64 (OCA, "Signed Meter
        Values")."""
        return base64.b64encode(f"oca:base16:asn1:{self.public_key_hex}".encode()).decode()

    def signed(self, sample: Sample, evse_id: int, token: str) -> Sample:
        """The same reading with its record."""
        self._page += 1
        data = json.dumps(
            {
                "FV": "1.0",
                "GI": self._model,
                "GS": self._station_id,
                "GV": "1.0",
                "PG": f"T{self._page}",
                "MV": self._vendor,
                "MM": "Simulated meter",
                "MS": f"{self._station_id}-{evse_id}",
                "MF": "1.0",
                "IS": True,
                "IL": "VERIFIED",
                "IF": ["RFID_NONE"],
                "IT": "ISO14443" if _HEX.fullmatch(token) else "CENTRAL",
                "ID": token,
                "RD": [
                    {
                        "TM": f"{sample.at.strftime('%Y-%m-%dT%H:%M:%S')},{sample.at.microsecond // 1000:03d}+0000 S",
                        "TX": _TYPES[sample.context],
                        "RV": sample.register_wh / 1000.0,
                        "RI": "01-00:01.08.00.FF",
                        "RU": "kWh",
                        "RT": "AC" if len(sample.amps) > 1 else "DC",
                        "EF": "",
                        "ST": "G",
                    }
                ],
            },
            separators=(",", ":"),
        )
        signature = self._key.sign(data.encode(), ec.ECDSA(hashes.SHA256()))
        ending = json.dumps({"SA": METHOD, "SD": signature.hex()}, separators=(",", ":"))
        return replace(sample, signed=f"OCMF|{data}|{ending}")

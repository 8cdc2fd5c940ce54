"""OCMF (Open Charge Metering Format): what a meter says in one signed text."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from ocpilot.base.signed_verdict import SignedVerdict

LEAD = "OCMF|"


class ReadingKind(StrEnum):
    """Why the meter was read (OCMF, table "Transaction")."""

    BEGIN = "begin"
    BETWEEN = "between"
    END = "end"


class SignedReading(msgspec.Struct, frozen=True, kw_only=True):
    """`value` in `unit` as signed, `kwh` the same in kWh when it is energy. `clock` says whether the time can be
    relied on: `synchronised`, `informative`, `relative` or `unknown`; `ok` that the meter saw no error."""

    at: datetime
    clock: str
    kind: ReadingKind
    register: str | None
    value: Decimal
    unit: str | None
    kwh: Decimal | None
    ok: bool
    is_compensated: bool = False
    is_lawful: bool = False


class SignedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What one OCMF text says: which meter, who, and the readings. `page` as the meter counts its texts."""

    meter: str | None
    gateway: str | None
    page: str | None
    identified: bool
    id_kind: str | None
    id: str | None
    algorithm: str
    readings: tuple[SignedReading, ...]

    def of_kind(self, kind: ReadingKind) -> tuple[SignedReading, ...]:
        """The readings of energy taken for this reason."""
        return tuple(one for one in self.readings if one.kind is kind and one.kwh is not None)


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on one text, why, and what it says as far as it can be read."""

    verdict: SignedVerdict
    reason: str
    record: SignedRecord | None = None


def payload_of(text: str) -> str:
    """What was signed: it stands in clear between the first two bars. The whole text when there are none."""
    parts = text.split("|")
    return parts[1] if parts[0].strip() == "OCMF" and len(parts) >= 3 else text


def key_in(text: str) -> str | None:
    """A key behind a third bar, as QR codes for the transparency software carry it."""
    parts = text.split("|", 3)
    return parts[3].strip() or None if len(parts) == 4 else None

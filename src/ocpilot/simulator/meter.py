"""The energy meter of a simulated EVSE: what really flowed, what its register shows, and one reading of it."""

from dataclasses import dataclass
from datetime import datetime

VOLTS = 230
DC_VOLTS = 400
PHASES = 3


@dataclass(frozen=True, slots=True)
class Sample:
    """One reading. `amps` per phase (one for DC); `signed` is its OCMF record."""

    at: datetime
    context: str
    register_wh: int
    watts: float
    amps: tuple[float, ...]
    soc: float | None
    signed: str | None = None


class Meter:
    """`true_wh` never lies; `shown_wh` is what the station reads: it may roll over or belong to a new meter."""

    __slots__ = ("_modulus", "_offset", "true_wh")

    def __init__(self, start_wh: float) -> None:
        self.true_wh = start_wh
        self._offset = 0
        self._modulus: int | None = None

    def count(self, wh: float) -> None:
        """Energy has flowed."""
        self.true_wh += wh

    @property
    def counted_wh(self) -> int:
        """What really flowed, in whole Wh: differences of it are what a charge took."""
        return round(self.true_wh)

    @property
    def shown_wh(self) -> int:
        """The register in whole Wh."""
        shown = self.counted_wh + self._offset
        return shown if self._modulus is None else shown % self._modulus

    def roll_over_after(self, wh: int, digits: int = 7) -> None:
        """The register, of so many digits, starts again from 0 once `wh` more have flowed."""
        self._modulus = 10**digits
        self._offset = self._modulus - wh - self.counted_wh

    def replace(self) -> None:
        """Another meter: it starts from 0."""
        self._modulus = None
        self._offset = -self.counted_wh

"""How much an EVSE can have given in a time: what a register says beyond that is no energy."""

from datetime import timedelta
from decimal import Decimal
from typing import Self

import msgspec

#: Clocks and meters are not that exact: what a station may give beyond its highest power and still be believed.
TOLERANCE = Decimal("1.25")
#: Believed in any time at all: a register in steps of a tenth of a kWh, two samples within a second.
FREE_WH = Decimal(100)
#: No EVSE gives more (the Megawatt Charging System ends at 3.75 MW); for where its own highest power is not known.
_MOST_POWER_W = Decimal(4_000_000)


class Limit(msgspec.Struct, frozen=True):
    """Energy per second, tolerance included."""

    wh_per_second: Decimal

    @classmethod
    def of(cls, max_power_w: Decimal | None) -> Self:
        """Of an EVSE of this power; None is the most powerful there is."""
        return cls((max_power_w or _MOST_POWER_W) * TOLERANCE / 3600)

    def most(self, passed: timedelta) -> Decimal:
        """The most that can have flowed, in Wh."""
        return FREE_WH + self.wh_per_second * max(seconds(passed), 0)

    def allows(self, wh: Decimal, passed: timedelta) -> bool:
        """Whether that much can have flowed, either way."""
        return wh <= FREE_WH or wh <= self.most(passed)


def seconds(span: timedelta) -> int:
    """Whole seconds of a span without fractions, for exact sums."""
    return span.days * 86400 + span.seconds

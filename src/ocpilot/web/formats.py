"""Numbers, money, times and distances for templates: in one reader's language, times in the place's zone."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from babel import dates

from ocpilot.base import formats
from ocpilot.base.money import HALF_UP
from ocpilot.base.zones import zone_named
from ocpilot.billing.numbers import after_taxes
from ocpilot.wire.v230 import Price

_UTC = "UTC"


@dataclass(frozen=True)
class Formats:
    """One language's way to write things. Times are in a place's zone (IANA); where no place is at hand, in `home`,
    the zone of the platform, and with its name."""

    locale: str
    home: str = _UTC

    def money(self, amount: Decimal, currency: str) -> str:
        """`12,50 kr`."""
        return formats.money(HALF_UP.round(amount, currency), currency, self.locale)

    def cost(self, price: Price, currency: str) -> str:
        """The price with all its taxes; without any tax stated it is the price before taxes."""
        return self.money(after_taxes(price), currency)

    def number(self, value: Decimal | float, decimals: int = 0) -> str:
        """With exactly so many decimals."""
        return formats.fixed(Decimal(str(value)), self.locale, decimals)

    def kwh(self, energy: Decimal) -> str:
        """`12.34 kWh`."""
        return f"{self.number(energy, 2)} kWh"

    def kilowatts(self, power: Decimal | float) -> str:
        """`150 kW`, `7.4 kW`."""
        return f"{formats.number(Decimal(str(power)), self.locale, 1)} kW"

    def distance(self, kilometres: float) -> str:
        """`350 m`, `4.2 km`, `120 km`."""
        if kilometres < 1:
            return f"{self.number(round(kilometres * 1000, -1))} m"
        return f"{self.number(kilometres, 1 if kilometres < 10 else 0)} km"

    def duration(self, length: timedelta) -> str:
        """`1 h 05 min`, `12 min`: a running clock without its seconds."""
        minutes = max(int(length.total_seconds()) // 60, 0)
        return formats.duration(timedelta(minutes=minutes))

    def moment(self, at: datetime, zone: str = _UTC) -> str:
        """Date and time to the minute."""
        local = at.astimezone(zone_named(zone))
        return (
            f"{dates.format_date(local, 'medium', self.locale)} {dates.format_time(local, 'short', locale=self.locale)}"
        )

    def home_moment(self, at: datetime) -> str:
        """Date and time to the minute in the platform's own zone, and which zone that is: `23 Nov 2026 11:04 CET`."""
        return f"{self.moment(at, self.home)} {at.astimezone(zone_named(self.home)).tzname()}"

    def home_second(self, at: datetime) -> str:
        """Date and time to the millisecond in the platform's own zone, and which: `23 Nov 2026 11:04:05.250 CET`."""
        local = at.astimezone(zone_named(self.home))
        clock = f"{local:%H:%M:%S}.{local.microsecond // 1000:03}\N{NO-BREAK SPACE}{local.tzname()}"
        return f"{dates.format_date(local, 'medium', self.locale)} {clock}"

    def clock(self, at: datetime, zone: str = _UTC) -> str:
        """The time of day."""
        return dates.format_time(at, "short", tzinfo=zone_named(zone), locale=self.locale)

    def day(self, at: datetime, zone: str = _UTC) -> str:
        """The date."""
        return formats.day(at, zone_named(zone), self.locale)

    def calendar_day(self, one: date) -> str:
        """A day of a calendar: `26 November 2026`."""
        return formats.date_in_full(one, self.locale)

    def trimmed(self, value: Decimal) -> str:
        """Without decimals that say nothing: `25`, `12.345`."""
        return formats.number(value, self.locale)

    def filters(self) -> dict[str, Callable[..., str]]:
        """All of them, by the names templates use."""
        names = (
            "money",
            "cost",
            "number",
            "kwh",
            "kilowatts",
            "distance",
            "duration",
            "moment",
            "home_moment",
            "home_second",
            "clock",
            "day",
            "calendar_day",
            "trimmed",
        )
        return {name: getattr(self, name) for name in names}

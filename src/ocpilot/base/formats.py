"""Numbers, money and durations as a reader's locale writes them (Babel; `locale` is such as `en` or `sv`)."""

from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, timedelta
from decimal import Context, Decimal, localcontext
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers

#: Numbers of OCPI have up to 40 digits (`wire.jsontext`), and Babel rounds to decimals: more than the usual 28 in all.
_WIDE = Context(prec=60)


def money(amount: Decimal, currency: str, locale: str) -> str:
    """With the decimals it has, at least those of the currency: `1 234,50 kr`, `1,234.50 SEK`, `€1,234.50`."""
    has_symbol = numbers.get_currency_symbol(currency, locale=locale) != currency
    pattern = None if has_symbol else "#,##0.00\N{NO-BREAK SPACE}¤¤"
    with localcontext(_WIDE):
        return numbers.format_currency(
            _trimmed(amount), currency, format=pattern, locale=locale, decimal_quantization=False
        )


def number(value: Decimal, locale: str, decimals: int = 3) -> str:
    """At most so many decimals, none that say nothing: `12,345`."""
    with localcontext(_WIDE):
        return numbers.format_decimal(round(value, decimals), format="#,##0." + "#" * decimals, locale=locale)


def fixed(value: Decimal, locale: str, decimals: int = 2) -> str:
    """Exactly so many decimals: `1 234,50`."""
    with localcontext(_WIDE):
        return numbers.format_decimal(value, format="#,##0." + "0" * decimals if decimals else "#,##0", locale=locale)


def percent(value: Decimal, locale: str) -> str:
    """`25 %`, `5,2 %`: as the locale writes it, with up to three decimals."""
    pattern = str(Locale.parse(locale).percent_formats[None].pattern)
    with localcontext(_WIDE):
        return numbers.format_percent(value / 100, format=pattern.replace("#,##0", "#,##0.###"), locale=locale)


def duration(length: timedelta) -> str:
    """`1 h 05 min`, `12 min 30 s`, `0 min`: the units of the SI are the same in every language."""
    minutes, seconds = divmod(round(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours} h", f"{minutes:02d} min"] if hours else [f"{minutes} min"]
    if not hours and not minutes and seconds:
        return f"{seconds} s"
    return " ".join([*parts, f"{seconds:02d} s"] if seconds else parts)


def moment(at: datetime, zone: ZoneInfo, locale: str) -> str:
    """Date and time to the second, as the clock in that zone shows it; in UTC at both ends of the calendar, which no
    zone can move (9999-12-31 means for ever to some)."""
    is_movable = MINYEAR < at.year < MAXYEAR
    return dates.format_datetime(at, "medium", tzinfo=zone if is_movable else UTC, locale=locale)


def day(at: datetime, zone: ZoneInfo, locale: str) -> str:
    """The date in that zone."""
    return dates.format_date(at.astimezone(zone), "long", locale=locale)


def date_in_full(day: date, locale: str) -> str:
    """`23 november 2026`."""
    return dates.format_date(day, "long", locale=locale)


def days(first: date, last: date, locale: str) -> str:
    """`1 nov. 2026 – 30 nov. 2026`; one day is that day."""
    ends = [dates.format_date(day, "medium", locale=locale) for day in dict.fromkeys((first, last))]
    return " – ".join(ends)


def month(day: date, locale: str) -> str:
    """`november 2026`: the one of that day."""
    return dates.format_skeleton("yMMMM", day, locale=locale)


def stretch(start: datetime, end: datetime, zone: ZoneInfo, locale: str) -> str:
    """From when until when, to the minute, with the zone's short name, as a clock may show the same time twice a year:
    `23 nov. 2026 21:30–22:50 CET`. The second date and zone only where they differ from the first."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    clocks = [dates.format_time(at, "short", locale=locale) for at in (first, last)]
    zones = [at.tzname() or "" for at in (first, last)]
    from_day, to_day = (dates.format_date(at, "medium", locale=locale) for at in (first, last))
    begin = f"{from_day} {clocks[0]}" + (f" {zones[0]}" if zones[0] != zones[1] else "")
    if from_day == to_day:
        return f"{begin}–{clocks[1]} {zones[1]}"
    return f"{begin} – {to_day} {clocks[1]} {zones[1]}"


def country(code: str, locale: str) -> str:
    """`Tyskland` for `DE` (ISO 3166-1 alpha-2); the code where it has no name."""
    return str(Locale.parse(locale).territories.get(code, code))


def _trimmed(amount: Decimal) -> Decimal:
    """Without zeros at the end; a price that does not end (a VAT taken out) is cut at four decimals."""
    return round(amount, 4).normalize() + 0

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
    """`25 %`, `5,2 %`: as the locale writes it, with up to two decimals."""
    pattern = str(Locale.parse(locale).percent_formats[None].pattern)
    with localcontext(_WIDE):
        return numbers.format_percent(value / 100, format=pattern.replace("#,##0", "#,##0.##"), locale=locale)


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


def calendar_day(one: date, locale: str) -> str:
    """A day of a calendar, which no zone moves: `26 November 2026`."""
    return dates.format_date(one, "long", locale=locale)


def _trimmed(amount: Decimal) -> Decimal:
    """Without zeros at the end; a price that does not end (a VAT taken out) is cut at four decimals."""
    return round(amount, 4).normalize() + 0

"""What CDRs came to: energy and cost without taxes, by month and currency; a Credit CDR takes back what it credits."""

from collections.abc import Iterable
from datetime import tzinfo
from decimal import Decimal

import msgspec

from ocpilot.wire.v230 import CDR


class Earned(msgspec.Struct, frozen=True, kw_only=True):
    """Of one `month` (`2026-11`) in one currency: charges, kWh, and what they cost without taxes."""

    month: str
    currency: str
    charges: int = 0
    kwh: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)


def earned(cdrs: Iterable[CDR], zone: tzinfo) -> tuple[Earned, ...]:
    """By the month in which a charge ended (local time), a credit by that in which it was given; newest first."""
    sums: dict[tuple[str, str], Earned] = {}
    for cdr in cdrs:
        ended = cdr.last_updated if cdr.credit else cdr.end_date_time
        key = f"{ended.astimezone(zone):%Y-%m}", cdr.currency
        sign = -1 if cdr.credit else 1
        before = sums.get(key) or Earned(month=key[0], currency=key[1])
        sums[key] = msgspec.structs.replace(
            before,
            charges=before.charges + sign,
            kwh=before.kwh + sign * cdr.total_energy,
            # The total of a Credit CDR is negative already (mod_cdrs, "Credit CDRs").
            cost=before.cost + cdr.total_cost.before_taxes,
        )
    return tuple(sums[key] for key in sorted(sums, reverse=True))

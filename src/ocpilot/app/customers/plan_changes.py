"""Which price plan a customer has from when on: from now, or from the beginning of a day, which may be to come."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.app.kept.customer_records import Customer, EarlierPlan
from ocpilot.base.errors import InvalidObject
from ocpilot.base.problem import Problem

#: Days ahead for which a plan may be said.
_AHEAD = timedelta(days=366)


def beginning(day: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The moment from which a plan holds, by the calendar of the books; now, where no day is named. InvalidObject for a
    day of a month that is over, whose invoices and fees may be written, and for one that is far away."""
    if not day.strip():
        return now
    first, today = date.fromisoformat(day.strip()), now.astimezone(zone).date()
    if not today.replace(day=1) <= first <= today + _AHEAD:
        expected = f"a day from {today.replace(day=1)}, the first of this month, to {today + _AHEAD}"
        raise InvalidObject([Problem(path="plan_since", found=day.strip(), expected=expected)], "customer")
    return datetime.combine(first, time(), zone).astimezone(UTC)


def with_plan(customer: Customer, plan: str, at: datetime, zone: ZoneInfo) -> Customer:
    """He has this plan from then on, and until then what he had. What began on the same day (of the books) or later was
    a mistake, or a plan that is not to come any more: it never held."""
    day = at.astimezone(zone).date()
    had = [(one.plan, one.since) for one in customer.earlier_plans] + [(customer.plan, customer.plan_since)]
    kept = [one for one in had if (one[1] or customer.created_at).astimezone(zone).date() < day]
    if not kept or kept[-1][0] != plan:
        since = min(had[len(kept)][1] or customer.created_at, at) if len(kept) < len(had) else at
        kept.append((plan, since if kept else None))
    earlier = tuple(
        EarlierPlan(plan=one, since=since, until=until)
        for (one, since), (_, until) in pairwise(kept)
        if until is not None
    )
    return msgspec.structs.replace(customer, plan=kept[-1][0], plan_since=kept[-1][1], earlier_plans=earlier)

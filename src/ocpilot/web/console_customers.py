"""The operator console: customers, what they pay, and whose Tokens are whose."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from urllib.parse import quote

from starlette.responses import Response

from ocpilot.app.books import closing
from ocpilot.app.customers import customers
from ocpilot.app.customers.customer_fields import BUSINESSES, texts_of, warnings_of
from ocpilot.app.customers.plan_words import words_of
from ocpilot.app.kept.customer_records import Customer, CustomerKind, CustomerToken
from ocpilot.base.errors import InvalidObject, OcpilotError, UserError
from ocpilot.base.problem import Problem
from ocpilot.base.zones import zone_named
from ocpilot.web import customer_form
from ocpilot.web.console import number as number_in_query
from ocpilot.web.reader import Reader
from ocpilot.web.sign_in import text

_PAGE = 100
_LARGEST = 2**31 - 1


async def listed(reader: Reader) -> Response:
    """All customers, or those of a kind."""
    wanted = reader.request.query_params.get("kind", "")
    kind = CustomerKind(wanted) if wanted in set(CustomerKind) else None
    if kind is not None:
        found: Sequence[Customer] = await reader.platform.store.customers.of_kind(kind)
        after = None
    else:
        since = number_in_query(reader, "after", 0, _LARGEST)
        found = await reader.platform.store.customers.all(_PAGE, since)
        after = found[-1].id if len(found) == _PAGE else None
    return reader.page(
        "console/customers.html", {"customers": found, "kind": kind, "after": after, "now": reader.platform.clock()}
    )


async def new(reader: Reader) -> Response:
    """The form for another one, of the kind that the query names."""
    wanted = reader.request.query_params.get("kind", "")
    kind = CustomerKind(wanted) if wanted in set(CustomerKind) else CustomerKind.DRIVER
    is_business = "yes" if kind in BUSINESSES else "no"
    return await _new(reader, kind, {**customers.usual(reader.platform), "business": is_business})


async def add(reader: Reader) -> Response:
    """Another customer."""
    given = customer_form.given(await reader.request.form())
    try:
        saved = await customers.add(reader.platform, given)
    except OcpilotError as error:
        wanted = given.get("kind", "")
        kind = CustomerKind(wanted) if wanted in set(CustomerKind) else CustomerKind.DRIVER
        return await _new(reader, kind, given, _problems(error))
    return reader.go(_path(saved.customer))


async def shown(reader: Reader) -> Response:
    """One of them."""
    return await _page(reader, await _customer(reader))


async def change(reader: Reader) -> Response:
    """Other fields."""
    customer = await _customer(reader)
    given = customer_form.given(await reader.request.form())
    try:
        await customers.change(reader.platform, customer.number, given)
    except OcpilotError as error:
        return await _page(reader, customer, given, _problems(error))
    return reader.go(_path(customer))


async def give(reader: Reader) -> Response:
    """A Token is his from a day on, or from now."""
    customer, form = await _customer(reader), await reader.request.form()
    try:
        token = CustomerToken(
            uid=text(form, "uid").strip(),
            customer_id=customer.id,
            driver=text(form, "driver").strip(),
            cost_centre=text(form, "cost_centre").strip(),
            since=_since(reader, text(form, "since").strip()),
        )
        await customers.give_token(reader.platform, token, take_over=bool(text(form, "take_over")))
    except OcpilotError as error:
        return await _page(reader, customer, problems=_problems(error))
    return reader.go(_path(customer))


async def take(reader: Reader) -> Response:
    """A Token is his no more."""
    customer, form = await _customer(reader), await reader.request.form()
    try:
        await customers.take_token(reader.platform, text(form, "uid"), reader.platform.clock())
    except OcpilotError as error:
        return await _page(reader, customer, problems=_problems(error))
    return reader.go(_path(customer))


async def close(reader: Reader) -> Response:
    """He leaves."""
    customer = await _customer(reader)
    try:
        await closing.close(reader.platform, customer.number)
    except OcpilotError as error:
        return await _page(reader, customer, problems=_problems(error))
    return reader.go(_path(customer))


async def reopen(reader: Reader) -> Response:
    """He is a customer again."""
    customer = await _customer(reader)
    try:
        await closing.reopen(reader.platform, customer.number)
    except OcpilotError as error:
        return await _page(reader, customer, problems=_problems(error))
    return reader.go(_path(customer))


async def _customer(reader: Reader) -> Customer:
    return await customers.numbered(reader.platform, reader.request.path_params["number"])


async def _new(
    reader: Reader, kind: CustomerKind, given: Mapping[str, str], problems: Sequence[Problem] = ()
) -> Response:
    context = {"kind": kind, **await _form(reader, kind, given, problems)}
    return reader.page("console/customer_new.html", context, status=400 if problems else 200)


async def _page(
    reader: Reader,
    customer: Customer,
    given: Mapping[str, str] | None = None,
    problems: Sequence[Problem] = (),
) -> Response:
    now = reader.platform.clock()
    name = customer.plan_at(now)
    plan = await reader.platform.store.plans.get(name) if name else None
    texts = texts_of(customer)
    context = {
        "customer": customer,
        "texts": texts,
        "tokens": await reader.platform.store.customers.tokens(customer.id),
        "plan": name,
        "plans_to_come": customer.plans_after(now),
        "plan_words": words_of(plan, reader.tongue.translate, reader.tongue.formats.locale) if plan else None,
        "warnings": list(warnings_of(customer, reader.platform.settings.seller.country)),
        **await _form(reader, customer.kind, {**texts, **(given or {})}, problems),
    }
    return reader.page("console/customer.html", context, status=400 if problems else 200)


async def _form(
    reader: Reader, kind: CustomerKind, given: Mapping[str, str], problems: Sequence[Problem]
) -> dict[str, object]:
    return {
        "groups": customer_form.groups_of(kind),
        "given": given,
        "problems": customer_form.labelled(tuple(problems)),
        "plans": [plan.name for plan in await reader.platform.store.plans.all()],
    }


def _problems(error: OcpilotError) -> tuple[Problem, ...]:
    """What was wrong, field by field; of an error that is about no field what it says."""
    if isinstance(error, InvalidObject):
        return error.problems
    if error.fault == "ours":
        raise error
    return (Problem(path="", found=str(error), expected=""),)


def _since(reader: Reader, day: str) -> datetime:
    """The beginning of a day where the operator's people work; now, when none is named."""
    if not day:
        return reader.platform.clock()
    try:
        return datetime.combine(date.fromisoformat(day), time(), zone_named(reader.platform.settings.web.time_zone))
    except ValueError:
        raise UserError(f"since: found {day!r}, expected a day such as 2026-11-01") from None


def _path(customer: Customer) -> str:
    return f"/console/customers/{quote(customer.number, safe='')}"

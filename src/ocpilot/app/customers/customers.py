"""Customers: added and changed with everything wrong named at once, and Tokens that are one customer's at a time."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, time

import msgspec

from ocpilot.app.book_days import books_zone
from ocpilot.app.customers import fees, plan_changes
from ocpilot.app.customers.customer_fields import customer_of, texts_of, warnings_of
from ocpilot.app.kept.customer_records import Customer, CustomerKind, CustomerToken
from ocpilot.app.kept.records import Record
from ocpilot.app.platform import Platform
from ocpilot.base.errors import Conflict, InvalidObject, NotFound, UserError
from ocpilot.base.problem import Problem
from ocpilot.base.time import write
from ocpilot.wire.protocol import ModuleID

_PAGE = 1000


class Saved(Record, frozen=True, kw_only=True):
    """A customer as stored. `warnings` say what may not be meant so."""

    customer: Customer
    warnings: tuple[str, ...] = ()


async def add(platform: Platform, texts: Mapping[str, str]) -> Saved:
    """A new one, of the fields of `customer_fields.FIELDS`. InvalidObject with all that is wrong; Conflict when a
    partner is one already."""
    customer = await checked(platform, {**usual(platform), **given(texts)})
    at = plan_changes.beginning(texts.get("plan_since", ""), platform.clock(), books_zone(platform))
    if at > customer.created_at:
        before = msgspec.structs.replace(customer, plan="")
        customer = plan_changes.with_plan(before, customer.plan, at, books_zone(platform))
    added = await platform.store.customers.add(customer)
    await _rate_again(platform, added)
    return saved(platform, added)


async def change(platform: Platform, number: str, texts: Mapping[str, str]) -> Saved:
    """Other fields of one; an empty text empties. NotFound, InvalidObject. His number and kind stay."""
    before = await numbered(platform, number)
    after = await checked(platform, {**texts_of(before), **texts})
    if after.kind is not before.kind:
        raise UserError(f"customer {number} is a {before.kind}, found {after.kind}: add another customer for that")
    after = msgspec.structs.replace(
        after,
        id=before.id,
        number=before.number,
        created_at=before.created_at,
        plan=before.plan,
        plan_since=before.plan_since,
        earlier_plans=before.earlier_plans,
        closed_at=before.closed_at,
    )
    wanted, day = texts.get("plan", before.plan).strip(), texts.get("plan_since", "")
    if wanted != before.plan or day.strip():
        at = plan_changes.beginning(day, platform.clock(), books_zone(platform))
        after = plan_changes.with_plan(after, wanted, at, books_zone(platform))
    await platform.store.customers.save(after)
    await _rate_again(platform, after)
    await fees.forget(platform, before, after)
    if _what_prices_need(before) != _what_prices_need(after):
        await platform.store.clearings.unrate_customer(after.id)
    return saved(platform, after)


async def numbered(platform: Platform, number: str) -> Customer:
    """The customer with this number; NotFound."""
    found = await platform.store.customers.numbered(number)
    if found is None:
        raise NotFound(f"there is no customer {number}")
    return found


async def every(platform: Platform) -> AsyncIterator[Customer]:
    """All of them, by number."""
    after = 0
    while page := await platform.store.customers.all(_PAGE, after):
        for customer in page:
            yield customer
        after = page[-1].id


def usual(platform: Platform) -> dict[str, str]:
    """What a new customer is, unless something else is said."""
    settings = platform.settings
    return {
        "country": settings.seller.country,
        "language": settings.web.languages[0],
        "time_zone": settings.billing.time_zone,
        "days": str(settings.billing.days),
    }


# ---- Tokens ----------------------------------------------------------------------------------------------------------


async def give_token(platform: Platform, token: CustomerToken, *, take_over: bool = False) -> tuple[str, ...]:
    """The Token is this customer's from `since` on; warnings. What was charged with it since then is billed to him, as
    far as it is not billed yet.

    Conflict when it is another customer's then: `take_over` ends that, if it began before.
    """
    if token.until is not None and token.until <= token.since:
        raise UserError(f"found until {write(token.until)}, expected a time after {write(token.since)}")
    if not token.uid.strip():
        raise UserError("found no Token uid, expected one such as 04A1B2C3D4E5F6")
    owner = await platform.store.customers.get(token.customer_id)
    if owner is not None and owner.closed_at is not None and (token.until is None or token.until > owner.closed_at):
        raise Conflict(f"customer {owner.number} is closed since {write(owner.closed_at)}: reopen him first")
    if await platform.store.cards.of_token(token.uid) is not None:
        raise Conflict(f"Token {token.uid} was for one charge that was paid by card")
    for other in await platform.store.customers.of_tokens([token.uid]):
        if other.customer_id != token.customer_id and _overlap(other, token):
            await _require_free(platform, other, token, take_over=take_over)
    await platform.store.customers.give(token)
    await platform.store.clearings.unrate([token.uid])
    if await platform.store.objects.find(ModuleID.TOKENS, token.uid):
        return ()
    return (f"no Token {token.uid} is known here: nobody can charge with it yet",)


async def take_token(platform: Platform, uid: str, until: datetime) -> None:
    """The Token is nobody's from then on; NotFound when it was not anybody's."""
    if not await platform.store.customers.end(uid, until):
        raise NotFound(f"Token {uid} is no customer's at {write(until)}")
    await platform.store.clearings.unrate([uid])


async def tokens_of_account(platform: Platform, email: str) -> tuple[str, ...]:
    """Uids of the Tokens of a driver who signs in; NotFound."""
    account = await platform.store.accounts.by_email(email.strip())
    if account is None or not account.token_uids:
        raise NotFound(f"no driver with Tokens signs in as {email}")
    return tuple(account.token_uids)


async def _require_free(platform: Platform, other: CustomerToken, token: CustomerToken, *, take_over: bool) -> None:
    if take_over and other.since <= token.since:
        return
    owner = await platform.store.customers.get(other.customer_id)
    until = f" until {write(other.until)}" if other.until else ""
    to_do = "--take-over ends that" if other.since <= token.since else "give it until then"
    raise Conflict(
        f"Token {token.uid} is customer {owner.number if owner else '?'}'s from {write(other.since)}{until}, "
        f"expected nobody's: {to_do}"
    )


def _overlap(one: CustomerToken, other: CustomerToken) -> bool:
    return (one.until is None or one.until > other.since) and (other.until is None or other.until > one.since)


# ---- checks ----------------------------------------------------------------------------------------------------------


async def checked(platform: Platform, texts: Mapping[str, str]) -> Customer:
    """What the texts make; InvalidObject with all that is wrong in themselves and with what is here."""
    problems: list[Problem] = []
    plan, locations = texts.get("plan", "").strip(), texts.get("locations", "").split()
    if plan and await platform.store.plans.get(plan) is None:
        problems.append(Problem(path="plan", found=plan, expected="a plan that is there: ocpilot plan list"))
    for name in locations:
        if not any(one.peer_id is None for one in await platform.store.locations.find(name)):
            problems.append(Problem(path="locations", found=name, expected="ids of Locations of ours"))
    try:
        customer = customer_of(texts, platform.clock())
    except InvalidObject as error:
        raise InvalidObject([*error.problems, *problems], error.what) from None
    if problems:
        raise InvalidObject(problems, "customer")
    return customer


def given(texts: Mapping[str, str]) -> dict[str, str]:
    """Without what was left empty."""
    return {name: text for name, text in texts.items() if text.strip()}


def saved(platform: Platform, customer: Customer) -> Saved:
    """With what may not be meant so."""
    return Saved(customer=customer, warnings=tuple(warnings_of(customer, platform.settings.seller.country)))


def _what_prices_need(customer: Customer) -> tuple[object, ...]:
    """What of a customer decides prices and taxes of his charges, and the words for them."""
    facts = customer.party_facts
    plans = (customer.plan, customer.plan_since, customer.earlier_plans)
    return (facts.vat_number, facts.country, customer.is_business, customer.language, *plans)


async def _rate_again(platform: Platform, customer: Customer) -> None:
    """What was charged with a partner, or at a place, before we knew whom to bill or to pay."""
    clearings = platform.store.clearings
    if customer.party is not None and customer.kind in {CustomerKind.PROVIDER, CustomerKind.OPERATOR}:
        await clearings.unrate((), customer.party)
    if customer.since is not None:
        since = datetime.combine(customer.since, time(), books_zone(platform))
        await clearings.unrate_places(customer.locations, since)

"""Card payments of charges without an account: begun by a driver, heard of by their provider, decided by a person.

What goes on by itself is in `card_steps.py`. Every step is kept; who is not there to do the next one is found by state.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace

from ocpilot.app.guests import ad_hoc
from ocpilot.app.guests.evse_pages import EvsePage
from ocpilot.app.kept.card_ports import CardOrder, CardProvider
from ocpilot.app.kept.card_records import MOVES, CardPayment, CardStep, PaymentState, heard_of
from ocpilot.app.kept.records import Record
from ocpilot.app.ocpi import tokens
from ocpilot.app.platform import Platform
from ocpilot.base.errors import CardError, CardRefused, Conflict, NotAuthorized, NotFound, SettingsError, UserError
from ocpilot.base.ids import new_id
from ocpilot.base.money import HALF_UP
from ocpilot.base.texts import mark, translator
from ocpilot.billing.receipt import Receipt

PLATFORM = "platform"
_NOT_HERE = mark("A charge without an account cannot be started here now.")
_CHARGE_AT = mark("Charge at {place}")
#: How often a provider is asked about a payment that the driver has not finished.
_LOOK = timedelta(seconds=10)
#: When it is asked again whether it knows of a payment that nobody told it of.
_TELL = timedelta(seconds=30)


class Reserve(Record, frozen=True, kw_only=True):
    """What is to be reserved before a charge."""

    amount: Decimal
    currency: str


def reserve_at(platform: Platform, page: EvsePage, connector_id: str | None) -> Reserve | None:
    """What the Tariff of the Connector says (mod_tariffs, `preauthorize_amount`), else the setting for its currency;
    None when nobody takes cards here, or in that currency."""
    if platform.cards is None:
        return None
    plugs = page.without_contract.plugs
    plug = next((one for one in plugs if one.connector.id == connector_id), plugs[0] if plugs else None)
    tariff = plug.tariffs[0] if plug is not None and plug.tariffs else None
    currency = tariff.currency if tariff else platform.settings.charging.currency
    amount = tariff.preauthorize_amount if tariff else None
    wanted = amount or platform.settings.cards.preauthorise.get(currency)
    return Reserve(amount=HALF_UP.round(Decimal(wanted), currency), currency=currency) if wanted else None


async def begin(platform: Platform, page: EvsePage, connector_id: str | None, language: str) -> str:
    """A payment for a charge at an EVSE of ours; the secret of the link where the driver goes on. UserError where that
    is not offered. The payment is kept before its provider hears of it."""
    reserve = reserve_at(platform, page, connector_id)
    if not page.ad_hoc or page.obstacle is not None or reserve is None:
        raise UserError(_NOT_HERE)
    secret, now, location = ad_hoc.new_secret(), platform.clock(), page.station.location
    evse = page.point.evse
    payment = CardPayment(
        id=new_id(),
        amount=reserve.amount,
        currency=reserve.currency,
        key_hash=ad_hoc.hash_of(secret),
        link=platform.sealing.seal(secret),
        token_uid=tokens.of_nobody(platform, page.station.key.party).uid,
        party=page.station.key.party,
        location_id=location.id,
        evse_uid=evse.uid,
        evse_id=evse.evse_id or evse.uid,
        connector_id=connector_id,
        language=language,
        place=location.name or location.address,
        next_at=now + _TELL,
        created_at=now,
        changed_at=now,
    )
    what = f"{payment.amount} {payment.currency} are to be reserved"
    await platform.store.cards.add(payment, _step(platform, payment, None, what, PLATFORM))
    with suppress(CardError):  # his page says that the provider is being asked, and the job goes on
        await tell(platform, payment)
    return secret


async def tell(platform: Platform, payment: CardPayment) -> CardPayment:
    """The provider gets to know of a new payment, under the same key however often it is told. CardUnreachable when it
    may not know of it; when that lasts too long the driver is gone, and he never saw a page to pay at."""
    if platform.clock() - payment.created_at >= timedelta(seconds=platform.settings.cards.pay_within):
        return await move(platform, payment, PaymentState.DECLINED, "the provider did not answer", next_at=None)
    try:
        there = await provider(platform).authorise(_order(platform, payment), f"{payment.id}-authorise")
    except CardRefused as error:
        return await move(platform, payment, PaymentState.DECLINED, str(error), next_at=None)
    told, later = replace(payment, reference=there.reference, url=there.url), platform.clock() + _LOOK
    return await move(platform, told, PaymentState.OPEN, "the provider waits for the driver", next_at=later)


async def look(platform: Platform, payment: CardPayment) -> CardPayment:
    """What became of an open payment, by the word of its provider; one that the driver leaves for too long is let go.
    Errors as the provider's."""
    if payment.state is not PaymentState.OPEN or payment.reference is None:
        return payment
    there = await provider(platform).state(payment.reference)
    after, now = heard_of(there.state), platform.clock()
    if after is None:
        if now - payment.created_at >= timedelta(seconds=platform.settings.cards.pay_within):
            return await move(platform, payment, PaymentState.RELEASING, "nobody paid", next_at=now)
        waits = replace(payment, next_at=now + _LOOK, tries=0, needs="")
        return await note(platform, waits, there.message or payment.why)
    known = replace(payment, card=there.card, url=None)
    ends = not MOVES[after]
    return await move(
        platform, known, after, there.message or f"{after} by the provider", next_at=None if ends else now
    )


async def of_link(platform: Platform, secret: str) -> CardPayment | None:
    """The payment behind a link, looked up at its provider while the driver may be paying; None: there is none."""
    payment = await platform.store.cards.of_link(ad_hoc.hash_of(secret))
    if payment is None or platform.clock() - payment.created_at >= ad_hoc.KEPT:
        return None
    try:
        return await look(platform, payment)
    except CardError:
        return payment


async def heard(platform: Platform, body: bytes, signature: str) -> None:
    """A message of the provider: what it says is asked for, not believed, so that an old one or the same twice does no
    harm. NotAuthorized for one that is not the provider's."""
    if not signature.isascii():
        raise NotAuthorized("the signature of a message of the provider of card payments has odd letters")
    payment_id = provider(platform).heard(body, signature)
    payment = await platform.store.cards.get(payment_id) if payment_id else None
    if payment is not None:
        await look(platform, payment)


# ---- what a person decides -----------------------------------------------------------------------------------------


async def named(platform: Platform, payment_id: str) -> CardPayment:
    """By id; NotFound otherwise."""
    found = await platform.store.cards.get(payment_id)
    if found is None:
        raise NotFound(f"no card payment {payment_id}")
    return found


async def capture(platform: Platform, payment_id: str, who: str) -> CardPayment:
    """Try again now to take what a charge came to. Conflict when that is not what the payment waits for."""
    payment = await named(platform, payment_id)
    if payment.state is not PaymentState.CAPTURING:
        raise Conflict(f"card payment {payment_id} is {payment.state}; only one that is capturing can be tried again")
    fresh = replace(payment, tries=0, needs="", attempt=payment.attempt + 1)
    return await _decided(platform, fresh, PaymentState.CAPTURING, "to be tried again", who)


async def release(platform: Platform, payment_id: str, why: str, who: str) -> CardPayment:
    """Take nothing. Conflict when something was taken already, or a charge runs."""
    payment = await named(platform, payment_id)
    if payment.state is PaymentState.RELEASING:
        payment = replace(payment, tries=0, needs="", attempt=payment.attempt + 1)
    elif PaymentState.RELEASING not in MOVES[payment.state]:
        raise Conflict(f"card payment {payment_id} is {payment.state}: there is nothing to release")
    if payment.state is PaymentState.CHARGING and payment.session_id is not None and not payment.needs:
        raise Conflict(f"card payment {payment_id}: its charge goes on; stop that first")
    return await _decided(platform, payment, PaymentState.RELEASING, why, who)


async def refund(
    platform: Platform, payment_id: str, amount: Decimal | None, why: str, who: str, *, version: int | None = None
) -> CardPayment:
    """Give back `amount`, all that is left when None; what failed to go back is tried again. `version` is the payment's
    when somebody decided that. Conflict when nothing was taken, or the payment changed since; UserError for too
    much."""
    payment = await named(platform, payment_id)
    if version not in (None, payment.version):
        raise Conflict(f"card payment {payment_id} changed meanwhile: {payment.refunded} were given back; look again")
    if payment.state is PaymentState.REFUNDING and payment.needs and amount in (None, payment.refunding):
        fresh = replace(payment, tries=0, needs="", attempt=payment.attempt + 1)
        return await _decided(platform, fresh, PaymentState.REFUNDING, why or "to be tried again", who)
    left = payment.captured - payment.refunded
    if payment.state is not PaymentState.PAID or not left:
        raise Conflict(f"card payment {payment_id} is {payment.state}: there is nothing to give back")
    wanted = left if amount is None else amount
    given = HALF_UP.round(wanted, payment.currency) if wanted.is_finite() and wanted <= left else wanted
    if not given.is_finite() or not 0 < given <= left:
        raise UserError(f"refund: found {given}, expected more than 0 and at most {left} {payment.currency}")
    fresh = replace(payment, refunding=given)
    return await _decided(platform, fresh, PaymentState.REFUNDING, why or f"{given} to be given back", who)


async def all_of(platform: Platform, limit: int, *, needing: bool = False) -> Sequence[CardPayment]:
    """The newest first."""
    return await platform.store.cards.page(limit, needing=needing)


async def _decided(platform: Platform, payment: CardPayment, after: PaymentState, what: str, who: str) -> CardPayment:
    moved = await move(platform, payment, after, what, who, next_at=platform.clock())
    if moved.version != payment.version + 1:
        raise Conflict(f"card payment {payment.id} has just become {moved.state}")
    return moved


# ---- what it is for ------------------------------------------------------------------------------------------------


async def billed(platform: Platform, payment: CardPayment, receipt: Receipt) -> CardPayment:
    """What the receipt says is to be taken; less than a card payment is worth is not."""
    total = receipt.total.shown
    due = replace(payment, receipt=receipt.number, due=total)
    least, now = platform.settings.cards.minimum.get(payment.currency, 0), platform.clock()
    if total <= 0 or total < least:
        why = f"{total} {payment.currency} are not taken from a card"
        return await move(platform, due, PaymentState.RELEASING, why, next_at=now)
    what = f"receipt {receipt.number}: {total} {payment.currency}"
    return await move(platform, due, PaymentState.CAPTURING, what, next_at=now)


# ---- one step ------------------------------------------------------------------------------------------------------


async def move(
    platform: Platform,
    payment: CardPayment,
    after: PaymentState,
    what: str,
    who: str = PLATFORM,
    *,
    next_at: datetime | None,
) -> CardPayment:
    """The payment as it was given, now in this state, with the step; as it really is when somebody was quicker.
    `next_at`: when it is to be looked at again by itself. In another state no failure counts any more."""
    if not payment.may_become(after):
        raise Conflict(f"card payment {payment.id} is {payment.state} and cannot become {after}")
    now, version = platform.clock(), payment.version + 1
    fresh = payment if after == payment.state else replace(payment, tries=0, needs="")
    changed = replace(fresh, state=after, why=what, version=version, changed_at=now, next_at=next_at)
    if await platform.store.cards.save(changed, _step(platform, changed, payment.state, what, who)):
        return changed
    return await named(platform, payment.id)


async def note(platform: Platform, payment: CardPayment, why: str) -> CardPayment:
    """Nothing has happened, but when to look again or why it is as it is."""
    changed = replace(payment, version=payment.version + 1, why=why)
    return changed if await platform.store.cards.save(changed, None) else await named(platform, payment.id)


def provider(platform: Platform) -> CardProvider:
    """Who takes card payments; SettingsError when nobody does (any more)."""
    if platform.cards is None:
        raise SettingsError("cards.provider: found none, expected the one that took this payment")
    return platform.cards


def _order(platform: Platform, payment: CardPayment) -> CardOrder:
    secret = platform.sealing.open(payment.link)
    return CardOrder(
        id=payment.id,
        amount=payment.amount,
        currency=payment.currency,
        what=translator(payment.language)(_CHARGE_AT).format(place=payment.place),
        language=payment.language,
        return_url=f"{platform.settings.server.base_url}/ad-hoc/{secret}",
    )


def _step(platform: Platform, payment: CardPayment, before: PaymentState | None, what: str, who: str) -> CardStep:
    return CardStep(payment_id=payment.id, before=before, after=payment.state, what=what, who=who, at=platform.clock())

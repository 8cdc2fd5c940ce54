"""The Stripe adapter against a server that answers as Stripe documents it: what it asks, what it makes of answers."""

import time
from decimal import Decimal

import msgspec
import pytest
import stripe
from msgspec.structs import replace

from ocpilot.app.kept.card_ports import CardOrder, CardState
from ocpilot.base.errors import CardRefused, CardUnreachable, NotAuthorized
from ocpilot.base.money_settings import CardSettings
from ocpilot.cards.stripe_amounts import from_coins, to_coins
from ocpilot.cards.stripe_cards import StripeCards
from stripe_there import KEY, stripe_there

ORDER = CardOrder(
    id="p1", amount=Decimal(600), currency="SEK", what="Charge", language="sv", return_url="https://a.se/ad-hoc/x"
)
SECRET = "whsec_of_ours"


@pytest.fixture
async def world():
    """Our adapter and Stripe."""
    async with stripe_there() as (there, url):
        settings = CardSettings(secret_key=KEY, webhook_secret=SECRET, api_base=url, timeout=0.2)
        cards = StripeCards(settings)
        yield cards, there, settings
        await cards.close()


async def authorised(cards, there):
    begun = await cards.authorise(ORDER, "p1-authorise")
    there.pay(begun.reference)
    return begun.reference


async def test_what_was_reserved_is_taken_in_part_and_some_of_it_given_back(world):
    cards, there, _ = world
    begun = await cards.authorise(ORDER, "p1-authorise")
    assert (begun.state, begun.url) == (CardState.OPEN, f"https://checkout.stripe.com/c/pay/{begun.reference}")
    asked, body, key = there.asked[0]
    assert (asked, key) == ("POST /v1/checkout/sessions", "p1-authorise")
    assert body["payment_intent_data[capture_method]"] == "manual"
    assert body["line_items[0][price_data][unit_amount]"] == "60000"
    assert body["success_url"] == ORDER.return_url
    there.pay(begun.reference)
    paid = await cards.state(begun.reference)
    assert (paid.state, paid.authorised, paid.card) == (CardState.AUTHORISED, Decimal("600.00"), "Visa •••• 4242")
    taken = await cards.capture(begun.reference, Decimal("123.45"), "SEK", "p1-capture-1")
    assert (taken.state, taken.captured) == (CardState.CAPTURED, Decimal("123.45"))
    given = await cards.refund(begun.reference, Decimal("23.45"), "SEK", "p1-refund-1")
    assert given.refunded == Decimal("23.45")


async def test_nothing_is_taken_and_all_let_go(world):
    cards, there, _ = world
    reference = await authorised(cards, there)
    assert (await cards.release(reference, "p1-release-1")).state is CardState.RELEASED
    unpaid = await cards.authorise(replace(ORDER, id="p2"), "p2-authorise")
    assert (await cards.release(unpaid.reference, "p2-release-1")).state is CardState.EXPIRED


async def test_a_declined_card_leaves_the_driver_another_try(world):
    cards, there, _ = world
    begun = await cards.authorise(ORDER, "p1-authorise")
    there.pay(begun.reference, declined=True)
    found = await cards.state(begun.reference)
    assert (found.state, found.message) == (CardState.OPEN, "Your card was declined.")


@pytest.mark.parametrize("path", ["/capture", "/v1/refunds", "/cancel", "/v1/checkout/sessions"])
async def test_the_same_key_after_a_time_out_does_it_once(world, path):
    cards, there, _ = world
    reference = await authorised(cards, there)
    if path == "/v1/refunds":
        await cards.capture(reference, Decimal(50), "SEK", "c")
    calls = {
        "/capture": lambda: cards.capture(reference, Decimal(50), "SEK", "k"),
        "/cancel": lambda: cards.release(reference, "k"),
        "/v1/refunds": lambda: cards.refund(reference, Decimal(50), "SEK", "k"),
        "/v1/checkout/sessions": lambda: cards.authorise(replace(ORDER, id="p3"), "k"),
    }
    there.silent.append(path)
    with pytest.raises(CardUnreachable):
        await calls[path]()
    done, sessions = list(there.done), len(there.sessions)
    if path != "/cancel":
        await calls[path]()
    assert (there.done, len(there.sessions)) == (done, sessions)


@pytest.mark.parametrize("status", [500, 503, 429, 409])
async def test_an_answer_that_tells_nothing_is_no_refusal(world, status):
    cards, there, _ = world
    reference = await authorised(cards, there)
    there.broken.append(status)
    with pytest.raises(CardUnreachable):
        await cards.state(reference)


async def test_a_refusal_carries_stripes_word_and_never_our_key(world):
    cards, there, settings = world
    reference = await authorised(cards, there)
    await cards.capture(reference, Decimal(50), "SEK", "one")
    with pytest.raises(CardRefused) as refused:
        await cards.capture(reference, Decimal(50), "SEK", "two")
    assert refused.value.code == "payment_intent_unexpected_state"
    with pytest.raises(CardRefused):
        await cards.state("cs_test_99")
    stranger = StripeCards(replace(settings, secret_key="sk_test_secret_of_another"))
    with pytest.raises(CardRefused) as refused:
        await stranger.state(reference)
    assert "secret_of_another" not in str(refused.value)
    await stranger.close()


async def test_nobody_there_is_said_so():
    cards = StripeCards(CardSettings(secret_key=KEY, api_base="http://127.0.0.1:9"))
    with pytest.raises(CardUnreachable):
        await cards.state("cs_test_1")
    await cards.close()


def message(**changes):
    body = {"id": "evt_1", "object": "event", "type": "checkout.session.completed"}
    body |= {"data": {"object": {"id": "cs_test_1", "object": "checkout.session", "metadata": {"payment": "p1"}}}}
    return msgspec.json.encode(body | changes)


def signed(body, secret=SECRET, at=None):
    return stripe.WebhookSignature.generate_signature_header(body.decode(), secret, at)


def test_a_signed_message_tells_which_payment_it_is_about():
    cards = StripeCards(CardSettings(secret_key=KEY, webhook_secret=SECRET))
    assert cards.heard(message(), signed(message())) == "p1"
    other = message(data={"object": {"object": "payout"}})
    assert cards.heard(other, signed(other)) is None


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "nonsense",
        "t=1,v1=00",
        signed(message(), "whsec_of_another"),
        signed(message(id="evt_2")),
        signed(message(), at=int(time.time()) - 600),
    ],
    ids=["none", "nonsense", "wrong", "of another", "of another message", "too old"],
)
def test_a_forged_or_old_message_is_refused(signature):
    cards = StripeCards(CardSettings(secret_key=KEY, webhook_secret=SECRET))
    with pytest.raises(NotAuthorized):
        cards.heard(message(), signature)


@pytest.mark.parametrize(
    ("amount", "currency", "coins"),
    [("12.34", "EUR", 1234), ("500", "JPY", 500), ("1.234", "KWD", 1234), ("500", "ISK", 50000)],
)
def test_amounts_are_whole_numbers_of_the_smallest_coin(amount, currency, coins):
    assert to_coins(Decimal(amount), currency) == coins
    assert from_coins(coins, currency) == Decimal(amount)


def test_a_part_of_a_coin_cannot_be_taken():
    with pytest.raises(ValueError, match=r"1\.005"):
        to_coins(Decimal("1.005"), "EUR")

"""Paying by card at the page of an EVSE, at the page of the provider that is built in, and what the operator sees."""

import dataclasses
import hmac
import re
from decimal import Decimal

import aiohttp
import pytest
from msgspec.structs import replace

from ocpilot.app.cards.card_steps import CardSteps
from ocpilot.app.guests import card_payments
from ocpilot.app.kept.card_records import PaymentState
from ocpilot.base.money_settings import CardProviderName, CardSettings
from ocpilot.cards.played import PlayedCards
from ocpilot.web.driver_words import settled

from .conftest import Reader, add_operator, fill_operator, platform_of, served
from .test_evse_pages import EVSE, allowing

CARDS = CardSettings(
    provider=CardProviderName.TEST, webhook_secret="whsec", preauthorise={"SEK": Decimal(600)}, minimum={}
)


def paying(platform, base):
    """The same platform, where cards are taken."""
    server = replace(platform.settings.server, public_url=base)
    provider = PlayedCards(platform.store.played_payments, platform.clock, base, "whsec")
    settings = replace(platform.settings, cards=CARDS, server=server)
    return dataclasses.replace(allowing(dataclasses.replace(platform, settings=settings)), cards=provider)


@pytest.fixture
async def street(store, tmp_path):
    """An operator who takes cards, and somebody with a phone."""
    platform = paying(platform_of(store, tmp_path, "CPO"), "http://street.example")
    await fill_operator(platform)
    await add_operator(platform)
    async with served(platform) as base, aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield platform, Reader(base, session)
    await platform.background.close()


@pytest.fixture
def platform(street):
    return street[0]


@pytest.fixture
def phone(street):
    return street[1]


async def begun(phone):
    """The link of the payment, and the path of the provider's page."""
    link = (await phone.post(EVSE, {"connector": "1"})).headers["Location"]
    page = await phone.get(link)
    return link, re.search(r'href="http://street\.example(/test-cards/[^"]+)"', page.text).group(1)


async def test_the_page_says_what_is_reserved_before_anybody_presses(phone):
    page = await phone.get(EVSE)
    assert "you pay by card: 600.00 SEK are reserved before the charge" in page.words.replace("\xa0", " ")
    assert "Pay by card and start" in page.words
    assert "Nothing is paid in advance" not in page.words


async def test_from_the_page_of_the_provider_back_to_ours_and_on_to_the_start(phone, platform):
    link, there = await begun(phone)
    assert "No money moves here" in (await phone.get(there)).words
    assert "There is no such test card." in (await phone.post(there, {"number": "1234"})).words
    asked = await phone.post(there, {"number": "4000000000003220"})
    assert "is it you who pays" in asked.words
    back = await phone.post(f"{there}/answer", {"answer": "yes"})
    assert (back.status, back.headers["Location"]) == (303, link)
    assert "Your card is accepted" in (await phone.get(link)).words
    steps = CardSteps(platform)
    for _ in range(2):
        await steps.once()
        await platform.background.drain()
    page = await phone.get(link)
    assert "Plug in your car" in page.words
    assert "Keep the address" in page.words
    [payment] = await platform.store.cards.page(1)
    await card_payments.release(platform, payment.id, "nobody plugged in", "a test")
    page = await phone.get(link)
    assert "The charge did not start" in page.words
    assert "Nothing is taken from your card" in page.words
    assert 'href="tel:' in page.text
    assert "Plug in your car" not in page.words
    assert "Keep the address" not in page.words


async def test_a_declined_card_is_told_and_leads_back_to_the_station(phone):
    link, there = await begun(phone)
    assert (await phone.post(there, {"number": "4000000000000002"})).status == 303
    page = await phone.get(link)
    assert "The card was declined" in page.words
    assert f'href="{EVSE}"' in page.text


@pytest.mark.parametrize(
    ("state", "back", "told"),
    [
        (PaymentState.PAID, {}, "the rest of {reserved} is released"),
        (PaymentState.REFUNDING, {"refunding": Decimal(20)}, "{back} of it are on their way back"),
        (PaymentState.PAID, {"refunded": Decimal(20)}, "{back} of it were given back"),
        (PaymentState.REFUNDED, {"refunded": Decimal(150)}, "What was taken from your card was given back"),
    ],
)
async def test_what_becomes_of_the_money_after_the_charge_is_told(phone, platform, state, back, told):
    await begun(phone)
    [payment] = await platform.store.cards.page(1)
    assert told in settled(replace(payment, state=state, **back))


async def test_where_the_currency_is_not_taken_nobody_starts(store, tmp_path):
    platform = paying(platform_of(store, tmp_path, "CPO"), "http://street.example")
    none = replace(platform.settings, cards=replace(CARDS, preauthorise={}))
    platform = dataclasses.replace(platform, settings=none)
    await fill_operator(platform)
    async with served(platform) as base, aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        phone = Reader(base, session)
        page = await phone.get(EVSE)
        assert "Cards in the currency of this charger are not taken" in page.words
        assert (await phone.post(EVSE, {"connector": "1"})).status == 400


async def test_only_a_signed_message_is_heard(phone, platform):
    await begun(phone)
    [payment] = await platform.store.cards.page(1)
    body = f'{{"payment": "{payment.id}"}}'.encode()
    signature = hmac.digest(b"whsec", body, "sha256").hex()
    for sent, status in ((signature, 200), (signature, 200), ("00", 400), ("", 400)):
        async with phone.session.post(f"{phone.base}/cards/webhook", data=body, headers={"Signature": sent}) as answer:
            assert answer.status == status


async def test_without_cards_there_is_no_such_page(console):
    assert (await console.get("/test-cards/any")).status == 404
    assert "No card payments yet" in (await console.get("/console/cards")).words


async def test_the_operator_sees_what_needs_him_and_decides(phone, platform):
    await begun(phone)
    [payment] = await platform.store.cards.page(1)
    stuck = replace(payment, version=payment.version + 1, needs="Stripe answered HTTP 500")
    assert await platform.store.cards.save(stuck, None)
    await phone.sign_in("kontor@example.org")
    page = await phone.get("/console/cards")
    assert "These need a person" in page.words
    assert "Stripe answered HTTP 500" in page.words
    path = f"/console/cards/{payment.id}"
    shown = await phone.get(path)
    assert "the provider waits for the driver" in shown.words
    assert "Take it now" not in shown.words
    assert (await phone.post(f"{path}/capture", {})).status == 409
    assert (await phone.post(f"{path}/release", {"why": "a test"})).status == 303
    released = await card_payments.named(platform, payment.id)
    assert (released.state, released.needs) == (PaymentState.RELEASING, "")
    last = (await platform.store.cards.steps(payment.id))[-1]
    assert (last.what, last.who) == ("a test", "kontor@example.org")
    assert (await phone.get("/console/cards/none")).status == 404

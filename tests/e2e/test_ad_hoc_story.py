"""Somebody without an account, in a real browser on a phone: the QR code's address, pay by card, start, watch, stop,
receipt, and what was taken from the card."""

import asyncio
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright, expect
from test_driver_story import FLAGS, awaited, press
from told import SITE

from ocpilot.app.guests import evse_pages
from ocpilot.app.kept.card_records import PaymentState
from ocpilot.app.stations import station_views
from ocpilot.billing.ledger import Account
from ocpilot.demo.pair import eventually
from ocpilot.simulator.car import SimulatedCar

pytestmark = pytest.mark.browser


@pytest.fixture
async def phone(street) -> AsyncIterator[Page]:
    """A phone 360 pixels wide that reads Swedish."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = await browser.new_page(viewport={"width": 360, "height": 740}, locale="sv-SE")
        yield page
        await browser.close()


async def code_of(street) -> str:
    """What the QR code of the first EVSE says."""
    async with street.look(street.operator) as ours:
        now = await station_views.one(ours, SITE)
        evse = now.evses[0].evse
        assert evse is not None
        return evse_pages.url_of(ours, evse) or ""


async def test_somebody_charges_with_nothing_but_the_code_on_the_station(street, phone):
    station = street.station()
    async with station.running():
        await asyncio.wait_for(station.ready(), 20)
        await phone.goto(await code_of(street))
        await expect(phone.get_by_text("reserveras före laddningen")).to_be_visible()
        await press(phone, "Betala med kort och starta")
        await phone.get_by_role("link", name="Betala med kort").click()
        await phone.get_by_label("Kortets nummer").fill("4000 0000 0000 3220")
        await phone.get_by_role("button", name="Betala", exact=True).click()
        await phone.get_by_role("button", name="Ja, det är jag").click()
        await expect(phone.get_by_role("heading", level=1)).to_have_text("Koppla in bilen", timeout=15_000)
        await expect(phone.get_by_role("note")).to_contain_text("Spara adressen")
        number = await eventually("the station waits for the car", lambda: awaited(station))
        await station.plug_in(number, SimulatedCar(battery_kwh=77, soc=4, max_kw=11))
        await expect(phone.get_by_role("button", name="Avsluta laddningen")).to_be_visible(timeout=20_000)

        await station.play(1800)
        await expect(phone.locator("#charge")).to_contain_text("inkl. moms", timeout=20_000)
        await press(phone, "Avsluta laddningen")
        receipt = phone.get_by_role("link", name="Kvitto LAD-000001 (PDF)")
        await expect(receipt).to_be_visible(timeout=40_000)
        answer = await phone.request.get(await receipt.evaluate("link => link.href"))
        assert (answer.status, (await answer.body())[:5]) == (200, b"%PDF-")
        await expect(phone.get_by_text("drogs från ditt kort")).to_be_visible(timeout=20_000)
        async with street.look(street.operator) as ours:
            [payment] = await ours.store.cards.page(2)
            key = f"receipt/{payment.receipt}"
            entry = await eventually("the payment is in the books", lambda: ours.store.ledger.entry(key))
            [payment] = await ours.store.cards.page(2)
        taken = entry.entry.lines[0]
        assert (payment.state, taken.account, taken.amount) == (PaymentState.PAID, Account.CARDS, payment.captured)

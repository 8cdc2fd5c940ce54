"""The driver's story in a real browser on a phone: find, start, plug in, watch, stop, receipt. By keyboard only."""

import asyncio
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright, expect

from ocpilot.demo import people
from ocpilot.demo.pair import eventually
from ocpilot.simulator.car import SimulatedCar

pytestmark = pytest.mark.browser

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DRIVER = next(one for one in people.DRIVERS if one.language == "en")
SITE = "STHLM-CENTRAL"
PLACE = "Stockholm Centralplan"


@pytest.fixture
async def phone(two) -> AsyncIterator[Page]:
    """A phone 360 pixels wide that reads English."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = await browser.new_page(viewport={"width": 360, "height": 740}, locale="en-GB", base_url=two.provider.url)
        yield page
        await browser.close()


async def press(page: Page, text: str) -> None:
    """Walks on with the Tab key until what has the focus says `text`, and presses Enter."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        if text in await page.evaluate("document.activeElement.innerText || ''"):
            await page.keyboard.press("Enter")
            return
    raise AssertionError(f"{text!r} cannot be reached with the Tab key on {page.url}")


async def find_station(page: Page) -> None:
    await page.goto("/")
    await page.locator("#q").focus()
    await page.keyboard.type("centralplan")
    await page.keyboard.press("Enter")
    await expect(page.locator(".station")).to_have_count(1)
    await press(page, PLACE)
    await expect(page.get_by_role("heading", level=1)).to_have_text(PLACE)


async def sign_in(page: Page) -> None:
    await press(page, "Sign in to charge")
    await expect(page.locator("#email")).to_be_focused()
    await page.keyboard.type(DRIVER.email)
    await page.keyboard.press("Tab")
    await page.keyboard.type(people.PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Sign out")).to_be_visible()


async def network_arrived(two) -> None:
    async with two.look(two.provider) as provider, two.look(two.operator) as operator:
        await eventually("the Location reached the provider", lambda: provider.store.locations.find(SITE))
        account = await provider.store.accounts.by_email(DRIVER.email)
        uid = account.token_uids[0]
        await eventually("the Token reached the operator", lambda: operator.store.objects.find("tokens", uid))


async def test_a_driver_charges_from_the_search_to_the_receipt(two, phone):
    station = two.station()
    async with station.running():
        await asyncio.wait_for(station.ready(), 20)
        await network_arrived(two)
        await find_station(phone)
        await sign_in(phone)
        await expect(phone.get_by_role("heading", level=1)).to_have_text(PLACE)

        await press(phone, "Start charging")
        await expect(phone.get_by_role("heading", level=1)).to_have_text("Plug in your car", timeout=15_000)
        number = await eventually("the station waits for the car", lambda: awaited(station))
        await station.plug_in(number, SimulatedCar(battery_kwh=77, soc=4, max_kw=11))
        await expect(phone.get_by_role("button", name="Stop charging")).to_be_visible(timeout=20_000)

        await station.play(1800)
        await expect(phone.locator("#charge")).to_contain_text("incl. VAT", timeout=20_000)
        await press(phone, "Stop charging")
        await expect(phone.locator("#charge")).to_contain_text("Receipt RES-000001 (PDF)", timeout=40_000)
        await press(phone, "All charges")
        await expect(phone.locator("tfoot")).to_contain_text("Total billed")


async def awaited(station) -> int | None:
    return next((one for one, connector in station.evses.items() if connector.authorized is not None), None)

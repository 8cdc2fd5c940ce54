"""The pages in a real browser: at 360 pixels, by keyboard, under the strict policy, with and without a map."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from ocpilot.web.static_files import has_asset

pytestmark = pytest.mark.browser

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-unsafe-swiftshader",
]
PHONE = {"width": 360, "height": 740}
STATION = "/stations/SE/LAD/VASTERAS-ERIKSLUND"
DRIVER_PAGES = ["/", STATION, "/charges", "/charges/SE/LAD/session-1-3", "/charges/SE/LAD/session-1-1", "/account"]
CONSOLE_PAGES = [
    "/console",
    "/console/stations",
    "/console/stations/VASTERAS-ERIKSLUND",
    "/console/sessions",
    "/console/sessions/SE/LAD/session-9-1",
    "/console/cdrs",
    "/console/cdrs/SE/LAD/cdr-session-9-2",
    "/console/clearing",
    "/console/transactions/1",
    "/console/customers",
    "/console/customers/new?kind=host",
    "/console/plans",
    "/console/peers",
    "/console/peers/1",
    "/console/peers/1/quality",
    "/console/messages",
    "/console/messages/2",
    "/console/payments",
    "/console/accounts",
    "/console/reconciliation",
    "/console/books",
    "/console/books/2026-10",
]


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def phone(browser: Browser, base: str, **options) -> AsyncIterator[Page]:
    """A page 360 pixels wide on which no script fails and nothing breaks the policy."""
    context = await browser.new_context(viewport=PHONE, base_url=base, locale="en-GB", **options)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []
    await context.close()


async def sign_in(page: Page, email: str) -> None:
    await page.goto("/sign-in")
    await page.fill("#email", email)
    await page.fill("#password", "charge-me-up")
    await page.press("#password", "Enter")
    await page.wait_for_url(lambda url: "sign-in" not in url)


async def tab_to(page: Page, text: str, most: int = 60) -> None:
    """Walks on with the Tab key until what has the focus says `text`."""
    for _ in range(most):
        await page.keyboard.press("Tab")
        if text in await page.evaluate("document.activeElement.innerText || ''"):
            return
    raise AssertionError(f"{text!r} cannot be reached with the Tab key")


async def too_wide(page: Page, paths: list[str]) -> list[str]:
    found = []
    for path in paths:
        await page.goto(path)
        if await page.evaluate("document.documentElement.scrollWidth") > PHONE["width"]:
            found.append(path)
    return found


async def test_no_page_of_a_driver_is_wider_than_a_phone(chromium, world):
    async with phone(chromium, world.base) as page:
        await sign_in(page, "anna@example.org")
        assert await too_wide(page, DRIVER_PAGES) == []


@pytest.mark.parametrize("language", ["sv", "de", "nl"])
async def test_no_page_and_no_menu_is_cut_on_a_phone_in_any_language(chromium, world, language):
    async with phone(chromium, world.base) as page:
        await sign_in(page, "anna@example.org")
        await page.goto("/account")
        await page.select_option("#language", language)
        await page.click("text=/Spara|Save/")
        assert await page.get_attribute("html", "lang") == language
        assert await too_wide(page, ["/", STATION, "/charges", "/account"]) == []
        ends = await page.locator(".nav a").evaluate_all("all => all.map(one => one.getBoundingClientRect().right)")
        assert max(ends) <= PHONE["width"]


async def test_no_page_of_the_console_is_wider_than_a_phone(chromium, console):
    async with phone(chromium, console.base) as page:
        await sign_in(page, "kontor@example.org")
        assert await too_wide(page, CONSOLE_PAGES) == []


async def test_how_a_cost_is_worked_out_stays_open_while_the_page_lives_on(chromium, world):
    async with phone(chromium, world.base) as page:
        await page.goto(STATION)
        await page.locator("summary").first.click()
        place = next(one for one in world.places if one.id == "VASTERAS-ERIKSLUND")
        await world.set_status(place, 0, "OUTOFORDER")
        await page.evaluate("htmx.trigger('#points', 'every')")
        await page.wait_for_selector("text=Out of order")
        assert await page.locator("details[open]").count() == 1
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


async def test_a_charge_is_started_with_the_keyboard_alone(chromium, world):
    async with phone(chromium, world.base) as page:
        await page.goto("/?q=erikslund")
        await tab_to(page, "Västerås Erikslund")
        await page.keyboard.press("Enter")
        await page.wait_for_url(world.base + STATION)
        await tab_to(page, "Sign in to charge")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#email:focus")
        await page.keyboard.type("omar@example.org")
        await page.keyboard.press("Tab")
        await page.keyboard.type("charge-me-up")
        await page.keyboard.press("Enter")
        await page.wait_for_url(world.base + STATION)
        await tab_to(page, "Start charging")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("text=Asking the station…")
    assert [segments for _, segments, _ in world.partner.calls] == [("START_SESSION",)]


async def test_without_scripts_a_charge_can_be_started_and_the_page_reloads_itself(chromium, world):
    async with phone(chromium, world.base, java_script_enabled=False) as page:
        await sign_in(page, "omar@example.org")
        await page.goto(STATION)
        await page.click("text=Start charging")
        assert await page.locator("h1").inner_text() == "Asking the station…"
        assert '<meta http-equiv="refresh" content="3">' in await page.content()


@pytest.mark.skipif(not has_asset("vendor/htmx.js"), reason="no web assets: python -m ocpilot.web.build")
async def test_the_list_follows_the_filters_and_keeps_the_address(chromium, world):
    async with phone(chromium, world.base) as page:
        await page.goto("/")
        await page.get_by_label("Available now").check()
        await page.wait_for_url("**/?*free=1*")
        assert await page.get_by_text("0 of", exact=False).count() == 0


@pytest.mark.skipif(not has_asset("vendor/htmx.js"), reason="no web assets: python -m ocpilot.web.build")
async def test_a_new_status_appears_without_losing_the_focus(chromium, world):
    async with phone(chromium, world.base) as page:
        await page.goto(STATION)
        await tab_to(page, "Sign in to charge")
        place = next(one for one in world.places if one.id == "VASTERAS-ERIKSLUND")
        await world.set_status(place, 1, "OUTOFORDER")
        await page.evaluate("htmx.trigger('#points', 'every')")
        await page.wait_for_selector("text=Out of order")
        assert "Sign in to charge" in await page.evaluate("document.activeElement.innerText")


@pytest.mark.skipif(not has_asset("vendor/maplibre-gl.js"), reason="no web assets: python -m ocpilot.web.build")
async def test_on_a_phone_the_map_comes_when_asked_for(chromium, world):
    async with phone(chromium, world.base) as page:
        await page.goto("/")
        assert not await page.locator("#map-box").is_visible()
        await page.get_by_role("button", name="Map").click()
        await page.wait_for_selector("#map canvas")


async def test_without_webgl_the_list_stands_alone(chromium, world):
    async with phone(chromium, world.base) as page:
        await page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
        await page.goto("/")
        assert await page.locator(".station").count() > 20
        assert not await page.locator("#map-box").is_visible()
        assert not await page.locator("#show-map").is_visible()


async def test_near_me_lists_what_is_near(chromium, world):
    place = {"latitude": 67.8557, "longitude": 20.2251}
    async with phone(chromium, world.base, geolocation=place, permissions=["geolocation"]) as page:
        await page.goto("/")
        await page.get_by_role("button", name="Near me").click()
        await page.wait_for_url("**lat=67.85570**")
        assert "Kiruna" in await page.locator(".station").first.inner_text()


async def test_without_a_connection_the_page_says_so_and_is_not_lost_by_pressing_a_button(chromium, world):
    async with phone(chromium, world.base) as page:
        await sign_in(page, "anna@example.org")
        await page.goto("/account")
        gone = page.get_by_role("alert")
        await expect(gone).to_be_hidden()
        await page.context.set_offline(True)
        await expect(gone).to_contain_text("Ingen anslutning")
        await page.get_by_role("button", name="Logga ut").click()
        await expect(gone).to_be_in_viewport()
        assert page.url.endswith("/account")
        await page.context.set_offline(False)
        await expect(gone).to_be_hidden()

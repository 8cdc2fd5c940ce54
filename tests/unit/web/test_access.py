"""Who may see and do what, and what every answer carries."""

import re
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie

import aiohttp
import pytest
from msgspec.structs import replace

from ocpilot.app.attempts import Attempts
from ocpilot.web.reader import safe_next

CHARGE = "/charges/SE/LAD/session-1-3"
DRIVER_PAGES = ["/charges", CHARGE, "/account", "/receipts/R-000001.pdf", "/starts/any"]
CONSOLE_PAGES = [
    "/console",
    "/console/stations",
    "/console/stations/any",
    "/console/sites",
    "/console/sites/SE/LAD/any",
    "/console/sessions",
    "/console/sessions/SE/LAD/session-1-1",
    "/console/transactions",
    "/console/transactions/1",
    "/console/cdrs",
    "/console/cdrs/SE/LAD/cdr-session-1-1",
    "/console/hub",
    "/console/peers",
    "/console/peers/1",
    "/console/messages",
    "/console/messages/1",
    "/console/payments",
    "/console/payments/1",
    "/console/accounts",
    "/console/accounts/1",
]


async def test_a_stranger_is_led_to_the_sign_in_page_and_back(reader):
    for path in DRIVER_PAGES + CONSOLE_PAGES:
        page = await reader.get(path)
        assert (page.status, page.headers["Location"]) == (303, f"/sign-in?next={path}")


async def test_the_console_does_not_exist_for_drivers(reader):
    await reader.sign_in("anna@example.org")
    assert {path: (await reader.get(path)).status for path in CONSOLE_PAGES} == dict.fromkeys(CONSOLE_PAGES, 404)


async def test_pages_of_drivers_do_not_exist_for_operators(reader):
    await reader.sign_in("kontor@example.org")
    assert {path: (await reader.get(path)).status for path in DRIVER_PAGES} == dict.fromkeys(DRIVER_PAGES, 404)


async def test_a_driver_sees_his_own_charges_and_receipts_only(reader):
    for who, status in (("anna@example.org", 200), ("omar@example.org", 404)):
        await reader.sign_in(who)
        assert (await reader.get(CHARGE)).status == status
        assert (await reader.get("/receipts/R-000001.pdf")).status == status
        await reader.post("/sign-out", {})


async def test_a_driver_cannot_stop_the_charge_of_another(reader, world):
    await reader.sign_in("omar@example.org")
    assert (await reader.post(CHARGE, {})).status == 404
    assert world.partner.calls == []


async def test_signing_in_opens_the_way_and_signing_out_closes_it(reader):
    await reader.sign_in("anna@example.org")
    assert (await reader.get("/charges")).status == 200
    await reader.post("/sign-out", {})
    assert (await reader.get("/charges")).status == 303


async def test_a_wrong_password_and_an_unknown_email_get_the_same_answer(reader):
    wrong = await reader.sign_in("anna@example.org", "not this one")
    unknown = await reader.sign_in("nobody@example.org", "not this one")
    assert wrong.status == unknown.status == 401
    assert "Email and password do not fit together." in wrong.words
    assert "Email and password do not fit together." in unknown.words


async def test_guessing_is_stopped_for_a_while_even_with_the_right_password(reader):
    for _ in range(10):
        await reader.sign_in("anna@example.org", "guess")
    page = await reader.sign_in("anna@example.org")
    assert page.status == 429
    assert "Wait a quarter of an hour" in page.words


async def test_operators_land_in_the_console(reader):
    assert (await reader.sign_in("kontor@example.org")).headers["Location"] == "/console"


@pytest.mark.parametrize(
    "wanted",
    [
        *("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", "evil"),
        *("http://[::1", "/" + "a" * 3000),
    ],
)
def test_the_way_on_never_leads_away_from_us(wanted):
    assert safe_next(wanted) == "/"


async def test_signing_in_never_leads_away_from_us(reader):
    form = {"email": "anna@example.org", "password": "charge-me-up", "next": "//evil.example"}
    assert (await reader.post("/sign-in", form)).headers["Location"] == "/"


@pytest.mark.parametrize("token", ["", "of another session"])
async def test_a_post_without_its_token_does_nothing(reader, world, token):
    await reader.sign_in("anna@example.org")
    for path in ("/sign-in", "/sign-out", "/language", "/starts", CHARGE):
        page = await reader.post(path, {"language": "en"}, csrf=token)
        assert page.status == 400
        assert "Sidan var öppen för länge." in page.words
    assert world.partner.calls == []


async def test_the_token_changes_when_somebody_signs_in(reader):
    before = await reader.csrf()
    await reader.sign_in("anna@example.org")
    assert await reader.csrf() != before


async def test_a_session_ends_when_its_password_is_changed(reader, world):
    await reader.sign_in("anna@example.org")
    changed = replace(world.anna, password_hash=world.omar.password_hash)
    await world.platform.store.accounts.save(changed)
    assert (await reader.get("/charges")).status == 303


async def test_the_session_cookie_is_signed_and_out_of_reach_of_scripts(reader, world):
    page = await reader.get("/sign-in")
    cookie = SimpleCookie(page.headers["Set-Cookie"])["ocpilot_session"]
    assert cookie["httponly"]
    assert cookie["samesite"].lower() == "lax"
    forged = {"ocpilot_session": "eyJhY2NvdW50IjogMX0=.aaaaaa.forged"}
    async with (
        aiohttp.ClientSession(cookies=forged) as session,
        session.get(world.base + "/charges", allow_redirects=False) as answer,
    ):
        assert answer.status == 303


async def test_every_answer_carries_the_security_headers(reader):
    for path in ("/", "/sign-in", "/nowhere", "/static/app.css"):
        headers = (await reader.get(path)).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "worker-src 'self';" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("who", [None, "anna@example.org", "kontor@example.org"])
async def test_no_page_holds_a_style_or_script_of_its_own(reader, who):
    if who:
        await reader.sign_in(who)
    for path in ["/", "/stations/SE/LAD/VASTERAS-ERIKSLUND", "/sign-in", *DRIVER_PAGES[:3], *CONSOLE_PAGES]:
        text = (await reader.get(path)).text
        assert not re.search(r"\sstyle\s*=|<style|\son[a-z]+\s*=|javascript:", text), path
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), path


async def test_pages_are_not_kept_and_hashed_files_are_kept_for_good(reader):
    page = await reader.get("/")
    assert page.headers["Cache-Control"] == "no-store"
    stylesheet = re.search(r'href="(/static/app\.css\?v=[0-9a-f]+)"', page.text).group(1)
    assert "immutable" in (await reader.get(stylesheet)).headers["Cache-Control"]
    assert "immutable" not in (await reader.get("/static/app.css")).headers["Cache-Control"]


async def test_only_static_files_are_served(reader):
    for path in ("/static/../routes.py", "/static/%2e%2e/routes.py", "/static/app.css/x"):
        assert (await reader.get(path)).status == 404


async def test_what_nobody_foresaw_is_an_error_page_that_tells_nothing(reader, world, monkeypatch):
    async def broken(*_):
        raise RuntimeError("the secret is 42")

    monkeypatch.setattr(world.platform.store.locations, "near", broken)
    page = await reader.get("/")
    assert page.status == 500
    assert "Something broke on our side" in page.words
    assert "42" not in page.text


def test_failures_are_forgotten_after_a_while():
    attempts, noon = Attempts(10), datetime(2026, 11, 23, 12, tzinfo=UTC)
    for _ in range(10):
        attempts.failed(noon, "a")
    assert not attempts.allowed(noon, "a")
    assert attempts.allowed(noon, "b")
    assert attempts.allowed(noon + timedelta(minutes=15), "a")

"""The page where the QR code of an EVSE leads, and the pages of a charge without an account."""

import dataclasses
import re
from datetime import timedelta
from hashlib import sha256

import aiohttp
import pytest
from msgspec.structs import replace

from ocpilot.app.kept.charge_records import TransactionState
from ocpilot.wire.v230 import Status

from .conftest import Reader, fill_operator, locations, platform_of, served, stored

EVSE = "/evse/SE*LAD*EVASTERASERIKSLUND*1"
PLACE = "VASTERAS-ERIKSLUND"


class ReadyStations:
    """Stations that are connected and do what they are asked."""

    connected = True

    async def is_connected(self, station_id: str) -> bool:
        return self.connected

    async def remote_start(self, *_: object) -> str:
        return "Accepted"

    async def remote_stop(self, *_: object) -> str:
        return "Accepted"


def allowing(platform):
    """The same platform, where anybody may charge."""
    settings = replace(platform.settings, web=replace(platform.settings.web, ad_hoc=True))
    return dataclasses.replace(platform, settings=settings, stations=ReadyStations())


@pytest.fixture
async def street(store, tmp_path):
    """An operator who lets anybody charge, and somebody with a phone."""
    platform = allowing(platform_of(store, tmp_path, "CPO"))
    await fill_operator(platform)
    async with served(platform) as base, aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield platform, Reader(base, session)
    await platform.background.close()


@pytest.fixture
def phone(street):
    return street[1]


@pytest.fixture
def platform(street):
    return street[0]


async def started(phone, platform):
    page = await phone.post(EVSE, {"connector": "1"})
    assert page.status == 303
    await platform.background.drain()
    return page.headers["Location"]


async def put_status(platform, status):
    place = next(one for one in locations() if one.id == PLACE)
    newer = place.last_updated + timedelta(hours=1)
    evses = tuple(replace(one, status=status, last_updated=newer) for one in place.evses)
    await platform.store.locations.put(
        stored("locations", platform.settings.parties[0].id, replace(place, evses=evses, last_updated=newer), None)
    )


async def test_the_page_tells_price_and_status_and_starts_without_an_account(phone):
    page = await phone.get(EVSE)
    assert "Available" in page.words
    assert "per kWh" in page.words
    assert "Start without an account" in page.words
    assert "Sign in to charge" not in page.words
    assert 'hx-trigger="every 5s"' in page.text


async def test_the_page_speaks_the_language_of_its_reader(phone):
    assert "Starta utan konto" in (await phone.get(EVSE, Accept_Language="sv")).words


@pytest.mark.parametrize("path", ["/evse/XX*YYY*E1", "/evse/VASTERAS-ERIKSLUND-1"])
async def test_an_unknown_evse_is_said_to_be_unknown(phone, path):
    page = await phone.get(path)
    assert page.status == 404
    assert "No such charger here" in page.words


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.OUTOFORDER, "This charger does not work now."),
        (Status.INOPERATIVE, "This charger does not work now."),
        (Status.RESERVED, "This charger is reserved."),
    ],
)
async def test_a_charger_that_cannot_be_used_says_why_and_starts_nothing(phone, platform, status, words):
    await put_status(platform, status)
    page = await phone.get(EVSE)
    assert words in page.words
    assert "Start without an account" not in page.words
    assert (await phone.post(EVSE, {"connector": "1"})).status == 400


async def test_a_station_that_is_away_says_so(phone, platform):
    platform.stations.connected = False
    page = await phone.get(EVSE)
    assert "The station is not connected with us now" in page.words
    assert (await phone.post(EVSE, {"connector": "1"})).status == 400


async def test_a_charge_under_way_says_that_somebody_charges(phone, platform):
    [held] = await platform.store.transactions.in_state(TransactionState.HELD)
    begun = {"id": 0, "state": TransactionState.OPEN, "stopped_at": None, "session_id": "another", "dedupe": "another"}
    begun |= {"station_id": PLACE, "location_id": PLACE, "evse_uid": f"{PLACE}-1"}
    await platform.store.transactions.start(replace(held, **begun))
    page = await phone.get(EVSE)
    assert "Somebody is charging here." in page.words


async def test_where_it_is_not_offered_the_page_says_so(console):
    page = await console.get(EVSE)
    assert page.status == 200
    assert "Start without an account" not in page.words
    assert (await console.post(EVSE, {"connector": "1"})).status == 400


async def test_a_stranger_is_told_to_use_his_card(store, tmp_path):
    platform = dataclasses.replace(platform_of(store, tmp_path, "CPO"), stations=ReadyStations())
    await fill_operator(platform)
    async with served(platform) as base, aiohttp.ClientSession() as session:
        page = await Reader(base, session).get(EVSE)
    assert "Charging without an account is not offered at this charger." in page.words
    assert "Start here with your charging card" in page.words


async def test_a_driver_with_an_account_starts_as_on_the_page_of_the_station(reader):
    await reader.sign_in("omar@example.org")
    page = await reader.get(EVSE)
    assert 'action="/starts"' in page.text
    assert "Start without an account" not in page.words
    assert 'href="/stations/SE/LAD/VASTERAS-ERIKSLUND"' in page.text


async def test_a_stranger_at_a_partners_station_can_sign_in(reader):
    page = await reader.get(EVSE)
    assert "Sign in to charge" in page.words
    assert "/sign-in?next=/evse/SE%2ALAD%2AEVASTERASERIKSLUND%2A1" in page.text


async def test_a_start_leads_to_a_secret_page_that_nobody_guesses(phone, platform):
    path = await started(phone, platform)
    assert re.fullmatch(r"/ad-hoc/[\w-]{22}", path)
    page = await phone.get(path)
    assert "Plug in your car" in page.words
    assert "Keep the address of this page" in page.words
    assert (await phone.get(f"{path}/charge")).headers["Location"] == path
    assert (await phone.get(f"{path}/receipt.pdf")).status == 404
    assert (await phone.post(f"{path}/charge", {})).status == 404
    wrong = await phone.get("/ad-hoc/AAAAAAAAAAAAAAAAAAAAAA")
    assert wrong.status == 404
    assert "This link does not work" in wrong.words


async def test_the_secret_itself_is_not_stored(phone, platform):
    secret = (await started(phone, platform)).rsplit("/", 1)[1]
    now = platform.clock()
    assert await platform.store.ad_hoc.get(secret.encode(), now) is None
    assert (await platform.store.ad_hoc.get(sha256(secret.encode()).digest(), now)).language == "en"


async def test_at_one_evse_so_many_charges_are_started_and_no_more(phone, platform):
    for _ in range(6):
        await started(phone, platform)
    page = await phone.post(EVSE, {"connector": "1"})
    assert page.status == 429
    assert "Too many tries" in page.words


async def test_a_start_from_another_site_is_refused(phone):
    assert (await phone.post(EVSE, {"connector": "1"}, csrf="guessed")).status == 400

"""Starting, watching and stopping a charge, the history and the account, on a real store."""

import json
from datetime import timedelta

import pytest
from msgspec.structs import replace

CHARGE = "/charges/SE/LAD/session-1-3"
FORM = {
    "country": "SE",
    "party": "LAD",
    "location": "VASTERAS-ERIKSLUND",
    "evse": "VASTERAS-ERIKSLUND-1",
    "connector": "1",
}


@pytest.fixture
async def omar(reader):
    await reader.sign_in("omar@example.org")
    return reader


async def started(omar):
    page = await omar.post("/starts", FORM)
    assert page.status == 303
    return page.headers["Location"]


async def change(world, path, **fields):
    command = await world.platform.store.commands.get(path.rsplit("/", 1)[1])
    await world.platform.store.commands.modify(command.id, lambda kept: replace(kept, **fields))


async def test_starting_asks_the_operator_for_this_very_connector(omar, world):
    await started(omar)
    ((method, segments, body),) = world.partner.calls
    request = json.loads(body)
    assert (method, segments) == ("POST", ("START_SESSION",))
    assert (request["location_id"], request["evse_uid"], request["connector_id"]) == (
        "VASTERAS-ERIKSLUND",
        "VASTERAS-ERIKSLUND-1",
        "1",
    )


async def test_while_the_station_is_asked_the_page_says_so_and_asks_again_by_itself(omar):
    page = await omar.get(await started(omar))
    assert "Asking the station…" in page.words
    assert 'hx-trigger="every 2s"' in page.text
    assert '<noscript><meta http-equiv="refresh"' in page.text or '<meta http-equiv="refresh"' in page.text


async def test_when_the_station_is_ready_the_driver_is_told_to_plug_in(omar, world):
    path = await started(omar)
    await change(world, path, result="ACCEPTED")
    assert "Plug in your car" in (await omar.get(path)).words


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ("EVSE_OCCUPIED", "Somebody is charging there already."),
        ("EVSE_INOPERATIVE", "The charger is out of order."),
        ("REJECTED", "The operator refused to start this charge."),
        ("A_NEW_WORD", "The station said no and gave no reason."),
    ],
)
async def test_a_refusal_is_explained_in_words_with_a_way_on(omar, world, result, words):
    path = await started(omar)
    await change(world, path, result=result, message="Kabeln sitter fast")
    page = await omar.get(path)
    assert "The charge did not start" in page.words
    assert words in page.words
    assert "The operator says: Kabeln sitter fast" in page.words
    assert "/stations/SE/LAD/VASTERAS-ERIKSLUND" in page.text
    assert "every 2s" not in page.text


async def test_an_operator_that_refuses_at_once_is_a_refusal(omar, world):
    world.partner.response = "REJECTED"
    assert "The charge did not start" in (await omar.get(await started(omar))).words


async def test_silence_ends_with_what_to_do(omar, world):
    path = await started(omar)
    await change(world, path, expires_at=world.platform.clock() - timedelta(seconds=1))
    page = await omar.get(path)
    assert "The station has not answered" in page.words
    assert "It may still start" in page.words


async def test_when_the_session_is_there_the_page_leads_to_the_charge(omar, world):
    path = await started(omar)
    await change(world, path, session_id="session-2-1")
    page = await omar.get(path)
    assert (page.status, page.headers["Location"]) == (303, "/charges/SE/LAD/session-2-1")
    part = await omar.get(path, HX_Request="true")
    assert part.headers["HX-Redirect"] == "/charges/SE/LAD/session-2-1"


async def test_a_start_belongs_to_the_driver_who_asked(omar):
    path = await started(omar)
    await omar.post("/sign-out", {})
    await omar.sign_in("anna@example.org")
    assert (await omar.get(path)).status == 404


async def test_a_running_charge_shows_energy_cost_time_and_power_and_follows_by_itself(reader):
    await reader.sign_in("anna@example.org")
    page = await reader.get(CHARGE)
    assert "8,10 kWh" in page.words
    assert "Kostnad hittills 36,45 kr inkl. moms" in page.words.replace("\N{NO-BREAK SPACE}", " ")
    assert "Tid 45 min" in page.words
    assert "Effekt 10,8 kW" in page.words
    assert 'hx-trigger="every 3s"' in page.text


async def test_stopping_asks_the_operator_and_says_so(reader, world):
    await reader.sign_in("anna@example.org")
    page = await reader.post(CHARGE, {})
    assert [segments for _, segments, _ in world.partner.calls] == [("STOP_SESSION",)]
    after = await reader.get(page.headers["Location"])
    assert "Har bett stationen att stoppa" in after.words
    assert "Avsluta laddningen" not in after.words


async def test_a_stop_that_failed_says_what_to_do_and_can_be_tried_again(reader, world):
    await reader.sign_in("anna@example.org")
    path = (await reader.post(CHARGE, {})).headers["Location"]
    await change(world, path.replace("?stopping=", "/"), result="FAILED")
    page = await reader.get(path)
    assert "Lås upp bilen och dra ur kabeln" in page.words
    assert "Avsluta laddningen" in page.words


async def test_a_finished_charge_waits_for_its_bill(reader):
    await reader.sign_in("anna@example.org")
    page = await reader.get("/charges/SE/LAD/session-1-4")
    assert "Väntar på operatörens räkning" in page.words
    assert 'hx-trigger="every 5s"' in page.text


async def test_a_billed_charge_offers_its_receipt_and_is_left_alone(reader):
    await reader.sign_in("anna@example.org")
    page = await reader.get("/charges/SE/LAD/session-1-1")
    assert "/receipts/R-000001.pdf" in page.text
    assert "hx-trigger" not in page.text
    pdf = await reader.get("/receipts/R-000001.pdf")
    assert pdf.headers["Content-Type"] == "application/pdf"
    assert pdf.text.startswith("%PDF")


async def test_a_bill_that_disagrees_has_no_receipt_yet(omar):
    page = await omar.get("/charges/SE/LAD/session-2-1")
    assert "The receipt follows when it is checked." in page.words


async def test_the_history_adds_up_what_was_billed(reader):
    await reader.sign_in("anna@example.org")
    words = (await reader.get("/charges")).words.replace("\N{NO-BREAK SPACE}", " ")
    assert words.index("Laddar nu") < words.index("Avslutad")
    assert "R-000001" in words
    assert "Totalt fakturerat 29,52 kWh 132,86 kr" in words


async def test_a_driver_without_charges_is_shown_the_way_to_a_station(reader, world):
    nobody = replace(world.omar, token_uids=())
    await world.platform.store.accounts.save(nobody)
    await reader.sign_in("omar@example.org")
    page = await reader.get("/charges")
    assert "No charges yet" in page.words
    assert "Find a station" in page.words


async def test_the_account_shows_the_cards(reader):
    await reader.sign_in("anna@example.org")
    page = await reader.get("/account")
    assert "anna@example.org" in page.words
    assert "Laddkort 04A1B2C3D4E5F6 Giltigt" in page.words


async def test_an_operator_that_cannot_be_reached_leaves_the_start_open(omar, world):
    world.partner.response = "silence"
    assert "Asking the operator…" in (await omar.get(await started(omar))).words


async def test_a_driver_who_comes_back_finds_his_running_charge_on_the_start_page(reader):
    await reader.sign_in("anna@example.org")
    page = await reader.get("/")
    assert "Laddar nu: Slussen, Katarinavägen" in page.words
    assert f'href="{CHARGE}"' in page.text

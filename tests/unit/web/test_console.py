"""What operators see, on a real store with an operator's data."""

from msgspec.structs import replace

from ocpilot.base import time
from ocpilot.metering.findings import Finding, Oddity


async def test_the_overview_counts_and_names_what_needs_attention(console):
    words = (await console.get("/console")).words
    assert "26 Stations" in words
    assert "cdrs cdr-session-9-3 was not taken HTTP 500: internal error Gave up" in words
    assert "Transaction 1 at STHLM-SLUSSEN nobody knows the token it was started with Held" in words
    assert "Stations away: 4" in words


async def test_a_provider_is_told_which_bills_disagree(reader):
    await reader.sign_in("kontor@example.org")
    words = (await reader.get("/console")).words
    assert "CDR cdr-session-2-1" in words
    assert "Disagrees" in words


async def test_a_session_leads_to_its_bill(console):
    assert "session-9-1" in (await console.get("/console/sessions")).words
    page = await console.get("/console/sessions/SE/LAD/session-9-1")
    assert "/console/cdrs/SE/LAD/cdr-session-9-1" in page.text
    assert "ENERGY 12.500" in page.words


async def test_longer_lists_are_one_press_away(console):
    page = await console.get("/console/sessions?show=2")
    assert page.text.count('<th scope="row">') == 2
    assert 'href="?show=4"' in page.text


async def test_a_cdr_is_traced_line_by_line_and_says_who_has_it(console):
    words = (await console.get("/console/cdrs/SE/LAD/cdr-session-9-2")).words.replace("\N{NO-BREAK SPACE}", " ")
    assert "Energy 12.5 kWh 3.60 SEK per kWh 25 % 56.25 SEK" in words
    assert "Total by our reckoning 56.25 SEK" in words
    assert "Resa Waiting 2 HTTP 500: internal error" in words


async def test_a_cdr_says_what_its_meter_signed(console):
    words = (await console.get("/console/cdrs/SE/LAD/cdr-session-9-2")).words.replace("\N{NO-BREAK SPACE}", " ")
    assert "Signed meter values Check Energy differs Signed energy 12.50 kWh Reading (begin) 1.0 kWh" in words
    assert "Reading (end) 13.5 kWh 23 Nov 2026 13:00" in words
    assert "Meter M-7 Who charged 04AABBCCDD identified Key of the meter ends with" in words
    assert "Why the meter signed 12.5 kWh, the charge has 12.6 kWh" in words


async def test_a_cdr_that_disagrees_says_where(reader):
    await reader.sign_in("kontor@example.org")
    words = (await reader.get("/console/cdrs/SE/LAD/cdr-session-2-1")).words
    assert "Where it differs from our price Figure Theirs Ours Difference Probably because" in words
    assert "total_cost 131.336 SEK 118.84 SEK 12.496 SEK they used a price that is not in the tariff" in words
    assert "It came from a peer; we send it to nobody." in words


async def test_a_transaction_says_why_it_is_held(console):
    assert "STHLM-SLUSSEN Held" in (await console.get("/console/transactions")).words
    words = (await console.get("/console/transactions/1")).words
    assert "Held: nobody knows the token it was started with" in words
    assert "1,000 Wh → 5,000 Wh" in words
    for number in ("2", "x", "9" * 30):
        assert (await console.get(f"/console/transactions/{number}")).status == 404


async def test_a_transaction_whose_station_told_no_register_at_the_start_is_shown(console, store):
    held = await store.transactions.get(1)
    begun, _ = await store.transactions.start(
        replace(held, id=0, session_id="no-register", dedupe="no register", meter_start_wh=None)
    )
    assert "Meter – →" in (await console.get(f"/console/transactions/{begun.id}")).words


async def test_a_charge_that_waits_for_its_meter_says_until_when_and_can_be_billed_before(console, store):
    waiting = replace(await store.transactions.get(1), id=0, session_id="waits", dedupe="waits", state="stopped")
    begun, _ = await store.transactions.start(replace(waiting, held_because=None, cdr_token="{}", accepted=True))
    await store.transactions.wait(begun.id, time.parse("2026-11-27T22:00:00Z"))
    assert "Waits for the next value of its meter" in (await console.get("/console/transactions")).words
    words = (await console.get(f"/console/transactions/{begun.id}")).words
    assert "The end was not read. Until" in words
    assert "Bill it as it is" in words


async def test_a_person_chooses_the_evse_of_a_connector_nobody_knows(console, store):
    known = await store.stations.get("STHLM-SLUSSEN")
    await store.stations.save(replace(known, connectors=known.connectors[:1]))
    lost = replace(await store.transactions.get(1), id=0, session_id="lost", dedupe="lost", evse_id=7, evse_uid="#NA")
    begun, _ = await store.transactions.start(lost)
    page = await console.get(f"/console/transactions/{begun.id}")
    assert "Which EVSE is connector 7 of the station?" in page.words
    assert "SE*LAD*ESTHLMSLUSSEN*2 (2)" in page.words


async def test_what_is_odd_about_a_transaction_is_told_and_a_person_drops_it(console, store):
    finding = Finding(kind=Oddity.JUMP, found="900000 Wh after 4000 Wh", more=2)
    await store.transaction_findings.put(1, (finding,))
    words = (await console.get("/console/transactions/1")).words
    assert "what flowed is not known 900000 Wh after 4000 Wh and 2 times more" in words
    assert "Token of whoever charged" in words
    assert (await console.post("/console/transactions/1/release", {"token": "nobody"})).status == 409
    assert (await console.post("/console/transactions/1/drop", {"why": "a test"})).status == 303
    assert "Not billed" in (await console.get("/console/transactions/1")).words
    assert (await console.post("/console/transactions/1/drop", {})).status == 409


async def test_a_peer_shows_what_waits_for_it(console):
    assert "Resa Connected 2.3.0 SE*RES EMSP" in (await console.get("/console/peers")).words
    words = (await console.get("/console/peers/1")).words
    assert "cdrs cdr-session-9-3 Gave up 3 HTTP 500: internal error" in words
    for number in ("99", "x", "9" * 30):
        assert (await console.get(f"/console/peers/{number}")).status == 404


async def test_a_dead_letter_is_sent_again_once_asked(console):
    letter = {"module": "cdrs", "party": "SE/LAD", "id": "cdr-session-9-3", "sub": ""}
    assert (await console.post("/console/peers/1/replay", letter)).status == 303
    page = await console.get("/console/peers/1")
    assert "cdr-session-9-3 Waiting 0" in page.words
    assert (await console.post("/console/peers/1/replay", letter)).status == 404
    assert (await console.post("/console/peers/1/replay", {**letter, "module": "secrets"})).status == 404


async def test_empty_lists_say_so(reader):
    await reader.sign_in("kontor@example.org")
    assert "This platform has no stations of its own." in (await reader.get("/console/stations")).words
    assert "Nothing is open" in (await reader.get("/console/transactions")).words

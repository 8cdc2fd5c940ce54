"""What a driver sees of stations, on a real store."""

import json
import re
from datetime import timedelta

import pytest
from msgspec.structs import replace

from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.demo import network
from ocpilot.pricing.builder import energy, tariff
from ocpilot.wire import codec
from ocpilot.wire.protocol import ModuleID, Version

STATION = "/stations/SE/LAD/VASTERAS-ERIKSLUND"


async def test_the_start_page_lists_stations_with_power_price_and_ways_to_pay(reader):
    page = await reader.get("/")
    assert page.status == 200
    assert "Västerås Erikslund" in page.words
    assert "1 of 2 available 150 kW CCS" in page.words
    parking = "Parking after charging: 2.00 SEK per minute incl. VAT, billed per started minute"
    assert f"6.50 SEK per kWh incl. VAT · {parking} · Start fee: 5.00 SEK incl. VAT" in page.words
    assert "Here in the app Charging card" in page.words


async def test_the_nearest_station_comes_first_with_its_distance(reader):
    page = await reader.get("/?lat=59.3293&lon=18.0686")
    assert page.words.index("Stockholm Centralplan") < page.words.index("Uppsala resecentrum")
    assert " km " in page.words


async def test_without_a_place_of_the_reader_no_distance_is_claimed(reader):
    assert " km " not in (await reader.get("/")).words


@pytest.mark.parametrize("words", ["kiruna", "KIRUNA torg", "981 "])
async def test_stations_are_found_by_name_and_address(reader, words):
    page = await reader.get(f"/?q={words}")
    assert "Kiruna stadshustorget" in page.words or "Kiruna" in page.words
    assert "Västerås Erikslund" not in page.words


async def test_a_search_for_fast_chargers_leaves_out_places_without_any(reader):
    page = await reader.get("/?current=dc")
    assert "150 kW CCS" in page.words
    assert "22 kW Type 2 4" not in page.words


async def test_a_search_for_free_chargers_leaves_out_full_places(reader):
    assert "0 of" in (await reader.get("/")).words
    assert "0 of" not in (await reader.get("/?free=1")).words


async def test_a_search_that_finds_nothing_says_what_to_do(reader):
    page = await reader.get("/?q=atlantis")
    assert "No stations here" in page.words
    assert "fewer filters" in page.words


@pytest.mark.parametrize("query", ["lat=nowhere", "lat=91&lon=5", "current=steam", "lat=nan&lon=inf"])
async def test_nonsense_in_a_search_counts_as_not_asked(reader, query):
    assert "Västerås Erikslund" in (await reader.get(f"/?{query}")).words


async def test_htmx_gets_only_the_list(reader):
    part = await reader.get("/?q=visby", HX_Request="true")
    assert part.text.lstrip().startswith('<section id="stations"')
    assert "<html" not in part.text


async def test_the_map_draws_what_the_list_holds(reader):
    points = json.loads((await reader.get("/stations.json?q=erikslund")).text)
    (feature,) = points["features"]
    assert feature["geometry"]["coordinates"] == [16.457, 59.608]
    assert feature["properties"]["path"] == STATION
    assert (feature["properties"]["free"], feature["properties"]["all"]) == (1, 2)


async def test_a_station_shows_every_charger_with_status_price_and_directions(reader):
    page = await reader.get(STATION)
    assert "Charger 1 Available" in page.words
    assert "Charger 2 In use" in page.words
    assert "6.50 SEK per kWh incl. VAT" in page.words
    assert "Opening hours Always" in page.words
    assert "directions?to=59.608000%2C16.457000" in page.text


async def test_a_stranger_is_asked_to_sign_in_and_comes_back(reader):
    page = await reader.get(STATION)
    assert f'href="/sign-in?next={STATION}"' in page.text
    assert "Start charging" not in page.words


async def test_a_driver_may_start_at_a_free_charger_and_where_his_own_car_may_be_plugged_in(reader):
    await reader.sign_in("omar@example.org")
    page = await reader.get(STATION)
    assert page.text.count('action="/starts"') == 2
    assert page.words.count("Start charging") == 1
    assert page.words.count("My car is plugged in: start") == 1


async def test_a_tariff_that_nobody_sent_is_said_to_be_unknown_and_never_free(reader, world):
    await store_price(world, ("GONE",))
    page = await reader.get(STATION)
    assert "A price applies, and the operator has not told us which." in page.words
    assert "SEK" not in page.words


async def test_a_station_says_what_30_kwh_cost_now_and_how_that_comes_about(reader):
    words = (await reader.get(STATION)).words
    assert "A charge of 30 kWh at 100 kW now costs about 200.00 SEK incl. VAT" in words
    assert "Energy: 30 kWh × " in words
    assert " = 195.00 SEK incl. VAT" in words
    assert "Assumed: the car charges at 100 kW on average (18 min) and leaves when it is done." in words


async def test_a_slow_charger_is_taken_to_give_11_kw_even_where_it_could_give_22(reader):
    words = (await reader.get("/stations/SE/LAD/KIRUNA-TORG")).words
    assert "A charge of 30 kWh at 11 kW now costs about" in words
    assert "more than 11 kW of alternating current" in words


async def test_the_cost_of_a_usual_charge_is_in_the_language_of_the_reader(reader):
    words = (await reader.get(STATION, Accept_Language="sv")).words
    assert "En laddning av 30 kWh med 100 kW nu kostar ungefär 200,00 kr inkl. moms" in words


async def test_of_a_tariff_without_vat_the_cost_says_that_it_is_not_in_there(reader, world):
    await store_tariff(world, codec.body_of(tariff("BARE", "SEK", energy("6.50"), party="SE/LAD")))
    await store_price(world, ("BARE",))
    words = (await reader.get(STATION)).words
    assert "now costs about 195.00 SEK excl. VAT; the VAT is not known" in words


async def test_a_tariff_whose_times_are_none_costs_no_page_and_no_number(reader, world):
    body = codec.body_of(tariff("ODD", "SEK", energy("6.50").from_date("2026-02-28", "7.50"), party="SE/LAD"))
    await store_tariff(world, json.loads(codec.dumps(body).replace(b"02-28", b"02-30")))
    await store_price(world, ("ODD",))
    for path in (STATION, "/?sort=price"):
        page = await reader.get(path)
        assert page.status == 200
    assert "now costs about" not in (await reader.get(STATION)).words


async def test_stations_are_compared_by_the_same_charge(reader):
    plain, sorted_ = (await reader.get("/")).words, (await reader.get("/?sort=price")).words
    assert "Nearest first." in plain
    assert "Cheapest first: the nearest 26, by the price of 30 kWh now." in sorted_
    costs = [float(cost) for cost in re.findall(r"30 kWh at \d+ kW now: about ([\d.]+) SEK", sorted_)]
    assert len(costs) == 26
    assert costs == sorted(costs)


async def test_a_price_nobody_knows_comes_last_and_costs_nothing_to_look_at(reader, world):
    await store_price(world, ("GONE",))
    words = (await reader.get("/?sort=price")).words
    assert words.rindex("about") < words.index("A price applies, and the operator has not told us which.")


async def test_a_connector_without_tariffs_has_no_price_told(reader, world):
    await store_price(world, ())
    assert "The operator has not told us the price." in (await reader.get(STATION)).words


async def test_the_newest_word_about_an_evse_counts_and_the_clash_is_shown(reader, world):
    place = next(one for one in world.places if one.id == "VASTERAS-ERIKSLUND")
    newer = replace(place.evses[0], status="OUTOFORDER", last_updated=place.last_updated + timedelta(days=1))
    await world.put_location(replace(place, id="COPY", name="The same place again", evses=(newer,)))
    page = await reader.get(STATION)
    assert "Charger 1 Out of order" in page.words
    assert "Another source says: Available. The newest word counts." in page.words


async def test_a_location_that_breaks_the_standard_does_not_empty_the_list(reader, world):
    key = ObjectKey(module=ModuleID.LOCATIONS, party=network.OPERATOR, id="BROKEN")
    place = codec.body_of(world.places[0]) | {"id": "BROKEN"}
    del place["city"]
    broken = StoredObject(
        key=key,
        version=Version.V2_3_0,
        body=codec.dumps(place).decode(),
        last_updated=world.places[0].last_updated,
        peer_id=world.peer.id,
    )
    await world.platform.store.locations.put(broken)
    page = await reader.get("/")
    assert page.status == 200
    assert "BROKEN" not in page.text
    assert "Västerås Erikslund" in page.words


async def test_a_station_that_is_not_there_is_not_found(reader):
    page = await reader.get("/stations/SE/LAD/NOWHERE")
    assert page.status == 404
    assert "There is no such page" in page.words


async def test_names_of_partners_are_text_and_never_markup(reader, world):
    place = world.places[0]
    await world.put_location(replace(place, id="EVIL", name="<script>alert(1)</script>"))
    page = await reader.get("/stations/SE/LAD/EVIL")
    assert "<script>alert(1)" not in page.text
    assert "&lt;script&gt;" in page.text


async def test_a_platform_without_drivers_says_who_it_is(console):
    await console.post("/sign-out", {})
    page = await console.get("/")
    assert "This is a platform of a charging network" in page.words
    assert (await console.get("/stations.json")).status == 404


async def store_tariff(world, body):
    await world.platform.store.objects.put(
        StoredObject(
            key=ObjectKey(module=ModuleID.TARIFFS, party=network.OPERATOR, id=body["id"]),
            version=Version.V2_3_0,
            body=codec.dumps(body).decode(),
            last_updated=world.places[0].last_updated,
            peer_id=world.peer.id,
        )
    )


async def store_price(world, tariff_ids):
    place = next(one for one in world.places if one.id == "VASTERAS-ERIKSLUND")
    evses = tuple(
        replace(evse, connectors=tuple(replace(one, tariff_ids=tariff_ids) for one in evse.connectors))
        for evse in place.evses
    )
    await world.put_location(replace(place, evses=evses))

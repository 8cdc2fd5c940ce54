"""What partners send that is not quite the standard and means one thing only is taken (20261123-read-leniently)."""

import pytest

from ocpilot.base import time
from ocpilot.wire.protocol import Version

LATER = "2026-11-02T12:00:00Z"


async def to_provider(connection, method, path, body=None):
    return await connection.resa.ask(method, f"{connection.version}/receiver/{path}", connection.lades_token, body)


async def to_operator(connection, method, path, body=None):
    return await connection.lade.ask(method, f"{connection.version}/receiver/{path}", connection.resas_token, body)


def without(body, *names):
    return {name: value for name, value in body.items() if name not in names}


async def sent_and_read(connection, path, body):
    """What is kept of a body that is PUT."""
    said = await to_provider(connection, "PUT", path, body)
    assert (said.http, said.status) == (201, 1000), said.message
    return (await to_provider(connection, "GET", path)).data


# ---- last_updated --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", [{}, {"last_updated": None}])
async def test_an_object_that_does_not_say_when_it_changed_changed_now(connection, bodies, missing):
    before = time.now()
    kept = await sent_and_read(connection, "sessions/SE/LAD/S1", without(bodies.session(), "last_updated") | missing)
    assert before <= time.parse(kept["last_updated"]) <= time.now()


async def test_the_parts_of_a_location_changed_when_it_did(connection, bodies):
    connector = without(bodies.connector(), "last_updated")
    evse = without(bodies.evse(connectors=[connector]), "last_updated")
    kept = await sent_and_read(connection, "locations/SE/LAD/L1", bodies.location(evses=[evse]))
    [evse] = kept["evses"]
    assert evse["last_updated"] == evse["connectors"][0]["last_updated"] == kept["last_updated"]


async def test_an_evse_and_a_connector_alone_may_be_undated_too(newest, bodies):
    await to_provider(newest, "PUT", "locations/SE/LAD/L1", bodies.location())
    before = time.now()
    evse = await sent_and_read(newest, "locations/SE/LAD/L1/E2", without(bodies.evse("E2"), "last_updated"))
    connector = without(bodies.connector("2"), "last_updated")
    assert (await to_provider(newest, "PUT", "locations/SE/LAD/L1/E2/2", connector)).http == 201
    whole = (await to_provider(newest, "GET", "locations/SE/LAD/L1")).data
    assert before <= time.parse(evse["last_updated"]) <= time.parse(whole["last_updated"])


async def test_an_undated_cdr_is_kept_once(connection, bodies):
    body = without(bodies.cdr(connection.version), "last_updated")
    first = await to_provider(connection, "POST", "cdrs", body)
    again = await to_provider(connection, "POST", "cdrs", body)
    assert (first.http, again.http, again.status) == (201, 200, 1000), again.message


async def test_an_undated_token_and_tariff_are_kept(connection, bodies):
    token = without(bodies.token(), "last_updated")
    assert (await to_operator(connection, "PUT", "tokens/SE/RES/04A1B2C3", token)).http == 201
    tariff = without(bodies.tariff(connection.version), "last_updated")
    assert (await to_provider(connection, "PUT", "tariffs/SE/LAD/T1", tariff)).http == 201


async def test_a_tariff_of_2_3_0_that_does_not_say_whether_it_holds_taxes_is_kept_as_one_without(newest, bodies):
    tariff = without(bodies.tariff(Version.V2_3_0), "tax_included")
    assert (await sent_and_read(newest, "tariffs/SE/LAD/T1", tariff))["tax_included"] == "NO"
    [found] = newest.resa.platform.leniencies.values()
    assert (found.module, found.place) == ("tariffs", "$.tax_included")
    cdr = bodies.cdr(Version.V2_3_0) | {"tariffs": [tariff]}
    assert (await to_provider(newest, "POST", "cdrs", cdr)).http == 201


async def test_other_fields_that_are_missing_are_still_refused(newest, bodies):
    body = without(bodies.session(), "last_updated", "kwh")
    said = await to_provider(newest, "PUT", "sessions/SE/LAD/S1", body)
    assert (said.http, said.status) == (200, 2001)
    assert [problem["path"] for problem in said.data if problem["path"] == "$.kwh"]


# ---- times, numbers, lists -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["", "Z", "+00:00", ".123", ".123456+00:00"])
async def test_a_time_is_read_however_its_zone_is_written(connection, bodies, zone):
    kept = await sent_and_read(
        connection, "sessions/SE/LAD/S1", bodies.session(last_updated=f"2026-11-02T12:00:00{zone}")
    )
    assert kept["last_updated"].startswith("2026-11-02T12:00:00")
    assert kept["last_updated"].endswith("Z")


async def test_null_for_a_list_and_numbers_as_text_are_mended(connection, bodies):
    body = bodies.session(charging_periods=None, kwh="1.50", total_cost=None)
    kept = await sent_and_read(connection, "sessions/SE/LAD/S1", body)
    assert kept["kwh"] == 1.5
    assert "charging_periods" not in kept


async def test_a_number_that_could_mean_two_things_is_refused_with_what_was_expected(newest, bodies):
    said = await to_provider(newest, "PUT", "sessions/SE/LAD/S1", bodies.session(kwh="1,234"))
    [problem] = said.data
    assert (said.status, problem["path"], problem["expected"]) == (2001, "$.kwh", "a number")


# ---- ids -----------------------------------------------------------------------------------------------------------


async def test_ids_are_kept_as_sent_and_found_in_any_case(connection, bodies):
    body = bodies.location("Loc-A", evses=[bodies.evse("Evse-B", connectors=[bodies.connector("c")])])
    body |= {"country_code": "se", "party_id": "Lad"}
    assert (await to_provider(connection, "PUT", "locations/SE/LAD/LOC-a", body)).http == 201
    assert (await to_provider(connection, "GET", "locations/se/lad/loc-a")).data == body
    patch = {"status": "CHARGING", "last_updated": LATER}
    assert (await to_provider(connection, "PATCH", "locations/SE/lad/LOC-A/EVSE-b", patch)).http == 200
    connector = await to_provider(connection, "GET", "locations/SE/LAD/loc-A/evse-B/C")
    assert connector.data == bodies.connector("c")
    again = await to_provider(connection, "PUT", "locations/SE/LAD/lOC-A", body | {"last_updated": LATER})
    assert again.http == 200


async def test_a_session_changes_whatever_the_case_of_its_id(newest, bodies):
    await to_provider(newest, "PUT", "sessions/SE/LAD/s1", bodies.session("S1"))
    patch = {"id": "s1", "kwh": 2, "last_updated": LATER}
    assert (await to_provider(newest, "PATCH", "sessions/se/lad/S1", patch)).http == 200
    assert (await to_provider(newest, "GET", "sessions/SE/LAD/S1")).data["kwh"] == 2


# ---- words and fields ----------------------------------------------------------------------------------------------


async def test_unknown_words_and_fields_are_kept(connection, bodies):
    evse = bodies.evse(capabilities=["RESERVABLE", "TELEPORT"], colour="red")
    body = bodies.location(evses=[evse], lighting={"lux": 20})
    kept = await sent_and_read(connection, "locations/SE/LAD/L1", body)
    assert kept == body
    patch = {"status": "CHARGING", "last_updated": LATER}
    await to_provider(connection, "PATCH", "locations/SE/LAD/L1/E1", patch)
    patched = (await to_provider(connection, "GET", "locations/SE/LAD/L1/E1")).data
    assert patched == evse | patch


async def test_an_unknown_word_of_a_closed_enum_is_refused_with_the_words_there_are(newest, bodies):
    said = await to_provider(newest, "PUT", "sessions/SE/LAD/S1", bodies.session(status="PAUSED"))
    [problem] = said.data
    assert (said.status, problem["path"]) == (2001, "$.status")
    assert "RESERVATION" in problem["expected"]


async def test_home_charging_and_signed_data_stay_in_a_cdr(connection, bodies):
    signed = {
        "encoding_method": "OCMF",
        "signed_values": [{"nature": "Start", "plain_data": "{\n}", "signed_data": "b2s=" * 300}],
    }
    body = bodies.cdr(connection.version, home_charging_compensation=True, signed_data=signed, remark_of_ours="x")
    said = await to_provider(connection, "POST", "cdrs", body)
    assert (said.http, said.status) == (201, 1000), said.message
    read = await connection.resa.ask("GET", said.headers["Location"], connection.lades_token)
    assert read.data == body


async def test_a_session_of_every_status_is_kept(connection, bodies):
    for status in ("ACTIVE", "COMPLETED", "INVALID", "PENDING", "RESERVATION"):
        body = bodies.session(status, status=status)
        assert (await sent_and_read(connection, f"sessions/SE/LAD/{status}", body))["status"] == status


async def test_reservation_time_stands_in_a_session(connection, bodies):
    period = {"start_date_time": "2026-11-01T09:00:00Z", "dimensions": [{"type": "RESERVATION_TIME", "volume": 0.5}]}
    kept = await sent_and_read(connection, "sessions/SE/LAD/S1", bodies.session(charging_periods=[period]))
    assert kept["charging_periods"] == [period]


async def test_2_3_0_knows_words_that_2_2_1_reads_as_open(newest, bodies):
    body = bodies.token("EMA1", type="EMAID")
    assert (await to_operator(newest, "PUT", "tokens/SE/RES/EMA1?type=EMAID", body)).http == 201
    assert newest.version is Version.V2_3_0

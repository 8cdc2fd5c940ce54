"""What is wrong with the data of a peer: what CDRs belong to, which are missing, late, double, and the whole report."""

import csv
import io
from datetime import timedelta

import pytest

from ocpilot.app.cdrs import cdr_match
from ocpilot.app.kept.cdr_match_records import Clue, Part
from ocpilot.app.kept.quality_records import Finding, Lack, QualityReport
from ocpilot.app.ocpi.heard import Hearing
from ocpilot.app.partners import compare, quality
from ocpilot.app.work.jobs import Jobs
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID, Version

LAD = PartyId("SE", "LAD")
NEW = Version.V2_3_0


async def sent(connection, module, ident, body, method="PUT"):
    """An object pushed to the provider; its status."""
    below = "" if module == "cdrs" else f"/SE/LAD/{ident}"
    way = "POST" if module == "cdrs" else method
    path = f"{connection.version}/receiver/{module}{below}"
    return (await connection.resa.ask(way, path, connection.lades_token, body)).status


async def reported(connection, *lacks):
    platform = connection.resa.platform
    await Jobs(platform).once()
    await Hearing(platform).write()
    report = await quality.report(platform, connection.lade_at_resa)
    return [one for one in report.findings if not lacks or one.lack in lacks]


def brief(findings):
    return [(one.lack, one.found, one.count, one.examples) for one in findings]


async def matched(connection, ident="C1"):
    [stored] = await cdr_match.named(connection.resa.platform, ident)
    return await cdr_match.match(connection.resa.platform, stored)


# ---- what a CDR belongs to -----------------------------------------------------------------------------------------


async def test_a_cdr_belongs_to_the_session_it_names(connection, bodies):
    await connection.resa.keep(ModuleID.TOKENS, bodies.token())
    assert await sent(connection, "sessions", "S1", bodies.session()) == 1000
    assert await sent(connection, "cdrs", "C1", bodies.cdr(connection.version)) == 1000
    found = await matched(connection)
    assert (found.of(Part.SESSION).id, found.of(Part.SESSION).clue) == ("S1", Clue.SESSION_ID)
    assert found.of(Part.TOKEN).clue is Clue.UID
    assert found.of(Part.COMMAND) is None


@pytest.mark.parametrize(
    ("session", "cdr", "clue"),
    [
        ({"authorization_reference": "REF1"}, {"authorization_reference": "ref1"}, Clue.REFERENCE),
        ({}, {}, Clue.SAME_START),
        ({"start_date_time": "2026-11-01T09:20:00Z"}, {}, Clue.OVERLAP),
        ({"evse_uid": "E7", "kwh": 1.5}, {}, Clue.SAME_ENERGY),
        ({"evse_uid": "E7", "kwh": 9}, {}, None),
    ],
)
async def test_a_cdr_that_names_no_session_is_matched_by_every_other_clue(newest, bodies, session, cdr, clue):
    await sent(newest, "sessions", "S1", bodies.session(**session))
    body = bodies.cdr(NEW, **cdr)
    del body["session_id"]
    assert await sent(newest, "cdrs", "C1", body) == 1000
    found = (await matched(newest)).of(Part.SESSION)
    assert (found.clue if found else None) == clue


async def test_a_session_that_comes_after_its_cdr_is_found_later(newest, bodies):
    platform = newest.resa.platform
    await sent(newest, "cdrs", "C1", bodies.cdr(NEW, end_date_time="2026-11-26T10:00:00Z"))
    await Jobs(platform).once()
    await sent(newest, "sessions", "S1", bodies.session())
    [stored] = await cdr_match.named(platform, "C1")
    assert (await platform.store.matches.get(stored.key)).session is None
    newest.resa.clock.ahead = timedelta(hours=2)
    await Jobs(platform).once()
    assert (await platform.store.matches.get(stored.key)).session == "S1"


# ---- received once -------------------------------------------------------------------------------------------------


async def test_the_same_cdr_in_another_case_changes_nothing(connection, bodies):
    body = bodies.cdr(connection.version)
    assert await sent(connection, "cdrs", "C1", body) == 1000
    assert await sent(connection, "cdrs", "C1", body | {"id": "c1"}) == 1000
    assert await reported(connection, Lack.CHANGED_CDR) == []


async def test_a_cdr_that_comes_in_another_version_is_the_same_one(newest, bodies):
    assert await sent(newest, "cdrs", "C1", bodies.cdr(NEW)) == 1000
    old = await newest.resa.ask("POST", "2.2.1/receiver/cdrs", newest.lades_token, bodies.cdr(Version.V2_2_1))
    assert old.status == 1000, old.message


async def test_a_cdr_that_changed_after_it_was_sent_is_found_and_the_first_one_stays(newest, bodies):
    await sent(newest, "cdrs", "C1", bodies.cdr(NEW))
    assert await sent(newest, "cdrs", "C1", bodies.cdr(NEW, total_energy=9)) == 2001
    [found] = await reported(newest, Lack.CHANGED_CDR)
    assert (found.found, found.count, found.examples) == ("changed after it was sent: total_energy", 1, ("C1",))
    [stored] = await cdr_match.named(newest.resa.platform, "C1")
    assert '"total_energy":1.5' in stored.body


# ---- missing, late, double -----------------------------------------------------------------------------------------


async def test_charges_without_a_cdr_are_missing_one(newest, bodies):
    await sent(newest, "sessions", "S1", bodies.session("S1", status="COMPLETED"))
    await sent(newest, "sessions", "S2", bodies.session("S2", status="ACTIVE"))
    await sent(newest, "sessions", "S3", bodies.session("S3", status="COMPLETED"))
    await sent(newest, "sessions", "S4", bodies.session("S4", status="INVALID"))
    await sent(newest, "cdrs", "C3", bodies.cdr(NEW, "C3", session_id="S3"))
    found = await reported(newest, Lack.MISSING_CDR)
    assert brief(found) == [
        (Lack.MISSING_CDR, "ACTIVE Sessions without a CDR", 1, ("S2",)),
        (Lack.MISSING_CDR, "COMPLETED Sessions without a CDR", 1, ("S1",)),
    ]
    missing = await cdr_match.missing(newest.resa.platform, newest.lade_at_resa.id)
    assert {one.key.id for one in missing} == {"S1", "S2"}


async def test_our_own_charge_without_a_cdr_is_missing_one(newest, bodies):
    await newest.lade.keep(ModuleID.SESSIONS, bodies.session(status="COMPLETED"), audience="SERES")
    assert [one.key.id for one in await cdr_match.missing(newest.lade.platform, None)] == ["S1"]
    await newest.lade.keep(ModuleID.CDRS, bodies.cdr(NEW), audience="SERES")
    await Jobs(newest.lade.platform).once()
    assert list(await cdr_match.missing(newest.lade.platform, None)) == []


async def test_double_overlapping_and_late_cdrs_are_found(newest, bodies):
    await sent(newest, "cdrs", "C1", bodies.cdr(NEW, "C1"))
    await sent(newest, "sessions", "S1", bodies.session())
    await sent(newest, "cdrs", "C2", bodies.cdr(NEW, "C2"))
    elsewhere = bodies.cdr(NEW)["cdr_location"] | {"id": "L9"}
    await sent(newest, "cdrs", "C3", bodies.cdr(NEW, "C3", session_id="S3", cdr_location=elsewhere))
    other = bodies.session()["cdr_token"] | {"uid": "AAAA"}
    await sent(newest, "cdrs", "C4", bodies.cdr(NEW, "C4", session_id="S4", cdr_token=other))
    found = {one.lack: one for one in await reported(newest)}
    assert found[Lack.DOUBLE_CDR].examples == ("s1: C1, C2",)
    assert found[Lack.TOKEN_OVERLAP].count == 2
    assert set(found[Lack.TOKEN_OVERLAP].examples) == {"C1: and C3", "C2: and C3"}
    assert set(found[Lack.EVSE_OVERLAP].examples) == {"C1: and C4", "C2: and C4"}
    assert found[Lack.LATE_CDR].count == 4


async def test_a_cdr_that_was_taken_back_is_not_double(newest, bodies):
    await sent(newest, "sessions", "S1", bodies.session())
    await sent(newest, "cdrs", "C1", bodies.cdr(NEW, "C1"))
    credit = {"credit": True, "credit_reference_id": "C1", "total_cost": {"before_taxes": -5.25}}
    await sent(newest, "cdrs", "K1", bodies.cdr(NEW, "K1", **credit))
    await sent(newest, "cdrs", "C2", bodies.cdr(NEW, "C2"))
    assert await reported(newest, Lack.DOUBLE_CDR, Lack.TOKEN_OVERLAP, Lack.EVSE_OVERLAP) == []


# ---- the report ----------------------------------------------------------------------------------------------------


async def test_dangling_tariffs_and_clashing_evse_ids_are_counted_from_what_we_hold(connection, bodies):
    def place(ident, status, tariff):
        evse = bodies.evse(status=status, evse_id="SE*LAD*E1", connectors=[bodies.connector(tariff_ids=[tariff])])
        return bodies.location(ident, evses=[evse])

    await sent(connection, "tariffs", "T1", bodies.tariff(connection.version))
    await sent(connection, "locations", "L1", place("L1", "AVAILABLE", "T1"))
    await sent(connection, "locations", "L2", place("L2", "CHARGING", "t2"))
    found = await reported(connection, Lack.DANGLING_TARIFF, Lack.EVSE_CLASH)
    assert brief(found) == [
        (Lack.DANGLING_TARIFF, "ids of Tariffs we do not have", 1, ("t2: in 1 EVSEs",)),
        (Lack.EVSE_CLASH, "in several Locations, with different status", 1, ("SE*LAD*E1: SELAD l1, SELAD l2",)),
    ]


async def test_what_an_evse_patch_changes_counts_too(newest, bodies):
    await sent(newest, "tariffs", "T1", bodies.tariff(NEW))
    await sent(newest, "locations", "L1", bodies.location())
    assert await reported(newest, Lack.DANGLING_TARIFF) == []
    patch = {"tariff_ids": ["T9"], "last_updated": "2026-11-02T00:00:00Z"}
    assert await sent(newest, "locations", "L1/E1/1", patch, "PATCH") == 1000
    assert [one.examples for one in await reported(newest, Lack.DANGLING_TARIFF)] == [("t9: in 1 EVSEs",)]


async def test_prices_that_differ_are_summed_per_currency(newest, bodies):
    await sent(newest, "tariffs", "T1", bodies.tariff(NEW))
    tariff = bodies.tariff(NEW)
    for ident, cost in (("C1", 6.25), ("C2", 7.25)):
        body = bodies.cdr(NEW, ident, tariffs=[tariff], total_cost={"before_taxes": cost}, session_id=ident)
        body["charging_periods"][0]["tariff_id"] = "T1"
        assert await sent(newest, "cdrs", ident, body) == 1000
    [found] = await reported(newest, Lack.PRICE)
    assert (found.count, found.found) == (2, "differs by 3 SEK in all")
    assert found.examples == ("C2: 2 SEK", "C1: 1 SEK")


async def test_refused_pushes_leniencies_and_the_last_comparison_stand_in_the_report(newest, bodies):
    assert await sent(newest, "tariffs", "T1", bodies.tariff(NEW, elements=[])) == 2001
    assert await sent(newest, "tariffs", "T2", bodies.tariff(NEW, "OTHER")) == 2001
    assert await sent(newest, "locations", "L1", bodies.location(images=None)) == 1000
    await newest.lade.keep(ModuleID.TARIFFS, bodies.tariff(NEW, "T5"))
    await compare.compare(newest.resa.platform, newest.lade_at_resa)
    found = await reported(newest)
    refused = {one.place: one.examples for one in found if one.lack is Lack.PUSH}
    assert refused == {"$.elements": ("T1",), "$.id": ("T2",)}
    assert [(one.place, one.examples) for one in found if one.lack is Lack.LENIENCY] == [("$.images", ("L1",))]
    gaps = {(one.module, one.found): one.examples for one in found if one.lack is Lack.COMPARISON}
    assert gaps == {("tariffs", "missing here"): ("T5",), ("locations", "missing there"): ("L1",)}


def test_a_csv_holds_no_formula(newest):
    finding = Finding(
        lack=Lack.PULL,
        module="tariffs",
        place="$.id",
        found='=HYPERLINK("http://x")',
        expected="+1",
        count=2,
        examples=("@id", "-2: =1+1"),
    )
    text = quality.as_csv(QualityReport(peer_id=1, peer="Lade", at=newest.resa.clock(), findings=(finding,)))
    header, *rows = list(csv.reader(io.StringIO(text)))
    assert tuple(header) == quality.COLUMNS
    assert rows[0] == ["pull", "tariffs", "'@id", "$.id", '\'=HYPERLINK("http://x")', "+1", "2", "", "", ""]
    assert (rows[1][2], rows[1][9]) == ("-2", "'=1+1")

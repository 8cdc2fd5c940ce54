"""Clearing by command, by API and by web hook, on a provider to whom a wrong CDR came."""

import json

import pytest
from backoffice import beside, office, receiving
from desk import Desk

from ocpilot.app.office import hooks
from ocpilot.app.office.hooking import Hooking
from ocpilot.base.errors import Conflict, NotFound, UserError
from ocpilot.cli import cdr, clearing
from ocpilot.http.hook_sender import HttpHooks
from ocpilot.main.clearing_commands import ClearingOf
from ocpilot.main.commands import parser
from ocpilot.main.platform_commands import Cdrs
from ocpilot.wire.protocol import ModuleID, Version


@pytest.fixture
async def desk(newest, bodies):
    """C1 costs too much, C2 is right."""
    await newest.resa.keep(ModuleID.TOKENS, bodies.token())
    found = Desk(newest, bodies)
    await found.comes("C1", "9.99")
    later = {"start_date_time": "2026-11-02T09:00:00Z", "end_date_time": "2026-11-02T10:00:00Z"}
    periods = [{**bodies.charging_period("2026-11-02T09:00:00Z"), "tariff_id": "T1"}]
    await found.comes("C2", session_id="S2", charging_periods=periods, **later)
    await found.standing("C1")
    return found


class Terminal:
    """`ocpilot cdr ...` at this platform, and what it prints."""

    def __init__(self, platform, capsys) -> None:
        self.platform, self.capsys = platform, capsys

    async def __call__(self, *words):
        args = parser().parse_args(["cdr", *words])
        is_clearing = args.action in clearing.ACTIONS
        ran = clearing.run(args, ClearingOf(self.platform)) if is_clearing else cdr.run(args, Cdrs(self.platform))
        status = await ran
        return status, self.capsys.readouterr().out


@pytest.fixture
def terminal(desk, capsys):
    return Terminal(desk.platform, capsys)


async def test_what_is_held_is_listed_with_what_speaks_against_it(terminal):
    status, said = await terminal("list", "--state", "held", "--partner", "Lade")
    assert status == 0
    assert "C1" in said
    assert "C2" not in said
    assert "    The price is not ours: found total_cost 9.99 SEK, expected 5.25 SEK" in said
    _, said = await terminal("list", "--state", "held", "--json")
    [found] = json.loads(said)
    assert (found["id"], found["clearing"], found["findings"][0]["rule"]) == ("C1", "held", "price")
    _, said = await terminal("list", "--state", "disputed")
    assert said == "no such CDRs: one is made when a charge has ended\n"
    with pytest.raises(NotFound):
        await terminal("list", "--partner", "Nobody")


async def test_stored_cdrs_are_checked_by_all_that_is_known_now(terminal, desk, bodies):
    status, said = await terminal("check", "--stored", "C2", "C1")
    assert status == 1
    assert said.startswith("C2 of SE/LAD: price agrees, accepted\n    (noted) It came late")
    status, said = await terminal("check", "--stored", "C1", "--json")
    assert (status, json.loads(said)[0]["price"]) == (1, "differs")
    assert (await desk.standing("C1")).state == "held"


async def test_a_dispute_prints_the_message_and_again_without_a_reason(terminal):
    status, said = await terminal("dispute", "C1", "--why", "too dear", "--language", "sv")
    assert status == 0
    assert said.startswith("Ämne: CDR C1 från SE/LAD bestrids\n")
    assert "Vi godkänner inte den här CDR:en som den är: too dear" in said
    _, again = await terminal("dispute", "C1")
    assert "Subject: CDR C1 of SE/LAD is disputed" in again
    _, said = await terminal("dispute", "C1", "--json")
    [found] = json.loads(said)
    assert (found["state"], found["message"]["to"]) == ("disputed", ["SE/LAD"])
    assert found["message"]["totals"][2] == {
        "name": "total_cost",
        "theirs": "9.99",
        "ours": "5.25",
        "unit": "SEK",
        "difference": "4.74",
        "cause": "they used a price that is not in the tariff",
    }


async def test_several_are_moved_at_once_and_one_that_cannot_be_is_said(terminal, desk, capsys):
    status = await clearing.run(
        parser().parse_args(["cdr", "drop", "C1", "C2", "C9", "--why", "test", "--json"]), ClearingOf(desk.platform)
    )
    said = capsys.readouterr()
    assert (status, [one["id"] for one in json.loads(said.out)]) == (1, ["C1"])
    assert "CDR C2 of SE/LAD is accepted: only one that is disputed, held, new can be dropped" in said.err
    assert "no CDR C9" in said.err
    with pytest.raises(Conflict):
        await terminal("accept", "C1", "--why", "after all")
    _, said = await terminal("show", "C1")
    assert "clearing       dropped: test" in said
    assert "held -> dropped by cli: test" in said


async def test_an_id_of_two_parties_is_told_apart(terminal, desk, bodies):
    await desk.connection.resa.keep(ModuleID.CDRS, bodies.cdr(Version.V2_3_0, "C1", party_id="OTH"))
    with pytest.raises(UserError, match="several CDRs have the id C1, of SE/LAD and SE/OTH: say whose is meant"):
        await terminal("accept", "C1", "--why", "x")
    with pytest.raises(UserError, match="--party"):
        await terminal("accept", "C1", "--why", "x", "--party", "nowhere")
    status, said = await terminal("accept", "C1", "--why", "x", "--party", "SE/LAD")
    assert (status, said) == (0, "CDR C1 of SE/LAD is accepted\n")


async def test_only_a_cdr_of_ours_is_taken_back(terminal):
    for action in ("credit", "reissue"):
        with pytest.raises(NotFound, match="no CDR C1 of ours"):
            await terminal(action, "C1", "--why", "x")
    with pytest.raises(UserError, match="kWh: found many"):
        await terminal("reissue", "C1", "--why", "x", "--kwh", "many")


async def test_a_back_office_reads_decides_and_is_told(desk):
    resa = desk.connection.resa
    erp = await office(resa)
    [held] = (await erp.get("/clearing?state=held&peer=Lade")).body["items"]
    assert (held["id"], held["findings"][0]["expected"][:8]) == ("C1", "5.25 SEK")
    assert (await erp.get("/clearing?state=lost")).status == 400
    path = "/cdrs/SE/LAD/C1/clearing"
    async with (
        HttpHooks(resa.platform.settings, 10.0) as sender,
        beside(Hooking(resa.platform, sender, chance=lambda: 0.0).run()),
        receiving() as told,
    ):
        await hooks.add(resa.platform, "erp", told.url, ["clearing.*"])
        said = await erp.ask("POST", path, {"action": "dispute", "why": "too dear"})
        assert (said.status, said.body["state"], said.body["steps"][-1]["why"]) == (200, "disputed", "too dear")
        await told.until(lambda came: came)
    assert told.came[0][0]["event"] == "clearing.disputed"
    assert told.came[0][0]["object"]["why"] == "too dear"
    assert (await erp.ask("POST", path, {"action": "dispute", "why": "x"})).status == 409
    assert (await erp.ask("POST", path, {"action": "eat", "why": "x"})).status == 422
    assert "disputed" in (await erp.get("/cdrs/SE/LAD/C1/dispute")).body["text"]
    assert (await erp.ask("POST", "/cdrs/SE/LAD/C1/reissue", {"why": "x"})).status in {403, 404}


async def test_a_key_of_another_party_sees_nothing_of_it(desk):
    erp = await office(desk.connection.resa, party="SE/RES")
    assert len((await erp.get("/clearing")).body["items"]) == 2

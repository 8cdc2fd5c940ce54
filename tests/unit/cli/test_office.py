"""`ocpilot api-key` and `ocpilot hook` on the command line, on a real store."""

import json

import pytest

from ocpilot.app.kept.hook_ports import HookAnswer
from ocpilot.app.office import hooks
from ocpilot.app.platform import Platform
from ocpilot.app.secrets import Seal
from ocpilot.base import time
from ocpilot.base.errors import Conflict, NotFound, UserError
from ocpilot.base.settings import PartySettings, SecuritySettings, Settings
from ocpilot.cli import api_key, hook
from ocpilot.main.commands import parser
from ocpilot.main.joined import Switchboard
from ocpilot.main.office_commands import ApiKeysOf, HooksOf
from ocpilot.ocpp.calls import StationCaller

LAD = PartySettings(country_code="SE", party_id="LAD", role="CPO", name="Lade AB")


@pytest.fixture
async def platform(store) -> Platform:
    settings = Settings(
        parties=(LAD,), security=SecuritySettings(secret_key="the key of one test", allow_inner_addresses=True)
    )
    return Platform(
        settings=settings,
        clock=time.now,
        store=store,
        partners=None,
        stations=StationCaller(Switchboard()),
        sealing=Seal(settings),
    )


@pytest.fixture
def run(platform, capsys):
    async def ask(*words):
        args = parser().parse_args(list(words))
        module, commands = (api_key, ApiKeysOf) if words[0] == "api-key" else (hook, HooksOf)
        status = await module.run(args, commands(platform))
        return status, capsys.readouterr().out

    return ask


async def test_a_key_is_shown_once(run):
    assert "no API keys yet" in (await run("api-key", "list"))[1]
    _, out = await run("api-key", "add", "erp", "--scope", "locations:read", "--party", "SE/LAD", "--days", "30")
    assert "ocpi_" in out
    _, out = await run("api-key", "list")
    assert "ocpi_" not in out
    assert "SE/LAD" in out
    assert "never used" in out
    made = json.loads((await run("api-key", "add", "bi", "--scope", "cdrs:read", "--json"))[1])
    assert made["key"].startswith("ocpi_")
    assert (await run("api-key", "revoke", "ERP"))[1] == "erp opens nothing any more\n"
    rows = json.loads((await run("api-key", "list", "--json"))[1])
    assert [(row["name"], row["state"], "key" in row) for row in rows] == [
        ("bi", "holds", False),
        ("erp", "revoked", False),
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["erp"], "no scope"),
        (["erp", "--scope", "everything"], "everything"),
        (["erp", "--scope", "peers:read", "--party", "SE/LAD"], "whole platform"),
        (["erp", "--scope", "cdrs:read", "--party", "SE/XXX"], "one of ours"),
        (["erp", "--scope", "cdrs:read", "--party", "SELADA"], "no party"),
        (["erp", "--scope", "cdrs:read", "--days", "0"], "0 days"),
        ([" ", "--scope", "cdrs:read"], "1 to 100"),
    ],
)
async def test_a_key_that_cannot_be_says_why(run, words, said):
    with pytest.raises(UserError, match=said):
        await run("api-key", "add", *words)


async def test_names_are_taken_once(run):
    await run("api-key", "add", "erp", "--scope", "cdrs:read")
    with pytest.raises(Conflict):
        await run("api-key", "add", "ERP", "--scope", "cdrs:read")
    with pytest.raises(NotFound):
        await run("api-key", "revoke", "nobody")


async def test_a_hook_from_first_to_last(run, platform):
    assert "no web hooks yet" in (await run("hook", "list"))[1]
    url = "http://127.0.0.1:9/hook"
    _, out = await run("hook", "add", "erp", url, "--event", "session.updated", "--event", "peer.*")
    assert "whsec_" in out
    assert "nothing is on its way" in (await run("hook", "deliveries"))[1]
    [kept] = await platform.store.hooks.all()
    await platform.store.hooks.tell(hooks.event_of_a_test(platform, kept))
    [row] = json.loads((await run("hook", "deliveries", "erp", "--json"))[1])
    assert (row["event"], row["state"]) == ("hook.test", "once")
    assert "hook.test" in (await run("hook", "deliveries"))[1]
    await platform.store.hooks.set_active(kept.id, False, "it answered 410 Gone")
    assert "off: it answered 410 Gone" in (await run("hook", "list"))[1]
    assert await run("hook", "resume", "erp") == (0, "erp is told again\n")
    assert json.loads((await run("hook", "list", "--json"))[1])[0]["events"] == ["session.updated", "peer.*"]
    with pytest.raises(NotFound):
        await run("hook", "replay", "erp")
    assert await run("hook", "remove", "erp") == (0, "erp is told no more\n")
    with pytest.raises(NotFound):
        await run("hook", "test", "erp")


@pytest.mark.parametrize(("status", "code"), [(204, 0), (302, 1), (500, 1)])
async def test_a_test_says_what_was_answered(capsys, status, code):
    class Hooks:
        async def test(self, _):
            return HookAnswer(http_status=status)

    assert await hook.run(parser().parse_args(["hook", "test", "erp"]), Hooks()) == code
    assert capsys.readouterr().out == f"erp answered HTTP {status}\n"

"""A platform of the open internet, whose partners name addresses inside: it says no and nobody inside is called."""

from dataclasses import replace

import msgspec
import pytest
from aiohttp import web

from ocpilot.app.kept.peer_records import PeerState
from ocpilot.app.partners import peers, pull
from ocpilot.app.partners.pull import PullWish
from ocpilot.app.partners.push_worker import PushWorker
from ocpilot.base.errors import ForbiddenAddress
from ocpilot.base.settings import PartySettings
from ocpilot.wire.protocol import ModuleID, Version

RES = PartySettings(country_code="SE", party_id="RES", role="EMSP", name="Resa AB")
INSIDE = ("https://127.0.0.1:{port}/x", "https://10.0.0.1/x", "https://169.254.169.254/x", "https://[::ffff:7f00:1]/x")


class Platform:
    """An operator's versions, details and credentials, with endpoints where a test puts them."""

    def __init__(self) -> None:
        self.base = ""
        self.endpoint = "{base}/ocpi/locations"
        self.details = "{base}/ocpi/2.3.0"
        self.link = ""
        #: Of its credentials; of the receiver of Tokens, when it lists one.
        self.credentials, self.tokens = "{base}/ocpi/credentials", ""
        self.locations: list[object] = []
        self.asked: list[str] = []

    async def __call__(self, request: web.BaseRequest) -> web.Response:
        self.asked.append(request.path)
        port = self.base.rsplit(":", 1)[1]
        details = self.details.format(base=self.base, port=port)
        sides = [("credentials", "SENDER", self.credentials), ("locations", "SENDER", self.endpoint)]
        sides += [("tokens", "RECEIVER", self.tokens)] if self.tokens else []
        listed = [
            {"identifier": module, "role": role, "url": url.format(base=self.base, port=port)}
            for module, role, url in sides
        ]
        data = {
            "/ocpi/versions": [{"version": "2.3.0", "url": details}],
            "/ocpi/2.3.0": {"version": "2.3.0", "endpoints": listed},
            "/ocpi/credentials": credentials(f"{self.base}/ocpi/versions"),
            "/ocpi/locations": self.locations,
        }.get(request.path)
        body = {"data": data, "status_code": 1000, "timestamp": "2026-11-01T10:00:00Z"}
        headers = {"Link": f'<{self.link.format(port=port)}>; rel="next"'} if self.link else {}
        return web.Response(body=msgspec.json.encode(body), headers=headers)


@pytest.fixture
async def operator():
    there = Platform()
    runner = web.ServerRunner(web.Server(there))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    there.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield there
    await runner.cleanup()


@pytest.fixture
async def strict(start, database_url, tmp_path):
    """A provider that calls nobody inside."""
    async with start("Resa", (RES,), database_url, tmp_path, allow_inner=False) as node:
        yield node


def seen_from(node):
    """The node's platform as the open internet would have it: this machine is reached, addresses in data are judged."""
    settings = node.platform.settings
    security = msgspec.structs.replace(settings.security, allow_inner_addresses=False)
    return replace(node.platform, settings=msgspec.structs.replace(settings, security=security))


def credentials(url):
    role = {"role": "CPO", "party_id": "LAD", "country_code": "SE", "business_details": {"name": "Lade"}}
    return {"token": "their-token", "url": url, "roles": [role]}


@pytest.mark.parametrize("url", [*INSIDE, "http://ocpi.example.com/versions", "https://localhost:{port}/x"])
@pytest.mark.parametrize("version", ["2.3.0", "2.2.1"])
async def test_credentials_whose_url_leads_inside_are_refused_and_nobody_is_called(strict, operator, url, version):
    invitation = await peers.invite(strict.platform, "Lade")
    body = credentials(url.format(port=operator.base.rsplit(":", 1)[1]))
    said = await strict.ask("POST", f"{version}/credentials", invitation.token, body)
    assert (said.http, said.status) == (200, 2001)
    assert operator.asked == []
    assert (await peers.named(strict.platform, "Lade")).state is PeerState.INVITED


@pytest.mark.parametrize("url", INSIDE)
async def test_a_versions_url_that_leads_inside_is_not_called(strict, operator, url):
    with pytest.raises(ForbiddenAddress):
        await peers.register(strict.platform, url.format(port=operator.base.rsplit(":", 1)[1]), "token", "Lade")
    assert operator.asked == []


@pytest.mark.parametrize("url", [*INSIDE, "/relative", "http://ocpi.example.com/locations"])
async def test_a_registration_is_refused_when_the_only_endpoint_leads_inside(resa, operator, url):
    operator.credentials = "https://ocpi.example.com/credentials"
    operator.endpoint = url
    with pytest.raises(ForbiddenAddress):
        await peers.register(seen_from(resa), f"{operator.base}/ocpi/versions", "t", "Lade", version=Version.V2_3_0)
    assert operator.asked == ["/ocpi/versions", "/ocpi/2.3.0"]
    known = await resa.platform.store.peers.by_name("Lade")
    assert known is None or known.state is not PeerState.REGISTERED


@pytest.mark.parametrize("host", ["localhost:{port}", "169.254.169.254", "[::1]:{port}"])
async def test_a_list_that_goes_on_elsewhere_ends_there_with_what_it_had(resa, operator, bodies, host):
    peer = await peers.register(resa.platform, f"{operator.base}/ocpi/versions", "t", "Lade", version=Version.V2_3_0)
    await resa.platform.background.drain()
    operator.asked.clear()
    operator.locations = [bodies.location()]
    operator.link = f"http://{host}/ocpi/locations?page=2"
    [done] = (await pull.pull(resa.platform, peer, wish=PullWish(modules=(ModuleID.LOCATIONS,)))).modules
    assert "another host" in done.error
    assert set(operator.asked) == {"/ocpi/locations"}
    assert done.vanished == 0


# ---- one endpoint of several: these URLs are refused on this machine too ---------------------------------------------

WRONG = ("/ocpi/tokens", "ocpi.example.com/tokens", "https://user:pass@ocpi.example.com/tokens", "https://2130706433/x")


async def registered_with(resa, operator):
    url = f"{operator.base}/ocpi/versions"
    peer = await peers.register(resa.platform, url, "t", "Lade", version=Version.V2_3_0)
    await resa.platform.background.drain()
    operator.asked.clear()
    return await peers.named(resa.platform, peer.name)


@pytest.mark.parametrize("url", WRONG)
async def test_one_endpoint_with_a_wrong_url_is_never_called_and_the_others_are(resa, operator, bodies, url):
    operator.tokens = url
    peer = await registered_with(resa, operator)
    assert (peer.state, [one.identifier for one in peer.endpoints]) == (
        PeerState.REGISTERED,
        ["credentials", "locations"],
    )
    [refused] = peer.detected.refused_endpoints
    assert (refused.identifier, refused.role) == ("tokens", "RECEIVER")
    assert [(one.module, one.kind) for one in resa.platform.leniencies.values()] == [(ModuleID.TOKENS, "list")]
    await resa.keep(ModuleID.TOKENS, bodies.token())
    assert await PushWorker(resa.platform, peer.id, lambda: 0.0).round(peer)
    operator.locations = [bodies.location()]
    assert (await pull.pull(resa.platform, peer)).complete
    assert set(operator.asked) == {"/ocpi/locations"}


async def test_when_the_url_is_mended_what_was_passed_over_is_sent(resa, operator, bodies):
    operator.tokens = "/ocpi/tokens"
    peer = await registered_with(resa, operator)
    await resa.keep(ModuleID.TOKENS, bodies.token())
    worker = PushWorker(resa.platform, peer.id, lambda: 0.0)
    assert await worker.round(peer)
    operator.tokens = "{base}/ocpi/tokens"
    await peers.update(resa.platform, peer)
    known = await peers.named(resa.platform, "Lade")
    assert (known.detected.refused_endpoints, len(known.endpoints)) == ((), 3)
    operator.asked.clear()
    assert await worker.round(known)
    assert operator.asked == ["/ocpi/tokens/SE/RES/04A1B2C3"]
    await worker.round(known)
    await peers.update(resa.platform, known)
    assert not await worker.round(known), "mended once"


async def test_without_an_endpoint_of_credentials_nothing_can_be_kept_up(resa, operator):
    operator.credentials = "/ocpi/credentials"
    with pytest.raises(ForbiddenAddress, match=r"credentials sender: .* expected an absolute URL"):
        await registered_with(resa, operator)
    assert operator.asked == ["/ocpi/versions", "/ocpi/2.3.0"]


async def test_who_registers_with_us_hears_which_of_its_endpoints_are_never_called(resa, operator):
    operator.tokens = "/ocpi/tokens"
    invitation = await peers.invite(resa.platform, "Lade")
    said = await resa.ask("POST", "2.3.0/credentials", invitation.token, credentials(f"{operator.base}/ocpi/versions"))
    assert (said.status, said.data["roles"][0]["party_id"]) == (1000, "RES")
    assert said.message.startswith("never called: tokens receiver: '/ocpi': expected an absolute URL")

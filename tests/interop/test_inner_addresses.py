"""A platform of the open internet, whose partners name addresses inside: it says no and nobody inside is called."""

from dataclasses import replace

import msgspec
import pytest
from aiohttp import web

from ocpilot.app import peers, pull
from ocpilot.app.peer_records import PeerState
from ocpilot.app.pull import PullWish
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
        self.locations: list[object] = []
        self.asked: list[str] = []

    async def __call__(self, request: web.BaseRequest) -> web.Response:
        self.asked.append(request.path)
        port = self.base.rsplit(":", 1)[1]
        endpoint, details = (one.format(base=self.base, port=port) for one in (self.endpoint, self.details))
        sides = (("credentials", "SENDER", f"{self.base}/ocpi/credentials"), ("locations", "SENDER", endpoint))
        listed = [{"identifier": module, "role": role, "url": url} for module, role, url in sides]
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
async def test_a_registration_with_an_endpoint_that_leads_inside_is_refused(resa, operator, url):
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

"""Stations by TLS on a port of their own, with and without a certificate, and behind a proxy that ends TLS."""

import asyncio
import contextlib
import ssl

import pytest
import uvicorn
from starlette.applications import Starlette
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidMessage, InvalidStatus

from authority import Authority
from bare_station import bare_station
from ocpilot.base.errors import SettingsError
from ocpilot.base.settings import Settings, StationSettings
from ocpilot.demo.platforms import free_port
from ocpilot.main.impatient import impatient
from ocpilot.main.servers import station_server
from ocpilot.main.tls_files import TlsFiles
from ocpilot.ocpp.gateway import Gateway, gateway_settings
from ocpilot.ocpp.knocking import Proxies
from ocpilot.ocpp.station_socket import StationSocket
from servers import running


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "ours")


@pytest.fixture
async def tls(platform, authority):
    """The URL of a gateway that listens by TLS and asks for certificates."""
    server = authority.issue("127.0.0.1")
    stations = StationSettings(
        tls_port=free_port(),
        tls_certificate=str(server.certificate),
        tls_key=str(server.key),
        client_ca=str(authority.files.certificate),
    )
    gateway = Gateway(platform, settings=gateway_settings(stations))
    async with station_server(Settings(stations=stations), gateway):
        yield f"wss://127.0.0.1:{stations.tls_port}/ocpp"
        await gateway.close()


async def test_a_station_with_a_password_comes_by_tls(tls, authority, platform):
    async with bare_station(tls, "CS1", "sixteen-letters-", ssl=authority.client()) as station:
        assert await station.boot() == "Accepted"
    [knock] = platform.knocks
    assert (knock.profile, knock.tls, knock.certificate_names) == (2, True, ())


async def test_a_station_is_known_by_its_certificate(tls, authority, platform):
    context = authority.client(authority.issue("CS1"))
    async with bare_station(tls, "CS1", None, ssl=context) as station:
        assert await station.boot() == "Accepted"
    [knock] = platform.knocks
    assert (knock.profile, knock.certificate_names) == (3, ("CS1", "127.0.0.1"))


async def test_a_certificate_of_another_authority_is_none(tls, authority, platform, tmp_path):
    stranger = Authority(tmp_path / "theirs").issue("CS1")
    with pytest.raises((ssl.SSLError, ConnectionError, InvalidMessage)):
        async with bare_station(tls, "CS1", None, ssl=authority.client(stranger)):
            pass
    assert platform.knocks == []


async def test_plain_text_on_the_port_of_tls_is_no_station(tls, platform):
    with pytest.raises((ConnectionError, InvalidMessage)):
        async with bare_station(tls.replace("wss", "ws"), "CS1", "sixteen-letters-"):
            pass
    assert platform.knocks == []


@pytest.mark.parametrize("missing", ["tls_certificate", "tls_key", "client_ca"])
async def test_a_file_that_is_missing_is_named(platform, authority, missing):
    files = authority.issue("127.0.0.1")
    given = {"tls_certificate": str(files.certificate), "tls_key": str(files.key)} | {missing: "/nowhere.pem"}
    settings = Settings(stations=StationSettings(tls_port=free_port(), **given))
    with pytest.raises(SettingsError, match=f"stations.{missing}: found /nowhere.pem, expected a file"):
        async with station_server(settings, Gateway(platform)):
            pass


SUBJECT = "X-Client-Subject"


@pytest.mark.parametrize(
    ("subject", "names"),
    [("CN=CS1,O=Lade", ("CS1",)), ("/O=Lade/CN=CS1", ("CS1",)), (r"O=L,CN=a\,b", ("a,b",)), ("", ())],
)
async def test_a_trusted_proxy_says_who_connects_and_how(serve_with, platform, subject, names):
    proxies = Proxies(trusted=("127.0.0.1",), certificate_header=SUBJECT)
    headers = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7", "X-Forwarded-Proto": "https", SUBJECT: subject}
    await knocked(serve_with, platform, proxies, headers)
    [knock] = platform.knocks
    assert (knock.remote, knock.tls, knock.certificate_names) == ("198.51.100.7", True, names)


async def test_anybody_else_who_says_so_is_not_believed(serve_with, platform):
    headers = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", SUBJECT: "CN=CS1"}
    await knocked(serve_with, platform, Proxies(trusted=("10.0.0.1",), certificate_header=SUBJECT), headers)
    [knock] = platform.knocks
    assert (knock.remote, knock.tls, knock.certificate_names) == ("127.0.0.1", False, ())


async def knocked(serve_with, platform, proxies, headers):
    async with serve_with(platform, proxies=proxies) as served:
        with contextlib.suppress(InvalidStatus):
            async with connect(f"{served.url}/CS1", subprotocols=["ocpp1.6"], additional_headers=headers, proxy=None):
                pass


# ---- files that change, connections that come to nothing -----------------------------------------------------------


def of_files(files, authority):
    ca = str(authority.files.certificate)
    return StationSettings(tls_certificate=str(files.certificate), tls_key=str(files.key), client_ca=ca)


async def serial_of(port, authority):
    """The serial number of the certificate that is shown on this port."""
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=authority.client())
    number = writer.get_extra_info("ssl_object").getpeercert()["serialNumber"]
    writer.close()
    return number


async def test_a_renewed_certificate_is_shown_from_the_next_connection_on(authority):
    files = authority.issue("127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    tls_files = TlsFiles(of_files(files, authority), context)
    async with await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context) as server:
        port = server.sockets[0].getsockname()[1]
        before = await serial_of(port, authority)
        assert not tls_files.look()
        authority.issue("127.0.0.1")
        assert tls_files.look()
        assert await serial_of(port, authority) != before
        assert not tls_files.look()


async def test_files_that_do_not_fit_together_leave_the_old_ones_in_use(authority, tmp_path):
    files = authority.issue("127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    tls_files = TlsFiles(of_files(files, authority), context)
    async with await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context) as server:
        port = server.sockets[0].getsockname()[1]
        before = await serial_of(port, authority)
        files.key.write_bytes(Authority(tmp_path / "theirs").issue("CS1").key.read_bytes())
        assert not tls_files.look()
        assert await serial_of(port, authority) == before
        authority.issue("127.0.0.1")
        assert tls_files.look()


@pytest.mark.parametrize("said", [b"", b"GET /ocpp/CS1 HTTP/1.1\r\nUpgrade: webso", b"GET / HTTP/1.1\r\n\r\nGET /"])
async def test_who_says_half_a_request_is_let_go(said):
    config = uvicorn.Config(Starlette(), port=0, http=impatient(0.1), lifespan="off", log_level="critical")
    async with running(config) as port, asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(said)
        with contextlib.suppress(ConnectionResetError):
            await reader.read()
        writer.close()


async def test_a_station_that_has_said_who_it_is_has_all_the_time_it_needs(platform):
    gateway = Gateway(platform)
    app = Starlette(routes=[gateway.route()])
    config = uvicorn.Config(app, port=0, http=impatient(0.1), ws=StationSocket, lifespan="off", log_level="critical")
    async with running(config) as port:
        async with bare_station(f"ws://127.0.0.1:{port}/ocpp", "CS1", "sixteen-letters-") as station:
            await asyncio.sleep(0.3)
            assert await station.boot() == "Accepted"
        await gateway.close()

"""Who may connect: passwords, security profiles, stations that nobody added, and codes to join with."""

import asyncio
import contextlib
from datetime import timedelta

import msgspec
import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from starlette.applications import Starlette
from street import OPERATOR, PASSWORD
from websockets.exceptions import InvalidStatus

from authority import Authority, request_for
from bare_station import bare_station
from ocpilot.app import passwords
from ocpilot.app.kept.charge_records import StationConnector
from ocpilot.app.kept.station_events import Admission, Knock
from ocpilot.app.stations import newcomers, stations
from ocpilot.app.stations.station_certificates import sign
from ocpilot.app.work.station_service import StationService
from ocpilot.base.errors import UserError
from ocpilot.base.settings import StationSettings, UnknownStations
from ocpilot.ocpp.gateway import Gateway
from ocpilot.wire.protocol import ModuleID
from servers import running

CONNECTORS = (StationConnector(evse_id=1, evse_uid="E1", ocpi_connector_id="1"),)


class Door:
    """An operator whose stations may come."""

    def __init__(self, platform, url):
        self.platform, self.url = platform, url

    def station(self, ident="CS1", password=PASSWORD, subprotocol="ocpp1.6"):
        return bare_station(self.url, ident, password, subprotocol)

    async def status_of(self, ident="CS1", password=PASSWORD):
        """The HTTP status with which it is turned away; None when it is let in."""
        try:
            async with self.station(ident, password):
                return None
        except InvalidStatus as refused:
            return refused.response.status_code

    async def add(self, password=PASSWORD, **changes):
        added = await stations.add(
            self.platform, "CS1", party=OPERATOR, location_id="L1", connectors=CONNECTORS, password=password
        )
        await self.platform.store.stations.save(msgspec.structs.replace(added, **changes))

    async def row(self, ident="CS1"):
        return await self.platform.store.stations.get(ident)

    async def until(self, condition):
        async with asyncio.timeout(10):
            while not await condition():  # noqa: ASYNC110 - it is in the database
                await asyncio.sleep(0.005)


@pytest.fixture
def opened(lade, bodies):
    """The operator's gateway with settings of its own."""

    @contextlib.asynccontextmanager
    async def start(**settings):
        platform = lade.platform
        changed = msgspec.structs.replace(platform.settings, stations=StationSettings(**settings))
        object.__setattr__(platform, "settings", changed)
        await lade.keep(ModuleID.LOCATIONS, bodies.location(evses=[bodies.evse("E1"), bodies.evse("E2")]))
        await platform.store.nodes.hold()
        gateway = Gateway(StationService(platform), clock=platform.clock)
        platform.stations.lines.plug_in(gateway)
        app = Starlette(routes=[gateway.route()])
        config = uvicorn.Config(app, port=0, ws="websockets-sansio", log_level="critical", lifespan="off")
        async with running(config) as port:
            try:
                yield Door(platform, f"ws://127.0.0.1:{port}/ocpp")
            finally:
                await gateway.close()
                await platform.background.close()

    return start


async def test_ten_thousand_reconnects_cost_one_hash_each_and_not_more(opened, monkeypatch):
    async with opened() as door:
        await door.add()
        assert await door.status_of() is None

        async def never(*_):
            raise AssertionError("argon2 again")

        monkeypatch.setattr(passwords, "matches", never)
        for _ in range(20):
            assert await door.status_of() is None


async def test_a_password_that_was_changed_is_not_remembered(opened):
    async with opened() as door:
        await door.add()
        assert await door.status_of() is None
        await door.add(password="another-password")
        assert await door.status_of() == 401
        assert await door.status_of(password="another-password") is None


async def test_who_guesses_must_wait_and_the_station_itself_is_let_in_all_the_same(opened, lade, caplog):
    async with opened(wrong_passwords=3) as door:
        await door.add()
        assert await door.status_of() is None
        assert [await door.status_of(password=f"wrong {n}") for n in range(5)] == [401, 401, 401, 429, 429]
        assert await door.status_of() is None, "its password was found right before"
        assert "security: station CS1 from 127.0.0.1 is not let in: a wrong password" in caplog.text
        lade.clock.ahead += timedelta(minutes=16)
        assert await door.status_of(password="wrong again") == 401


async def test_a_station_without_a_password_comes_in_only_where_that_is_allowed(opened):
    async with opened() as door:
        await door.add(password=None)
        assert await door.status_of(password=None) == 401
    async with opened(unsecured=True) as door:
        assert await door.status_of(password=None) is None
        await door.add(password=PASSWORD)
        assert await door.status_of(password=None) == 401


async def test_a_station_that_must_use_tls_does_not_come_in_without(opened, caplog):
    async with opened() as door:
        await door.add(security_profile=2)
        assert await door.status_of() == 401
    assert "security profile 1, it must use 2 or more" in caplog.text


@pytest.mark.parametrize(
    ("knock", "profile", "admission"),
    [
        ({"password": PASSWORD}, 1, Admission.ADMITTED),
        ({"password": PASSWORD, "tls": True}, 2, Admission.ADMITTED),
        ({"password": None, "tls": True, "certificate_names": ("CS1",)}, 3, Admission.ADMITTED),
        ({"password": None, "tls": True, "certificate_names": ("CS2",)}, 3, Admission.REFUSED),
        ({"password": PASSWORD, "tls": True, "certificate_names": ("CS2",)}, 3, Admission.REFUSED),
        ({"password": None, "certificate_names": ("CS1",)}, 0, Admission.REFUSED),
    ],
)
async def test_what_a_station_comes_with_is_its_profile_from_then_on(opened, knock, profile, admission):
    async with opened() as door:
        await door.add()
        knocked = Knock(station_id="CS1", remote="10.0.0.1", **knock)
        assert knocked.profile == profile
        assert await StationService(door.platform).authenticate(knocked) is admission
        assert (await door.row()).security_profile == (profile if admission is Admission.ADMITTED else 0)
        if profile > 1 and admission is Admission.ADMITTED:
            assert await door.status_of() == 401, "no way back to less"


# ---- stations that nobody added ------------------------------------------------------------------------------------


@pytest.mark.parametrize("subprotocol", ["ocpp1.6", "ocpp2.0.1"])
async def test_a_stranger_waits_and_nothing_it_says_counts_until_it_is_approved(opened, subprotocol):
    async with opened() as door, door.station("NEW", subprotocol=subprotocol) as station:
        assert await station.boot() == "Pending"
        assert (await station.call("Heartbeat", {}))[:3] == [4, "1", "SecurityError"]
        [waiting] = await door.platform.store.newcomers.waiting()
        assert (waiting.id, waiting.vendor, waiting.remote) == ("NEW", "V", "127.0.0.1")
        approving = asyncio.create_task(newcomers.approve(door.platform, "NEW", "L1", ["E1"]))
        assert await station.answers({"status": "Accepted"}) == (
            "TriggerMessage",
            {"requestedMessage": "BootNotification"},
        )
        assert (await approving).connected
        assert await station.boot() == "Accepted"
        assert (await station.call("Heartbeat", {}))[0] == 3
        assert await door.platform.store.newcomers.waiting() == []
    assert (await door.row("NEW")).vendor == "V"


async def test_nobody_else_takes_the_name_of_a_station_that_waits(opened):
    async with opened() as door:
        assert await door.status_of("NEW") is None
        assert await door.status_of("NEW", "another-password") == 401
        await newcomers.approve(door.platform, "NEW", "L1", ["E1"])
        assert await door.status_of("NEW", "another-password") == 401
        assert await door.status_of("NEW") is None


async def test_a_refused_station_stays_away(opened):
    async with opened() as door:
        assert await door.status_of("NEW") is None
        await newcomers.refuse(door.platform, "NEW")
        assert await door.status_of("NEW") == 401
        assert await door.platform.store.newcomers.waiting() == []
        with pytest.raises(UserError, match="no station OTHER waits"):
            await newcomers.refuse(door.platform, "OTHER")


async def test_only_so_many_wait_and_they_do_not_keep_out_those_we_know(opened):
    async with opened(waiting_most=2) as door:
        await door.add()
        assert [await door.status_of(f"NEW{n}") for n in range(3)] == [None, None, 401]
        assert await door.status_of() is None


async def test_one_address_cannot_fill_the_list_at_once(opened):
    async with opened() as door:
        statuses = [await door.status_of(f"NEW{n}") for n in range(22)]
    assert statuses == [None] * 20 + [429] * 2


async def test_a_platform_that_refuses_strangers_lets_nobody_wait(opened):
    async with opened(unknown_stations=UnknownStations.REFUSE) as door:
        assert await door.status_of("NEW") == 401
        assert await door.platform.store.newcomers.get("NEW") is None


# ---- codes ---------------------------------------------------------------------------------------------------------


def set_variables(password):
    variable = {
        "attributeValue": password,
        "component": {"name": "SecurityCtrlr"},
        "variable": {"name": "BasicAuthPassword"},
    }
    return {"setVariableData": [variable]}


@pytest.mark.parametrize("subprotocol", ["ocpp1.6", "ocpp2.0.1"])
async def test_a_code_joins_a_station_once_and_is_replaced_by_a_password(opened, subprotocol):
    async with opened(unknown_stations=UnknownStations.REFUSE) as door:
        [code] = await newcomers.invite(door.platform, "L1", ["E1", "E2"], 1, timedelta(days=1))
        async with door.station("NEW", code, subprotocol) as station:
            assert await station.boot() == "Accepted"
            _, ident, action, asked = await station.read()
            if subprotocol == "ocpp1.6":
                password, answer = asked["value"], {"status": "Accepted"}
                assert (action, asked["key"]) == ("ChangeConfiguration", "AuthorizationKey")
            else:
                password = asked["setVariableData"][0]["attributeValue"]
                assert (action, asked) == ("SetVariables", set_variables(password))
                answer = {
                    "setVariableResult": [{"attributeStatus": "Accepted", **set_variables("")["setVariableData"][0]}]
                }
            await station.send(msgspec.json.encode([3, ident, answer]).decode())
            await door.until(lambda: settled(door))
        assert [one.evse_uid for one in (await door.row("NEW")).connectors] == ["E1", "E2"]
        assert len(bytes.fromhex(password)) == 20
        assert await door.status_of("NEW", code) == 401
        assert await door.status_of("NEW", password) is None
        assert await door.status_of("OTHER", code) == 401, "a code is worth one station"


async def settled(door):
    return await door.platform.store.newcomers.next_password("NEW") is None


async def test_a_station_whose_answer_got_lost_is_let_in_with_either_password(opened):
    async with opened() as door:
        [code] = await newcomers.invite(door.platform, "L1", ["E1"], 1, timedelta(days=1))
        async with door.station("NEW", code) as station:
            assert await station.boot() == "Accepted"
            password = (await station.read())[3]["value"]
        assert await door.status_of("NEW", code) is None
        assert await door.status_of("NEW", password) is None
        assert await door.status_of("NEW", code) == 401, "it showed that it has the new one"


async def test_a_station_that_takes_no_other_password_keeps_its_code(opened, caplog):
    async with opened() as door:
        [code] = await newcomers.invite(door.platform, "L1", ["E1"], 1, timedelta(days=1))
        async with door.station("NEW", code) as station:
            assert await station.boot() == "Accepted"
            await station.answers({"status": "NotSupported"})
            await door.until(lambda: settled(door))
        assert await door.status_of("NEW", code) is None
        assert "takes no other password" in caplog.text


async def test_a_code_that_is_too_old_is_no_code(opened, lade):
    async with opened(unknown_stations=UnknownStations.REFUSE) as door:
        [code] = await newcomers.invite(door.platform, "L1", ["E1"], 1, timedelta(days=1))
        lade.clock.ahead += timedelta(days=2)
        assert await door.status_of("NEW", code) == 401


async def test_codes_for_several_stations_share_the_evses(opened):
    async with opened() as door:
        first, second = await newcomers.invite(door.platform, "L1", ["E1", "E2"], 2, timedelta(days=1))
        assert [await door.status_of("A", first), await door.status_of("B", second)] == [None, None]
        assert [(await door.row(name)).connectors[0].evse_uid for name in ("A", "B")] == ["E1", "E2"]
        with pytest.raises(UserError, match="2 EVSEs cannot be shared evenly among 3 stations"):
            await newcomers.invite(door.platform, "L1", ["E1", "E2"], 3, timedelta(days=1))


# ---- certificates that stations ask for ----------------------------------------------------------------------------


async def test_a_station_gets_the_certificate_it_asks_for_and_comes_in_with_it(opened, tmp_path):
    authority, key = Authority(tmp_path / "ours"), ec.generate_private_key(ec.SECP256R1())
    files = {"ca_certificate": str(authority.files.certificate), "ca_key": str(authority.files.key)}
    async with opened(**files) as door:
        await door.add()
        async with door.station() as station:
            assert await station.boot() == "Accepted"
            assert await sign(door.platform, "CS1", request_for("CS1", key), None) is None
            action, asked = await station.answers({"status": "Accepted"})
        assert action == "CertificateSigned"
        signed, ours = x509.load_pem_x509_certificates(asked["certificateChain"].encode())
        signed.verify_directly_issued_by(ours)
        assert signed.public_key() == key.public_key()
        assert signed.subject.rfc4514_string() == "CN=CS1"


@pytest.mark.parametrize(
    ("name", "kind", "why"),
    [
        ("CS2", None, "the common name is CS2, expected CS1"),
        ("CS1", "V2GCertificate", "certificates of kind V2GCertificate are not signed here"),
        (None, None, "no certificate request that can be read"),
    ],
)
async def test_what_is_not_the_stations_own_is_not_signed(opened, tmp_path, name, kind, why):
    authority, key = Authority(tmp_path / "ours"), ec.generate_private_key(ec.SECP256R1())
    files = {"ca_certificate": str(authority.files.certificate), "ca_key": str(authority.files.key)}
    async with opened(**files) as door:
        assert why in await sign(door.platform, "CS1", request_for(name, key) if name else "-----BEGIN", kind)


async def test_a_short_key_and_no_authority_are_refused(opened, tmp_path):
    key = rsa.generate_private_key(65537, 1024)  # noqa: S505 - that is the point
    async with opened() as door:
        assert "no authority is set up" in await sign(door.platform, "CS1", request_for("CS1", key), None)
    authority = Authority(tmp_path / "ours")
    files = {"ca_certificate": str(authority.files.certificate), "ca_key": str(authority.files.key)}
    async with opened(**files) as door:
        assert "a key of 1024 bits" in await sign(door.platform, "CS1", request_for("CS1", key), None)

"""Signed meter values from a station's socket to the provider's verdict, byte for byte, in every version."""

import json
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
from plain_station import plain_station
from street import PASSWORD, build_station, gateway_of

from ocpilot.app.charges import signed_charges
from ocpilot.app.kept.charge_records import TransactionState
from ocpilot.app.kept.signed_records import KeySource, MeterPlace
from ocpilot.app.ocpi import accounts
from ocpilot.app.ocpi.bodies import object_in, value_of
from ocpilot.app.partners.push_worker import PushWorker
from ocpilot.app.work.jobs import Jobs
from ocpilot.base import time
from ocpilot.base.ids import PartyId
from ocpilot.wire import codec
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import CDR
from signed_meter import SigningMeter

PLACE = MeterPlace(party=PartyId.of("SE", "LAD"), location_id="L1", evse_uid="E1")


class Charges:
    """Charges at an operator's 1.6 station whose meter signs, pushed to a provider."""

    def __init__(self, connection, station) -> None:
        self.connection = connection
        self.station = station
        self.lade, self.resa = connection.lade.platform, connection.resa.platform
        self.jobs, self.providers_jobs = Jobs(self.lade), Jobs(self.resa)

    async def charge(self, begin: str, between: str, end: str, wh: int = 10_000) -> int:
        """An hour that the meter signs thrice; the stop tells the end once more."""
        start, stop = time.now() - timedelta(hours=2), time.now() - timedelta(hours=1)
        started = await self.station.call(
            "StartTransaction", connectorId=1, idTag="04A1B2C3", meterStart=1000, timestamp=time.write(start)
        )
        number = started["transactionId"]
        half = start + timedelta(minutes=30)
        for text, at, context in (
            (begin, start, "Transaction.Begin"),
            (between, half, "Sample.Periodic"),
            (end, stop, "Transaction.End"),
        ):
            values = [self.signed(text, at, context)]
            await self.station.call("MeterValues", connectorId=1, transactionId=number, meterValue=values)
        await self.station.call(
            "StopTransaction",
            transactionId=number,
            meterStop=1000 + wh,
            timestamp=time.write(stop),
            transactionData=[self.signed(end, stop, "Transaction.End")],
        )
        return number

    @staticmethod
    def signed(text: str, at, context: str) -> dict[str, object]:
        value = {"value": text, "format": "SignedData", "context": context}
        return {"timestamp": time.write(at), "sampledValue": [value]}

    async def settled(self) -> None:
        """The operator makes the CDR, the provider gets and checks it."""
        await self.jobs.once()
        self.connection.lade.clock.ahead += timedelta(seconds=10)
        await self.jobs.once()
        await PushWorker(self.lade, self.connection.resa_at_lade.id, lambda: 0.0).round(self.connection.resa_at_lade)
        await self.providers_jobs.once()
        await self.providers_jobs.once()

    async def cdr(self, platform):
        [stored] = await platform.store.objects.newest(ModuleID.CDRS, 5)
        return stored

    async def held(self, number: int) -> str | None:
        transaction = await self.lade.store.transactions.get(number)
        return transaction.held_because if transaction.state is TransactionState.HELD else None


@asynccontextmanager
async def charges_of(connection, bodies):
    lade = connection.lade
    await build_station(lade, bodies, bodies.evse())
    await connection.resa.keep(ModuleID.TOKENS, bodies.token())
    await PushWorker(connection.resa.platform, connection.lade_at_resa.id, lambda: 0.0).round(connection.lade_at_resa)
    async with gateway_of(lade.platform) as url, plain_station(url, "CS1", PASSWORD) as station:
        yield Charges(connection, station)


@pytest.fixture
async def charges(newest, bodies):
    """In 2.3.0, for what is alike in all versions."""
    async with charges_of(newest, bodies) as made:
        yield made


def texts(meter, begin=1.0, end=11.0):
    """Begin, between and end."""
    return meter.begin(begin), meter.text(meter.reading("C", (begin + end) / 2)), meter.end(end)


@pytest.mark.parametrize("version", [Version.V2_2_1, Version.V2_3_0])
async def test_the_provider_gets_what_the_meter_signed_byte_for_byte(lade, resa, register, bodies, version):
    meter = SigningMeter()
    begin, between, end = texts(meter)
    connection = await register(lade, resa, version)
    await accounts.create_driver(
        resa.platform, email="a@b.se", name="Ada", password="long enough", language="sv", cards=("04A1B2C3",)
    )
    async with charges_of(connection, bodies) as charges:
        await signed_charges.set_key(charges.lade, PLACE, meter.pem)
        await charges.charge(begin, between, end)
        await charges.settled()
        ours, theirs = await charges.cdr(charges.lade), await charges.cdr(charges.resa)
        assert object_in(theirs)["signed_data"] == {
            "encoding_method": "OCMF",
            "public_key": meter.base64,
            "signed_values": [
                {"nature": nature, "plain_data": text.split("|")[1], "signed_data": text}
                for nature, text in (("Start", begin), ("Intermediate", between), ("End", end))
            ],
        }
        for platform, stored in ((charges.lade, ours), (charges.resa, theirs)):
            found = await platform.store.signed.verdict(stored.key)
            assert (found.verdict, found.kwh, found.record.meter) == ("VALID", 10, meter.serial)
        receipt = await charges.resa.store.documents.receipt_of(theirs.key)
        assert f"Mätaren {meter.serial} i laddaren har signerat 10 kWh" in receipt.body
        [kept] = await charges.resa.store.signed.keys()
        assert (kept.place, kept.key, kept.source) == (PLACE, meter.base64, KeySource.CDR)


async def test_a_provider_of_2_1_1_gets_a_cdr_without_them_and_the_loss_is_named(lade, resa, register, bodies):
    meter = SigningMeter()
    async with charges_of(await register(lade, resa, Version.V2_1_1), bodies) as charges:
        await signed_charges.set_key(charges.lade, PLACE, meter.base64)
        await charges.charge(*texts(meter))
        await charges.settled()
        ours, theirs = await charges.cdr(charges.lade), await charges.cdr(charges.resa)
        assert "signed_data" not in object_in(theirs)
        assert await charges.resa.store.signed.verdict(theirs.key) is None
        assert (await charges.lade.store.signed.verdict(ours.key)).verdict == "VALID"
        converted = codec.convert(CDR, object_in(ours), Version.V2_3_0, Version.V2_1_1)
        assert any("signed_data" in str(loss) for loss in converted.losses)


async def test_a_charge_whose_energy_is_not_what_was_signed_is_held(charges):
    meter = SigningMeter()
    await signed_charges.set_key(charges.lade, PLACE, meter.der)
    number = await charges.charge(*texts(meter), wh=10_100)
    await charges.settled()
    assert await charges.held(number) == "OTHER_ENERGY: the meter signed 10 kWh, the charge has 10.1 kWh"
    assert await charges.lade.store.objects.newest(ModuleID.CDRS, 5) == ()


async def test_a_charge_with_a_wrong_signature_is_held(charges):
    meter = SigningMeter()
    await signed_charges.set_key(charges.lade, PLACE, meter.der)
    begin, between, end = texts(meter)
    number = await charges.charge(begin, between, end.replace("11.0", "12.0"), wh=11_000)
    await charges.settled()
    assert (await charges.held(number)).startswith("INVALID: the signature is not that of the key")


async def test_without_a_key_the_charge_is_billed_and_says_so(charges):
    number = await charges.charge(*texts(SigningMeter()))
    await charges.settled()
    assert await charges.held(number) is None
    for platform in (charges.lade, charges.resa):
        found = await platform.store.signed.verdict((await charges.cdr(platform)).key)
        assert (found.verdict, found.kwh) == ("NO_KEY", 10)


# ---- the key comes with the values ---------------------------------------------------------------------------------


def in_json(text: str, key: str = "") -> str:
    """As OCPP 1.6 carries what 2.x has a type for."""
    data = SigningMeter.in_base64(text)
    return json.dumps({"signedMeterData": data, "signingMethod": "", "encodingMethod": "OCMF", "publicKey": key})


async def test_a_key_that_came_once_is_known_from_then_on_and_another_is_held(charges):
    meter = SigningMeter()
    begin, between, end = texts(meter)
    await charges.charge(in_json(begin), in_json(between), in_json(end, meter.in_ocpp()))
    await charges.settled()
    stored = await charges.cdr(charges.lade)
    cdr = value_of(CDR, stored)
    assert [one.signed_data for one in cdr.signed_data.signed_values] == [begin, between, end]
    assert cdr.signed_data.public_key == meter.base64
    assert (await charges.lade.store.signed.verdict(stored.key)).verdict == "VALID"
    [kept] = await charges.lade.store.signed.keys()
    assert (kept.place, kept.key, kept.source) == (PLACE, meter.base64, KeySource.STATION)

    later = await charges.charge(*texts(meter, 11.0, 31.0), wh=20_000)
    changed = SigningMeter()
    other = await charges.charge(*(in_json(text, changed.base64) for text in texts(changed, 31.0, 40.0)), wh=9_000)
    await charges.settled()
    assert await charges.held(later) is None
    assert (await charges.held(other)).startswith("INVALID")
    assert len(await charges.lade.store.objects.newest(ModuleID.CDRS, 5)) == 2
    assert await charges.lade.store.signed.keys() == (kept,)


async def test_a_provider_holds_back_a_receipt_when_the_values_were_changed_on_the_way(newest, bodies):
    meter = SigningMeter()
    values = [
        {"nature": nature, "plain_data": "-", "signed_data": text}
        for nature, text in (("Start", meter.begin(1.0)), ("End", meter.end(2.5).replace('"RV": 2.5', '"RV": 3.5')))
    ]
    signed = {"encoding_method": "OCMF", "public_key": meter.base64, "signed_values": values}
    tariffs = [bodies.tariff(Version.V2_3_0)]
    body = bodies.cdr(newest.version, signed_data=signed, tariffs=tariffs)
    await newest.resa.ask("POST", f"{newest.version}/receiver/cdrs", newest.lades_token, body)
    await Jobs(newest.resa.platform).once()
    [stored] = await newest.resa.platform.store.objects.newest(ModuleID.CDRS, 5)
    check = await newest.resa.platform.store.documents.check(stored.key)
    found = await newest.resa.platform.store.signed.verdict(stored.key)
    assert (check.agrees, found.verdict, found.kwh) == (False, "INVALID", Decimal("2.5"))
    assert await newest.resa.platform.store.documents.receipt_of(stored.key) is None
    assert await newest.resa.platform.store.signed.keys() == ()

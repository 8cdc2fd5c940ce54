"""Signed meter values: an OCMF record at the beginning and the end, which the station's public key confirms."""

import base64
import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from ocpp.v16 import call

from ocpilot.simulator.car import SimulatedCar
from ocpilot.simulator.clock import SteppedClock
from ocpilot.simulator.make import Backoff, OcppVersion, StationMake
from ocpilot.simulator.station import SimulatedStation

START = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
MAKE = StationMake(backoff=Backoff(0.02, 0.1), signed=True)


async def signed_values(stood, version) -> list[dict[str, str]]:
    """The signed meter values of a charge of half an hour at 11 kW, in the words of 2.x."""
    station = SimulatedStation(stood.url, "CS1", None, clock=SteppedClock(START), version=version, make=MAKE)
    async with station.running():
        await station.ready()
        await station.plug_in(1, SimulatedCar(battery_kwh=60, soc=20, max_kw=11))
        await station.present_token("TAG-1")
        await station.play(1800)
        await station.unplug(1)
    if version is OcppVersion.V16:
        [stop] = stood.central.of("StopTransaction")
        texts = [
            value["value"]
            for meter_value in stop["transaction_data"]
            for value in meter_value["sampled_value"]
            if value.get("format") == "SignedData"
        ]
        return [json.loads(text) for text in texts]
    found = [
        value["signed_meter_value"]
        for event in stood.central.of("TransactionEvent")
        for meter_value in event.get("meter_value", [])
        for value in meter_value["sampled_value"]
        if "signed_meter_value" in value
    ]
    names = {
        "signed_meter_data": "signedMeterData",
        "signing_method": "signingMethod",
        "encoding_method": "encodingMethod",
        "public_key": "publicKey",
    }
    return [{names[name]: text for name, text in value.items()} for value in found]


@pytest.mark.parametrize("version", OcppVersion)
async def test_begin_and_end_are_signed_and_the_key_confirms_them(stood, version):
    values = await signed_values(stood, version)
    readings = []
    for value in values:
        assert (value["signingMethod"], value["encodingMethod"]) == ("ECDSA-secp256r1-SHA256", "OCMF")
        head, data, ending = base64.b64decode(value["signedMeterData"]).decode().split("|")
        assert head == "OCMF"
        *_, key = base64.b64decode(value["publicKey"]).decode().split(":")
        public = serialization.load_der_public_key(bytes.fromhex(key))
        signature = bytes.fromhex(json.loads(ending)["SD"])
        public.verify(signature, data.encode(), ec.ECDSA(hashes.SHA256()))
        record = json.loads(data)
        readings += [(record["PG"], one["TX"], one["RV"], one["RU"]) for one in record["RD"]]
        assert record["ID"] == "TAG-1"
    assert readings == [("T1", "B", 1.0, "kWh"), ("T2", "E", 6.5, "kWh")]


async def test_a_16_station_tells_its_key_in_its_configuration(stood):
    station = SimulatedStation(stood.url, "CS1", None, clock=SteppedClock(START), make=MAKE)
    async with station.running():
        await station.ready()
        [told] = (await stood.central.ask("CS1", call.GetConfiguration(key=["MeterPublicKey1"]))).configuration_key
    assert told["readonly"] is True
    assert isinstance(serialization.load_der_public_key(bytes.fromhex(told["value"])), ec.EllipticCurvePublicKey)

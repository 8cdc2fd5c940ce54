"""Signed meter values at an operator: what is kept, which key counts, and what a person may say about keys."""

import base64
import json
from decimal import Decimal

import pytest

from ocpilot.app.charges import signed, signed_charges
from ocpilot.app.kept.charge_records import SampleRow
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.kept.signed_records import KeySource, MeterKey, MeterPlace
from ocpilot.app.kept.station_events import SampledValue, SignedMeterValue, StationSample
from ocpilot.app.transactions import held_charges
from ocpilot.base.errors import UserError
from ocpilot.base.ids import PartyId
from ocpilot.metering.signed_texts import SignedText
from ocpilot.wire.protocol import ModuleID
from signed_meter import SigningMeter

OPERATOR = PartyId.of("SE", "LAD")
PLACE = MeterPlace(party=OPERATOR, location_id="L1", evse_uid="E1")


@pytest.fixture
def meter():
    return SigningMeter()


async def charge(operator, *values: SampledValue, wh: int = 10_000) -> int:
    transaction = await operator.start()
    operator.passes(3600)
    sample = StationSample(at=operator.now, values=values)
    await operator.service.meter_values("S1", 1, transaction, (sample,))
    await operator.stop(transaction, 1000 + wh)
    await operator.jobs.once()
    return transaction


async def test_the_signed_values_of_ocpp_2_are_in_the_cdr_with_their_key(operator, meter):
    await operator.token()
    texts = {"Transaction.Begin": meter.begin(1.0), "Transaction.End": meter.end(11.0)}
    values = [
        SampledValue(
            value="1" if context == "Transaction.Begin" else "11",
            unit="kWh",
            context=context,
            signed=SignedMeterValue(data=text, encoding_method="OCMF", public_key=meter.in_ocpp()),
        )
        for context, text in texts.items()
    ]
    await charge(operator, *values)
    found = (await operator.only(ModuleID.CDRS))["signed_data"]
    assert (found["encoding_method"], found["public_key"]) == ("OCMF", meter.base64)
    assert [(one["nature"], one["signed_data"]) for one in found["signed_values"]] == [
        ("Start", texts["Transaction.Begin"]),
        ("End", texts["Transaction.End"]),
    ]


async def test_what_cannot_be_checked_is_billed_and_its_format_named(operator):
    await operator.token()
    binary = base64.b64encode(b"\xff\x00").decode()
    await charge(operator, SampledValue(value="1", signed=SignedMeterValue(data=binary, encoding_method="EDL")))
    cdr = await operator.only(ModuleID.CDRS)
    value = {"nature": "Intermediate", "plain_data": binary, "signed_data": binary}
    assert cdr["signed_data"] == {"encoding_method": "EDL", "signed_values": [value]}
    [stored] = await operator.store.objects.newest(ModuleID.CDRS, 2)
    assert (await operator.store.signed.verdict(stored.key)).verdict == "UNSUPPORTED"


async def test_a_charge_without_signed_values_has_no_verdict(operator):
    await operator.token()
    await operator.charge()
    await operator.jobs.once()
    [stored] = await operator.store.objects.newest(ModuleID.CDRS, 2)
    assert await operator.store.signed.verdict(stored.key) is None
    assert "signed_data" not in await operator.only(ModuleID.CDRS)


async def test_a_key_that_does_not_fit_is_not_kept(operator, meter):
    await operator.token()
    value = {"signedMeterData": meter.in_base64(meter.end()), "publicKey": SigningMeter().base64}
    transaction = await charge(operator, SampledValue(value=json.dumps(value), format="SignedData"))
    assert (await operator.store.transactions.get(transaction)).held_because.startswith("INVALID")
    assert await operator.store.signed.keys() == ()


def test_values_without_a_context_are_told_by_their_readings(meter):
    texts = [meter.begin(), meter.text(meter.reading("C", 2)), meter.end(), "OCMF|broken|{}", "AP;1"]
    data = signed.signed_data_of([SignedText(text=text) for text in texts], None)
    natures = [one.nature for one in data.signed_values]
    assert natures == ["Start", "Intermediate", "End", "Intermediate", "Intermediate"]


def test_a_value_too_long_for_a_cdr_is_left_out_but_was_kept(meter):
    long = meter.begin(TT="x" * 5000)
    assert signed.signed_data_of([SignedText(text=long)], None) is None
    [blob] = signed.blobs_in([SampledValue(value=long, format="SignedData")])
    assert blob.value == long


def test_a_value_that_was_sent_twice_stands_once_in_order_of_time(meter, operator):
    def row(*values):
        body = json.dumps({"signed": [{"value": value} for value in values]})
        return SampleRow(transaction_id=1, at=operator.now, body=body)

    assert [blob.value for blob in signed.blobs_of([row("a"), row("b", "a"), row()])] == ["a", "b"]


async def test_a_person_may_bill_what_its_signed_values_speak_against(operator, meter):
    await operator.token()
    values = [SampledValue(value=text, format="SignedData") for text in (meter.begin(1.0), meter.end(12.0))]
    transaction = await charge(operator, *values)
    assert (await operator.store.transactions.get(transaction)).held_because.startswith("OTHER_ENERGY")
    await held_charges.release(operator.platform, transaction)
    await operator.jobs.once()
    assert (await operator.store.transactions.get(transaction)).state == "billed"
    [stored] = await operator.store.objects.newest(ModuleID.CDRS, 2)
    assert "OTHER_ENERGY" in {one.verdict for one in (await operator.store.signed.verdict(stored.key)).findings}


# ---- keys ----------------------------------------------------------------------------------------------------------


async def test_the_first_key_stays_until_a_person_says_another(operator, meter):
    book, other = operator.store.signed, SigningMeter()
    first = MeterKey(place=PLACE, key=meter.base64, source=KeySource.STATION, at=operator.now)
    await book.pin(first)
    await book.pin(MeterKey(place=PLACE, key=other.base64, source=KeySource.CDR, at=operator.now))
    folded = MeterPlace(party=OPERATOR, location_id="l1", evse_uid="e1")
    assert await book.key_of(folded) == first
    kept = await signed_charges.set_key(operator.platform, folded, other.pem)
    assert (kept.key, kept.source) == (other.base64, KeySource.HAND)
    assert (await book.key_of(PLACE)).key == other.base64
    assert len(await book.keys()) == 1


async def test_what_was_held_for_its_key_is_billed_when_a_person_has_said_the_right_one(operator, meter):
    await operator.token()
    await signed_charges.set_key(operator.platform, PLACE, SigningMeter().der)
    values = [SampledValue(value=text, format="SignedData") for text in (meter.begin(1.0), meter.end(11.0))]
    transaction = await charge(operator, *values)
    orphan = await operator.start("NOBODY")
    operator.passes(60)
    await operator.stop(orphan, 2000)
    await operator.jobs.once()
    assert (await operator.store.transactions.get(transaction)).state == "held"
    await signed_charges.set_key(operator.platform, PLACE, meter.der)
    await operator.jobs.once()
    kept = await operator.store.transactions.get(transaction)
    assert (kept.state, kept.held_because) == ("billed", None)
    assert (await operator.store.transactions.get(orphan)).state == "held"


async def test_what_is_no_key_is_refused(operator):
    with pytest.raises(UserError, match="no public key"):
        await signed_charges.set_key(operator.platform, PLACE, "hello")


async def test_an_evse_is_named_by_its_location_and_of_a_peer_by_its_party_too(operator):
    assert await signed_charges.place_of(operator.platform, "L1", "E1", None) == PLACE
    foreign = await signed_charges.place_of(operator.platform, "L9", "E1", "SE/OTH")
    assert foreign.party == PartyId.of("SE", "OTH")
    for location, party in (("L9", None), ("L9", "nobody")):
        with pytest.raises(UserError, match="party"):
            await signed_charges.place_of(operator.platform, location, "E1", party)


async def test_a_verdict_is_kept_with_its_numbers(operator, meter):
    key = ObjectKey(module=ModuleID.CDRS, party=OPERATOR, id="C1")
    found = signed_charges.judge_charge([SignedText(text=meter.begin(0.1))], None, billed_kwh=Decimal("0.3"))
    await operator.store.signed.save(key, found, operator.now)
    await operator.store.signed.save(key, found, operator.now)
    assert await operator.store.signed.verdict(key.folded) == found

"""OCPP 1.6 payloads as the platform's events, whatever a station makes of them."""

import copy
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from begun import charge
from ocpilot.app.kept.station_events import IdToken, SampledValue, StationSample
from ocpilot.ocpp import frames, schemas
from ocpilot.ocpp.frames import CallError, CallResult
from ocpilot.ocpp.v16 import V16
from ocpilot.ocpp.version import CallRefused, Station

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
VERSION = V16()
MOMENT = {"timestamp": "2026-11-23T08:00:00Z", "sampledValue": [{"value": "1", "unit": "Wh"}, {"value": "2"}]}
PAYLOADS = {
    "BootNotification": {"chargePointVendor": "V", "chargePointModel": "M"},
    "Heartbeat": {},
    "StatusNotification": {"connectorId": 1, "status": "Available", "errorCode": "NoError"},
    "Authorize": {"idTag": "TAG"},
    "StartTransaction": {"connectorId": 1, "idTag": "TAG", "meterStart": 0, "timestamp": "2026-11-23T08:00:00Z"},
    "MeterValues": {"connectorId": 1, "transactionId": 1, "meterValue": [MOMENT, MOMENT]},
    "StopTransaction": {
        "transactionId": 1,
        "meterStop": 1,
        "timestamp": "2026-11-23T08:00:00Z",
        "transactionData": [MOMENT],
    },
    "DataTransfer": {"vendorId": "V"},
    "FirmwareStatusNotification": {"status": "Idle"},
    "DiagnosticsStatusNotification": {"status": "Idle"},
}
odd_values = st.recursive(
    st.sampled_from([None, True, -1, 2**63, 1.5, 1e300, "", "12", "1e9", "nan", "\0", "0001-01-01T00:00:00+14:00"])
    | st.text(max_size=5)
    | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def odd_payloads(draw):
    """A payload of the standard with up to three places replaced, left out or added."""
    action = draw(st.sampled_from(sorted(PAYLOADS)))
    payload = copy.deepcopy(PAYLOADS[action])
    for _ in range(draw(st.integers(1, 3))):
        place = payload
        while children := [
            each
            for each in (place.values() if isinstance(place, dict) else place)
            if each and isinstance(each, dict | list)
        ]:
            if not draw(st.booleans()):
                break
            place = draw(st.sampled_from(children))
        keys = [*place, "extra"] if isinstance(place, dict) else range(len(place))
        key = draw(st.sampled_from(list(keys)))
        if isinstance(place, dict) and draw(st.booleans()):
            place.pop(key, None)
        else:
            place[key] = draw(odd_values)
    return action, payload


async def taken(platform, action, payload):
    """The answer to a payload after its way through text and schema, as from a station."""
    call = frames.read(json.dumps([2, "1", action, payload]), 10**6)
    checked = schemas.check_call("v16", action, call.payload)
    if checked.errors:
        return None
    return await VERSION.handlers[action](Station("CS1", platform, lambda: NOW), checked.payload)


@given(odd_payloads())
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_odd_payload_is_taken_or_refused_and_every_answer_fits_the_standard(platform, odd):
    action, payload = odd
    answer = None
    with suppress(CallRefused):
        answer = await taken(platform, action, payload)
    assert answer is None or schemas.check_answer("v16", action, answer).findings == ()


async def test_a_number_beyond_64_bits_is_refused(platform):
    with pytest.raises(CallRefused, match=r"\$\.transactionId: found \d+, expected at most 64 bits"):
        await taken(platform, "StopTransaction", PAYLOADS["StopTransaction"] | {"transactionId": 2**63})


async def test_a_stop_reaches_the_platform_whole(platform):
    sample = {"value": "1200", "unit": "Wh", "context": "Transaction.End", "format": "Raw", "location": "Outlet"}
    await taken(
        platform,
        "StopTransaction",
        {
            "transactionId": 7,
            "meterStop": 1200.5,
            "timestamp": "2026-11-23T08:00:00+01:00",
            "idTag": "TAG",
            "reason": "Local",
            "transactionData": [{"timestamp": "2026-11-23T06:59:00Z", "sampledValue": [sample]}],
        },
    )
    (stop,) = platform.stops
    assert (stop.transaction_id, stop.meter_stop_wh) == (7, Decimal("1200.5"))
    assert stop.at == datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
    assert (stop.id_tag, stop.reason) == ("TAG", "Local")
    assert stop.samples == (
        StationSample(at=datetime(2026, 11, 23, 6, 59, tzinfo=UTC), values=(SampledValue(**sample),)),
    )


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23T08:00:00Z", datetime(2026, 11, 23, 8, 0, tzinfo=UTC)),
        ("2026-11-23T08:00:00", datetime(2026, 11, 23, 8, 0, tzinfo=UTC)),
        ("2026-11-23 08:00:00.250+02:00", datetime(2026, 11, 23, 6, 0, 0, 250_000, tzinfo=UTC)),
        ("2026-11-21T08:00:00Z", NOW - timedelta(days=2, hours=1)),
        ("1970-01-01T00:00:07Z", None),
        ("2036-02-07T06:28:16Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        (None, None),
    ],
)
async def test_a_time_that_cannot_be_true_is_no_time(platform, text, moment):
    await taken(platform, "StartTransaction", PAYLOADS["StartTransaction"] | {"timestamp": text})
    assert platform.starts[0].at == moment


async def test_a_tag_nobody_knows_still_gets_a_transaction(platform):
    answer = await taken(platform, "StartTransaction", PAYLOADS["StartTransaction"] | {"idTag": "NOBODY"})
    assert answer == {"transactionId": 1, "idTagInfo": {"status": "Invalid"}}


async def test_padding_with_nul_characters_is_taken_off(platform):
    await taken(platform, "Authorize", {"idTag": "TAG\0\0"})
    assert platform.heard == [("authorize", "TAG")]


async def test_a_vendors_own_message_gets_the_answer_that_we_do_not_know_the_vendor(platform):
    assert await taken(platform, "DataTransfer", {"vendorId": "V"}) == {"status": "UnknownVendorId"}


@pytest.mark.parametrize(
    "asked",
    [
        VERSION.remote_start(2, IdToken("TAG"), 1),
        VERSION.remote_start(None, IdToken("TAG"), 1),
        VERSION.remote_stop(charge(7)),
        VERSION.unlock(1, 1),
    ],
)
def test_what_we_ask_fits_the_standard(asked):
    assert schemas.check_call("v16", asked.action, asked.payload).findings == ()


@pytest.mark.parametrize(
    ("asked", "answer", "status"),
    [
        (VERSION.remote_start(1, IdToken("TAG"), 1), CallResult(id="1", payload={"status": "Accepted"}), "Accepted"),
        (VERSION.remote_start(1, IdToken("TAG"), 1), CallResult(id="1", payload={}), "Rejected"),
        (VERSION.remote_start(1, IdToken("TAG"), 1), CallError(id="1", code="NotImplemented"), "NotSupported"),
        (VERSION.remote_start(1, IdToken("TAG"), 1), CallError(id="1", code="NotSupported"), "NotSupported"),
        (VERSION.remote_stop(charge(1)), CallError(id="1", code="InternalError"), "Rejected"),
        (VERSION.unlock(1, 1), CallResult(id="1", payload={"status": "UnlockFailed"}), "UnlockFailed"),
        (VERSION.unlock(1, 1), CallError(id="1", code="GenericError"), "UnlockFailed"),
    ],
)
def test_every_answer_of_a_station_reads_as_a_status_word(asked, answer, status):
    assert VERSION.status_of(asked, answer) == status

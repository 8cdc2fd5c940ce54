"""A station that sends anything at all is answered or cut off, and the next one is served."""

import json
from random import Random

from hostile import ODD_TEXTS, mutated, nested, no_json, odd_value, text_of
from hypothesis import given
from websockets.exceptions import ConnectionClosed

from generated import fuzz, seeds

METER = {"timestamp": "2026-11-23T08:10:00Z", "sampledValue": [{"value": "600", "unit": "Wh"}]}
STARTED = {"connectorId": 1, "idTag": "TAG", "meterStart": 100, "timestamp": "2026-11-23T08:00:00Z"}
CALLS = {
    "BootNotification": {"chargePointVendor": "V", "chargePointModel": "M"},
    "Heartbeat": {},
    "Authorize": {"idTag": "TAG"},
    "StartTransaction": STARTED,
    "StopTransaction": {"transactionId": 1, "meterStop": 1100, "timestamp": "2026-11-23T08:30:00Z"},
    "MeterValues": {"connectorId": 1, "transactionId": 1, "meterValue": [METER]},
    "StatusNotification": {"connectorId": 1, "errorCode": "NoError", "status": "Available"},
    "DataTransfer": {"vendorId": "V"},
}


def frame(random):
    """A message of a station with something wrong."""
    action = random.choice(list(CALLS))
    call = [2, "1", action, CALLS[action]]
    ways = (
        lambda: text_of([2, "1", action, mutated(random, CALLS[action])]),
        lambda: text_of(mutated(random, call)),
        lambda: text_of(odd_value(random)),
        lambda: no_json(random, text_of(call))[:1_000_000],
        lambda: text_of([random.choice((2, 3, 4, 5, -1, "2", None)), random.choice(ODD_TEXTS), odd_value(random)]),
        lambda: text_of([2, "x" * 40, action, nested(70)]),
    )
    return random.choice(ways)()


@fuzz(300)
@given(seed=seeds)
async def test_any_frame_is_answered_or_ends_the_connection(served, caplog, seed):
    caplog.clear()
    random = Random(seed)
    sent = frame(random)
    ended = None
    async with served.station() as station:
        try:
            await station.socket.send(sent if random.random() < 0.3 else sent.decode("utf-8", "replace"))
            await station.send(json.dumps([2, "last", "Heartbeat", {}]))
            while (await station.read())[1] != "last":
                pass
        except ConnectionClosed as closed:
            ended = closed.rcvd
    assert ended is None or ended.code != 1011, sent
    assert not [record for record in caplog.records if record.exc_info], sent

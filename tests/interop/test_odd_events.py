"""Every rule about transactions of 2.x, played by a station of 2.0.1 over a socket."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from odd_stations import CARD, OTHER_CARD, SECOND_CARD, Became, Step, connected, event, odd_station, play

from ocpilot.metering.findings import Oddity


def billed(kwh: str, *kinds: Oddity, minutes: int = 60, parked: int | None = None) -> Became:
    return Became("billed", Decimal(kwh), frozenset(kinds), minutes, parked)


def other(state: str, *kinds: Oddity) -> Became:
    return Became(state, kinds=frozenset(kinds))


def began(minute: float, wh: float | None = 1000, **more: object) -> Step:
    return event(minute, "Started", wh, evse=1, token=CARD, trigger="CablePluggedIn", **more)


def ended(minute: float, wh: float | None = 11_000, **more: object) -> Step:
    return event(minute, "Ended", wh, trigger="EVDeparted", **more)


def status(minute: float, word: str) -> Step:
    """StatusNotification of 2.0.1."""
    fields = {"connectorStatus": word, "evseId": 1, "connectorId": 1}
    return lambda station: station.call("StatusNotification", {"timestamp": station.said(minute), **fields}, minute)


def kwh(value: float, multiplier: int | None = None) -> dict[str, object]:
    unit = {"unit": "kWh"} if multiplier is None else {"unit": "Wh", "multiplier": multiplier}
    return {"value": value, "unitOfMeasure": unit}


CASES: dict[str, tuple[Sequence[Step], list[Became]]] = {
    "as it should be": ([began(0), event(30, "Updated", 6000, seq=1), ended(60, seq=2)], [billed("10")]),
    "a power of ten": (
        [began(0, None, readings=[kwh(1, 3)]), event(30, "Updated", readings=[kwh(6, 3)], seq=1), ended(60, seq=2)],
        [billed("10")],
    ),
    "everything twice": (
        [began(0), began(0.1, said=0), *[event(30, "Updated", 6000, seq=1)] * 2, *[ended(60, seq=2)] * 2],
        [billed("10")],
    ),
    "a number that never changes": (
        [began(0), event(20, "Updated", 4000), event(40, "Updated", 8000), ended(60)],
        [billed("10")],
    ),
    "a message that never came": (
        [began(0), event(30, "Updated", 6000, seq=1), event(45, "Updated", 8000, seq=3), ended(60, seq=4)],
        [billed("10", Oddity.EVENTS_MISSING)],
    ),
    "messages that say nothing but their number": (
        [began(0), event(15, "Updated", seq=1), event(30, "Updated", 6000, seq=2), ended(60, seq=3)],
        [billed("10")],
    ),
    "the end before the start": (
        [event(60, "Ended", 11_000, seq=2, trigger="EVDeparted"), began(60.5, said=0)],
        [billed("10", Oddity.STOP_BEFORE_START, Oddity.REPLAYED, Oddity.EVENTS_MISSING)],
    ),
    "an update before the start": (
        [event(30, "Updated", 6000, seq=1), began(31, said=0), ended(60, seq=2)],
        [billed("10", Oddity.REPLAYED)],
    ),
    "an update after the end": (
        [began(0), ended(60, seq=2), event(61, "Updated", 6000, seq=1, said=30)],
        [billed("10", Oddity.REPLAYED)],
    ),
    "the end is lost, and another begins": (
        [began(0), event(60, "Updated", 11_000, seq=1), began(90, 11_000, key="T2"), ended(150, 21_000, key="T2")],
        [billed("10", Oddity.STOP_LOST), billed("10")],
    ),
    "the connector is free, and it goes on": (
        [
            began(0),
            status(20, "Available"),
            event(25, "Updated", 5000, seq=1),
            event(45, "Updated", 8000, seq=2),
            ended(60, seq=3),
        ],
        [billed("10")],
    ),
    "the connector is free": (
        [began(0), event(30, "Updated", 6000, seq=1), status(40, "Available")],
        [billed("5", Oddity.STOP_LOST, minutes=30)],
    ),
    "no meter value at all": (
        [began(0, None), event(30, "Updated", state="Charging", seq=1), ended(60, None, seq=2)],
        [other("held", Oddity.NO_METER_VALUES)],
    ),
    "the last meter value came long before the end": (
        [began(0), event(30, "Updated", 6000, seq=1), ended(60, None, seq=2)],
        [other("stopped", Oddity.END_UNREAD)],
    ),
    "the car is only connected before it charges and after it": (
        [
            began(0, state="EVConnected"),
            event(20, "Updated", 1000, seq=1, state="Charging"),
            event(40, "Updated", 8000, seq=2, state="EVConnected"),
            ended(60, 8000, seq=3),
        ],
        [billed("7", parked=20)],
    ),
    "the last meter value came not long before the end": (
        [began(0), event(58, "Updated", 11_000, seq=1), ended(60, None, seq=2)],
        [billed("10", Oddity.LITTLE_UNREAD)],
    ),
    "the last meter value came when the car had stopped": (
        [began(0), event(30, "Updated", 11_000, seq=1, state="SuspendedEV"), ended(60, None, seq=2)],
        [billed("10", parked=30)],
    ),
    "the first meter value comes late": (
        [began(0, None), event(30, "Updated", 6000, seq=1), ended(60, seq=2)],
        [billed("5", Oddity.BEGIN_UNREAD)],
    ),
    "the first meter value comes when the car begins to charge": (
        [
            began(0, None, state="EVConnected"),
            event(30, "Updated", 1000, seq=1, state="Charging"),
            ended(60, seq=2),
        ],
        [billed("10")],
    ),
    "a card nobody knows": (
        [
            event(0, "Started", 1000, evse=1, token=OTHER_CARD, trigger="CablePluggedIn"),
            ended(60, seq=2),
        ],
        [other("held", Oddity.TOKEN_UNKNOWN)],
    ),
    "a name used twice": (
        [began(0), ended(60, seq=1), began(70, 11_000), ended(130, 21_000, seq=1)],
        [billed("10"), billed("10")],
    ),
    "a name used twice, and the first end is lost": (
        [
            *[began(0), event(20, "Updated", 3000, seq=1), connected(25)],
            *[event(30, "Started", 3000, evse=1, token=SECOND_CARD), ended(50, 6000, seq=1)],
        ],
        [billed("2", Oddity.STOP_LOST, minutes=20), billed("3", minutes=20)],
    ),
    "a name used twice by the same card": (
        [began(0), event(20, "Updated", 3000, seq=1), connected(25), began(30, 3000), ended(50, 6000, seq=1)],
        [billed("2", Oddity.STOP_LOST, minutes=20), billed("3", minutes=20)],
    ),
    "a name of each EVSE": (
        [
            *[began(0), event(5, "Started", 7000, evse=2, token=SECOND_CARD)],
            *[event(10, "Updated", 2000, seq=1, evse=1), event(15, "Updated", 8500, seq=1, evse=2)],
            *[event(20, "Ended", 3000, seq=2, evse=1), event(25, "Ended", 10_000, seq=2, evse=2)],
        ],
        [billed("2", minutes=20), billed("3", minutes=20)],
    ),
    "plugged in, and charging, within a second": (
        [
            began(0, state="EVConnected"),
            event(0.01, "Updated", seq=1, said=0, state="Charging"),
            event(40, "Updated", 11_000, seq=2, state="SuspendedEV"),
            event(40.01, "Updated", seq=3, said=40, state="Charging"),
            ended(60, seq=4),
        ],
        [billed("10")],
    ),
    "plugged in half an hour before the card is shown": (
        [
            event(0, "Started", 1000, evse=1, state="EVConnected", trigger="CablePluggedIn"),
            event(30, "Updated", 1000, seq=1, token=CARD, state="Charging"),
            ended(60, seq=2),
        ],
        [billed("10", minutes=30)],
    ),
    "plugged in and away again without a card": (
        [event(0, "Started", 1000, evse=1, state="EVConnected"), event(30, "Ended", 1000, seq=1)],
        [other("dropped")],
    ),
    "a card, and no car in time": (
        [
            event(0, "Started", evse=1, token=CARD, trigger="Authorized"),
            event(2, "Ended", seq=1, transactionInfo={"transactionId": "T1", "stoppedReason": "Timeout"}),
        ],
        [other("dropped")],
    ),
    "only the end is heard, with all that was measured": (
        [
            event(
                60,
                "Ended",
                seq=2,
                evse=1,
                token=CARD,
                readings=[{"value": 11_000, "context": "Transaction.End"}],
                begin=1000,
            )
        ],
        [billed("10", Oddity.REPLAYED)],
    ),
    "local time called UTC": (
        [began(0, said=120), event(30, "Updated", 6000, seq=1, said=150), ended(60, seq=2, said=180)],
        [billed("10", Oddity.CLOCK_AHEAD)],
    ),
    "a clock of 1970 that is set in the middle": (
        [began(0, said="1970-01-01T00:00:10Z"), event(30, "Updated", 6000, seq=1), ended(60, seq=2)],
        [billed("10")],
    ),
    "another name after a restart": (
        [
            *[began(0), event(20, "Updated", 4000, seq=1), connected(25)],
            *[event(26, "Started", 4500, evse=1, token=CARD, key="T9"), ended(60, key="T9", seq=1)],
        ],
        [billed("3", Oddity.STOP_LOST, minutes=20), billed("6.5", minutes=34)],
    ),
    "the car parks": (
        [
            began(0, state="Charging"),
            event(40, "Updated", 11_000, state="SuspendedEV", seq=1),
            ended(60, seq=2),
        ],
        [billed("10", parked=20)],
    ),
    "the station holds back": (
        [began(0, state="Charging"), event(40, "Updated", 11_000, state="SuspendedEVSE", seq=1), ended(60, seq=2)],
        [billed("10")],
    ),
    "a restart in the middle": (
        [began(0), connected(20), event(40, "Updated", 8000, seq=1), ended(60, seq=2)],
        [billed("10")],
    ),
    "all of it a day late": (
        [
            began(1440, said=0, offline=True),
            event(1440, "Updated", 6000, seq=1, said=30, offline=True),
            ended(1440, seq=2, said=60, offline=True),
        ],
        [billed("10", Oddity.REPLAYED)],
    ),
    "Wh called kWh": (
        [
            began(0, None, readings=[kwh(1000)]),
            event(30, "Updated", readings=[kwh(6000)], seq=1),
            ended(60, None, readings=[kwh(11_000)], seq=2),
        ],
        [billed("10", Oddity.UNIT_CORRECTED)],
    ),
}  # fmt: skip - one sequence a line where it fits


@pytest.mark.parametrize("name", CASES)
async def test_odd_events(lade, bodies, name: str) -> None:
    steps, expected = CASES[name]
    async with odd_station(lade, bodies, "ocpp2.0.1") as station:
        await play(station, steps)
        found = await station.became(1500 if "day late" in name else 200)
    assert found == expected, [one.why for one in found]

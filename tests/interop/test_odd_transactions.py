"""Every rule about whole transactions and clocks, played by a station of 1.6 over a socket."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from odd_stations import (
    CARD,
    OTHER_CARD,
    SECOND_CARD,
    Became,
    OddStation,
    Step,
    booted,
    connected,
    odd_station,
    play,
    start,
    status,
    stop,
    values,
)

from ocpilot.app.transactions import held_charges
from ocpilot.metering.findings import Oddity
from ocpilot.wire.protocol import ModuleID


def billed(kwh: str, *kinds: Oddity, minutes: int = 60, parked: int | None = None) -> Became:
    return Became("billed", Decimal(kwh), frozenset(kinds), minutes, parked)


def other(state: str, *kinds: Oddity) -> Became:
    return Became(state, kinds=frozenset(kinds))


LATER = 200
DAYS = 2 * 24 * 60


def untimed(minute: float, word: str) -> Step:
    """StatusNotification without a time, which 1.6 allows."""
    fields = {"connectorId": 1, "status": word, "errorCode": "NoError"}
    return lambda station: station.call("StatusNotification", fields, minute)


def bare_start(minute: float) -> Step:
    """StartTransaction without a register."""

    async def step(station: OddStation) -> None:
        payload = {"connectorId": 1, "idTag": CARD, "timestamp": station.said(minute)}
        station.numbers.append((await station.call("StartTransaction", payload, minute))["transactionId"])

    return step


def bare_stop(minute: float) -> Step:
    """StopTransaction without one."""

    async def step(station: OddStation) -> None:
        payload = {"transactionId": station.numbers[0], "timestamp": station.said(minute)}
        await station.call("StopTransaction", payload, minute)

    return step


CASES: dict[str, tuple[Sequence[Step], list[Became]]] = {
    # ---- the stop that never comes ---------------------------------------------------------------------------------
    "another charge begins on the connector": (
        [start(0), values(30, 6000), values(60, 11_000), start(90, 11_000), stop(150, 21_000, of=1)],
        [billed("10", Oddity.STOP_LOST), billed("10")],
    ),
    "the connector is free": (
        [start(0), values(30, 6000), values(60, 11_000), status(70, "Available")],
        [billed("10", Oddity.STOP_LOST)],
    ),
    "the connector is free, and the charge goes on": (
        [start(0), values(30, 6000), status(40, "Available"), values(45, 8000), values(195, 11_000)],
        [other("open")],
    ),
    "the connector is free before the stop comes": (
        [start(0), status(60, "Available"), stop(61, 11_000, said=60)],
        [billed("10")],
    ),
    "the connector is free, and no meter value ever came": (
        [start(0), status(60, "Charging"), status(61, "Available")],
        [other("stopped", Oddity.STOP_LOST, Oddity.NO_METER_VALUES)],
    ),
    "nothing is heard of it for a day": (
        [start(0), values(60, 11_000), status(24 * 60 + 50, "Available", connector=2)],
        [billed("10", Oddity.STOP_LOST)],
    ),
    # ---- restarts --------------------------------------------------------------------------------------------------
    "it goes on after a restart": (
        [start(0), values(20, 4000), connected(25), booted(25), values(40, 8000), stop(60, 11_000)],
        [billed("10", Oddity.REBOOTED)],
    ),
    "it ended with a restart": (
        [start(0), values(20, 4000), connected(25), booted(25), stop(26, 4500, said=22, reason="PowerLoss")],
        [Became("billed", Decimal("3.5"), frozenset({Oddity.REBOOTED, Oddity.REPLAYED}), 22)],
    ),
    "nobody knows of it after a restart": (
        [start(0), values(20, 4000), connected(25), booted(25), status(26, "Available")],
        [billed("3", Oddity.REBOOTED, Oddity.STOP_LOST, minutes=20)],
    ),
    "no BootNotification after a reconnect": (
        [start(0), values(20, 4000), connected(25), values(40, 8000), stop(60, 11_000)],
        [billed("10")],
    ),
    # ---- names -----------------------------------------------------------------------------------------------------
    "a stop of transaction -1": (
        [start(0), values(30, 6000, of=None), stop(60, 11_000, number=-1)],
        [billed("10", Oddity.STOPPED_BY_OTHER_ID)],
    ),
    "a stop of transaction 0": ([start(0), stop(60, 11_000, number=0)], [billed("10", Oddity.STOPPED_BY_OTHER_ID)]),
    "a stop of the biggest number there is": (
        [start(0), stop(60, 11_000, number=2**63 - 1)],
        [billed("10", Oddity.STOPPED_BY_OTHER_ID)],
    ),
    "a number used twice": (
        [
            start(0),
            stop(60, 11_000),
            start(70, 11_000),
            values(100, 16_000),
            stop(130, 21_000),
        ],
        [billed("10"), billed("10", Oddity.STOPPED_BY_OTHER_ID)],
    ),
    "a number nobody gave, with charges on both connectors": (
        [start(0), start(1, tag=OTHER_CARD, connector=2), stop(60, 11_000, number=-1, idTag="04A1B2C3")],
        [billed("10", Oddity.STOPPED_BY_OTHER_ID), other("open")],
    ),
    "two charges told late, both starts before both stops": (
        [
            *[start(100, said=0), start(100.1, 3000, tag=SECOND_CARD, said=30)],
            *[stop(100.2, 3000, number=-1, said=20), stop(100.3, 6000, number=-1, said=50)],
        ],
        [
            billed("2", Oddity.STOPPED_BY_OTHER_ID, Oddity.REPLAYED, minutes=20),
            billed("3", Oddity.STOPPED_BY_OTHER_ID, Oddity.REPLAYED, minutes=20),
        ],
    ),
    "a card whose reader adds blanks": ([start(0, tag=" 04A1B2C3 "), stop(60, 11_000)], [billed("10")]),
    "a connector the station does not have": ([start(0, connector=7), stop(60, 11_000)], [other("held")]),
    "a stop nobody can place": (
        [stop(60, 11_000, number=-1)],
        [other("held", Oddity.NEVER_STARTED, Oddity.TOKEN_UNKNOWN)],
    ),
    # ---- order and repetition --------------------------------------------------------------------------------------
    "a stop before its start": (
        [stop(60, 11_000, number=-1, said=60), start(61, said=0)],
        [other("dropped", Oddity.NEVER_STARTED), billed("10", Oddity.STOP_BEFORE_START, Oddity.REPLAYED)],
    ),
    "meter values after the stop": (
        [start(0), stop(60, 11_000), values(61, 6000, said=30)],
        [billed("10", Oddity.REPLAYED)],
    ),
    "all of it days late and twice": (
        [
            *[start(DAYS, said=0), values(DAYS, 6000, said=30), stop(DAYS, 11_000, said=60)],
            *[start(DAYS + 1, said=0), values(DAYS + 1, 6000, said=30), stop(DAYS + 1, 11_000, said=60)],
        ],
        [billed("10", Oddity.REPLAYED)],
    ),
    "38 seconds late": ([start(0.63, said=0), stop(60, 11_000)], [billed("10")]),
    "two starts of one card within a second": ([start(0), start(0.01), stop(60, 11_000)], [billed("10")]),
    "two starts of two cards within a second": (
        [start(0, tag=OTHER_CARD), start(0.02), values(30, 6000, of=1), stop(60, 11_000, of=1)],
        [other("held", Oddity.STARTED_TWICE, Oddity.STOP_LOST, Oddity.TOKEN_UNKNOWN), billed("10")],
    ),
    "two starts of one card with another register within a second": (
        [start(0, 999), start(0.02), values(30, 6000, of=1), stop(60, 11_000, of=1)],
        [other("dropped", Oddity.STARTED_TWICE, Oddity.STOP_LOST), billed("10")],
    ),
    "a start told again and again with a new time": (
        [start(0), start(0.5), start(1), values(30, 6000, of=2), stop(60, 11_000)],
        [billed("10")],
    ),
    "a start told again when the charge goes on is another": (
        [start(0), values(1, 1100), start(2), stop(60, 11_000, of=1)],
        [billed("0.1", Oddity.STOP_LOST, minutes=1), billed("10", minutes=58)],
    ),
    "a stop without its register, and then with it": (
        [start(0), values(30, 6000), bare_stop(60), stop(61, 11_000, said=60)],
        [billed("10", Oddity.END_READ_LATER)],
    ),
    "a stop of nothing, and then the right one": (
        [start(0), values(30, 6000), stop(60, 0), stop(61, 11_000, said=60)],
        [billed("10", Oddity.END_EMPTY, Oddity.END_READ_LATER)],
    ),
    "two stops of different registers": (
        [start(0), values(55, 10_000), stop(60, 11_000), stop(61, 11_500, said=60)],
        [billed("10", Oddity.ENERGY_AFTER_END)],
    ),
    "a start that knows no register": (
        [bare_start(0), values(0.5, 1000), values(30, 6000), stop(60, 11_000)],
        [billed("10")],
    ),
    # ---- whose ------------------------------------------------------------------------------------------------------
    "a card nobody knows, and nothing flowed": ([start(0, tag=OTHER_CARD), stop(1, 1000)], [other("dropped")]),
    "a card nobody knows, and energy that did flow": (
        [start(0, tag=OTHER_CARD), values(30, 6000), stop(60, 11_000)],
        [other("held", Oddity.TOKEN_UNKNOWN)],
    ),
    # ---- clocks ----------------------------------------------------------------------------------------------------
    "local time called UTC, ahead": (
        [start(0, said=120), values(30, 6000, said=150), stop(60, 11_000, said=180)],
        [billed("10", Oddity.CLOCK_AHEAD)],
    ),
    "local time called UTC, behind": (
        [start(0, said=-480), values(30, 6000, said=-450), stop(60, 11_000, said=-420)],
        [billed("10", Oddity.CLOCK_BEHIND)],
    ),
    "a clock of 1970": (
        [
            start(0, said="1970-01-01T00:00:10Z"),
            values(30, 6000, said="1970-01-01T00:30:10Z"),
            stop(60, 11_000, said="1970-01-01T01:00:10Z"),
        ],
        [billed("10")],
    ),
    "a clock of 1970 that is set in the middle": (
        [start(0, said="1970-01-01T00:00:10Z"), values(30, 6000), stop(60, 11_000)],
        [billed("10")],
    ),
    "a clock an hour ahead that is set right after the start": (
        [start(0, said=60), values(20, 4000), values(40, 8000), values(50, 9000), stop(60, 11_000)],
        [billed("10", Oddity.FROM_THE_FUTURE)],
    ),
    "a clock far behind that is set right in the middle": (
        [
            *[start(0, said=-90), values(10, 2500, said=-80), values(20, 4000, said=-70)],
            *[values(30, 6000), values(40, 8000), stop(60, 11_000)],
        ],
        [billed("10", Oddity.CLOCK_BEHIND)],
    ),
    "a clock that is ahead, and states without a time": (
        [
            *[start(0, said=75), untimed(0, "Charging"), values(20, 6000, said=95)],
            *[values(40, 11_000, said=115), untimed(40, "SuspendedEV"), stop(60, 11_000, said=135)],
        ],
        [billed("10", Oddity.CLOCK_AHEAD, parked=20)],
    ),
    "a clock that is ahead, and all values with the stop": (
        [
            start(0, said=60),
            stop(60, 11_000, said=120, data=[(60 + at, [{"value": str(1000 + at * 500 // 3)}]) for at in range(1, 60)]),
        ],
        [billed("10", Oddity.CLOCK_AHEAD)],
    ),
    "only that the car has had enough is told": (
        [start(0), values(40, 11_000), status(40, "SuspendedEV"), stop(60, 11_000)],
        [billed("10", parked=20)],
    ),
    "one value of tomorrow": (
        [start(0), values(20, 4000, said=20 + 23 * 60), values(40, 8000), values(50, 9000), stop(60, 11_000)],
        [billed("10", Oddity.FROM_THE_FUTURE)],
    ),
    "a time nobody can read": (
        [start(0), values(30, 6000, said="yesterday"), stop(60, 11_000, said="?")],
        [billed("10")],
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_odd_transactions(lade, bodies, name: str) -> None:
    steps, expected = CASES[name]
    async with odd_station(lade, bodies) as station:
        await play(station, steps)
        late = DAYS + 20 if "days late" in name else 24 * 60 + 70 if "for a day" in name else LATER
        found = await station.became(late)
    assert found == expected, [one.why for one in found]


async def test_a_stop_that_comes_after_we_gave_up_counts_unless_it_is_billed(lade, bodies) -> None:
    async with odd_station(lade, bodies) as station:
        steps = [start(0, tag=OTHER_CARD), values(30, 6000), status(40, "Available")]
        await play(station, steps)
        assert await station.became(60) == [other("held", Oddity.STOP_LOST, Oddity.TOKEN_UNKNOWN)]
        await play(station, [stop(70, 11_000, said=38)])
        await station.became(75)
        kept = await lade.platform.store.transactions.get(station.numbers[0])
    assert (kept.state, kept.meter_stop_wh, kept.stop_reason) == ("held", 11_000, None)


async def test_a_stop_that_comes_after_the_bill_is_kept_as_a_finding(lade, bodies) -> None:
    async with odd_station(lade, bodies) as station:
        await play(station, [start(0), values(30, 6000), status(40, "Available")])
        assert await station.became(60) == [billed("5", Oddity.STOP_LOST, minutes=30)]
        await play(station, [stop(70, 11_000, said=38)])
        assert await station.became(75) == [billed("5", Oddity.STOP_LOST, Oddity.LATE_STOP, minutes=30)]


async def test_a_number_that_no_database_holds_is_refused_by_name(lade, bodies, caplog) -> None:
    async with odd_station(lade, bodies) as station:
        with pytest.raises(AssertionError, match=r"PropertyConstraintViolation.*value out of int32 range"):
            await play(station, [start(0, connector=10**12)])
    assert [one.exc_info for one in caplog.records if one.exc_info] == []


# ---- what a person does ------------------------------------------------------------------------------------------


async def test_a_person_says_whose_charge_it_was_and_it_is_billed(lade, bodies) -> None:
    async with odd_station(lade, bodies) as station:
        await play(station, [start(0, tag=OTHER_CARD), values(30, 6000), stop(60, 11_000)])
        await station.became(65)
        [waiting] = await held_charges.held(lade.platform)
        assert waiting.charge.measured.kwh == 10
        await held_charges.release(lade.platform, waiting.transaction.id, "04A1B2C3")
        assert await station.became(75) == [billed("10")]


async def test_a_person_bills_what_is_odd_as_it_is(lade, bodies) -> None:
    async with odd_station(lade, bodies) as station:
        await play(station, [start(0), values(20, 4000), values(40, 900_000), stop(60, 903_000)])
        [odd] = await station.became(65)
        assert (odd.state, odd.why) == (
            "held",
            "The meter rose by more than the EVSE can give; what flowed is not known: 900000 Wh after 4000 Wh",
        )
        await held_charges.release(lade.platform, station.numbers[0])
        assert await station.became(75) == [billed("6", Oddity.JUMP)]


async def test_a_person_drops_a_charge_and_its_session_is_not_valid(lade, bodies) -> None:
    async with odd_station(lade, bodies) as station:
        await play(station, [start(0), values(20, 4000), values(40, 900_000), stop(60, 903_000)])
        await station.became(65)
        await held_charges.drop(lade.platform, station.numbers[0], "a test of the electrician")
        await play(station, [values(70, 903_500)])
        [dropped] = await station.became(75)
    assert (dropped.state, dropped.why) == ("dropped", "a test of the electrician")
    [session] = await lade.platform.store.objects.newest(ModuleID.SESSIONS, 5)
    assert '"status":"INVALID"' in session.body

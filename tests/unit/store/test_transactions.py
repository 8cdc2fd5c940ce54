"""Stations, their transactions and samples."""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ocpilot.app.kept.charge_records import SampleRow, Station, StationConnector, Transaction, TransactionState
from ocpilot.base.ids import PartyId
from ocpilot.metering.findings import Finding, Oddity
from ocpilot.store.postgres import PostgresStore, store_at


@pytest.fixture
def transaction(noon: datetime) -> Transaction:
    return Transaction(
        station_id="ST-1",
        evse_id=1,
        party=PartyId("SE", "LAD"),
        location_id="Square",
        evse_uid="E1",
        ocpi_connector_id="1",
        session_id="S-1",
        id_tag="04AB",
        cdr_token=None,
        auth_method="WHITELIST",
        accepted=True,
        meter_start_wh=Decimal("1000.5"),
        started_at=noon,
        terms='{"tariffs":[]}',
        dedupe="ST-1/1/1000.5",
    )


def sample(minutes: int, noon: datetime, body: str = "{}", transaction_id: int = 1) -> SampleRow:
    return SampleRow(transaction_id=transaction_id, at=noon + timedelta(minutes=minutes), body=body)


async def test_a_repeated_start_gives_the_first_transaction(store: PostgresStore, transaction: Transaction) -> None:
    first, created = await store.transactions.start(transaction)
    again, created_again = await store.transactions.start(replace(transaction, session_id="S-2"))
    assert (created, created_again) == (True, False)
    assert again == first == replace(transaction, id=first.id)
    assert first.id > 0


async def test_starts_at_the_same_moment_make_one_transaction(store: PostgresStore, transaction: Transaction) -> None:
    answers = await asyncio.gather(*(store.transactions.start(transaction) for _ in range(8)))
    assert len({one.id for one, _ in answers}) == 1
    assert [created for _, created in answers].count(True) == 1


async def test_a_transaction_is_found_by_session_connector_and_state(
    store: PostgresStore, transaction: Transaction, noon: datetime
) -> None:
    older, _ = await store.transactions.start(transaction)
    newer, _ = await store.transactions.start(
        replace(transaction, dedupe="2", session_id="S-2", started_at=noon + timedelta(minutes=1))
    )
    assert await store.transactions.by_session("s-1") == older
    assert await store.transactions.open_on("ST-1", 1) == newer
    assert await store.transactions.open_on("ST-1", 2) is None
    assert await store.transactions.in_state(TransactionState.OPEN) == (older, newer)
    await store.transactions.set_state(older.id, TransactionState.HELD, "no tariff")
    assert await store.transactions.in_state(TransactionState.HELD) == (
        replace(older, state=TransactionState.HELD, held_because="no tariff"),
    )


async def test_samples_are_kept_once_and_in_order_of_time(store: PostgresStore, noon: datetime) -> None:
    await store.transactions.add_samples([sample(2, noon), sample(1, noon), sample(2, noon)])
    await store.transactions.add_samples([sample(1, noon), sample(1, noon, '{"other":1}')])
    await store.transactions.add_samples([])
    kept = await store.transactions.samples(1)
    assert [one.at.minute for one in kept] == [1, 1, 2]
    assert await store.transactions.samples(2) == ()


async def test_samples_are_there_for_another_process_when_add_returns(
    store: PostgresStore, noon: datetime, database_url: str
) -> None:
    await store.transactions.add_samples([sample(1, noon)])
    async with store_at(database_url, pool=1) as other:
        assert await other.transactions.samples(1) == (sample(1, noon),)


async def test_a_stop_keeps_its_samples_and_a_second_stop_changes_nothing(
    store: PostgresStore, transaction: Transaction, noon: datetime
) -> None:
    started, _ = await store.transactions.start(transaction)
    end = noon + timedelta(hours=1)
    last = sample(60, noon, transaction_id=started.id)
    stopped = await store.transactions.stop(
        started.id, at=end, arrived=end, meter_stop_wh=Decimal("9000"), reason="Local", samples=[last]
    )
    assert stopped == replace(
        started,
        state=TransactionState.STOPPED,
        stopped_at=end,
        stop_arrived=end,
        meter_stop_wh=Decimal("9000"),
        stop_reason="Local",
    )
    assert await store.transactions.samples(started.id) == (last,)
    again = await store.transactions.stop(
        started.id, at=end + timedelta(hours=1), arrived=end, meter_stop_wh=None, reason="Reboot", samples=[last]
    )
    assert again == stopped
    assert await store.transactions.samples(started.id) == (last,)


async def test_a_stop_takes_the_place_of_an_end_of_ours_until_it_is_billed(
    store: PostgresStore, transaction: Transaction, noon: datetime
) -> None:
    started, _ = await store.transactions.start(transaction)

    async def stop(at: datetime, arrived: datetime | None) -> Transaction:
        found = await store.transactions.stop(
            started.id, at=at, arrived=arrived, meter_stop_wh=None, reason=None, samples=()
        )
        assert found is not None
        return found

    later = noon + timedelta(hours=1)
    assert (await stop(noon, None)).stopped_at == noon
    await store.transactions.set_state(started.id, TransactionState.HELD, "its stop was lost")
    assert (await stop(later, later)).state is TransactionState.STOPPED
    assert (await stop(noon, noon)).stopped_at == later


async def test_silent_ones_are_those_of_which_nothing_has_arrived(
    store: PostgresStore, transaction: Transaction, noon: datetime
) -> None:
    started, _ = await store.transactions.start(replace(transaction, start_arrived=noon))
    assert await store.transactions.silent(noon) == ()
    later = noon + timedelta(hours=1)
    assert await store.transactions.silent(later) == (started,)
    await store.transactions.add_samples([replace(sample(60, noon, transaction_id=started.id), arrived=later)])
    assert await store.transactions.silent(later) == ()


async def test_findings_are_kept_once_of_each_kind_and_forgotten_when_they_are_gone(store: PostgresStore) -> None:
    dip, jump = (Finding(kind=kind, found="x", more=1) for kind in (Oddity.DIP, Oddity.JUMP))
    await store.transaction_findings.put(1, (dip, jump), instead_of=Oddity)
    assert await store.transaction_findings.of(1) == (dip, jump)
    await store.transaction_findings.put(1, (replace(dip, more=2),))
    assert await store.transaction_findings.of(1) == (replace(dip, more=2), jump)
    await store.transaction_findings.put(1, (), instead_of=(Oddity.JUMP,))
    assert await store.transaction_findings.of(1) == (replace(dip, more=2),)


async def test_a_stop_of_an_unknown_transaction_keeps_nothing(store: PostgresStore, noon: datetime) -> None:
    assert (
        await store.transactions.stop(
            9, at=noon, arrived=noon, meter_stop_wh=None, reason=None, samples=[sample(1, noon)]
        )
        is None
    )
    assert await store.transactions.samples(1) == ()


async def test_a_station_is_found_by_id_and_by_its_evse(store: PostgresStore, noon: datetime) -> None:
    connectors = (StationConnector(evse_id=1, evse_uid="E1", ocpi_connector_id="1"),)
    station = Station(id="ST-1", party=PartyId("SE", "LAD"), location_id="Square", connectors=connectors)
    await store.stations.save(station)
    online = replace(station, connected=True, vendor="Maker", last_seen=noon)
    await store.stations.save(online)
    assert await store.stations.get("ST-1") == online
    assert await store.stations.at_evse("SQUARE", "e1") == online
    assert await store.stations.at_evse("Square", "E2") is None
    assert await store.stations.all() == (online,)

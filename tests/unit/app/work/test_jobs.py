"""Processes die at the worst moment: whatever was begun is finished by the next one, once."""

from datetime import timedelta

import msgspec
import pytest

from ocpilot.app.cdrs import cdrs
from ocpilot.app.charges import sessions
from ocpilot.app.kept.charge_records import TransactionState
from ocpilot.app.office import console_views
from ocpilot.base.settings import ChargingSettings
from ocpilot.wire.protocol import ModuleID


class Killed(BaseException):
    """What no code of ours catches."""


async def die(*_: object) -> None:
    raise Killed


@pytest.mark.parametrize("dies_at", ["session", "cdr", "billed"])
async def test_a_process_killed_while_it_bills_leaves_one_cdr(operator, monkeypatch, dies_at):
    await operator.token()
    transaction = await operator.charge()

    victims = {
        "session": (sessions, "write"),
        "cdr": (operator.store.objects, "put"),
        "billed": (operator.store.transactions, "set_state"),
    }
    monkeypatch.setattr(*victims[dies_at], die)
    with pytest.raises(Killed):
        await operator.jobs.once()
    monkeypatch.undo()
    operator.reborn()
    await operator.jobs.recover()
    await operator.jobs.once()
    await operator.jobs.once()
    assert (await operator.only(ModuleID.CDRS))["total_energy"] == 10
    assert (await operator.store.transactions.get(transaction)).state == TransactionState.BILLED


async def test_a_process_killed_after_a_start_was_stored_still_writes_its_session(operator, monkeypatch):
    await operator.token()

    monkeypatch.setattr(sessions, "write", die)
    with pytest.raises(Killed):
        await operator.start()
    monkeypatch.undo()
    assert await operator.store.objects.newest(ModuleID.SESSIONS, 1) == ()
    operator.reborn()
    await operator.jobs.recover()
    assert (await operator.only(ModuleID.SESSIONS))["status"] == "ACTIVE"


async def test_a_process_killed_after_a_stop_was_stored_completes_the_session(operator, monkeypatch):
    await operator.token()
    transaction = await operator.start()
    operator.passes(3600)

    monkeypatch.setattr(sessions, "write", die)
    with pytest.raises(Killed):
        await operator.stop(transaction, 11_000)
    monkeypatch.undo()
    operator.reborn()
    await operator.jobs.once()
    assert (await operator.only(ModuleID.SESSIONS))["status"] == "COMPLETED"
    assert (await operator.only(ModuleID.CDRS))["total_energy"] == 10


async def test_the_cdr_waits_for_late_meter_values(operator):
    charging = ChargingSettings(cdr_delay=5)
    object.__setattr__(
        operator.platform, "settings", msgspec.structs.replace(operator.platform.settings, charging=charging)
    )
    await operator.token()
    await operator.charge()
    await operator.jobs.once()
    operator.passes(4)
    await operator.jobs.once()
    assert await operator.store.objects.newest(ModuleID.CDRS, 1) == ()
    operator.passes(2)
    await operator.jobs.once()
    assert len(await operator.store.objects.newest(ModuleID.CDRS, 2)) == 1


async def test_a_transaction_that_cannot_be_billed_blocks_no_other_and_is_tried_again(operator, monkeypatch):
    await operator.token()
    poisoned = await operator.charge()
    operator.passes(60)
    good = await operator.charge(wh=20_000)
    make = cdrs.make_for

    async def make_all_but_one(platform, transaction):
        if transaction.id == poisoned:
            raise ArithmeticError("no such number")
        return await make(platform, transaction)

    with monkeypatch.context() as patch:
        patch.setattr(cdrs, "make_for", make_all_but_one)
        await operator.jobs.once()
        await operator.jobs.once()
    assert operator.jobs.failures == {"cdr": 1}
    assert (await operator.store.transactions.get(good)).state == TransactionState.BILLED
    operator.passes(1)
    await operator.jobs.once()
    assert (await operator.store.transactions.get(poisoned)).state == TransactionState.BILLED


async def test_a_step_that_fails_as_a_whole_stops_no_other_and_a_person_is_told(operator, monkeypatch):
    await operator.token()
    await operator.charge()

    async def unreadable(_):
        raise ArithmeticError("a row nobody can read")

    with monkeypatch.context() as patch:
        patch.setattr(operator.store.commands, "expired", unreadable)
        for failures in (1, 2, 3):
            assert await operator.store.troubles.lately(operator.now - timedelta(hours=1), 10) == ()
            await operator.jobs.once()
            assert operator.jobs.failures == {"expire": failures}
            operator.passes(600)
    assert len(await operator.store.objects.newest(ModuleID.CDRS, 2)) == 1
    [trouble] = (await console_views.overview(operator.platform)).troubles
    assert (trouble.step, trouble.about, trouble.error) == ("expire", "", "ArithmeticError: a row nobody can read")
    await operator.jobs.once()
    assert (await console_views.overview(operator.platform)).troubles == ()


async def test_recovering_twice_changes_nothing(operator):
    await operator.token()
    transaction = await operator.start()
    operator.passes(600)
    await operator.meter(transaction, 3000)
    session = await operator.only(ModuleID.SESSIONS)
    operator.passes(600)
    await operator.jobs.recover()
    assert await operator.only(ModuleID.SESSIONS) == session
    assert (session["kwh"], session["last_updated"]) == (2, (operator.now - timedelta(seconds=600)).strftime("%FT%TZ"))

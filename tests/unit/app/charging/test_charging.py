"""A charge at a station of ours, from the first StatusNotification to the CDR."""

from decimal import Decimal

from ocpilot.app.station_events import AuthorizationStatus, StartEvent, StopEvent
from ocpilot.wire.protocol import ModuleID


async def test_a_whole_charge_becomes_one_session_and_one_cdr(operator):
    await operator.token()
    transaction = await operator.start()
    running = await operator.only(ModuleID.SESSIONS)
    assert (running["status"], running["kwh"]) == ("ACTIVE", 0)

    operator.passes(1800)
    await operator.meter(transaction, 6000)
    assert (await operator.only(ModuleID.SESSIONS))["kwh"] == 5

    operator.passes(1800)
    await operator.stop(transaction, 11_000)
    await operator.jobs.once()
    session, cdr = await operator.only(ModuleID.SESSIONS), await operator.only(ModuleID.CDRS)
    assert (session["status"], session["kwh"]) == ("COMPLETED", 10)
    assert (cdr["session_id"], cdr["total_energy"], cdr["total_time"]) == (session["id"], 10, 1)
    assert cdr["total_cost"]["before_taxes"] == Decimal("40.00")
    assert cdr["total_cost"]["taxes"][0]["amount"] == Decimal("10.00")
    assert cdr["remark"] == "EVDisconnected"

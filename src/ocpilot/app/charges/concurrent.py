"""One Token at several EVSEs at once, where the operator does not want that (`stations.concurrent_charges`)."""

from ocpilot.app.charges.authorize import Decision
from ocpilot.app.kept.charge_records import Station
from ocpilot.app.ocpi.bodies import text_of
from ocpilot.app.ocpi.tokens import cdr_token_of
from ocpilot.app.platform import Platform


async def charges_elsewhere(
    platform: Platform, decision: Decision, station: Station, evse_id: int | None = None
) -> bool:
    """Whether the Token charges at another station, or at another EVSE than the one named: at its own it may be shown
    to end the charge."""
    if platform.settings.stations.concurrent_charges or decision.token is None:
        return False
    running = await platform.store.transactions.running(text_of(cdr_token_of(decision.token)))
    return any(one.station_id != station.id or evse_id not in (None, one.evse_id) for one in running)

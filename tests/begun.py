"""A transaction as the platform knows it, for tests that ask a station about one."""

from datetime import UTC, datetime

from ocpilot.app.kept.charge_records import Transaction
from ocpilot.base.ids import PartyId


def charge(number: int, evse_id: int = 1, station_key: str | None = None) -> Transaction:
    """At the station CS1 of LAD."""
    return Transaction(
        id=number,
        station_id="CS1",
        station_key=station_key,
        evse_id=evse_id,
        party=PartyId("DE", "LAD"),
        location_id="L1",
        evse_uid="E1",
        ocpi_connector_id="1",
        session_id="S",
        id_tag="TAG",
        cdr_token=None,
        auth_method="WHITELIST",
        accepted=True,
        started_at=datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
        dedupe=f"charge {number}",
    )

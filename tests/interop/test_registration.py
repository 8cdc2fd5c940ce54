"""Two platforms register with each other (credentials, "Use cases")."""

from ocpilot.app.records import PeerState


async def test_both_know_each_other_after_registration(connection):
    assert connection.lade_at_resa.state is PeerState.REGISTERED
    assert connection.resa_at_lade.state is PeerState.REGISTERED
    assert connection.lade_at_resa.parties == ("SELAD",)
    assert connection.resa_at_lade.parties == ("SERES",)
    assert connection.lade_at_resa.version == connection.resa_at_lade.version == connection.version

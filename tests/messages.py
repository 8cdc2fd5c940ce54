"""A message of the log, with fields of a test's own."""

from datetime import UTC, datetime

from ocpilot.app.messages import Direction, Message

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def message(**fields: object) -> Message:
    """A PUT of a Session that a peer sent us."""
    usual = {
        "at": NOON,
        "direction": Direction.IN,
        "peer_id": 1,
        "method": "PUT",
        "url": "/ocpi/2.3.0/receiver/sessions/SE/LAD/S1",
        "query": "",
        "version": "2.3.0",
        "interface": "RECEIVER",
        "module": "sessions",
        "party": "SELAD",
        "object_id": "S1",
        "object_sub": None,
        "request_id": "request",
        "correlation_id": "correlation",
        "sender": "SELAD",
        "receiver": None,
        "seconds": 0.25,
        "http_status": 200,
        "ocpi_status": 1000,
        "said": None,
        "error": None,
        "replay_of": None,
        "request_headers": "host: x",
        "request_body": b"{}",
        "request_size": 2,
        "request_cut": None,
        "response_headers": "",
        "response_body": b"\x00\xff",
        "response_size": 2,
        "response_cut": None,
    }
    return Message(**(usual | fields))

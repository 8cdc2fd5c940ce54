"""A message of the log, with fields of a test's own."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from ocpilot.app.kept.messages import Cut, Direction, Message

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


def of_a_console(peer_id: int, now: datetime) -> list[Message]:
    """A push that was refused, a page of HTML, nobody known, and a list; the last is the newest."""
    pushed = message(
        at=now - timedelta(minutes=9),
        direction=Direction.OUT,
        peer_id=peer_id,
        url="https://resa.example/ocpi/2.3.0/receiver/sessions/SE/LAD/session-9-1",
        object_id="session-9-1",
        request_headers="Authorization: Token ***\nContent-Type: application/json",
        request_body=b'{"id":"session-9-1","kwh":12.500,"note":"<b>bold</b>"}',
        request_size=54,
        response_body=b"",
        response_size=0,
    )
    return [
        replace(pushed, ocpi_status=2001, said="the Session is of a Token that we do not know " * 8),
        replace(
            pushed,
            method="POST",
            module="cdrs",
            object_id="cdr-session-9-3",
            ocpi_status=None,
            error="the answer is no OCPI: no JSON",
            response_body=b"<html><script>alert('hi')</script>\x1b[2J</html>",
            response_size=49,
        ),
        message(
            at=now - timedelta(minutes=2),
            peer_id=None,
            http_status=401,
            ocpi_status=2000,
            said="unknown token",
            correlation_id="7b0f3a52-2a52-4a0f-9a51-5d7a3c1f0b11",
            query="limit=5&token=***",
            request_cut=Cut.UNREAD,
            request_body=b"",
            request_size=0,
        ),
        message(
            at=now - timedelta(minutes=1),
            method="GET",
            url="/ocpi/2.3.0/sender/tariffs",
            peer_id=peer_id,
            module="tariffs",
            object_id=None,
            party=None,
            response_body=b"",
            response_size=4711,
            response_cut=Cut.LIST,
            request_body=b"",
            request_size=0,
        ),
    ]

"""When to try again: back-off with jitter, Retry-After, and a circuit that opens after failures in a row."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import msgspec

from ocpilot.base.errors import ForbiddenAddress, OcpilotError, PeerNonsense, PeerRefused, PeerUnreachable

#: A peer that asks for a longer pause is asked again after this many seconds all the same.
LONGEST_RETRY_AFTER = 3600.0
#: HTTP statuses that pass by themselves: time-out, too early, too many requests, and the server's own trouble.
PASSING_HTTP = frozenset({408, 425, 429, 500, 502, 503, 504})
#: How long an object is tried that gets no verdict from a peer that answers others.
UNJUDGED_LASTS = timedelta(days=1)
#: How long ago a peer may have answered anything and still be there.
THERE = timedelta(hours=1)
#: HTTP statuses of a platform that has looked at what it was sent, or has no such method, in whatever words.
_JUDGED_HTTP = frozenset({400, 405, 409, 413, 415, 422, 501})
#: HTTP statuses of who is not let in, whatever he brings.
_NOT_LET_IN = frozenset({401, 403, 407})


#: No pause is this long: a moment further ahead was set by a clock that was wrong.
FURTHEST = timedelta(days=1)


class BackOff(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds before the second try, and the longest pause; each try doubles it."""

    first: float
    longest: float


def pause(attempts: int, back_off: BackOff, random: float, retry_after: float | None = None) -> float:
    """Seconds to wait after `attempts` failures (1 and up); `random` in [0, 1) spreads peers over half the pause."""
    whole = min(back_off.longest, back_off.first * 2.0 ** min(attempts - 1, 30))
    spread = whole / 2 + whole / 2 * random
    return spread if retry_after is None else max(spread, min(retry_after, LONGEST_RETRY_AFTER))


def is_over(until: datetime, now: datetime) -> bool:
    """Whether a pause until then is over, also when our clock was ahead as it began."""
    return now >= until or until - now > FURTHEST


def retry_after_seconds(header: str | None, now: datetime) -> float | None:
    """Seconds from a Retry-After header, a number or an HTTP date (RFC 9110, 10.2.3); None when unusable."""
    if header is None:
        return None
    if header.strip().isascii() and header.strip().isdigit():
        return float(header.strip())
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())


def worth_retry(error: OcpilotError) -> bool:
    """Whether the same request may succeed later without anybody's help; who takes no OCPI now may do so after his
    maintenance."""
    if isinstance(error, PeerRefused):
        return error.http in PASSING_HTTP or (error.http < 300 and error.ocpi is not None and error.ocpi >= 3000)
    return isinstance(error, PeerUnreachable | PeerNonsense)


def is_no_verdict(error: OcpilotError) -> bool:
    """Whether an answer says nothing of the object that was sent: it is no OCPI (the page of a maintenance, a proxy, a
    redirect), we are not let in at all, or its name leads inside for now, so that it was not asked."""
    if isinstance(error, PeerRefused) and not worth_retry(error):
        return error.http in _NOT_LET_IN or (error.ocpi is None and error.http not in _JUDGED_HTTP)
    return isinstance(error, PeerNonsense | ForbiddenAddress)


def unjudged_since(before: datetime | None, heard_at: datetime | None, now: datetime) -> datetime:
    """Since when an object has got no verdict from a peer that judges others: from now on, when it was heard of nobody
    in the last hour. A peer that is away for a weekend has judged nothing."""
    is_there = heard_at is not None and now - heard_at <= THERE
    return before if before is not None and is_there else now


def may_pass(unjudged: datetime, now: datetime) -> bool:
    """Whether an object without a verdict since then may still get one by itself."""
    return now - unjudged < UNJUDGED_LASTS


class Circuit(msgspec.Struct, frozen=True, kw_only=True):
    """How a peer has answered of late: failures in a row, and until when nobody calls it."""

    failures: int = 0
    open_until: datetime | None = None


_CLOSED = Circuit()
#: Failures in a row that open the circuit.
TRIPS_AT = 5
#: Objects in a row without a verdict that open it: so many that it is not about them.
UNJUDGED_TRIP_AT = 20


def closed() -> Circuit:
    """After an answer, whatever it said: the peer is there."""
    return _CLOSED


def failed(circuit: Circuit, now: datetime, back_off: BackOff, random: float) -> Circuit:
    """After a call that reached nobody; from `TRIPS_AT` on nobody calls for a pause that doubles."""
    failures = circuit.failures + 1
    if failures < TRIPS_AT:
        return Circuit(failures=failures)
    seconds = pause(failures - TRIPS_AT + 1, back_off, random)
    return Circuit(failures=failures, open_until=now + timedelta(seconds=seconds))


def unjudged(circuit: Circuit, objects: int, now: datetime, back_off: BackOff, random: float) -> Circuit:
    """After an answer that was no verdict, the last of those on so many objects in a row."""
    if circuit.open_until is None and objects < UNJUDGED_TRIP_AT:
        return circuit
    failures = max(circuit.failures, TRIPS_AT - 1)
    return failed(Circuit(failures=failures), now, back_off, random)


def allows(circuit: Circuit, now: datetime) -> bool:
    """Whether a call may be tried; after the pause one call decides."""
    return circuit.open_until is None or is_over(circuit.open_until, now)

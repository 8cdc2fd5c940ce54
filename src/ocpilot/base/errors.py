"""The one error tree. Each error knows its HTTP and OCPI status and whose fault it is.

    OcpilotError                 3000 / 500  ours      something we did not foresee
      BadRequest                 2000 / 200  sender    understood, and refused
        BadJson                  2001 / 400  sender    the body is no JSON
        InvalidObject            2001 / 200  sender    JSON that breaks the standard; carries every Problem
        MissingParameter         2001 / 200  sender    a header or query parameter is missing or wrong
        NotEnoughInformation     2002 / 200  sender
        UnknownLocation          2003 / 200  sender
        UnknownToken             2004 / 200  sender
        TooLarge                 2000 / 413  sender    body, nesting or number beyond the limit
      NotAuthorized              2000 / 401  sender    no, wrong or not yet valid credentials token
      NotFound                   2000 / 404  sender    no such thing, or not his to see (we do not tell which)
      MethodNotAllowed           2000 / 405  sender    carries the methods that are
      Conflict                   2000 / 409  sender    web and API only; OCPI peers get 2000 / 200
      PeerError                  3001 / 200  peer      the other platform failed us; never passed on as ours
        PeerUnreachable          3001 / 200  peer      no connection, time-out, TLS; worth a retry
          PeerTimeout            3001 / 200  peer      it took the request and did not answer in time
        PeerRefused              3001 / 200  peer      an answer with an error; carries HTTP and OCPI status
        PeerNonsense             3001 / 200  peer      an answer that is no OCPI
      HubError                   4000 / 200  peer      a member of our hub failed us, said to another member
        UnknownReceiver          4001 / 200  sender    nobody here has that party, or nothing says who is meant
        ForwardTimeout           4002 / 200  peer      passed on, and not answered in time
        NotConnected             4003 / 200  peer      the member cannot be reached
      UnsupportedVersion         3002 / 200  peer      no version in common
      NoMatchingEndpoints        3003 / 200  peer      an endpoint we cannot do without is missing
      StationError               3000 / 503  station   a charging station failed us
        StationUnreachable       3000 / 503  station   it has no live connection, or lost it before it answered
        StationTimeout           3000 / 504  station   it is connected and did not answer in time
        StationRefused           3000 / 502  station   it answered a call with an error; carries its code
      CardError                  3000 / 503  cards     the provider of card payments failed us
        CardUnreachable          3000 / 503  cards     no connection, no answer in time: it may have done what was asked
        CardRefused              3000 / 502  cards     it answered with an error; carries its code
      ForbiddenAddress           2001 / 200  sender    a URL that points inside (SSRF rule)
      MailError                  3000 / 502  ours      an e-mail did not go out
        MailServerFailed         3000 / 502  ours      no connection to the mail server, or it does not let us in
        MailRefused              3000 / 502  ours      the mail server refused one message
      SettingsError              -           user      a setting is missing or wrong
        NotBillable              -           user      a rate or price is missing that a bill needs
      UserError                  -           user      a command or page was used wrongly
      Forbidden                  -    / 403  user      an API key without the scope, or of another party
      ChangedMeanwhile           -    / 412  user      somebody else changed what an If-Match names
      TooOften                   -    / 429  user      an API key asks more than it may; carries when to come again

    DatabaseAway                 -           ours      beside the tree: who catches what others do wrong never means it

OCPI forbids an HTTP error for what reached its layer (status_codes, "Status codes"), so most refusals travel as HTTP
200 with a 2xxx code.
"""

from collections.abc import Iterable
from typing import ClassVar, Literal

from ocpilot.base.lines import one_line
from ocpilot.base.problem import Problem

Fault = Literal["ours", "sender", "peer", "station", "cards", "user"]


class OcpilotError(Exception):
    """Base of all errors of ours. `str(error)` is one clear line, fit for a partner, a log or a terminal."""

    http_status: ClassVar[int] = 500
    ocpi_status: ClassVar[int] = 3000
    fault: ClassVar[Fault] = "ours"

    @property
    def in_full(self) -> str:
        """With what only our own people may read."""
        return str(self)


class DatabaseAway(Exception):
    """PostgreSQL cannot be reached, or takes nothing: what was to be written is to be asked for again."""


class BadRequest(OcpilotError):
    """Understood, and refused."""

    http_status = 200
    ocpi_status = 2000
    fault = "sender"


class BadJson(BadRequest):
    """The body is no JSON text (status_codes: HTTP 400 MUST be returned)."""

    http_status = 400
    ocpi_status = 2001


class InvalidObject(BadRequest):
    """JSON that breaks the standard: carries every problem found, not only the first."""

    ocpi_status = 2001

    def __init__(self, problems: Iterable[Problem], what: str = "object") -> None:
        self.problems = tuple(problems)
        self.what = what
        super().__init__(f"{what}: " + "; ".join(str(problem) for problem in self.problems))


class MissingParameter(BadRequest):
    """A header or query parameter is missing or wrong."""

    ocpi_status = 2001


class NotEnoughInformation(BadRequest):
    """For example a real-time authorization without the location the token's contract needs."""

    ocpi_status = 2002


class UnknownLocation(BadRequest):
    """A command or authorization names a Location, EVSE or Connector we do not know."""

    ocpi_status = 2003


class UnknownToken(BadRequest):
    """A command or authorization names a Token we do not know."""

    ocpi_status = 2004


class TooLarge(BadRequest):
    """The body, its nesting or a number in it is beyond the limit."""

    http_status = 413


class NotAuthorized(OcpilotError):
    """No credentials token, a wrong one, or one that is not valid for this module."""

    http_status = 401
    ocpi_status = 2000
    fault = "sender"


class NotFound(OcpilotError):
    """No such thing, or not this peer's to see; the answer is the same for both."""

    http_status = 404
    ocpi_status = 2000
    fault = "sender"


class MethodNotAllowed(OcpilotError):
    """The resource exists, the method does not."""

    http_status = 405
    ocpi_status = 2000
    fault = "sender"

    def __init__(self, message: str, allowed: Iterable[str] = ()) -> None:
        self.allowed = tuple(allowed)
        super().__init__(message)


class Conflict(OcpilotError):
    """The thing is in a state that does not allow this."""

    http_status = 409
    ocpi_status = 2000
    fault = "sender"


class PeerError(OcpilotError):
    """The other platform failed us. What it said about that is part of the message, in one line."""

    http_status = 200
    ocpi_status = 3001
    fault = "peer"

    def __init__(self, message: str = "") -> None:
        super().__init__(one_line(message))


class PeerUnreachable(PeerError):
    """No connection, a time-out, a TLS failure: worth a retry."""


class PeerTimeout(PeerUnreachable):
    """The peer took the request and did not answer in time: it may have done what it was asked."""


class PeerRefused(PeerError):
    """The peer answered with an error of its own; `said` is its status_message. `page` is how an answer that is no OCPI
    begins, without secrets: it may be anything, so only our own people read it (`in_full`)."""

    def __init__(
        self,
        message: str,
        http: int,
        ocpi: int | None,
        retry_after: float | None = None,
        said: str | None = None,
        *,
        page: str = "",
    ) -> None:
        self.http = http
        self.ocpi = ocpi
        self.retry_after = retry_after
        self.said = said
        self.page = page
        super().__init__(message)

    @property
    def in_full(self) -> str:
        """See the base."""
        return f"{self}: {self.page}" if self.page else str(self)


class PeerNonsense(PeerError):
    """The peer's answer is no OCPI: no JSON, no envelope, or an object that breaks the standard."""


class HubError(OcpilotError):
    """A hub could not pass a message on (status_codes, "4xxx: Hub errors"); the message names the party."""

    http_status = 200
    ocpi_status = 4000
    fault: ClassVar[Fault] = "peer"


class UnknownReceiver(HubError):
    """No member has the party that is addressed, or nothing in the message says whom it is for."""

    ocpi_status = 4001
    fault = "sender"


class ForwardTimeout(HubError):
    """The message was passed on and not answered in time."""

    ocpi_status = 4002


class NotConnected(HubError):
    """The member cannot be reached: suspended, never registered, or nobody answers there."""

    ocpi_status = 4003


class UnsupportedVersion(OcpilotError):
    """The two platforms have no OCPI version in common."""

    http_status = 200
    ocpi_status = 3002
    fault = "peer"


class NoMatchingEndpoints(OcpilotError):
    """An endpoint we cannot do without is missing on the other side."""

    http_status = 200
    ocpi_status = 3003
    fault = "peer"


class StationError(OcpilotError):
    """A charging station failed us. Peers learn it as a CommandResult, only web and API see the status."""

    http_status = 503
    fault = "station"


class StationUnreachable(StationError):
    """The station has no live connection, or lost it before it answered."""


class StationTimeout(StationError):
    """The station is connected and did not answer in time: it may still do what it was asked."""

    http_status = 504


class StationRefused(StationError):
    """The station answered a call with an error (CALLERROR): `code` and `description` are its words."""

    http_status = 502

    def __init__(self, action: str, code: str, description: str) -> None:
        self.code = code
        self.description = description
        super().__init__(one_line(f"the station refused {action}: {code} {description}".rstrip()))


class CardError(OcpilotError):
    """The provider of card payments failed us."""

    http_status = 503
    fault = "cards"


class CardUnreachable(CardError):
    """No connection or no answer in time, or an answer that says it failed: it may have done what it was asked."""


class CardRefused(CardError):
    """It answered that it will not: `code` is its word for why."""

    http_status = 502

    def __init__(self, message: str, code: str = "") -> None:
        self.code = code
        super().__init__(one_line(message))


class ForbiddenAddress(BadRequest):
    """A URL of a partner that points to an inner address."""

    ocpi_status = 2001


class MailError(OcpilotError):
    """An e-mail did not go out. What the mail server said about that is part of the message, in one line."""

    http_status = 502

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))


class MailServerFailed(MailError):
    """No connection to the mail server, or it does not let us in: no message goes out until that changes."""


class MailRefused(MailError):
    """The mail server refused one message, such as one to an address that does not exist."""


class SettingsError(OcpilotError):
    """A setting is missing or wrong: names the setting, what was found and what was expected."""

    fault = "user"


class NotBillable(SettingsError):
    """What somebody owes cannot be worked out until a rate or a price is set: it waits, and is never taken for zero."""


class UserError(OcpilotError):
    """A command or a page was used wrongly: one line that says how to do it right."""

    http_status = 400
    fault = "user"


class Forbidden(OcpilotError):
    """An API key that may not do this; `scope` is the one it lacks, where that is why."""

    http_status = 403
    fault = "user"

    def __init__(self, message: str, scope: str | None = None) -> None:
        self.scope = scope
        super().__init__(message)


class ChangedMeanwhile(OcpilotError):
    """The object is not in the state that the request names (RFC 9110, 13.1.1)."""

    http_status = 412
    fault = "user"


class TooOften(OcpilotError):
    """More requests than an API key may send; `retry_after` in seconds."""

    http_status = 429
    fault = "user"

    def __init__(self, message: str, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(message)

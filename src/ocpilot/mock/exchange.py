"""One request to the mock, and its answer before it is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ocpilot.base.errors import InvalidObject, MethodNotAllowed, OcpilotError
from ocpilot.base.problem import Problem
from ocpilot.wire import codec
from ocpilot.wire.protocol import InterfaceRole, ModuleID, Version


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request: `segments` are those below the interface's URL, `url` is without its query."""

    method: str
    version: Version
    module: ModuleID
    interface: InterfaceRole = InterfaceRole.SENDER
    segments: tuple[str, ...] = ()
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    url: str = ""

    def object(self) -> codec.Body:
        """The JSON object in the body; BadJson when it is no JSON, InvalidObject when it is no object."""
        value = codec.loads(self.body)
        if isinstance(value, dict):
            return value
        raise InvalidObject([Problem(path="$", found=type(value).__name__, expected="an object")], "request body")

    def only(self, *methods: str) -> None:
        """MethodNotAllowed unless the method is one of these."""
        if self.method not in methods:
            raise MethodNotAllowed(f"{self.method} is not defined here", methods)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer; `data` None leaves the field out."""

    data: object = None
    http: int = 200
    code: int = 1000
    message: str = "Success"
    headers: Mapping[str, str] = field(default_factory=dict)


def refusal(error: OcpilotError) -> Reply:
    """The answer that an error becomes (base/errors.py)."""
    headers = {"Allow": ", ".join(error.allowed)} if isinstance(error, MethodNotAllowed) else {}
    return Reply(http=error.http_status, code=error.ocpi_status, message=str(error)[:2000], headers=headers)

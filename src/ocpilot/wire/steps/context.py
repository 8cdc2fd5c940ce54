"""What an object does not say in one version and must say in another, told by whoever converts it."""

import msgspec

from ocpilot.base.ids import PartyId
from ocpilot.wire.jsontext import Body


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """Used by the step between 2.1.1 and 2.2.1 only. What is not given here is assumed, or missing, and named."""

    #: Who owns the objects: 2.1.1 has that only in URLs. Going down, whose role Credentials are about.
    party: PartyId | None = None
    #: The role of the platform whose Credentials or version details these are, such as `CPO`.
    role: str | None = None
    #: The IANA zone of Locations that name none.
    time_zone: str | None = None
    #: Going down: the Location of a Session or CDR, in the version the object is in.
    location: Body | None = None
    #: Going up: the Token that an `auth_id` or an AuthorizationInfo is about, in the version the object becomes. Of a
    #: CdrToken of 2.2 at least the party.
    token: Body | None = None


NOTHING = Context()

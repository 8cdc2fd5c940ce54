"""The rules a platform is judged by, each with its section of the standard; what only SHOULD be is a warning."""

from dataclasses import dataclass

from ocpilot.wire.protocol import PROTOCOLS, Version


@dataclass(frozen=True)
class Rule:
    """`must` False: the standard says SHOULD, MAY or advises, so a breach is a warning; in some versions only."""

    id: str
    title: str
    section: str
    must: bool = True
    should_in: frozenset[Version] = frozenset()

    def binds(self, version: Version | None) -> bool:
        """Whether a breach in this version fails."""
        return self.must and version not in self.should_in


_TRANSPORT = "transport_and_format"
_STATUS = 'status_codes, "Status codes"'
_CREDENTIALS = 'credentials, "Interfaces and endpoints"'
_PAGES = f'{_TRANSPORT}, "Pagination"'
_PUSH = f'{_TRANSPORT}, "Client Owned Object Push"'
_RESPONSE = f'{_TRANSPORT}, "Response format"'

#: 2.1.1 says less, and says "should" or nothing where later versions say SHALL.
_MILD = frozenset(version for version, row in PROTOCOLS.items() if not row.message_ids)

# ---- every answer --------------------------------------------------------------------------------------------------

ANSWERED = Rule("answer.given", "A request gets an answer in time, no HTTP 429 that lasts, no HTTP 5xx", _STATUS)
JSON = Rule("answer.json", "An answer is JSON", _RESPONSE)
STATUS_CODE = Rule("answer.status-code", "An answer is an object with a status_code of four digits", _RESPONSE)
TIMESTAMP = Rule("answer.timestamp", "The timestamp of an answer is a UTC DateTime", _RESPONSE)
MESSAGE = Rule("answer.message", "status_message, when there is one, is text", _RESPONSE)
CONTENT_TYPE = Rule("answer.content-type", "Answers are application/json", _RESPONSE)
ERROR_ENVELOPE = Rule("answer.error-envelope", "HTTP errors carry an OCPI answer too", _RESPONSE, must=False)
REQUEST_ID = Rule(
    "answer.request-id", "A response has the X-Request-ID of its request", f'{_TRANSPORT}, "Unique message IDs"'
)
CORRELATION_ID = Rule(
    "answer.correlation-id", "A response has the X-Correlation-ID of its request", f'{_TRANSPORT}, "Unique message IDs"'
)
ROUTING = Rule(
    "answer.routing", "The routing headers of a response go the other way", f'{_TRANSPORT}, "Message Routing Headers"'
)
WORKS = Rule("answer.success", "A right request is answered with success and what the standard says", _STATUS)

# ---- statuses ------------------------------------------------------------------------------------------------------

BROKEN_JSON = Rule("status.broken-json", "A body that is no JSON is answered with HTTP 400", _STATUS)
WRONG_METHOD = Rule("status.wrong-method", "A method that does not exist does not succeed", _STATUS)
WRONG_METHOD_405 = Rule(
    "status.wrong-method-405", "A method that does not exist is answered with HTTP 405", _STATUS, must=False
)
UNKNOWN = Rule("status.unknown", "What does not exist is not reported as found", _STATUS)
UNKNOWN_404 = Rule("status.unknown-404", "A GET of what does not exist is answered with HTTP 404", _STATUS, must=False)
REFUSAL = Rule("status.refusal", "A refusal in the OCPI layer travels without an HTTP error", _STATUS, should_in=_MILD)
CODE_2001 = Rule("status.2001", "Wrong or missing parameters are answered with status 2001", _STATUS, must=False)
CREATED = Rule("status.created", "HTTP 201 for a new object, 200 for a known one", _STATUS, must=False)

# ---- tokens, versions, credentials ---------------------------------------------------------------------------------

_AUTHORIZATION = f'{_TRANSPORT}, "Authorization header"'
UNKNOWN_TOKEN = Rule(
    "token.unknown", "An unknown credentials token is answered with HTTP 401", _AUTHORIZATION, should_in=_MILD
)
MISSING_TOKEN = Rule(
    "token.missing", "A missing credentials token is answered with HTTP 401", _AUTHORIZATION, should_in=_MILD
)
ENCODING = Rule("token.encoding", "The credentials token is read in the encoding of the version", _AUTHORIZATION)
CALLER_ENCODING = Rule("token.sent", "The platform sends our token in the encoding of the version", _AUTHORIZATION)
TOKEN_A_LIMITED = Rule(
    "token.a-limited", "CREDENTIALS_TOKEN_A opens versions and credentials only", _AUTHORIZATION, should_in=_MILD
)

VERSIONS = Rule(
    "versions.list", "The versions list has version and URL of each", 'version_information_endpoint, "Version"'
)
DETAILS = Rule(
    "versions.details",
    "The version details name the version and its endpoints, credentials among them",
    'version_information_endpoint, "Version details endpoint"',
)
ENDPOINT_ROLES = Rule("versions.roles", "Endpoints say their role", 'version_information_endpoint, "Endpoint"')
URLS = Rule("versions.urls", "URLs are absolute", 'types, "URL"')
ENDPOINTS_ONCE = Rule(
    "versions.once", "Every interface is listed once", 'version_information_endpoint, "Endpoint"', must=False
)

CREDENTIALS = Rule("credentials.object", "The credentials object is right", 'credentials, "Credentials object"')
GET_TOKEN = Rule("credentials.token", "GET returns the token that is in use", 'credentials, "GET Method"', must=False)
EARLY = Rule("credentials.early", "PUT and DELETE before registration are answered with HTTP 405", _CREDENTIALS)
NO_COMMON_VERSION = Rule(
    "credentials.no-version",
    "Credentials of a platform without this version are refused with status 3xxx",
    'credentials, "Errors during registration"',
)
UNREACHABLE = Rule(
    "credentials.unreachable",
    "Credentials of a platform that cannot be called back are refused with status 3001",
    'credentials, "Errors during registration"',
    must=False,
)
REGISTERED = Rule("credentials.post", "POST registers us", 'credentials, "POST Method"')
NEW_TOKEN = Rule("credentials.new-token", "Registering returns a new token", 'credentials, "POST Method"')
CALLED_BACK = Rule(
    "credentials.called-back", "Our versions and endpoints are fetched with our new token", 'credentials, "POST Method"'
)
POST_AGAIN = Rule("credentials.post-again", "A second POST is answered with HTTP 405", 'credentials, "POST Method"')
PUT = Rule("credentials.put", "PUT exchanges both tokens", 'credentials, "PUT Method"')
OLD_TOKEN = Rule("credentials.old-token", "A replaced token opens no functional module", _AUTHORIZATION)
DELETE = Rule("credentials.delete", "DELETE unregisters us", 'credentials, "DELETE Method"')
DEAD_TOKEN = Rule(
    "credentials.dead-token", "After unregistering, the token opens nothing", 'credentials, "DELETE Method"'
)

# ---- lists ---------------------------------------------------------------------------------------------------------

LIST = Rule("paging.list", "A list is a list", _PAGES)
TOTAL_HEADER = Rule("paging.total-header", "Pages have X-Total-Count", f'{_TRANSPORT}, "Paginated Response"')
LIMIT_HEADER = Rule("paging.limit-header", "Pages have X-Limit", f'{_TRANSPORT}, "Paginated Response"')
LIMIT = Rule("paging.limit", "A page is no longer than the limit asked for", f'{_TRANSPORT}, "Paginated Request"')
LIMIT_CAP = Rule("paging.limit-cap", "A page is no longer than X-Limit", f'{_TRANSPORT}, "Paginated Response"')
LINK = Rule("paging.link", "A page that is not the last has a Link to the next", f'{_TRANSPORT}, "Paginated Response"')
LINK_END = Rule("paging.link-end", "Links come to an end", f'{_TRANSPORT}, "Paginated Response"')
OFFSET = Rule("paging.offset", "A page starts at its offset", f'{_TRANSPORT}, "Paginated Request"')
TOTAL = Rule("paging.total", "X-Total-Count is the number of objects", f'{_TRANSPORT}, "Paginated Response"')
COMPLETE = Rule("paging.complete", "No object is lost over all pages", f'{_TRANSPORT}, "Paginated Response"')
ONCE = Rule("paging.once", "No object comes twice over all pages", f'{_TRANSPORT}, "Paginated Response"')
LINK_FILTERS = Rule("paging.link-filters", "Links keep date_from and date_to", f'{_TRANSPORT}, "Paginated Response"')
DATE_FROM = Rule(
    "paging.date-from", "date_from includes its moment and nothing before", f'{_TRANSPORT}, "Paginated Request"'
)
DATE_TO = Rule(
    "paging.date-to", "date_to excludes its moment and everything after", f'{_TRANSPORT}, "Paginated Request"'
)
BAD_PARAMETER = Rule("paging.bad-parameter", "A limit or date that is none is refused", _STATUS, must=False)

VALID = Rule("object.valid", "Objects follow the tables", "the table of each object")
WRITTEN = Rule(
    "object.written", "Values have the type of the tables: no number as text, no word in the wrong case", "types"
)
DATETIME = Rule("object.datetime", "Times are UTC, with Z or nothing after them", 'types, "DateTime"')
WORDS = Rule("object.words", "Words are those of the version's enums", "types")
LOOKS = Rule(
    "object.looks",
    "Strings look as their tables say: coordinates, URLs, times of day, printable text",
    "the table of each object",
)
SINGLE = Rule("object.single", "A GET of one object returns what its list holds", 'mod_locations, "GET Object"')

# ---- our objects ---------------------------------------------------------------------------------------------------

PUT_NEW = Rule("push.put", "A PUT of our object is accepted", _PUSH)
ROUND_TRIP = Rule("push.round-trip", "GET returns what was PUT", _PUSH)
PUT_AGAIN = Rule("push.replace", "A PUT of a known object replaces the whole", f'{_TRANSPORT}, "PUT"')
UNKNOWN_FIELDS = Rule(
    "push.unknown-fields",
    "Fields the standard does not name are no reason to refuse",
    f'{_TRANSPORT}, "Non-specified JSON fields"',
)
UNKNOWN_FIELDS_KEPT = Rule(
    "push.unknown-fields-kept",
    "Fields the standard does not name are returned",
    f'{_TRANSPORT}, "Non-specified JSON fields"',
    must=False,
)
UNKNOWN_WORDS = Rule("push.unknown-words", "An unknown word of an OpenEnum is no reason to refuse", 'types, "OpenEnum"')
INVALID = Rule("push.invalid", "An object without a required field is refused", f'{_TRANSPORT}, "PUT"')
OTHER_ID = Rule(
    "push.other-id", "An object whose id is not that of its URL is refused", f'{_PUSH}, "Errors"', must=False
)
FOREIGN = Rule("push.foreign", "An object of a party that is not ours is refused", f'{_PUSH}, "Errors"', must=False)
DELETED = Rule("push.delete", "A DELETE is accepted, and the object is gone", 'mod_tariffs, "DELETE Method"')

_PATCH = f'{_TRANSPORT}, "PATCH"'
PATCH = Rule("patch.change", "A PATCH changes the fields it names", _PATCH)
PATCH_KEEPS = Rule("patch.keeps", "A PATCH leaves the fields it does not name", _PATCH)
PATCH_TIME = Rule("patch.last-updated", "A PATCH without last_updated is refused", 'mod_locations, "PATCH Method"')
PATCH_NULL = Rule("patch.null", "null in a PATCH clears an optional field", 'terminology, "Cardinality"')
PATCH_LIST = Rule("patch.list", "A list in a PATCH replaces the old one", _PATCH)
PATCH_APPENDS = Rule("patch.appends", "Charging periods in a PATCH are added", 'mod_sessions, "PATCH Method"')
PATCH_WHOLE = Rule("patch.whole", "A PATCH that would break the object is refused and changes nothing", _PATCH)
PATCH_UNKNOWN = Rule("patch.unknown", "A PATCH of what does not exist does not succeed", _PATCH)

INNER_PUT = Rule("places.put", "A PUT of an EVSE or Connector is accepted and returned", 'mod_locations, "PUT Method"')
INNER_PATCH = Rule("places.patch", "A PATCH of an EVSE or Connector changes it", 'mod_locations, "PATCH Method"')
PARENTS = Rule("places.parents", "last_updated of the parents follows", 'mod_locations, "PATCH Method"')

CDR_POST = Rule("cdrs.post", "A POST of a CDR is accepted", 'mod_cdrs, "POST Method"')
CDR_LOCATION = Rule("cdrs.location", "The answer says in Location where the CDR is", 'mod_cdrs, "POST Method"')
CDR_GET = Rule("cdrs.get", "The CDR is found there as it was sent", 'mod_cdrs, "GET Method"')
CDR_AGAIN = Rule("cdrs.again", "The same CDR again changes nothing and breaks nothing", 'mod_cdrs, "POST Method"')

# ---- what the other side is asked to do ----------------------------------------------------------------------------

AUTHORIZE = Rule("authorize.known", "A known Token gets an AuthorizationInfo", 'mod_tokens, "POST Method"')
AUTHORIZE_PLACE = Rule("authorize.place", "LocationReferences are taken", 'mod_tokens, "POST Method"')
AUTHORIZE_UNKNOWN = Rule(
    "authorize.unknown", "An unknown Token is answered with HTTP 404", 'mod_tokens, "POST Method"', should_in=_MILD
)
AUTHORIZE_2004 = Rule("authorize.2004", "An unknown Token is answered with status 2004", 'mod_tokens, "POST Method"')
COMMAND = Rule("commands.response", "A command gets a CommandResponse", 'mod_commands, "POST Method"')
COMMAND_RESULT = Rule(
    "commands.result", "An accepted command gets a result at response_url in time", 'mod_commands, "POST Method"'
)
COMMAND_UNKNOWN = Rule("commands.unknown", "An unknown command does not succeed", 'mod_commands, "CommandType"')
PROFILE = Rule(
    "profiles.response", "A charging profile request gets a ChargingProfileResponse", "mod_charging_profiles"
)
PROFILE_RESULT = Rule(
    "profiles.result", "An accepted one gets a result at response_url in time", "mod_charging_profiles"
)
UNKNOWN_SESSION = Rule("sessions.unknown", "What is asked for an unknown Session does not succeed", _STATUS)
POSTED = Rule("posted.accepted", "A POST of our object is accepted and returned", "the POST method of each module")

ALL: tuple[Rule, ...] = tuple(found for found in list(globals().values()) if isinstance(found, Rule))

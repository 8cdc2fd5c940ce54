"""What the mock does wrong on demand: a name, one sentence, and how often."""

import random
from collections.abc import Iterable, Mapping
from enum import StrEnum

from ocpilot.base.rates import read_rates


class Fault(StrEnum):
    """The names for `--fault`."""

    RATE_LIMIT = "rate-limit"
    SERVER_ERROR = "server-error"
    SLOW = "slow"
    CUT_JSON = "cut-json"
    HTML = "html"
    NO_STATUS_CODE = "no-status-code"
    STATUS_CODE_TEXT = "status-code-text"
    NO_ENVELOPE = "no-envelope"
    LIST_IS_OBJECT = "list-is-object"
    NO_TIMESTAMP = "no-timestamp"
    LOCAL_TIMESTAMP = "local-timestamp"
    MESSAGE_IS_NUMBER = "message-is-number"
    NO_REQUEST_ID = "no-request-id"
    NO_CORRELATION_ID = "no-correlation-id"
    NO_CONTENT_TYPE = "no-content-type"
    NO_ROUTING = "no-routing"
    HTTP_FOR_REFUSALS = "http-for-refusals"
    STATUS_2000 = "status-2000"
    BROKEN_JSON_IS_500 = "broken-json-is-500"
    EVERYTHING_FOUND = "everything-found"
    ANY_METHOD = "any-method"
    WRONG_TOKEN_IS_403 = "wrong-token-is-403"  # noqa: S105 - the name of a fault
    ANY_TOKEN = "any-token"  # noqa: S105 - the name of a fault
    TOKENLESS = "tokenless"
    TOKEN_A_OPENS_ALL = "token-a-opens-all"  # noqa: S105 - the name of a fault
    SENDS_PLAIN_TOKEN = "sends-plain-token"  # noqa: S105 - the name of a fault
    PLAIN_TOKEN = "plain-token"  # noqa: S105 - the name of a fault
    SAME_TOKEN = "same-token"  # noqa: S105 - the name of a fault
    SECOND_REGISTRATION = "second-registration"
    EARLY_UPDATE = "early-update"
    NO_CALLBACK = "no-callback"
    PUT_IGNORED = "put-credentials-ignored"
    OLD_TOKEN_LIVES = "old-token-lives"  # noqa: S105 - the name of a fault
    DEAF_UNREGISTER = "deaf-unregister"
    NO_UNREGISTER = "no-unregister"
    BROKEN_CREDENTIALS = "broken-credentials"
    OTHER_TOKEN = "other-token"  # noqa: S105 - the name of a fault
    NOBODY_REGISTERS = "nobody-registers"
    NO_VERSION_DETAILS = "no-version-details"
    NO_VERSION_URLS = "no-version-urls"
    NO_ROLES = "no-roles"
    RELATIVE_URLS = "relative-urls"
    ENDPOINTS_TWICE = "endpoints-twice"
    WRONG_TOTAL = "wrong-total"
    NO_TOTAL = "no-total"
    NO_LIMIT = "no-limit"
    NO_LINK = "no-link"
    LINK_FORGETS_FILTERS = "link-forgets-filters"
    ENDLESS_LINK = "endless-link"
    LOST_OBJECT = "lost-object"
    REPEATED_OBJECT = "repeated-object"
    MOVING_PAGES = "moving-pages"
    LIMIT_IGNORED = "limit-ignored"
    OFFSET_IGNORED = "offset-ignored"
    DATES_IGNORED = "dates-ignored"
    DATE_FROM_EXCLUSIVE = "date-from-exclusive"
    DATE_TO_INCLUSIVE = "date-to-inclusive"
    BAD_PARAMETERS_TAKEN = "bad-parameters-taken"
    NO_LAST_UPDATED = "no-last-updated"
    TIME_OFFSETS = "time-offsets"
    NUMBERS_AS_TEXT = "numbers-as-text"
    NULL_LISTS = "null-lists"
    UNKNOWN_ENUM = "unknown-enum"
    SHORT_COORDINATES = "short-coordinates"
    OTHER_ID = "other-id"
    PUT_FORGOTTEN = "put-forgotten"
    PUT_MERGES = "put-merges"
    PUT_REFUSED = "put-refused"
    ALWAYS_200 = "always-200"
    DELETE_FORGOTTEN = "delete-forgotten"
    INVALID_ACCEPTED = "invalid-accepted"
    FOREIGN_ACCEPTED = "foreign-accepted"
    ID_MISMATCH_ACCEPTED = "id-mismatch-accepted"
    UNKNOWN_FIELDS_REFUSED = "unknown-fields-refused"
    UNKNOWN_FIELDS_DROPPED = "unknown-fields-dropped"
    UNKNOWN_WORDS_REFUSED = "unknown-words-refused"
    PATCH_IGNORED = "patch-ignored"
    PATCH_REPLACES = "patch-replaces"
    PATCH_WITHOUT_TIME = "patch-without-time"
    PATCH_KEEPS_NULL = "patch-keeps-null"
    PATCH_ADDS_TO_LISTS = "patch-adds-to-lists"
    PATCH_BREAKS = "patch-breaks"
    PATCH_REPLACES_PERIODS = "patch-replaces-periods"
    PATCH_OF_NOTHING = "patch-of-nothing"
    PARENTS_STAY = "parents-stay"
    INNER_REFUSED = "inner-refused"
    CDR_WITHOUT_LOCATION = "cdr-without-location"
    CDRS_REFUSED = "cdrs-refused"
    CDR_CHANGED = "cdr-changed"
    CDR_TWICE_LOST = "cdr-twice-lost"
    UNKNOWN_TOKEN_ALLOWED = "unknown-token-allowed"  # noqa: S105 - the name of a fault
    AUTHORIZE_FAILS = "authorize-fails"
    PLACES_REFUSED = "places-refused"
    UNKNOWN_TOKEN_2000 = "unknown-token-2000"  # noqa: S105 - the name of a fault
    NO_COMMAND_RESPONSE = "no-command-response"
    ANY_COMMAND = "any-command"
    NO_RESULT = "no-result"
    NO_PROFILE_RESPONSE = "no-profile-response"
    ANY_SESSION = "any-session"
    TIMES_WITHOUT_ZONE = "times-without-zone"
    NEW_FIELDS = "new-fields"
    NEW_WORDS = "new-words"


SENTENCES: Mapping[Fault, str] = {
    Fault.RATE_LIMIT: "Functional modules answer HTTP 429 with Retry-After.",
    Fault.SERVER_ERROR: "Functional modules answer HTTP 500.",
    Fault.SLOW: "Functional modules answer after half a minute.",
    Fault.CUT_JSON: "The JSON of an answer ends in the middle.",
    Fault.HTML: "An answer is an HTML page with HTTP 200.",
    Fault.NO_STATUS_CODE: "The envelope has no status_code.",
    Fault.STATUS_CODE_TEXT: "The status_code is text.",
    Fault.NO_ENVELOPE: "The data comes without its envelope.",
    Fault.LIST_IS_OBJECT: "The data of a list is an object.",
    Fault.NO_TIMESTAMP: "The envelope has no timestamp.",
    Fault.LOCAL_TIMESTAMP: "The timestamp of the envelope is local time with an offset.",
    Fault.MESSAGE_IS_NUMBER: "The status_message is a number.",
    Fault.NO_REQUEST_ID: "Responses have no X-Request-ID.",
    Fault.NO_CORRELATION_ID: "Responses have another X-Correlation-ID than the request.",
    Fault.NO_CONTENT_TYPE: "Responses are text/plain.",
    Fault.NO_ROUTING: "Responses have no OCPI-from and OCPI-to headers.",
    Fault.HTTP_FOR_REFUSALS: "A refusal of OCPI travels as HTTP 400 instead of 200.",
    Fault.STATUS_2000: "Invalid objects and parameters are answered with the status 2000.",
    Fault.BROKEN_JSON_IS_500: "A body that is no JSON is answered with HTTP 500.",
    Fault.EVERYTHING_FOUND: "A GET of something unknown is answered with success and no data.",
    Fault.ANY_METHOD: "A method that does not exist is answered with success.",
    Fault.WRONG_TOKEN_IS_403: "A wrong credentials token is answered with HTTP 403.",
    Fault.ANY_TOKEN: "Any credentials token is as good as the right one.",
    Fault.TOKENLESS: "A request without a token is as good as one with the right one.",
    Fault.TOKEN_A_OPENS_ALL: "The token for registering opens all modules.",
    Fault.PLAIN_TOKEN: "Tokens are understood without Base64 only.",
    Fault.SENDS_PLAIN_TOKEN: "The token of the partner is sent without Base64.",
    Fault.SAME_TOKEN: "Registering returns the token that was used for it.",
    Fault.SECOND_REGISTRATION: "A second POST of credentials is accepted.",
    Fault.EARLY_UPDATE: "A PUT of credentials registers too.",
    Fault.NO_CALLBACK: "Registering does not fetch the versions and endpoints of the partner.",
    Fault.PUT_IGNORED: "A PUT of credentials is refused.",
    Fault.OLD_TOKEN_LIVES: "A replaced token opens everything as before.",
    Fault.DEAF_UNREGISTER: "After unregistering, the token opens everything as before.",
    Fault.NO_UNREGISTER: "A DELETE of credentials is refused.",
    Fault.BROKEN_CREDENTIALS: "Credentials have no url.",
    Fault.OTHER_TOKEN: "A GET of credentials returns another token than the one in use.",
    Fault.NOBODY_REGISTERS: "Registering is refused.",
    Fault.NO_VERSION_DETAILS: "The version details have no endpoints.",
    Fault.NO_VERSION_URLS: "The versions have no url.",
    Fault.NO_ROLES: "Endpoints do not say their role.",
    Fault.RELATIVE_URLS: "A version has a relative URL beside the right ones.",
    Fault.ENDPOINTS_TWICE: "Every endpoint is listed twice.",
    Fault.WRONG_TOTAL: "X-Total-Count is one too many.",
    Fault.NO_TOTAL: "X-Total-Count is missing.",
    Fault.NO_LIMIT: "X-Limit is missing.",
    Fault.NO_LINK: "Pages have no Link to the next.",
    Fault.LINK_FORGETS_FILTERS: "The Link to the next page has lost date_from and date_to.",
    Fault.ENDLESS_LINK: "The last page links to itself.",
    Fault.LOST_OBJECT: "An object is lost between two pages.",
    Fault.REPEATED_OBJECT: "The last object of a page is the first of the next, too.",
    Fault.MOVING_PAGES: "Every list comes in another order each time.",
    Fault.LIMIT_IGNORED: "A page is larger than its limit.",
    Fault.OFFSET_IGNORED: "An offset changes nothing.",
    Fault.DATES_IGNORED: "date_from and date_to change nothing.",
    Fault.DATE_FROM_EXCLUSIVE: "date_from leaves out what changed at that very moment.",
    Fault.DATE_TO_INCLUSIVE: "date_to includes what changed at that very moment.",
    Fault.BAD_PARAMETERS_TAKEN: "A limit or date that is none changes nothing.",
    Fault.NO_LAST_UPDATED: "Objects in lists have no last_updated.",
    Fault.TIME_OFFSETS: "Times of objects are local times with an offset.",
    Fault.NUMBERS_AS_TEXT: "Numbers of objects are text.",
    Fault.NULL_LISTS: "Empty lists of objects are null.",
    Fault.UNKNOWN_ENUM: "Objects hold words that closed enums do not have.",
    Fault.SHORT_COORDINATES: "Coordinates have two decimals.",
    Fault.OTHER_ID: "A GET of one object of a Sender interface returns another one.",
    Fault.PUT_FORGOTTEN: "A PUT is acknowledged and forgotten.",
    Fault.PUT_MERGES: "A PUT leaves the fields it does not name.",
    Fault.PUT_REFUSED: "Objects of the partner are refused.",
    Fault.ALWAYS_200: "A new object is answered with HTTP 200.",
    Fault.DELETE_FORGOTTEN: "A DELETE is acknowledged and forgotten.",
    Fault.INVALID_ACCEPTED: "Objects without their required fields are accepted.",
    Fault.FOREIGN_ACCEPTED: "Objects under the party of somebody else are accepted.",
    Fault.ID_MISMATCH_ACCEPTED: "Objects whose id is not that of their URL are accepted.",
    Fault.UNKNOWN_FIELDS_REFUSED: "Objects with fields that the standard does not name are refused.",
    Fault.UNKNOWN_FIELDS_DROPPED: "Fields that the standard does not name are forgotten.",
    Fault.UNKNOWN_WORDS_REFUSED: "Objects with unknown words of an OpenEnum are refused.",
    Fault.PATCH_IGNORED: "A PATCH is acknowledged and changes nothing.",
    Fault.PATCH_REPLACES: "A PATCH drops the fields it does not name.",
    Fault.PATCH_WITHOUT_TIME: "A PATCH without last_updated is accepted.",
    Fault.PATCH_KEEPS_NULL: "A null in a PATCH leaves the old value.",
    Fault.PATCH_ADDS_TO_LISTS: "A list in a PATCH is added to the old one.",
    Fault.PATCH_BREAKS: "A PATCH that breaks an object is accepted.",
    Fault.PATCH_REPLACES_PERIODS: "Charging periods in a PATCH replace the old ones.",
    Fault.PATCH_OF_NOTHING: "A PATCH of an unknown object is acknowledged.",
    Fault.PARENTS_STAY: "A change of an EVSE or Connector leaves the last_updated of its parents.",
    Fault.INNER_REFUSED: "EVSEs and Connectors cannot be changed on their own.",
    Fault.CDR_WITHOUT_LOCATION: "The answer to a CDR has no Location header.",
    Fault.CDRS_REFUSED: "CDRs are refused.",
    Fault.CDR_CHANGED: "The energy of a CDR is another one afterwards.",
    Fault.CDR_TWICE_LOST: "The same CDR sent again is forgotten.",
    Fault.UNKNOWN_TOKEN_ALLOWED: "A Token that nobody knows may charge.",
    Fault.AUTHORIZE_FAILS: "Real-time authorization of a known Token is refused.",
    Fault.PLACES_REFUSED: "Real-time authorization at a place is answered with HTTP 400.",
    Fault.UNKNOWN_TOKEN_2000: "A Token that nobody knows is answered with the status 2000.",
    Fault.NO_COMMAND_RESPONSE: "The answer to a command has no CommandResponse.",
    Fault.ANY_COMMAND: "A command that does not exist is accepted.",
    Fault.NO_RESULT: "An accepted command never gets a result.",
    Fault.NO_PROFILE_RESPONSE: "The answer to a charging profile has no ChargingProfileResponse.",
    Fault.ANY_SESSION: "What is asked for an unknown Session is accepted.",
    Fault.TIMES_WITHOUT_ZONE: "Times of objects have no Z.",
    Fault.NEW_FIELDS: "Objects hold fields that the standard does not name.",
    Fault.NEW_WORDS: "Objects hold unknown words of OpenEnums.",
}

#: What looks odd and is right: a partner must be able to read it, and a conformance check lets it pass.
ALLOWED = frozenset({Fault.NULL_LISTS, Fault.TIMES_WITHOUT_ZONE, Fault.NEW_FIELDS, Fault.NEW_WORDS})

#: Seconds that `slow` waits.
SLOW_SECONDS = 30.0
#: Seconds that `rate-limit` asks a caller to wait.
RETRY_AFTER = 2


class Faults:
    """Which faults happen, each with its rate between 0 and 1; `seed` makes the draws the same each time."""

    def __init__(self, rates: Mapping[Fault, float] | None = None, seed: int = 0) -> None:
        self.rates = dict(rates or {})
        self._chance = random.Random(seed)  # noqa: S311 - a draw, no secret

    def hits(self, fault: Fault) -> bool:
        """Whether the fault happens this time."""
        rate = self.rates.get(fault, 0.0)
        return rate > 0 and self._chance.random() < rate


def read_faults(words: Iterable[str]) -> dict[Fault, float]:
    """From `NAME` (always) or `NAME=RATE`; UserError otherwise."""
    named = read_rates(words, set(Fault), "--list-faults names them all")
    return {Fault(name): rate for name, rate in named.items()}

"""What becomes of each enum word an older version does not know: the nearest right one or none, never silently."""

from enum import StrEnum
from typing import get_args, get_origin, get_type_hints

import pytest

from ocpilot.wire import codec, v230
from ocpilot.wire.check import marks_of, plain_type
from ocpilot.wire.fields import Wire, Words
from ocpilot.wire.kinds import KINDS
from ocpilot.wire.packages import class_in, exists_in
from ocpilot.wire.protocol import Version

OLDEST, OLD, NEW = Version.V2_1_1, Version.V2_2_1, Version.V2_3_0
#: No word is right: the list goes on without it.
LEFT_OUT = None

_TO_CUSTOMERS = dict.fromkeys(("EMPLOYEES", "TAXIS", "TENANTS"), "CUSTOMERS")
_PLUGS = {"MCS": "IEC_62196_T2_COMBO", "SAE_J3400": "TESLA_S"}
_NO_PLUGS_OF_2_1_1 = (
    *("CHAOJI", "DOMESTIC_M", "DOMESTIC_N", "DOMESTIC_O", "GBT_AC", "GBT_DC", "NEMA_5_20", "NEMA_6_30", "NEMA_6_50"),
    *("NEMA_10_30", "NEMA_10_50", "NEMA_14_30", "NEMA_14_50", "PANTOGRAPH_BOTTOM_UP", "PANTOGRAPH_TOP_DOWN"),
)
_NO_CAPABILITIES_OF_2_1_1 = (
    *("CHARGING_PREFERENCES_CAPABLE", "CHIP_CARD_SUPPORT", "CONTACTLESS_CARD_SUPPORT", "DEBIT_CARD_PAYABLE"),
    *("PED_TERMINAL", "START_SESSION_CONNECTOR_REQUIRED", "TOKEN_GROUP_CAPABLE"),
)
_NO_DIMENSIONS_OF_2_1_1 = (
    *("CURRENT", "ENERGY_EXPORT", "ENERGY_IMPORT", "MAX_POWER", "MIN_POWER", "POWER", "RESERVATION_TIME"),
    *("STATE_OF_CHARGE", "RESERVATION_EXPIRES"),
)
_OTHER_TOKENS = dict.fromkeys(("AD_HOC_USER", "APP_USER", "EMAID"), "OTHER")

#: For a Connector of three phases where it makes a difference.
BECOMES: dict[tuple[Version, type[Wire], str], dict[str, str | None]] = {
    (OLD, v230.Connector, "standard"): _PLUGS,
    (OLD, v230.CdrLocation, "connector_standard"): _PLUGS,
    (OLD, v230.EVSE, "parking_restrictions"): _TO_CUSTOMERS,
    (OLD, v230.CdrDimension, "type"): {"RESERVATION_EXPIRES": "RESERVATION_TIME", "RESERVATION_OVERTIME": "TIME"},
    (OLD, v230.CredentialsRole, "role"): {"PTP": "OTHER"},
    (OLD, v230.ClientInfo, "role"): {"PTP": "OTHER"},
    (OLD, v230.Token, "type"): {"EMAID": "OTHER"},
    (OLD, v230.CdrToken, "type"): {"EMAID": "OTHER"},
    (OLD, v230.PublishTokenType, "type"): {"EMAID": "OTHER"},
    (OLDEST, v230.Connector, "standard"): _PLUGS | dict.fromkeys(_NO_PLUGS_OF_2_1_1, "IEC_62196_T2"),
    (OLDEST, v230.Connector, "power_type"): dict.fromkeys(("AC_2_PHASE", "AC_2_PHASE_SPLIT"), "AC_1_PHASE"),
    (OLDEST, v230.EVSE, "capabilities"): dict.fromkeys(_NO_CAPABILITIES_OF_2_1_1, LEFT_OUT),
    (OLDEST, v230.EVSE, "parking_restrictions"): _TO_CUSTOMERS,
    (OLDEST, v230.Location, "facilities"): dict.fromkeys(
        ("BIKE_SHARING", "METRO_STATION", "PARKING_LOT", "TRAM_STOP"), LEFT_OUT
    ),
    (OLDEST, v230.CdrDimension, "type"): dict.fromkeys(_NO_DIMENSIONS_OF_2_1_1, LEFT_OUT)
    | {"RESERVATION_OVERTIME": "TIME"},
    (OLDEST, v230.Session, "status"): {"RESERVATION": "PENDING"},
    (OLDEST, v230.Session, "auth_method"): {"COMMAND": "AUTH_REQUEST"},
    (OLDEST, v230.CDR, "auth_method"): {"COMMAND": "AUTH_REQUEST"},
    (OLDEST, v230.Token, "type"): _OTHER_TOKENS,
    (OLDEST, v230.CommandResult, "result"): dict.fromkeys(
        ("CANCELED_RESERVATION", "EVSE_OCCUPIED", "EVSE_INOPERATIVE", "FAILED", "UNKNOWN_RESERVATION"), "REJECTED"
    ),
}
#: Lists of modules were always open, and a peer leaves out what it does not know.
OPEN = {(v230.Endpoint, "identifier")}


def reachable(cls, seen):
    """Every class that an object of `cls` may hold."""
    if cls not in seen:
        seen.add(cls)
        for hint in get_type_hints(cls, include_extras=True).values():
            inner = plain_type(item_of(hint))
            if isinstance(inner, type) and issubclass(inner, Wire):
                reachable(inner, seen)
    return seen


def item_of(hint):
    plain = plain_type(hint)
    return get_args(plain)[0] if get_origin(plain) is tuple else hint


def words_of(hint):
    item = item_of(hint)
    known = next((mark.known for mark in marks_of(item) if isinstance(mark, Words)), None)
    plain = plain_type(item)
    is_enum = isinstance(plain, type) and issubclass(plain, StrEnum)
    return known if known is not None else frozenset(map(str, plain)) if is_enum else None


def missing(version):
    """By class and field of 2.3.0: the words of enums that `version` has under the same name, and does not know."""
    found = {}
    for cls in set().union(*(reachable(kind.cls, set()) for kind in KINDS)):
        if not exists_in(cls, version):
            continue
        theirs = get_type_hints(class_in(cls, version), include_extras=True)
        for name, hint in get_type_hints(cls, include_extras=True).items():
            words, known = words_of(hint), words_of(theirs[name]) if name in theirs else None
            if words and known and words - known and (cls, name) not in OPEN:
                found[version, cls, name] = words - known
    return found


@pytest.mark.parametrize("version", [OLD, OLDEST])
def test_every_word_that_an_older_version_does_not_know_is_decided_about(version):
    decided = {place: frozenset(words) for place, words in BECOMES.items() if place[0] is version}
    assert decided == missing(version)


def cases():
    return [(*place, word, there) for place, words in BECOMES.items() for word, there in words.items()]


@pytest.mark.parametrize(("version", "cls", "name", "word", "there"), cases())
def test_a_word_becomes_the_nearest_right_one_and_the_loss_is_named(version, cls, name, word, there):
    is_list = get_origin(plain_type(get_type_hints(cls, include_extras=True)[name])) is tuple
    body = {name: [word] if is_list else word}
    if cls in (v230.Connector, v230.CdrLocation) and name != "power_type":
        body["power_type" if cls is v230.Connector else "connector_power_type"] = "AC_3_PHASE"
    if cls is v230.CdrDimension:
        cls, body = v230.ChargingPeriod, {"dimensions": [body | {"volume": 1}, {"type": "ENERGY", "volume": 2}]}
    converted = codec.convert(cls, body, NEW, version)
    left = {"type": "ENERGY", "volume": 2}
    if cls is v230.ChargingPeriod:
        assert converted.body["dimensions"] == ([{"type": there, "volume": 1}, left] if there else [left])
    elif is_list:
        assert converted.body[name] == ([there] if there else [])
    else:
        assert converted.body[name] == there
    assert any(word in loss.lost for loss in converted.losses)


@pytest.mark.parametrize("word", ["ALONG_MOTORWAY", "ON_DRIVEWAY"])
def test_a_kind_of_parking_that_2_1_1_does_not_know_is_a_place_of_another_type(word):
    converted = codec.convert(v230.Location, {"id": "L1", "parking_type": word}, NEW, OLDEST)
    assert converted.body["type"] == "OTHER"
    assert any(word in loss.lost for loss in converted.losses)

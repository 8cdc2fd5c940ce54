"""The charging profiles module as the other platform calls it: orders to our stations, results of orders of ours."""

from ocpilot.app.kept.charge_records import Command
from ocpilot.app.ocpi.exchange import Answer, Call
from ocpilot.app.orders import charging_profiles, profile_orders
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.base.errors import MissingParameter
from ocpilot.wire import codec
from ocpilot.wire.v230 import ChargingProfileResponse, SetChargingProfile

#: (types, "URL type").
_LONGEST_URL = 255


async def profile_get(platform: Platform, call: Call) -> Answer:
    """GET: the limits that will hold, sent later to `response_url`."""
    seconds, url = _seconds(call.parameter("duration")), _response_url(call)
    answered = await profile_orders.ask_profile(
        platform, call.peer, call.path["session_id"], seconds, url, route=call.route
    )
    return _answer(platform, call, answered)


async def profile_put(platform: Platform, call: Call) -> Answer:
    """PUT: new limits; what the station says of them is sent later."""
    request = call.read(SetChargingProfile, call.object()).value
    answered = await profile_orders.set_profile(platform, call.peer, call.path["session_id"], request, route=call.route)
    return _answer(platform, call, answered)


async def profile_delete(platform: Platform, call: Call) -> Answer:
    """DELETE: no limits of theirs any more; what the station says of it is sent later."""
    url = _response_url(call)
    answered = await profile_orders.clear_profile(platform, call.peer, call.path["session_id"], url, route=call.route)
    return _answer(platform, call, answered)


async def result_post(platform: Platform, call: Call) -> Answer:
    """POST of what came of an order of ours, to the URL we gave out."""
    await charging_profiles.receive_result(platform, call.peer, call.path["id"], call.version, call.object())
    return Answer()


async def update_put(platform: Platform, call: Call) -> Answer:
    """PUT of limits that changed without our asking."""
    session_id = call.path["session_id"]
    await charging_profiles.receive_update(platform, call.peer, session_id, call.version, call.object())
    return Answer()


def _answer(platform: Platform, call: Call, answered: Command | str) -> Answer:
    response = codec.body_of(profile_orders.response_of(platform, answered))
    return Answer(data=codec.dumps(codec.convert(ChargingProfileResponse, response, OWN_VERSION, call.version).body))


def _response_url(call: Call) -> str:
    url = call.parameter("response_url")
    if len(url) > _LONGEST_URL:
        raise MissingParameter(f"response_url: found {len(url)} characters, expected at most {_LONGEST_URL}")
    return url


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) < 1:
        raise MissingParameter(f"duration: found {text!r}, expected a whole number of seconds from 1")
    return int(text)

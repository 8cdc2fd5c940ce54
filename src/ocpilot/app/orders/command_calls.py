"""The commands module as the other platform calls it: a command to our stations, a result for a command of ours."""

from ocpilot.app.ocpi.exchange import Answer, Call
from ocpilot.app.orders import commands
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.wire import codec
from ocpilot.wire.v230 import CommandResponse


async def command_post(platform: Platform, call: Call) -> Answer:
    """POST of a command; the answer only says whether we will try (mod_commands, "Receiver Interface")."""
    word, body = call.path["command"], call.object()
    response = await commands.receive(platform, call.peer, word, call.version, body, route=call.route)
    body = codec.convert(CommandResponse, codec.body_of(response), OWN_VERSION, call.version).body
    return Answer(data=codec.dumps(body))


async def result_post(platform: Platform, call: Call) -> Answer:
    """POST of what came of a command of ours, to the URL we gave out (mod_commands, "Sender Interface")."""
    await commands.receive_result(platform, call.peer, call.path["id"], call.version, call.object())
    return Answer()

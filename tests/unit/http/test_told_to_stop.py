"""A process that is told to stop does so, at whatever moment it hears of it."""

import signal

import pytest

from ocpilot.base.settings import Settings
from ocpilot.main.servers import main_server
from ocpilot.main.serving import _end_quietly


async def nothing(*_):
    pass


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_before_the_server_listens_to_signals_is_not_lost(told):
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    server = main_server(Settings(), nothing, None)
    try:
        _end_quietly(server)
        signal.raise_signal(told)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert server.should_exit

"""What others wrote becomes one line before it is shown, logged or stored."""

import pytest

from ocpilot.app.charges.command_records import text_in
from ocpilot.base.errors import PeerNonsense, PeerRefused, PeerUnreachable
from ocpilot.base.lines import one_line, storable
from ocpilot.wire.v230 import DisplayText

SAID = "no\x00such\r\nthing \x1b[2J\x9båäö"
LINE = "no such  thing  [2J åäö"


def test_control_characters_become_spaces_and_nothing_else_changes():
    assert one_line(SAID) == LINE


@pytest.mark.parametrize("error", [PeerRefused(SAID, 400, 2000), PeerNonsense(SAID), PeerUnreachable(SAID)])
def test_what_a_peer_said_is_one_line_in_our_error(error):
    assert str(error) == LINE


def test_the_message_of_a_result_is_one_line():
    assert text_in([DisplayText(language="en", text=SAID)]) == LINE
    assert text_in([]) is None


def test_what_no_database_takes_becomes_a_question_mark():
    assert storable("a\x00b\udcffc") == "a?b?c"

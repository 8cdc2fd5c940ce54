"""What people paste when they register, and what they are told when it was something else."""

import pytest

from ocpilot.base.errors import PeerError, PeerNonsense, PeerRefused, PeerTimeout, UserError
from ocpilot.main.peer_commands import _advice, _pasted


@pytest.mark.parametrize("pasted", ["abc", " abc\n", "Token abc", "token  abc "])
def test_a_token_is_taken_out_of_what_was_pasted(pasted: str) -> None:
    assert _pasted(pasted) == "abc"


@pytest.mark.parametrize("pasted", ["", " ", "abc def", "Token abc def", "åäö"])
def test_what_can_be_no_token_is_said_so_before_anybody_is_asked(pasted: str) -> None:
    with pytest.raises(UserError, match="one word without spaces"):
        _pasted(pasted)


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (PeerRefused("GET: HTTP 401", 401, 2000), "does not know the token"),
        (PeerRefused("GET: HTTP 404", 404, 2000), "Is it the versions URL?"),
        (PeerRefused("GET: HTTP 303: leads to /sign-in", 303, None), "Is it the versions URL?"),
        (PeerRefused("POST: HTTP 200, status 2001", 200, 2001), "It answered and refused"),
        (PeerNonsense("the answer is no OCPI"), "Is it the versions URL?"),
        (PeerTimeout("no answer"), "http or https"),
    ],
)
def test_who_cannot_register_is_told_what_to_look_at(error: PeerError, advice: str) -> None:
    assert advice in _advice(error)

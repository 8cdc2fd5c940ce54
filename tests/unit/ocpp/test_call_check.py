"""A call of ours is checked strictly by the schema of the station's version, and all that is wrong is named."""

import pytest

from ocpilot.ocpp.call_check import OcppSchemas

FITTING = {"ocpp1.6": "Soft", "ocpp2.0.1": "OnIdle", "ocpp2.1": "ImmediateAndResume"}


@pytest.mark.parametrize("protocol", FITTING)
def test_each_version_has_its_own_words(protocol):
    def problems(word):
        return OcppSchemas().problems(protocol, "Reset", {"type": word})

    assert problems(FITTING[protocol]) == ()
    [problem] = problems("Sideways")
    assert (problem.path, problem.severity) == ("$.type", "error")


def test_everything_that_is_wrong_is_named():
    found = OcppSchemas().problems("ocpp2.0.1", "Reset", {"evseId": "two", "when": 1})
    assert {(one.path, one.severity) for one in found} == {
        ("$.type", "error"),
        ("$.evseId", "error"),
        ("$.when", "error"),
    }


@pytest.mark.parametrize(
    ("protocol", "action"), [("ocpp1.6", "SetVariables"), ("ocpp2.1", "Dance"), ("ocpp9", "Reset")]
)
def test_what_a_version_does_not_have_is_said_alone(protocol, action):
    [problem] = OcppSchemas().problems(protocol, action, {})
    assert problem.path == "$"


def test_the_actions_of_a_version_are_named():
    schemas = OcppSchemas()
    assert {"Reset", "GetConfiguration", "GetLog"} <= set(schemas.actions("ocpp1.6"))
    assert {"SetVariables", "TransactionEvent"} <= set(schemas.actions("ocpp2.0.1"))
    assert not [one for one in schemas.actions("ocpp2.1") if one.endswith(("Request", "Response"))]
    assert schemas.actions("ocpp9") == ()

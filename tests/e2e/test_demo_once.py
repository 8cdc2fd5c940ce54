"""`ocpilot demo --once`: one charge from the station to the receipt; both platforms agree on it, in every version."""

import json
import subprocess
import sys

import pytest

from ocpilot.demo.platforms import free_port


def played(*words: str) -> dict[str, object]:
    command = [sys.executable, "-m", "ocpilot", "demo", "--once", "--json", "--port", str(free_port()), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
def test_both_platforms_agree_on_the_charge_of_the_demo_with_a_mixed_fleet(version: str) -> None:
    story = played("--ocpi", version)
    assert (story["agrees"], story["ocpp"]) == (True, ["1.6", "2.1"])


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
def test_the_charge_is_the_same_in_every_version_of_ocpp(version: str) -> None:
    story = played("--ocpp", version)
    assert (story["agrees"], story["ocpp"], story["kwh"]) == (True, [version], 22.62)

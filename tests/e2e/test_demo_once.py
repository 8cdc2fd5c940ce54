"""`ocpilot demo --once`: one charge from the station to the receipt; both platforms agree on it, in every version."""

import json
import subprocess
import sys

import pytest

from ocpilot.demo.platforms import free_port


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
def test_both_platforms_agree_on_the_charge_of_the_demo(version: str) -> None:
    command = [sys.executable, "-m", "ocpilot", "demo", "--once", "--json", "--ocpi", version]
    done = subprocess.run(
        [*command, "--port", str(free_port())], capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["agrees"] is True

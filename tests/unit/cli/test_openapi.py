"""`ocpilot openapi` on the command line."""

import json
import subprocess
import sys

import pytest

from ocpilot.main.commands import run


def test_the_document_of_the_newest_version_or_another_is_printed(capsys):
    assert run(["openapi"]) == 0
    newest = json.loads(capsys.readouterr().out)
    assert run(["openapi", "--version", "2.2.1", "--url", "https://ocpi.example.com/"]) == 0
    older = json.loads(capsys.readouterr().out)
    assert newest["info"]["title"] == "OCPIlot: OCPI 2.3.0"
    assert older["info"]["title"] == "OCPIlot: OCPI 2.2.1"
    assert older["servers"] == [{"url": "https://ocpi.example.com"}]
    roles = {role for methods in newest["paths"].values() for one in methods.values() for role in one["x-ocpi-roles"]}
    assert {"CPO", "EMSP", "HUB", "PTP", "SCSP"} <= roles


def test_a_version_the_server_does_not_speak_is_wrong_usage():
    with pytest.raises(SystemExit) as end:
        run(["openapi", "--version", "9.9"])
    assert end.value.code == 2


def test_a_reader_who_has_seen_enough_is_no_error():
    command = f"{sys.executable} -m ocpilot openapi | head -c 1"
    ended = subprocess.run(["bash", "-c", command], capture_output=True, check=True)
    assert (ended.stdout, ended.stderr) == (b"{", b"")


def test_that_of_the_api_for_back_offices_is_printed_too(capsys):
    assert run(["openapi", "--api", "--url", "https://lade.example/"]) == 0
    described = json.loads(capsys.readouterr().out)
    assert described["servers"] == [{"url": "https://lade.example"}]
    assert "/api/v1/locations" in described["paths"]

"""`ocpilot schema` on the command line."""

import argparse
import json

import pytest

from ocpilot.cli import schema


def command(*words):
    parser = argparse.ArgumentParser()
    schema.add_parser(parser.add_subparsers())
    return schema.run(parser.parse_args(["schema", *words]))


def test_a_schema_is_printed_for_the_newest_version_or_another(capsys):
    assert command("cdr") == 0
    assert json.loads(capsys.readouterr().out)["title"] == "OCPI 2.3.0 cdr"
    assert command("--version", "2.1.1", "cdr") == 0
    assert "auth_id" in json.loads(capsys.readouterr().out)["$defs"]["CDR"]["required"]


def test_a_kind_the_version_does_not_have_is_wrong_usage(capsys):
    assert command("--version", "2.1.1", "booking") == 2
    assert capsys.readouterr().err == "ocpilot schema: OCPI 2.1.1 has no Booking\n"


def test_a_kind_there_is_not_is_wrong_usage():
    with pytest.raises(SystemExit) as end:
        command("thing")
    assert end.value.code == 2

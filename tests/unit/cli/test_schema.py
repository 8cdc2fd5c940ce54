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


def test_the_kinds_are_listed_with_the_versions_that_have_them(capsys):
    assert command("--list") == 0
    listed = {name: versions for name, *versions in map(str.split, capsys.readouterr().out.splitlines())}
    assert listed["location"] == ["2.3.0", "2.2.1", "2.1.1"]
    assert listed["client_info"] == ["2.3.0", "2.2.1"]
    assert listed["price_component"] == ["2.3.0", "2.2.1", "2.1.1"]


def test_without_a_kind_there_is_nothing_to_write(capsys):
    assert command() == 2
    assert "found no KIND" in capsys.readouterr().err

"""What a command says to whoever calls it in a wrong way, and that it leaves nothing behind."""

import socket

import pytest

from ocpilot.main.commands import run

PARTY = '[[parties]]\ncountry_code = "SE"\nparty_id = "LAD"\nname = "Lade"\n'


@pytest.mark.parametrize("command", [["peer", "list"], ["invoice", "list"], ["serve"]])
def test_a_command_without_its_settings_file_says_so_and_makes_no_database(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(command) == 1
    assert "no settings file was named (--config FILE)" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_role_that_does_not_exist_is_named_with_those_that_do(tmp_path, capsys):
    config = tmp_path / "platform.toml"
    config.write_text(PARTY + 'role = "CP"\n')
    assert run(["serve", "--config", str(config)]) == 1
    assert "role: found 'CP', expected one of CPO, EMSP, HUB" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["mock", "demo"])
def test_a_port_that_is_taken_is_named(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run([command, "--port", str(port)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("ocpilot: ")
    assert not error.startswith("ocpilot: :")
    assert str(port) in error

"""`ocpilot log` prints a message per line, one whole, or what came of sending it again."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import asdict, replace

from messages import NOON as NOW
from messages import message
from ocpilot.app.kept.messages import Cut, Direction, MessageGap, MessageLine, MessageQuery
from ocpilot.app.partners.message_views import MessageDetail, MessageList, MessageRow
from ocpilot.base.errors import UserError
from ocpilot.cli import log as command
from ocpilot.main.commands import parser

MESSAGE = message(
    id=4711,
    direction=Direction.OUT,
    url="https://resa.example/tariffs/SE/LAD/T1",
    module="tariffs",
    object_id="T1",
    receiver="SERES",
    seconds=0.0123,
    ocpi_status=2001,
    said="no such thing",
    request_headers="Authorization: Token ***",
    request_body=b'{"id":"T1"}',
    request_size=11,
    request_cut=Cut.MASKED,
)
LINE = MessageLine(**{name: asdict(MESSAGE)[name] for name in MessageLine.__struct_fields__})


class FakeLog:
    """Remembers what was asked."""

    def __init__(self, *rows, more=False, gaps=()):
        self.found = MessageList(rows=tuple(MessageRow(message=row, peer="Resa") for row in rows), more=more, gaps=gaps)
        self.asked = []
        self.message = MESSAGE

    async def query(self, peer, query):
        self.asked.append(peer)
        return query

    async def find(self, query):
        self.asked.append(query)
        return self.found

    async def follow(self, query):
        for row in self.found.rows:
            yield row

    async def show(self, message_id):
        return MessageDetail(
            message=self.message,
            peer="Resa",
            request='{\n  "id": "T1"\n}',
            response="",
            no_replay=None,
            replays=(replace(LINE, id=4800),),
        )

    async def replay(self, message_id):
        self.asked.append(message_id)
        return await self.show(message_id)


def ran(fake, *words):
    return asyncio.run(command.run(parser().parse_args(["log", *words]), fake))


def test_a_message_is_one_line(capsys):
    assert ran(FakeLog(LINE)) == 0
    assert capsys.readouterr().out == (
        "   4711  2026-11-26T12:00:00Z      out  Resa              PUT     200 2001      12 ms  tariffs SE/LAD/T1"
        "  no such thing\n"
    )


def test_everything_that_can_be_asked_for_is_asked_for():
    fake = FakeLog()
    ran(
        fake,
        *("--peer", "Resa", "--object", "T1", "--module", "tariffs", "--correlation", "c", "--request", "r"),
        *("--status", "2003", "--direction", "in", "--since", "2026-11-26", "--until", "2026-11-27T10:00+02:00"),
        *("--limit", "7"),
    )
    assert fake.asked == [
        "Resa",
        MessageQuery(
            object_id="T1",
            module="tariffs",
            correlation_id="c",
            request_id="r",
            ocpi_status=(2003, 2003),
            direction=Direction.IN,
            since=datetime(2026, 11, 26, tzinfo=UTC),
            until=datetime(2026, 11, 27, 8, tzinfo=UTC),
            limit=7,
        ),
    ]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("30s", NOW - timedelta(seconds=30)),
        ("2h", NOW - timedelta(hours=2)),
        ("7d", NOW - timedelta(days=7)),
        ("2026-11-26T10:00", NOW - timedelta(hours=2)),
        ("2026-11-26T10:00Z", NOW - timedelta(hours=2)),
    ],
)
def test_a_moment_is_written_in_a_few_characters(text, moment):
    assert command.moment(text, NOW) == moment


@pytest.mark.parametrize("text", ["", "h", "2w", "yesterday", "99999999999d", "2026-13-01"])
def test_another_moment_is_refused(text):
    with pytest.raises(UserError, match="expected such as 2h"):
        command.moment(text, NOW)


def test_a_limit_below_one_is_refused():
    with pytest.raises(UserError, match="--limit"):
        ran(FakeLog(), "--limit", "0")


def test_an_empty_log_a_longer_one_and_a_gap_are_told(capsys):
    ran(FakeLog())
    assert "no such messages in the log" in capsys.readouterr().out
    ran(FakeLog(LINE, more=True, gaps=(MessageGap(began_at=NOW, ended_at=NOW, count=7),)))
    said = capsys.readouterr().out
    assert "missing: 7 messages between 2026-11-26T12:00:00Z" in said
    assert "more: --limit 2, or --until 2026-11-26T12:00:00Z" in said


def test_programs_get_an_object_per_line(capsys):
    ran(FakeLog(LINE, LINE), "--json")
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first == second
    assert (first["id"], first["at"], first["peer"]) == (4711, "2026-11-26T12:00:00Z", "Resa")
    assert first["milliseconds"] == 12.3
    assert "request" not in first


def test_following_prints_what_comes(capsys):
    assert ran(FakeLog(LINE, LINE), "--follow") == 0
    assert capsys.readouterr().out.count("4711") == 2


def test_a_message_is_shown_whole(capsys):
    assert ran(FakeLog(), "show", "4711") == 0
    said = capsys.readouterr().out
    for part in (
        "message      4711, 2026-11-26T12:00:00Z, 12 ms",
        "from         us to Resa, OCPI 2.3.0",
        "asked        PUT https://resa.example/tariffs/SE/LAD/T1",
        "answered     HTTP 200, OCPI 2001 no such thing",
        "about        tariffs SE/LAD/T1",
        "parties      SE/LAD to SE/RES",
        "sent again   4800",
        "  Authorization: Token ***",
        "  body, 11 bytes, without the token that was in it",
        '    "id": "T1"',
    ):
        assert part in said


def test_no_answer_is_said(capsys):
    fake = FakeLog()
    fake.message = replace(MESSAGE, http_status=None, ocpi_status=None, error="nobody there")
    ran(fake, "show", "4711")
    said = capsys.readouterr().out
    assert "answered     no answer" in said
    assert "error        nobody there" in said


def test_a_message_is_sent_again_and_fails_with_it(capsys):
    fake = FakeLog()
    assert ran(fake, "replay", "4711", "--json") == 1
    assert fake.asked == [4711]
    shown = json.loads(capsys.readouterr().out)
    assert shown["request"] == {
        "headers": ["Authorization: Token ***"],
        "body": '{\n  "id": "T1"\n}',
        "size": 11,
        "cut": "masked",
    }


def test_its_help_has_examples(capsys):
    with pytest.raises(SystemExit):
        parser().parse_args(["log", "--help"])
    assert "ocpilot log --since 2h --status error" in capsys.readouterr().out

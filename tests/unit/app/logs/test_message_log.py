"""Messages wait in memory, bounded and cut; what is dropped is counted, and one bad one holds up no other."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import pytest

from ocpilot.app.kept.messages import Cut, Direction, MessageQuery
from ocpilot.app.logs import log_writing, message_log
from ocpilot.app.logs.message_log import MessageLog
from ocpilot.app.logs.message_rows import Exchanged
from ocpilot.app.partners.message_views import readable, status_query
from ocpilot.base.errors import BadRequest, UserError
from ocpilot.base.settings import Logged, LogSettings

NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)


def exchanged(number=0, **fields):
    usual = {
        "direction": Direction.IN,
        "at": NOW + timedelta(seconds=number),
        "method": "PUT",
        "url": f"/ocpi/2.3.0/receiver/sessions/SE/LAD/S{number}",
        "module": "sessions",
        "request_body": b"{}",
        "http_status": 200,
        "ocpi_status": 1000,
    }
    return Exchanged(**(usual | fields))


class Shelf:
    """`Messages` in memory; `away` is what adding raises, `bad` are ids that cannot be stored."""

    def __init__(self):
        self.kept, self.gaps_kept, self.away, self.bad = [], [], None, set()
        self.came = asyncio.Event()

    async def prepare(self, first, last):
        if self.away:
            raise self.away

    async def add(self, messages):
        if self.away:
            raise self.away
        if any(one.object_id in self.bad for one in messages):
            raise BadRequest("cannot be stored")
        self.kept += messages
        self.came.set()

    async def add_gap(self, gap):
        self.gaps_kept.append(gap)


async def test_settings_say_which_are_kept():
    for messages, kept in ((Logged.ALL, 4), (Logged.ERRORS, 3), (Logged.NONE, 0)):
        log, shelf = MessageLog(LogSettings(messages=messages)), Shelf()
        log.add(exchanged())
        log.add(exchanged(http_status=404))
        log.add(exchanged(ocpi_status=2003))
        log.add(exchanged(http_status=None, error="nobody there"))
        await log.write(shelf)
        assert len(shelf.kept) == kept


async def test_settings_say_what_of_bodies_is_kept():
    cases = {
        LogSettings(body_bytes=3): (b"abc", 5, Cut.SIZE),
        LogSettings(bodies=False): (b"", 5, Cut.SETTING),
        LogSettings(list_bodies=True): (b"abcde", 5, None),
        LogSettings(): (b"", 5, Cut.LIST),
    }
    for settings, expected in cases.items():
        log, shelf = MessageLog(settings), Shelf()
        log.add(exchanged(listed=settings.body_bytes > 3, response_body=b"abcde"))
        await log.write(shelf)
        [one] = shelf.kept
        assert (one.response_body, one.response_size, one.response_cut) == expected


async def test_more_than_fit_are_dropped_counted_and_said(monkeypatch, caplog):
    monkeypatch.setattr(message_log, "MOST", 10)
    log, shelf = MessageLog(LogSettings()), Shelf()
    shelf.away = OSError("no database")
    for number in range(15):
        log.add(exchanged(number))
    await log.write(shelf)
    await log.write(shelf)
    assert caplog.text.count("cannot be logged; they wait") == 1
    shelf.away = None
    await log.write(shelf)
    assert [one.object_id for one in shelf.kept] == [f"S{number}" for number in range(10)]
    [gap] = shelf.gaps_kept
    assert (gap.count, gap.began_at, gap.ended_at, log.dropped) == (5, exchanged(10).at, exchanged(14).at, 5)
    assert "5 messages from" in caplog.text
    log.add(exchanged(15))
    await log.write(shelf)
    assert (len(shelf.kept), len(shelf.gaps_kept)) == (11, 1)


async def test_bodies_that_wait_take_so_much_memory_at_most(monkeypatch):
    monkeypatch.setattr(message_log, "MOST_BYTES", 1000)
    log, shelf = MessageLog(LogSettings()), Shelf()
    for number in range(4):
        log.add(exchanged(number, request_body=b"x" * 400))
    assert log.dropped == 2
    await log.write(shelf)
    log.add(exchanged(4, request_body=b"x" * 400))
    await log.write(shelf)
    assert len(shelf.kept) == 3


async def test_one_that_cannot_be_stored_takes_no_other_with_it(caplog):
    log, shelf = MessageLog(LogSettings()), Shelf()
    shelf.bad = {"S1"}
    for number in range(3):
        log.add(exchanged(number))
    log.add(exchanged(3, url=None))
    await log.write(shelf)
    assert [one.object_id for one in shelf.kept] == ["S0", "S2"]
    assert [record.levelno for record in caplog.records] == [logging.ERROR, logging.WARNING]


async def test_it_is_written_by_itself_early_when_it_is_full_and_when_the_process_ends(monkeypatch):
    monkeypatch.setattr(log_writing, "_PAUSE", 3600)
    monkeypatch.setattr(message_log, "MOST", 10)
    log, shelf = MessageLog(LogSettings()), Shelf()
    running = asyncio.create_task(log.run(shelf))
    for number in range(6):
        log.add(exchanged(number))
    async with asyncio.timeout(5):
        await shelf.came.wait()
    assert len(shelf.kept) == 6
    log.add(exchanged(6))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert len(shelf.kept) == 7


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"a":1.10,"b":[]}', '{\n  "a": 1.10,\n  "b": []\n}'),
        (b'{"a":1', '{"a":1'),
        (b"<html>\r\n\x1b[2J</html>", "<html>\n\\u001b[2J</html>"),
        ("r\u202eever\u00e9".encode(), "r\\u202eever\u00e9"),
        (b"mostly text with one \xff in it", "mostly text with one \\xff in it"),
        (b"\xff\xfe\x00\x01", "(4 bytes that are no text)\nff fe 00 01"),
        (b"", ""),
    ],
)
def test_bodies_are_laid_out_for_reading(body, shown):
    assert readable(body) == shown


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("4xx", {"http_status": (400, 499)}),
        ("404", {"http_status": (404, 404)}),
        ("2003", {"ocpi_status": (2003, 2003)}),
        ("2XXX ", {"ocpi_status": (2000, 2999)}),
        ("error", {"failed": True}),
    ],
)
def test_a_status_is_asked_for_in_a_few_characters(text, fields):
    assert status_query(text) == fields
    assert MessageQuery(**status_query(text))


@pytest.mark.parametrize("text", ["", "40", "xxx", "4x4", "20030", "ok", "\u0664xx"])
def test_another_status_is_refused(text):
    with pytest.raises(UserError, match="expected such as 4xx"):
        status_query(text)

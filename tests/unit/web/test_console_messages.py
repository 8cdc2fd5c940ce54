"""Operators see what was said between us and peers, find it, and send a message of ours again."""

import re
from datetime import timedelta
from html import unescape

import pytest
from msgspec.structs import replace

from messages import NOON, message
from ocpilot.app.kept.messages import MessageGap
from ocpilot.wire.v230 import Endpoint

FORM = "/console/messages"


def numbers(page):
    return [int(number) for number in re.findall(r'href="/console/messages/(\d+)"', page.text)]


async def test_messages_are_listed_newest_first(console):
    page = await console.get(FORM)
    assert numbers(page) == [4, 3, 2, 1]
    assert "nobody we know They asked" in page.words
    assert "PUT sessions SE/LAD / session-9-1" in page.words.replace("LAD/ ", "LAD / ").replace("LAD/", "LAD / ")
    assert "200 2001" in page.words
    assert "the answer is no OCPI" in page.words
    assert "23 Nov 2026 08:29:00.000" in page.words


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("peer=1", [4, 2, 1]),
        ("peer=0", [3]),
        ("peer=nonsense", [4, 3, 2, 1]),
        ("direction=out", [2, 1]),
        ("module=cdrs", [2]),
        ("object=SESSION-9-1", [1]),
        ("status=error", [3, 2, 1]),
        ("status=4xx", [3]),
        ("status=2001&peer=1", [1]),
        ("correlation=7b0f3a52-2a52-4a0f-9a51-5d7a3c1f0b11", [3]),
        ("request=nobody", []),
        ("request=%00", []),
        ("since=2026-11-23T08:28", [4, 3]),
        ("until=2026-11-23T08:28", [2, 1]),
        ("before=3", [2, 1]),
    ],
)
async def test_the_form_finds_them(console, query, found):
    page = await console.get(f"{FORM}?{query}")
    assert page.status == 200
    if query != "request=%00":
        assert numbers(page) == found


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("status=nonsense", 400, "write such as 4xx"),
        ("since=yesterday", 400, "Choose a date and a time."),
        ("before=99", 404, ""),
        ("object=nothing", 200, "No such messages"),
    ],
)
async def test_what_cannot_be_asked_or_is_not_there_is_said(console, query, status, said):
    page = await console.get(f"{FORM}?{query}")
    assert page.status == status
    assert said in page.words


async def test_a_longer_list_goes_on_with_the_same_question(console, store):
    await store.messages.add([message(at=NOON - timedelta(days=3, seconds=number), peer_id=1) for number in range(60)])
    page = await console.get(f"{FORM}?peer=1&module=sessions")
    onward = re.search(r'class="more"><a class="button" href="([^"]+)"', page.text).group(1)
    following = await console.get(FORM + unescape(onward))
    seen = numbers(page) + numbers(following)
    assert len(seen) == len(set(seen)) == 61
    assert "Show more" not in following.words


async def test_an_empty_log_says_so(reader):
    await reader.sign_in("kontor@example.org")
    assert "No messages yet" in (await reader.get(FORM)).words


async def test_a_gap_is_shown_where_it_is(console, store):
    at = NOON - timedelta(days=3, hours=3, minutes=35)
    await store.messages.add_gap(MessageGap(began_at=at, ended_at=at + timedelta(minutes=1), count=312))
    assert "312 messages between" in (await console.get(FORM)).words
    assert "312 messages" not in (await console.get(f"{FORM}?until=2026-11-23T08:00")).words


async def test_a_message_shows_headers_and_bodies_escaped(console):
    page = await console.get(f"{FORM}/2")
    assert "&lt;html&gt;&lt;script&gt;alert" in page.text
    assert "<script>alert" not in page.text
    assert "\\u001b[2J" in page.text
    assert "&#34;kwh&#34;: 12.500" in page.text
    assert "Authorization: Token ***" in page.words
    assert 'href="/console/messages?correlation=correlation"' in page.text
    assert 'href="/console/peers/1"' in page.text


async def test_a_message_without_all_of_it_says_why(console):
    assert "not kept, it is a page of a list" in (await console.get(f"{FORM}/4")).words
    assert "not read, it was refused before" in (await console.get(f"{FORM}/3")).words
    for number in ("99", "0", "x", "9" * 30):
        assert (await console.get(f"{FORM}/{number}")).status == 404


async def test_a_peer_s_page_leads_to_its_messages(console):
    assert 'href="/console/messages?peer=1&amp;status=error"' in (await console.get("/console/peers/1")).text


async def test_a_message_of_ours_is_sent_again(console, store):
    assert "we are not connected with that peer" in (await console.get(f"{FORM}/1")).words
    peer = await store.peers.get(1)
    base = "https://resa.example/ocpi/2.3.0/receiver/sessions"
    endpoints = (Endpoint(identifier="sessions", role="RECEIVER", url=base),)
    await store.peers.save(replace(peer, endpoints=endpoints, token_sealed=b"sealed"))
    assert "Send again" in (await console.get(f"{FORM}/1")).words
    page = await console.post(f"{FORM}/1/replay", {})
    assert (page.status, page.headers["Location"]) == (303, f"{FORM}/5")
    assert "Sent again Message 1" in (await console.get(f"{FORM}/5")).words
    assert "Was sent again Message 5" in (await console.get(f"{FORM}/1")).words


async def test_what_cannot_be_sent_again_is_refused(console):
    page = await console.post(f"{FORM}/3/replay", {})
    assert page.status == 400
    assert "only our own messages are sent" in page.words
    assert (await console.post(f"{FORM}/1/replay", {}, csrf="wrong")).status == 400


async def test_nobody_else_sees_or_sends_messages(reader):
    assert (await reader.post(f"{FORM}/1/replay", {})).headers["Location"].startswith("/sign-in")
    await reader.sign_in("anna@example.org")
    for path in (FORM, f"{FORM}/1"):
        assert (await reader.get(path)).status == 404
    assert (await reader.post(f"{FORM}/1/replay", {})).status == 404


async def test_the_pages_speak_swedish(console):
    await console.post("/language", {"language": "sv", "next": FORM})
    assert "Alla meddelanden" in (await console.get(f"{FORM}/2")).words
    assert "Ingen vi känner" in (await console.get(FORM)).words

"""The headers of a page."""

import pytest

from ocpilot.wire.paging import PageHeaders, headers, next_target, page_url, read_headers

URL = "https://www.server.com/ocpi/cpo/2.2.1/cdrs/"


def test_the_next_page_keeps_the_filters_of_this_one():
    here = f"{URL}?date_from=2016-01-01T00:00:00Z&offset=50&limit=2000#x"
    assert page_url(here, [("offset", "100"), ("limit", "100")]) == (
        f"{URL}?date_from=2016-01-01T00:00:00Z&offset=100&limit=100"
    )


def test_what_is_written_is_read():
    written = headers(total=250, limit=100, next_url=f"{URL}?offset=100&limit=100")
    assert written["link"] == f'<{URL}?offset=100&limit=100>; rel="next"'
    assert read_headers(written, URL) == PageHeaders(total=250, limit=100, next_url=f"{URL}?offset=100&limit=100")


def test_the_last_page_has_no_link():
    assert headers(total=1, limit=100, next_url=None) == {"x-total-count": "1", "x-limit": "100"}


def test_header_names_are_read_in_any_case_and_nonsense_is_none():
    assert read_headers({"X-Total-Count": " 7 ", "X-LIMIT": "-1", "Link": ""}, URL) == PageHeaders(total=7)


def test_a_relative_link_is_completed():
    assert read_headers({"Link": '<?offset=50>; rel="next"'}, URL).next_url == f"{URL}?offset=50"


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("<a>; rel=next", "a"),
        ('<a>; title="x, <y>"; rel="next"', "a"),
        ('<a>; rel="prev", <b,c>; rel="last NEXT"', "b,c"),
        ('<a>; REL = "next"', "a"),
        ('<a>; rel="prev"', None),
        ('a; rel="next"', None),
        ("", None),
    ],
)
def test_links_come_in_many_shapes(link, target):
    assert next_target(link) == target

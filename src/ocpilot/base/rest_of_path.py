"""The rest of a URL's path in a route of Starlette, whatever is in it: its own `path` ends at a line break, which an id
may hold.
"""

from starlette.convertors import Convertor, register_url_convertor

#: As it is written in a route.
REST = "{rest:anything}"


class _Anything(Convertor[str]):
    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        """As it is."""
        return value

    def to_string(self, value: str) -> str:
        """As it is."""
        return value


register_url_convertor("anything", _Anything())

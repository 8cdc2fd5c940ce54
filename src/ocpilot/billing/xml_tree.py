"""XML built from the outside in: names with prefixes, nothing empty, no characters XML cannot hold."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree

Element = ElementTree.Element
#: Text, or what is written as text; None and nothing leave the element out.
Content = str | Decimal | int | date | None


class XmlTree:
    """Makes elements of a document whose namespaces have these prefixes (an empty one is the default)."""

    def __init__(self, namespaces: Mapping[str, str]) -> None:
        self._namespaces = namespaces

    def leaf(self, tag: str, content: Content, attributes: Mapping[str, str | None] | None = None) -> Element | None:
        """An element with text; attributes without a value are left out. None without text."""
        text = _text(content)
        if not text:
            return None
        found = Element(tag, {name: value for name, value in (attributes or {}).items() if value})
        found.text = text
        return found

    def node(self, tag: str, *children: Element | None) -> Element | None:
        """An element around those that are there. None without any."""
        return self.always(tag, *children) if any(child is not None for child in children) else None

    def always(self, tag: str, *children: Element | None) -> Element:
        """The same, empty when there are none."""
        found = Element(tag)
        found.extend(child for child in children if child is not None)
        return found

    def document(self, tag: str, *children: Element | None) -> bytes:
        """The whole of it, indented, UTF-8."""
        root = self.always(tag, *children)
        for name, uri in self._namespaces.items():
            root.set(f"xmlns:{name}" if name else "xmlns", uri)
        ElementTree.indent(root)
        written: bytes = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
        return written


def _text(content: Content) -> str:
    if content is None:
        return ""
    if isinstance(content, Decimal):
        return f"{content:f}"
    if isinstance(content, date):
        return content.isoformat()
    return "".join(letter for letter in str(content) if _is_allowed(letter)).strip()


def _is_allowed(letter: str) -> bool:
    """XML 1.0, "Char"."""
    return letter in "\t\n\r" or "\x20" <= letter <= "\ud7ff" or "\ue000" <= letter <= "\ufffd" or letter > "\uffff"

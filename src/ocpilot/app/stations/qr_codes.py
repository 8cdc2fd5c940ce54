"""QR codes to print: each leads to the page of one EVSE."""

import io
from enum import StrEnum

import segno


class Format(StrEnum):
    """How a code is drawn."""

    SVG = "svg"
    PNG = "png"


#: Modules of white around the code, as its standard wants them (ISO/IEC 18004, 5.3.8).
_BORDER = 4
#: Pixels of a module in a PNG: some 400 in all, enough for 4 cm at 254 dpi.
_PIXELS = 10


def drawn(text: str, format_: Format) -> bytes:
    """A code of level Q, which a scratched label may lose a quarter of."""
    code, out = segno.make(text, error="q", micro=False), io.BytesIO()
    code.save(out, kind=format_.value, border=_BORDER, scale=_PIXELS, light="white")
    return out.getvalue()

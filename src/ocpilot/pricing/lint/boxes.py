"""Sets of situations as boxes: for each axis, the bands that belong to it, one bit each."""

from collections.abc import Iterable, Sequence

#: One whole number per axis; bit n set: band n belongs to it. Empty when one of them is 0.
Box = tuple[int, ...]

#: More boxes than this are not taken apart any further.
MOST = 2000


class TooManyBoxes(Exception):
    """The set would fall into more pieces than are looked at."""


def is_empty(box: Box) -> bool:
    """Holds no situation."""
    return not all(box)


def both(one: Box, other: Box) -> Box:
    """What is in both."""
    return tuple(a & b for a, b in zip(one, other, strict=True))


def within(boxes: Iterable[Box], limits: Box) -> list[Box]:
    """What of the boxes lies within the limits."""
    met = (both(box, limits) for box in boxes)
    return [box for box in met if not is_empty(box)]


def without(boxes: Sequence[Box], taken: Box) -> list[Box]:
    """What is left of the boxes, as boxes that do not overlap if they did not before."""
    left = [piece for box in boxes for piece in _without(box, taken)]
    if len(left) > MOST:
        raise TooManyBoxes
    return left


def _without(box: Box, taken: Box) -> Iterable[Box]:
    if is_empty(both(box, taken)):
        yield box
        return
    for axis, (bands, gone) in enumerate(zip(box, taken, strict=True)):
        outside = bands & ~gone
        if outside:
            yield (*box[:axis], outside, *box[axis + 1 :])
        box = (*box[:axis], bands & gone, *box[axis + 1 :])


def lowest(bands: int) -> int:
    """The number of the first band."""
    return (bands & -bands).bit_length() - 1


def and_below(bands: int) -> int:
    """With all bands below the first."""
    return bands | ((1 << lowest(bands)) - 1) if bands else 0

"""What was made or noted lately and may be forgotten at any time."""

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """For what is costly to make and never changes. Forgets what was kept first when it grows beyond `largest` bytes. A
    key must always mean the same value."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._size = 0
        self._kept: dict[K, tuple[V, int]] = {}

    def get(self, key: K) -> V | None:
        """The value, None when it was never kept or is forgotten."""
        found = self._kept.get(key)
        return None if found is None else found[0]

    def keep(self, key: K, value: V, size: int) -> V:
        """Remember a value that takes `size` bytes; the value."""
        if key not in self._kept:
            self._kept[key] = (value, size)
            self._size += size
            while self._size > self._largest:
                self._size -= self._kept.pop(next(iter(self._kept)))[1]
        return value


class Latest(Generic[K, V]):
    """The newest value of each of the `most` keys that were noted last."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._noted: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """The value, None when none was noted or it is forgotten."""
        return self._noted.get(key)

    def note(self, key: K, value: V) -> None:
        """From now on this is the value."""
        self._noted.pop(key, None)
        self._noted[key] = value
        if len(self._noted) > self._most:
            del self._noted[next(iter(self._noted))]

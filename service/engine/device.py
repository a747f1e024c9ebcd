"""The device as this process uses it: one evaluation or one check at a time, so that neither spoils the other's times."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from service.errors import Conflict


class Device:
    """Holds who has the device; an evaluation waits for it, a check does not.

    Examples
    --------
    >>> async def both() -> None:
    ...     device = Device()
    ...     async with device.measured("an evaluation"):
    ...         async with device.tried("a check"):
    ...             pass
    >>> asyncio.run(both())
    Traceback (most recent call last):
      ...
    service.errors.Conflict: The device is busy with an evaluation: ask again when that is over.
    """

    def __init__(self) -> None:
        self._free = asyncio.Lock()
        self._used_for = ""

    @asynccontextmanager
    async def measured(self, what: str) -> AsyncIterator[None]:
        """Have the device for `what` as soon as nobody else has it."""
        async with self._free:
            self._used_for = what
            yield

    @asynccontextmanager
    async def tried(self, what: str) -> AsyncIterator[None]:
        """Have the device for `what` now.

        Raises
        ------
        Conflict
            If somebody else has it, with what for.
        """
        if self._free.locked():
            raise Conflict(f"The device is busy with {self._used_for}: ask again when that is over.")
        async with self.measured(what):
            yield

"""Patience: how long a request may take to arrive, so that nobody holds a place by sending a byte now and then."""

import asyncio
from dataclasses import dataclass, field

from litestar.types import Receive, ReceiveMessage

from service.api.problems import ProblemException

BODY_SECONDS = 60.0
"""Seconds from the first look at a body to its end."""


@dataclass(slots=True)
class Patience:
    """The client's side of one request; behind its body, waiting for the client to leave takes as long as it takes."""

    inner: Receive
    until: float = field(default_factory=lambda: asyncio.get_running_loop().time() + BODY_SECONDS)
    whole: bool = False

    async def receive(self) -> ReceiveMessage:
        """Return what the client sends.

        Raises
        ------
        ProblemException
            408, where the body is not there in time.
        """
        if self.whole:
            return await self.inner()
        try:
            async with asyncio.timeout_at(self.until):
                message = await self.inner()
        except TimeoutError:
            detail = f"The body was not there within {BODY_SECONDS:g} s: send it in one go."
            raise ProblemException("too-slow", detail, {"Connection": "close"}) from None
        self.whole = message["type"] != "http.request" or not message["more_body"]
        return message

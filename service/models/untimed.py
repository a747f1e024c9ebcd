"""OpenAI's own client for what is not timed, over connections of ours.

The library makes the requests and knows the interface; each still goes through `Client`, so that it is bounded in size and
time, never repeated, never redirected, goes to no forbidden address, and carries none of the headers by which the library
tells about this machine. Replies are handed on as they came: what a server got wrong is to be seen, and the library's
objects would hide it. Importing this takes seconds on a small machine: do it late, and not on the event loop.
"""

from typing import Any

import httpx2
import openai

from service.models.client import Client
from service.models.framing import Reply


class Untimed:
    """The part of OpenAI's interface that is asked without a clock.

    Parameters
    ----------
    url
        Base address of the endpoint.
    limit
        Bytes that a reply may have.
    patience
        Seconds that a connection may take to open; how long an answer may take is the caller's to bound.
    """

    def __init__(self, url: str, client: Client, *, limit: int, patience: float) -> None:
        self._api = openai.AsyncOpenAI(
            base_url=url,
            # The key goes with our own requests; the library only wants to have one.
            api_key="unused",
            max_retries=0,
            timeout=None,
            http_client=httpx2.AsyncClient(transport=_Bounded(client, limit, patience), trust_env=False),
        )

    async def models(self) -> Reply:
        """Return the reply to a request for the list of models, whatever its status."""
        return await _reply(self._api.models.with_raw_response.list())

    async def chat(self, body: dict[str, Any]) -> Reply:
        """Return the reply to a chat request, streamed ones whole, whatever its status."""
        return await _reply(self._api.chat.completions.with_raw_response.create(**body))


class _Bounded(httpx2.AsyncBaseTransport):
    """Sends what the library built through `Client`."""

    def __init__(self, client: Client, limit: int, patience: float) -> None:
        self._client = client
        self._limit = limit
        self._patience = patience

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Return the whole reply; itself goes along under ``reply``."""
        reply = await self._client.ask(
            request.method,
            request.url.raw_path.decode("ascii"),
            await request.aread(),
            limit=self._limit,
            patience=self._patience,
        )
        kind = {"content-type": reply.kind} if reply.kind else {}
        return httpx2.Response(
            reply.status, headers=kind, content=reply.body, request=request, extensions={"reply": reply}
        )


async def _reply(call: Any) -> Reply:
    """Await a call of the library and take the reply out of it, or raise what really happened to the connection."""
    try:
        response = (await call).http_response
    except openai.APIStatusError as error:
        response = error.response
    except openai.APIConnectionError as error:
        raise error.__cause__ or error from None
    found: Reply = response.extensions["reply"]
    return found

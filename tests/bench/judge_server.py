"""A judge behind HTTP that takes 10 ms for a verdict: it streams one grade for each facet it is shown.

Run as ``python -m tests.bench.judge_server``; it prints its port. It does as little as it can besides, so that what a
harness adds can be seen.
"""

import asyncio
import contextlib
import json
import re
import sys

SECONDS = 0.01
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
MODELS = b'{"data": [{"id": "judge"}]}'


def reply(body: bytes) -> bytes:
    """Return the stream that answers a chat request."""
    shown = json.loads(body)["messages"][-1]["content"]
    facets = re.findall(r"^([a-z_]+): .*\n1 = ", shown, re.MULTILINE)
    said = json.dumps({"rationale": "It says what the reference says.", **dict.fromkeys(facets, 4)})
    half = len(said) // 2
    events = [
        {"choices": [{"index": 0, "delta": {"content": said[:half]}, "finish_reason": None}]},
        {"choices": [{"index": 0, "delta": {"content": said[half:]}, "finish_reason": None}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    ]
    data = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)
    data += b"data: [DONE]\n\n"
    return HEAD + b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer requests of one connection, one after the other."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = re.search(r"content-length: (\d+)", head)
            body = await reader.readexactly(int(length[1]) if length else 0)
            if head.startswith("get"):
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
                    % (len(MODELS), MODELS)
                )
            else:
                await asyncio.sleep(SECONDS)
                writer.write(reply(body))
            await writer.drain()
    writer.close()


async def main() -> None:
    """Listen on a free port of loopback until killed."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())

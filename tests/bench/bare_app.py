"""A bare Litestar application with one handler that returns an evaluation, served as the service is: what reads are held against.

Run as ``python -m tests.bench.bare_app FILE``, where the file holds the JSON of an evaluation as the service shows one. It
prints its port. Nothing is read, checked or counted for a request; the framework writes the object as JSON each time.
"""

import socket
import sys
from pathlib import Path
from uuid import UUID

import msgspec
import uvicorn
from litestar import Litestar, get
from litestar.params import FromPath

from service.api.replies import EvaluationReply


def application(reply: EvaluationReply) -> Litestar:
    """Return the application."""

    @get("/{evaluation_id:uuid}")
    async def read(evaluation_id: FromPath[UUID]) -> EvaluationReply:
        del evaluation_id
        return reply

    return Litestar([read], openapi_config=None, logging_config=None)


def main() -> None:
    """Serve until a signal comes."""
    reply = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=EvaluationReply)
    with socket.create_server(("127.0.0.1", 0), backlog=128) as port:
        port.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as the service has it
        print(port.getsockname()[1], flush=True)
        config = uvicorn.Config(application(reply), log_config=None, access_log=False, server_header=False)
        uvicorn.Server(config).run(sockets=[port])


if __name__ == "__main__":
    main()

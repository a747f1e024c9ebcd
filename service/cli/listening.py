"""`slm-judge serve`: take the data directory and the port, say where the service listens, and end cleanly."""

import errno
import logging
import signal
import socket
import sys
import threading
from typing import Any

import click
import uvicorn

from service.cli.surroundings import LISTENING, in_words
from service.errors import ServiceError
from service.settings import Settings


def listen(settings: Settings, *, with_parent: bool = False) -> None:
    """Serve until a signal comes, or with `with_parent` until standard input closes."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    with in_words(), open_port(settings.host, settings.port) as port:
        from service.app import create_app, prepared

        settings = settings.model_copy(update={"port": port.getsockname()[1]})
        with prepared(settings):
            noted = NotedFailure(create_app(settings))
            logging.getLogger("uvicorn.error").addFilter(noted.unsaid)
            server = Announced(noted, settings)
            if with_parent:
                threading.Thread(target=server.stop_with_parent, daemon=True).start()
            run(server, port)
            if noted.failure is not None:
                raise noted.failure
            if not server.started:
                raise click.ClickException("The service could not start: the lines above say why.")


def run(server: uvicorn.Server, port: socket.socket) -> None:
    """Run until asked to end; being asked is not a failure."""
    # The server hands the signal on once it has ended: nothing is left to do then.
    signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        server.run(sockets=[port])
    except KeyboardInterrupt:
        return


class NotedFailure:
    """An application around another one that remembers with which of our errors it failed to start."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.failure: ServiceError | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Hand everything on."""
        try:
            await self.app(scope, receive, send)
        except ServiceError as error:
            self.failure = error
            raise

    def unsaid(self, _: logging.LogRecord) -> bool:
        """Keep the server from printing the trace of a failure that is told in words."""
        return self.failure is None


class Announced(uvicorn.Server):
    """A server that says on standard error where it listens, in one line that programs can read."""

    def __init__(self, app: NotedFailure, settings: Settings) -> None:
        self.settings = settings
        super().__init__(
            uvicorn.Config(
                app,
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=3,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets=sockets)
        if self.started and not self.should_exit:
            host = f"[{self.settings.host}]" if ":" in self.settings.host else self.settings.host
            click.echo(f"{LISTENING}http://{host}:{self.settings.port}", err=True)

    def stop_with_parent(self) -> None:
        """Wait for the end of standard input: a parent that was killed closes it too."""
        sys.stdin.buffer.read()
        self.should_exit = True


def open_port(host: str, port: int) -> socket.socket:
    """Return a socket on the port, or say what to do where that cannot be.

    Raises
    ------
    click.ClickException
        If the port is taken or must not be used.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            msg = (
                f"Port {port} is in use: stop what listens there, or choose another port with --port "
                "(0 takes a free one)."
            )
            raise click.ClickException(msg) from error
        msg = (
            f"Cannot listen on {host}, port {port} ({error.strerror}): choose others with --host and --port."
        )
        raise click.ClickException(msg) from error

"""`slm-judge serve`: take the data directory and the port, say where the service listens, and end cleanly."""

import errno
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import NoReturn

import click
import uvicorn

from service.cli.starting import Application, Starting
from service.cli.surroundings import LISTENING, in_words
from service.observability.logs import configure_logs
from service.settings import Settings


def listen(settings: Settings, *, with_parent: bool = False, idle: bool = False) -> None:
    """Serve until a signal comes, or with `with_parent` until standard input closes; with `idle` run no evaluation."""
    configure_logs(settings.log_format, settings.log_level)
    with in_words(), open_port(settings.host, settings.port) as port, ExitStack() as stack:
        settings = settings.model_copy(update={"port": port.getsockname()[1]})
        server = Announced(settings, lambda: compose(settings, stack, server.before_stopping, idle=idle))
        if with_parent:
            threading.Thread(target=server.stop_with_parent, daemon=True).start()
        run(server, port)
        if server.starting.failure is not None:
            raise server.starting.failure


def leave() -> NoReturn:
    """End the process now that everything is closed: taking the interpreter apart touches all of its memory.

    That takes seconds on a machine short of memory or busy with models, and whoever restarts the service waits for it.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def compose(
    settings: Settings,
    stack: ExitStack,
    before_stopping: list[Callable[[], None]],
    *,
    idle: bool = False,
) -> Application:
    """Import, migrate and put together the application: seconds, in which the port is answered already."""
    from service.app import create_app, prepared, secrets_of

    configure_logs(settings.log_format, settings.log_level, secrets=secrets_of(settings))
    stack.enter_context(prepared(settings))
    app = create_app(settings, idle=idle)
    before_stopping.append(app.state.end_streams)
    return app


def run(server: uvicorn.Server, port: socket.socket) -> None:
    """Run until asked to end; being asked is not a failure."""
    # The server hands the signal on once it has ended: nothing is left to do then.
    signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        server.run(sockets=[port])
    except KeyboardInterrupt:
        return


class Announced(uvicorn.Server):
    """A server that says on standard error where it listens, once it is ready, in one line that programs can read.

    Before it stops it calls what is in `before_stopping`: it waits for open answers, and a stream does not end by itself.
    """

    def __init__(self, settings: Settings, composed: Callable[[], Application]) -> None:
        self.settings = settings
        self.before_stopping: list[Callable[[], None]] = []
        self.starting = Starting(composed, started=self.announce, failed=self.give_up)
        super().__init__(
            uvicorn.Config(
                self.starting,
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=3,
            )
        )

    def announce(self) -> None:
        """Say where it listens."""
        if not self.should_exit:
            address = self.settings.local_address
            everywhere = self.settings.host in {"0.0.0.0", "::"}  # noqa: S104  # only compared
            others = " and on every other address of this machine" if everywhere else ""
            click.echo(f"{LISTENING}{address}{others}", err=True)

    def give_up(self) -> None:
        """End, for the application will not start."""
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then stop."""
        for act in self.before_stopping:
            act()
        await super().shutdown(sockets=sockets)

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
        opened = socket.create_server((host, port), family=family, backlog=128)
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
    # Connections inherit it. The event loop sets it only on sockets that name their protocol, and without it an answer
    # waits 40 ms for the client to acknowledge its headers.
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened

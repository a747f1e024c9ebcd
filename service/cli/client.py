"""The API as the commands use it: answers as data, problems as sentences."""

import ipaddress
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import click
import httpx

from service.cli.child import find_or_start
from service.cli.exits import Refused, Unreachable
from service.cli.options import TOKEN_FILE
from service.cli.surroundings import read_settings

BASE = "/api/v1"
HOW_TO_GET_IN = "Put it into SLM_JUDGE_TOKEN or name its file with --token-file; --server names the service."


class Client:
    """Talks to one service.

    Parameters
    ----------
    local
        Whether it was found or started here. One that was named, or that the settings guard, gets the access token of
        ``--token-file`` or ``SLM_JUDGE_TOKEN``; one that was named is reached through the environment's proxies unless
        it is on this machine.
    patience
        Seconds that one request may take; ``None``: as long as it takes.
    """

    def __init__(self, address: str, *, local: bool, patience: float | None = 120.0) -> None:
        self.address = address
        secret = None if local and not read_settings().guarded else token()
        refuse_no_address(address)
        self._http = httpx.Client(
            base_url=address + BASE,
            timeout=patience,
            trust_env=not local and not loopback(address),
            headers={} if secret is None else {"Authorization": f"Bearer {secret}"},
        )

    def __enter__(self) -> Self:
        """Open nothing: connections are made when needed."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, **parameters: str) -> Any:
        """Return what is at `path`."""
        return self._ask("GET", path, params=parameters).json()

    def text(self, path: str, **parameters: str) -> str:
        """Return the text at `path`."""
        return self._ask("GET", path, params=parameters).text

    def content(self, path: str, **parameters: str) -> bytes:
        """Return the bytes at `path`."""
        return self._ask("GET", path, params=parameters).content

    def send(self, path: str, body: bytes, kind: str, **parameters: str) -> tuple[int, Any]:
        """Send bytes of a media type; return the status and the answer."""
        headers = {"Content-Type": kind}
        response = self._ask("POST", path, content=body, headers=headers, params=parameters)
        return response.status_code, response.json()

    def post(self, path: str, body: Any = None) -> Any:
        """Send `body` and return the answer."""
        return self._ask("POST", path, **({} if body is None else {"json": body})).json()

    def patch(self, path: str, body: Any) -> Any:
        """Change what is at `path` by a merge patch and return it."""
        headers = {"Content-Type": "application/merge-patch+json"}
        return self._ask("PATCH", path, json=body, headers=headers).json()

    def delete(self, path: str) -> None:
        """Delete what is at `path`."""
        self._ask("DELETE", path)

    def pages(self, path: str, at_most: int, **parameters: str) -> Iterator[Any]:
        """Yield what a paged list holds, up to `at_most`, asking for a page at a time."""
        cursor: str | None = None
        while at_most > 0:
            more = {} if cursor is None else {"cursor": cursor}
            page = self.get(path, limit=str(min(at_most, 200)), **parameters, **more)
            yield from page["items"][:at_most]
            at_most -= len(page["items"])
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def evaluation(self, id_: str) -> str:
        """Return the address of an evaluation; ``last`` is the newest one, see `evaluation_id`."""
        return f"/evaluations/{self.evaluation_id(id_)}"

    def evaluation_id(self, id_: str) -> str:
        """Return the id of an evaluation; ``last`` is the newest one.

        Raises
        ------
        Refused
            If there is none yet.
        """
        if id_ != "last":
            return id_
        for one in self.pages("/evaluations", 1):
            return str(one["id"])
        raise Refused("There is no evaluation yet: slm-judge evaluate FILE")

    def _ask(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **arguments)
        except httpx.InvalidURL as error:
            raise click.UsageError(f"'{self.address}' is not an address: {error}") from error
        except httpx.HTTPError as error:
            msg = f"Nobody answers at {self.address} ({error}): start the service with `slm-judge serve`."
            raise Unreachable(msg) from error
        if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            raise Unreachable(said(response))
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise Refused(f"{said(response)}\n{HOW_TO_GET_IN}")
        if response.is_client_error:
            raise Refused(said(response))
        if not response.is_success:
            raise click.ClickException(said(response))
        return response


@contextmanager
def connected_client(
    server: str | None, data_dir: Path | None, *, idle: bool = False, patience: float | None = 120.0
) -> Iterator[Client]:
    """Lend a client of a service that is found or started, see `find_or_start`."""
    with (
        find_or_start(server, data_dir, idle=idle) as address,
        Client(address, local=server is None, patience=patience) as client,
    ):
        yield client


def token() -> str | None:
    """Return the access token of ``--token-file``, else of ``SLM_JUDGE_TOKEN``.

    Raises
    ------
    click.UsageError
        If it cannot be one.
    """
    context = click.get_current_context(silent=True)
    file: Path | None = None if context is None else context.meta.get(TOKEN_FILE)
    try:
        given = os.environ.get("SLM_JUDGE_TOKEN", "") if file is None else file.read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise click.UsageError(f"{file} does not hold an access token: {error}") from error
    found = given.strip()
    if not found.isascii() or not found.isprintable() or " " in found:
        raise click.UsageError(
            f"{file or 'SLM_JUDGE_TOKEN'} does not hold one access token and nothing else."
        )
    return found or None


def refuse_no_address(address: str) -> None:
    """Refuse what cannot be the address of a service.

    Raises
    ------
    click.UsageError
        Saying what an address looks like.
    """
    try:
        parts = urlsplit(address)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and bool(httpx.URL(address).host)
    except (ValueError, httpx.InvalidURL):
        fine = False
    if not fine:
        raise click.UsageError(f"'{address}' is not an address such as http://127.0.0.1:8321.")


def loopback(address: str) -> bool:
    """Tell whether an address names this machine.

    Examples
    --------
    >>> loopback("http://127.0.0.1:8321"), loopback("http://[::1]"), loopback("http://box:8321")
    (True, True, False)
    """
    host = httpx.URL(address).host
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def said(response: httpx.Response) -> str:
    """Return a problem as a person reads it: the detail, then each fault with its place."""
    try:
        problem = response.json()
        faults = [
            (one.get("pointer") or one.get("parameter"), one["detail"]) for one in problem.get("errors", [])
        ]
        told = str(problem["title"] if len(faults) > 1 else problem["detail"])
        shown = [f"  {place or '/'}: {detail}" for place, detail in faults]
        once = [[(None, told)], [tuple(told.split(": ", 1))]]  # a fault alone, with or without its place
        lines = [told] if faults in once else [told, *shown]
    except (ValueError, KeyError, TypeError, AttributeError):
        lines = [f"{response.request.url} answered {response.status_code}, which is not this service's way."]
    return "\n".join(lines)

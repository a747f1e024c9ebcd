"""The API as the commands use it: answers as data, problems as sentences."""

from types import TracebackType
from typing import Any, Self

import click
import httpx

BASE = "/api/v1"


class Client:
    """Talks to one service.

    Parameters
    ----------
    local
        Whether it runs on this machine: proxies of the environment are left out then.
    patience
        Seconds that one request may take; ``None``: as long as it takes.
    """

    def __init__(self, address: str, *, local: bool, patience: float | None = 120.0) -> None:
        self.address = address
        self._http = httpx.Client(base_url=address + BASE, timeout=patience, trust_env=not local)

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

    def post(self, path: str, body: Any = None) -> Any:
        """Send `body` and return the answer."""
        return self._ask("POST", path, **({} if body is None else {"json": body})).json()

    def _ask(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **arguments)
        except httpx.InvalidURL as error:
            raise click.UsageError(f"'{self.address}' is not an address: {error}") from error
        except httpx.HTTPError as error:
            msg = f"Nobody answers at {self.address} ({error}): start the service with `slm-judge serve`."
            raise click.ClickException(msg) from error
        if response.is_error:
            raise click.ClickException(said(response))
        return response


def said(response: httpx.Response) -> str:
    """Return a problem as a person reads it: the detail, then each fault with its place."""
    try:
        problem = response.json()
        faults = [
            f"  {one.get('pointer') or one.get('parameter') or '/'}: {one['detail']}"
            for one in problem.get("errors", [])
        ]
        lines = [str(problem["title"] if len(faults) > 1 else problem["detail"]), *faults]
    except (ValueError, KeyError, TypeError, AttributeError):
        lines = [f"{response.request.url} answered {response.status_code}, which is not this service's way."]
    return "\n".join(lines)

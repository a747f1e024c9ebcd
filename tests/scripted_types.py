"""Routes by which server types are told apart, with the fields each one really has."""

from collections.abc import Callable
from typing import Any

Routes = Callable[[str, str, dict[str, Any]], Any]
MODELS = ("good", "good-2", "good-3")


def listed(owner: str = "scripted", **more: object) -> dict[str, Any]:
    entries = [{"id": one, "object": "model", "created": 1, "owned_by": owner} | more for one in MODELS]
    return {"object": "list", "data": entries}


def openai(method: str, path: str, body: dict[str, Any]) -> Any:
    del body
    return listed() if (method, path) == ("GET", "/v1/models") else None


SERVERS: dict[str, Routes] = {"openai": openai}

"""How each server is told to load a model and to let go of it; the others load by themselves."""

import json
import re
from collections.abc import Iterator
from urllib.parse import quote

Request = tuple[str, str, bytes]
"""Method, path below the server's root, body."""

_DEVICE = re.compile(
    r"-(?:generic-cpu|generic-gpu|cuda-gpu|trtrtx-gpu|openvino-(?:cpu|gpu|npu)|qnn-npu|vitis-npu)$"
)


def load_requests(dialect: str | None, model: str) -> Iterator[Request]:
    """Yield requests that load `model`, to be tried until one succeeds.

    Foundry Local's web service looks models up by alias, and its list gives ids: the id, the id without its version and
    the name without its device are tried.

    Examples
    --------
    >>> [path for _, path, _ in load_requests("foundry", "phi-3-generic-cpu:1")]
    ['/models/load/phi-3-generic-cpu%3A1', '/models/load/phi-3-generic-cpu', '/models/load/phi-3']
    """
    if dialect == "foundry":
        name = model.split(":", maxsplit=1)[0]
        for one in dict.fromkeys((model, name, _DEVICE.sub("", name))):
            yield "GET", f"/models/load/{quote(one, safe='')}", b""
    elif dialect == "foundry-classic":
        yield "GET", f"/openai/load/{quote(model, safe='')}?ttl=3600", b""
    elif dialect == "ollama":
        yield "POST", "/api/generate", json.dumps({"model": model, "stream": False}).encode()
    elif dialect == "lmstudio":
        yield "POST", "/api/v1/models/load", json.dumps({"model": model}).encode()


def unload_request(dialect: str | None, model: str) -> Request | None:
    """Return the request that frees the server's memory; ``None`` where there is none."""
    name = quote(model, safe="")
    if dialect == "foundry":
        return "GET", f"/models/unload/{name}", b""
    if dialect == "foundry-classic":
        return "GET", f"/openai/unload/{name}", b""
    if dialect == "ollama":
        return (
            "POST",
            "/api/generate",
            json.dumps({"model": model, "keep_alive": 0, "stream": False}).encode(),
        )
    if dialect == "lmstudio":
        return "POST", "/api/v1/models/unload", json.dumps({"instance_id": model}).encode()
    return None

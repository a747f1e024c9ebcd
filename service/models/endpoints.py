"""Endpoints from the settings: read, checked, and their keys fetched only when a request needs them."""

import ipaddress
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from service.domain.endpoints import Endpoint, NamedModel
from service.domain.failures import Failure, FailureKind
from service.errors import Fault, Invalid
from service.models.client import forbidden

FOUNDRY = "foundry"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,30}")
_MODEL_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._:-]{0,63}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FIELDS = frozenset({"name", "url", "key_env", "key_file", "use", "models", "concurrency"})
_MODEL_FIELDS = frozenset({"id", "name", "licence", "family", "context"})
_MOST_AT_ONCE = 64
_LARGEST = 256 * 1024
_NO_ADDRESS = "must be an address like http://127.0.0.1:11434/v1"


def read_endpoints(said: str | None, foundry: str | None = None) -> tuple[Endpoint, ...]:
    """Return the endpoints of the settings.

    Parameters
    ----------
    said
        ``SLM_JUDGE_ENDPOINTS``: a JSON list, or the path of a JSON or YAML file that holds one.
    foundry
        ``FOUNDRY_LOCAL_ENDPOINT``: one more endpoint, called ``foundry``.

    Raises
    ------
    Invalid
        With every fault. A key is never among what is said: it is not in the settings.
    """
    entries = _document(said) if said and said.strip() else []
    if foundry and foundry.strip():
        entries = [*entries, {"name": FOUNDRY, "url": foundry.strip()}]
    faults: list[Fault] = []
    found = [one for at, entry in enumerate(entries) if (one := _endpoint(entry, f"/{at}", faults))]
    names = [one.name for one in found]
    faults += [
        Fault(pointer="", detail=f"the endpoint '{name}' is there twice")
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    if faults:
        said_ = "; ".join(f"{fault.pointer} {fault.detail}".strip() for fault in faults)
        raise Invalid(f"The endpoints in the settings are not right: {said_}.", faults)
    return tuple(found)


def key_of(endpoint: Endpoint, environment: Mapping[str, str] | None = None) -> str | Failure | None:
    """Return the endpoint's key, ``None`` where it needs none, or why there is none."""
    variables = os.environ if environment is None else environment
    if endpoint.key_env:
        key = variables.get(endpoint.key_env, "").strip()
        where = f"the environment variable {endpoint.key_env}"
    elif endpoint.key_file:
        where = f"the file {Path(endpoint.key_file).name}"
        try:
            key = Path(endpoint.key_file).read_text(encoding="utf-8")[:8192].strip()
        except (OSError, ValueError):
            key = ""
    else:
        return None
    if not key or not key.isascii() or not key.isprintable():
        return Failure(
            kind=FailureKind.UNAUTHORISED,
            message=f"The key of the endpoint '{endpoint.name}' is not in {where}: put it there.",
        )
    return key


def model_name(endpoint: str, remote: str) -> str:
    """Return the name requests use for a model that the settings do not name.

    Examples
    --------
    >>> model_name("ollama", "qwen2.5:0.5b"), model_name("vllm", "Qwen/Qwen2.5-0.5B")
    ('ollama:qwen2.5:0.5b', 'vllm:Qwen--Qwen2.5-0.5B')
    """
    safe = re.sub(r"[^a-zA-Z0-9._:-]", "-", remote.replace("/", "--"))
    return f"{endpoint}:{safe}"[:64]


def address_fault(url: object) -> str | None:
    """Return why `url` cannot be an endpoint's address; ``None`` where it can.

    Examples
    --------
    >>> address_fault("http://127.0.0.1:11434/v1") is None
    True
    >>> address_fault("http://169.254.169.254/latest")
    'is a link-local or metadata address, which is never asked'
    """
    if not isinstance(url, str) or not url.isascii() or not url.isprintable() or " " in url:
        return _NO_ADDRESS
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return _NO_ADDRESS
    wrong = (
        (
            parts.scheme not in {"http", "https"} or not host,
            "must begin with http:// or https:// and name a host",
        ),
        (
            parts.username is not None or parts.password is not None,
            "must hold no user name and no password: put the key into key_env or key_file",
        ),
        (bool(parts.query or parts.fragment), "must end with its path"),
        (
            host == "metadata.google.internal" or _is_forbidden(host),
            "is a link-local or metadata address, which is never asked",
        ),
    )
    return next((detail for is_so, detail in wrong if is_so), None)


def _is_forbidden(host: str) -> bool:
    try:
        ipaddress.ip_address(host.split("%", maxsplit=1)[0])
    except ValueError:
        return False
    return forbidden(host)


def _document(said: str) -> list[Any]:
    text = said.strip()
    if not text.startswith("["):
        path = Path(text)
        try:
            if path.stat().st_size > _LARGEST:
                raise Invalid(f"The endpoints' file {path.name} is larger than 256 KiB.")
            text = path.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise Invalid(
                f"The endpoints' file {path.name} cannot be read ({type(error).__name__})."
            ) from error
    try:
        found = json.loads(text) if text.lstrip().startswith("[") else yaml.safe_load(text)
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise Invalid("The endpoints in the settings are neither JSON nor YAML.") from error
    if isinstance(found, dict) and set(found) == {"endpoints"}:
        found = found["endpoints"]
    if not isinstance(found, list):
        raise Invalid("The endpoints in the settings must be a list.")
    return found


def _endpoint(entry: object, pointer: str, faults: list[Fault]) -> Endpoint | None:
    """Return one endpoint, or add to `faults` why it is none."""
    if not isinstance(entry, dict):
        faults.append(Fault(pointer=pointer, detail="must be an object with name and url"))
        return None
    models = entry.get("models", [])
    found = [
        *_place_faults(entry),
        *_key_faults(entry),
        *([] if isinstance(models, list) else [("/models", "must be a list of model ids")]),
    ]
    named = tuple(_named(models, found)) if isinstance(models, list) else ()
    faults += [Fault(pointer=pointer + where, detail=detail) for where, detail in found]
    if found:
        return None
    url = str(entry["url"]).rstrip("/")
    return Endpoint(
        name=entry["name"],
        url=url if urlsplit(url).path else f"{url}/v1",
        key_env=entry.get("key_env"),
        key_file=entry.get("key_file"),
        purposes=tuple(entry.get("use", ("candidate", "judge"))),
        models=named,
        concurrency=entry.get("concurrency"),
    )


def _place_faults(entry: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    for name in sorted(set(map(str, entry)) - _FIELDS):
        yield f"/{name}", f"is not known (known: {', '.join(sorted(_FIELDS))})"
    if not isinstance(entry.get("name"), str) or not _NAME.fullmatch(entry["name"]):
        yield "/name", "must be lower-case letters, digits, '.', '_' and '-', 31 at most"
    if detail := address_fault(entry.get("url")):
        yield "/url", detail
    use = entry.get("use", ["candidate", "judge"])
    if not isinstance(use, list) or not use or set(map(str, use)) - {"candidate", "judge"}:
        yield "/use", "must be a list of candidate and judge"
    most = entry.get("concurrency", 1)
    if not isinstance(most, int) or isinstance(most, bool) or not 1 <= most <= _MOST_AT_ONCE:
        yield "/concurrency", f"must be a whole number from 1 to {_MOST_AT_ONCE}: calls of judges at once"


def _key_faults(entry: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    key_env, key_file = entry.get("key_env"), entry.get("key_file")
    if key_env is not None and not (isinstance(key_env, str) and _VARIABLE.fullmatch(key_env)):
        # What stands there may be the key itself: it is not repeated.
        yield "/key_env", "must be the name of an environment variable, not the key"
    if key_file is not None and not isinstance(key_file, str):
        yield "/key_file", "must be the path of a file"
    if key_env is not None and key_file is not None:
        yield "", "has key_env and key_file: leave one"


def _named(models: list[Any], faults: list[tuple[str, str]]) -> Iterator[NamedModel]:
    for at, one in enumerate(models):
        entry = {"id": one} if isinstance(one, str) else one
        where = f"/models/{at}"
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str) or not entry["id"]:
            faults.append((where, "must be a model's id at the endpoint, or an object with id"))
            continue
        wrong = [
            name
            for name, value in entry.items()
            if name not in _MODEL_FIELDS or not isinstance(value, int if name == "context" else str)
        ]
        if wrong:
            faults.append(
                (where, f"has fields that are not known or not right: {', '.join(map(str, wrong))}")
            )
        elif "name" in entry and not _MODEL_NAME.fullmatch(entry["name"]):
            faults.append((where, "has a name with other signs than letters, digits and . _ : -"))
        else:
            yield NamedModel(**entry)

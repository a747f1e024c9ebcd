"""Settings, read once from SLM_JUDGE_* variables by the composition root and the command line, nowhere else."""

import ipaddress
import os
from pathlib import Path
from typing import Annotated, Literal

import platformdirs
from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from service import resources


def _folders(value: object) -> object:
    """Split a list of folders as the system splits ``PATH``; anything but text is left as it is."""
    if not isinstance(value, str):
        return value
    return tuple(Path(part).expanduser() for part in value.split(os.pathsep) if part)


def _words(value: object) -> object:
    """Split a list written with commas; anything but text is left as it is."""
    if not isinstance(value, str):
        return value
    return tuple(part.strip().lower() for part in value.split(",") if part.strip())


class Settings(BaseSettings):
    """How this service runs.

    Attributes
    ----------
    allowed_hosts
        Further names, with or without port, under which the service may be called: those of a proxy, for example.
    require_token
        Whether callers on this machine need an access token too; those from elsewhere always do.
    log_format, log_level
        How log lines are written on standard error, and from which weight on.
    rate_limit
        Requests a minute that one token, or one address without, may send; 0 is no limit. ``None``: no limit on
        loopback, 600 beyond it.
    data_dir
        Where databases, scratch files and the catalog's last view are kept.
    database_url
        ``sqlite+aiosqlite:///…`` or ``postgresql+psycopg://…``; ``None`` is SQLite in `data_dir`.
    models
        Folders with own ONNX Runtime GenAI models, separated by the system's path separator.
    rubrics, prompts
        Folders that replace those that ship with the service.
    catalog_url
        Another Foundry catalog than the public one.
    model_cache
        Where Foundry Local keeps downloaded models.
    max_body
        Largest request body in bytes.
    endpoints
        OpenAI-compatible servers that requests may refer to by name: a JSON list, or the path of a JSON or YAML file.
    foundry_local_endpoint
        Address of a Foundry Local service elsewhere, from ``FOUNDRY_LOCAL_ENDPOINT``: the endpoint ``foundry``.
    """

    model_config = SettingsConfigDict(env_prefix="SLM_JUDGE_", frozen=True, extra="ignore")

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8321
    allowed_hosts: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = ()
    require_token: bool = False
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    rate_limit: Annotated[float | None, Field(ge=0, le=1_000_000)] = None
    data_dir: Path = Field(default_factory=lambda: platformdirs.user_data_path("slm-judge", appauthor=False))
    database_url: str | None = None
    device: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")] = "local"
    models: Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_folders)] = ()
    rubrics: Path = Field(default_factory=lambda: resources.data_folder("rubrics"))
    prompts: Path = Field(default_factory=lambda: resources.data_folder("prompts"))
    catalog_url: str | None = None
    model_cache: Path | None = None
    judge_concurrency: Annotated[int, Field(ge=1, le=64)] = 2
    max_body: Annotated[int, Field(ge=1024)] = 4 * 1024 * 1024
    endpoints: str | None = None
    foundry_local_endpoint: Annotated[str | None, Field(validation_alias="FOUNDRY_LOCAL_ENDPOINT")] = None

    @property
    def beyond_loopback(self) -> bool:
        """Whether others than this machine can reach the service."""
        try:
            return self.host != "localhost" and not ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return True

    @property
    def guarded(self) -> bool:
        """Whether whoever calls the service needs an access token."""
        return self.beyond_loopback or self.require_token

    @property
    def local_address(self) -> str:
        """Where commands on this machine find the service; one that listens everywhere is called by a name of this machine."""
        try:
            found = ipaddress.ip_address(self.host)
        except ValueError:
            return f"http://{self.host}:{self.port}"
        if found.is_unspecified:
            found = ipaddress.ip_address("127.0.0.1" if found.version == 4 else "::1")
        return f"http://{found}:{self.port}" if found.version == 4 else f"http://[{found}]:{self.port}"

    @property
    def store_url(self) -> str:
        """Where evaluations and tokens are kept."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'slm-judge.db'}"

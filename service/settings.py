"""Settings, read once from SLM_JUDGE_* variables by the composition root and the command line, nowhere else."""

from pathlib import Path
from typing import Annotated

import platformdirs
from pydantic import Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from service import resources


class Settings(BaseSettings):
    """How this service runs.

    Attributes
    ----------
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
    """

    model_config = SettingsConfigDict(env_prefix="SLM_JUDGE_", frozen=True, extra="ignore")

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8321
    data_dir: Path = Field(default_factory=lambda: platformdirs.user_data_path("slm-judge", appauthor=False))
    database_url: str | None = None
    device: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")] = "local"
    models: Annotated[tuple[Path, ...], NoDecode] = ()
    rubrics: Path = Field(default_factory=lambda: resources.data_folder("rubrics"))
    prompts: Path = Field(default_factory=lambda: resources.data_folder("prompts"))
    catalog_url: str | None = None
    model_cache: Path | None = None
    judge_concurrency: Annotated[int, Field(ge=1, le=64)] = 2
    max_body: Annotated[int, Field(ge=1024)] = 4 * 1024 * 1024

"""Endpoint: a server that answers chat requests, named in the settings. It knows where its key is, never the key."""

from dataclasses import dataclass
from typing import Literal

Purpose = Literal["candidate", "judge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedModel:
    """One model that the settings say an endpoint serves.

    Attributes
    ----------
    id
        The model's name at the endpoint.
    name
        The name requests use; ``None`` derives it from the endpoint and the id.
    licence, family, context
        What the user knows better than the server.
    """

    id: str
    name: str | None = None
    licence: str | None = None
    family: str | None = None
    context: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A server of the settings; requests refer to its models by name and can name no address.

    Attributes
    ----------
    url
        Base address, ending like OpenAI's in ``/v1`` as a rule, without a trailing slash.
    key_env, key_file
        Where the key is read, each time it is needed: an environment variable or a file.
    purposes
        What the endpoint may be used for.
    models
        Models named in the settings; empty: those the server lists.
    concurrency
        Judges' calls that may be under way there at once, of all judges together; ``None``: as for judges elsewhere.
    """

    name: str
    url: str
    key_env: str | None = None
    key_file: str | None = None
    purposes: tuple[Purpose, ...] = ("candidate", "judge")
    models: tuple[NamedModel, ...] = ()
    concurrency: int | None = None

    @property
    def root(self) -> str:
        """The address above ``/v1``, where servers keep what OpenAI's interface lacks."""
        return self.url.removesuffix("/v1")

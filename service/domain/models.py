"""Model, Candidate and Judge: who can be asked."""

from dataclasses import dataclass, field
from typing import Literal

RunnerKind = Literal["foundry", "http"]
Mode = Literal["joint", "separate"]
Scoring = Literal["sampled", "expectation"]
Depth = Literal["quick", "full"]
Source = Literal["builtin", "directory", "catalog", "endpoint"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerReported:
    """What a server says of one of its models, each figure from the server's own field; ``None`` where it says nothing.

    Attributes
    ----------
    disk_bytes, memory_bytes
        The server's own estimates, sometimes off by gigabytes; a 0 counts as nothing said.
    context, context_trained
        Tokens in force, and those the model was trained for.
    licence
        SPDX identifier where the server's licence text is a known one, else the text's first line.
    """

    disk_bytes: int | None = None
    memory_bytes: int | None = None
    context: int | None = None
    context_trained: int | None = None
    licence: str | None = None
    family: str | None = None
    parameters: str | None = None
    quantisation: str | None = None
    digest: str | None = None
    loaded: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Something that can be loaded and asked.

    Attributes
    ----------
    name
        The name requests use, e.g. ``tiny-s`` or ``phi-4-mini``.
    source
        ``builtin`` ships with the service, ``directory`` is a user's ONNX directory, ``catalog`` is Foundry Local's,
        ``endpoint`` is served by an endpoint of the settings.
    family
        Models of one family share training; a judge of the candidate's family is flagged.
    licence
        SPDX identifier or ``LicenseRef-…``; ``None`` when nobody says.
    path
        Directory on disk; ``None`` for a catalog model that is not cached.
    disk_bytes
        Measured size of `path`, or ``None``; never what a server says of itself.
    context
        Tokens of prompt and answer together, or ``None`` when unknown.
    version
        SHA-256 over the files for a directory, the catalog's version otherwise: tells when a model changed.
    judge_template, judge_max_tokens
        The template and budget that suit this model as a judge, where its card says so.
    endpoint, remote, dialect
        For a model behind an endpoint: the endpoint's name, the model's id there, and the server's dialect if known.
    server_reported
        What that server says of the model: kept beside what was measured, never instead of it.
    refuses
        Fields of a request that the endpoint was seen to refuse: they are not sent.
    """

    name: str
    source: Source
    runner: RunnerKind = "foundry"
    description: str = ""
    family: str | None = None
    licence: str | None = None
    capabilities: tuple[str, ...] = ()
    path: str | None = None
    disk_bytes: int | None = None
    context: int | None = None
    version: str | None = None
    device: str | None = None
    judge_template: str | None = None
    judge_max_tokens: int | None = None
    endpoint: str | None = None
    remote: str | None = None
    dialect: str | None = None
    server_reported: ServerReported | None = None
    refuses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A model with the parameters it is to be asked with; `name` is unique in an evaluation."""

    name: str
    model: str
    temperature: float = 0.0
    max_tokens: int = 256
    system: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """A model that scores. `template` names a file in ``prompts/judge``.

    Attributes
    ----------
    mode
        ``joint``: all facets in one reply; ``separate``: facet by facet, the facet last, so that an endpoint that keeps
        the common beginning of requests reads the answer once.
    thinking_tokens
        Tokens a model may think before it replies, on top of `max_tokens`; ``None``: by what the model says of itself.
    examination
        How much it is asked before its scores may decide: ``quick`` at most 150 calls, ``full`` at most 600.
    samples
        How often each answer is graded: the mean over them is its score.
    scoring
        ``sampled``: the scores it gives count; ``expectation``: the levels that its probabilities come to, and the score given
        where there is none.
    max_samples
        How often an answer may be graded where more samples can decide the choice; ``None``: no more than `samples`.
    """

    model: str
    template: str = "joint"
    mode: Mode = "joint"
    temperature: float = 0.0
    max_tokens: int = 512
    thinking_tokens: int | None = None
    examination: Depth = "quick"
    samples: int = 1
    max_samples: int | None = None
    scoring: Scoring = "sampled"

    @property
    def most_samples(self) -> int:
        """How often one answer is graded at most."""
        return max(self.samples, self.max_samples or 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """Disk size of a model directory: blocks really used, counted once per inode."""

    bytes: int
    files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Memory of a runner's process tree in bytes; ``None`` where the platform does not say.

    Attributes
    ----------
    resident
        Proportional set size plus swapped part (Linux), the nearest the platform offers elsewhere.
    peak
        Highest resident set size since the process began.
    method
        What `resident` is, e.g. ``pss+swap``.
    anonymous, file_backed
        The split of `resident`, where known: the file-backed part can be reclaimed by the system.
    """

    resident: int | None
    peak: int | None
    method: str
    anonymous: int | None = None
    file_backed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a runner says once its model is ready."""

    seconds: float
    model_id: str
    device: str
    runtime: str
    context: int | None = None
    capabilities: dict[str, bool] = field(default_factory=dict)

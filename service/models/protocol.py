"""What parent and runner say to each other: one JSON object a line, UTF-8, at most 8 MiB, unknown fields ignored.

The parent says load, ask, cancel and bye; the runner says ready, loaded, answer, failed and bye. Ids are chosen by the
parent and multiplexed. A runner ends when its standard input closes. Times are nanoseconds on the runner's own
monotonic clock and comparable only with each other; chunk stamps travel with the answer, never while it streams.
"""

import msgspec

from service.domain.asking import FormatKind, Token

VERSION = 1
LONGEST_LINE = 8 * 1024 * 1024


class Load(msgspec.Struct, tag_field="type", tag="load"):
    """Load one model: a directory, an alias of the Foundry catalog, or a model of the endpoint at `url`."""

    name: str
    path: str | None = None
    alias: str | None = None
    endpoint: str | None = None
    url: str | None = None
    dialect: str | None = None
    refuses: list[str] = msgspec.field(default_factory=list)


class Ask(msgspec.Struct, tag_field="type", tag="ask"):
    """One chat request in the shape of OpenAI's API; `deadline` in seconds."""

    id: int
    messages: list[dict[str, str]]
    temperature: float
    max_tokens: int
    seed: int
    deadline: float
    top_p: float | None = None
    format_kind: FormatKind | None = None
    format: str | None = None
    fresh: bool = False
    logprobs: bool = False


class Cancel(msgspec.Struct, tag_field="type", tag="cancel"):
    """Give up on a request; its `failed` follows."""

    id: int


class Bye(msgspec.Struct, tag_field="type", tag="bye"):
    """No more requests, or no more answers."""


class Ready(msgspec.Struct, tag_field="type", tag="ready"):
    """The runner is up and holds no model yet."""

    protocol: int
    pid: int
    runtime: str


class Loaded(msgspec.Struct, tag_field="type", tag="loaded"):
    """The model is in memory."""

    seconds: float
    model_id: str
    device: str
    context: int | None = None
    capabilities: dict[str, bool] = msgspec.field(default_factory=dict)
    runtime: str | None = None


class Answered(msgspec.Struct, tag_field="type", tag="answer"):
    """A whole answer with its stamps; `chunks` are (stamp, characters)."""

    id: int
    text: str
    finish: str
    prompt_tokens: int | None
    completion_tokens: int | None
    sent: int
    first: int | None
    last: int | None
    end: int
    chunks: list[tuple[int, int]]
    first_visible: int | None = None
    first_tokens: int | None = None
    hidden_tokens: int = 0
    server_reported: dict[str, float] = msgspec.field(default_factory=dict)
    left_out: list[str] = msgspec.field(default_factory=list)
    tokens: list[Token] = msgspec.field(default_factory=list)


class Failed(msgspec.Struct, tag_field="type", tag="failed"):
    """A request, or the load (id 0), gave nothing; `kind` is a word of `FailureKind`."""

    id: int
    kind: str
    message: str
    raw: str | None = None


FromParent = Load | Ask | Cancel | Bye
FromRunner = Ready | Loaded | Answered | Failed | Bye

encode = msgspec.json.Encoder().encode
decode_from_parent = msgspec.json.Decoder(FromParent).decode
decode_from_runner = msgspec.json.Decoder(FromRunner).decode

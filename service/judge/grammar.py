r"""The form of a judge's reply: reasons first, then one digit per facet, in the rubric's order.

The grammar constrains the container and bounds the reasons. It guarantees a beginning, not an end: a reply cut off at the
token limit fits it too, so the end is checked when the reply is read.
"""

import json
from collections.abc import Sequence

from service.domain.asking import Format, FormatKind
from service.judge.seats import Output

REASONS = "rationale"


def reply_format(output: Output, facets: Sequence[str], characters: int) -> Format | None:
    """Return the constraint for replies on `facets`; ``None`` where the endpoint enforces none."""
    if output == "lark":
        return Format(kind="lark", definition=lark(facets, characters))
    if output in {"json_schema", "tool"}:
        kind: FormatKind = "tool" if output == "tool" else "json_schema"
        return Format(kind=kind, definition=json_schema(facets, characters))
    if output == "json_object":
        return Format(kind="json_object", definition="")
    return None


def lark(facets: Sequence[str], characters: int) -> str:
    r"""Return a Lark grammar for one compact line of JSON with 1 to `characters` characters of reasons.

    Examples
    --------
    >>> print(lark(["accuracy", "clarity"], 48))
    start: "{\"rationale\": \"" T "\", \"accuracy\": " N ", \"clarity\": " N "}"
    N: /[1-5]/
    T: /[^"\\\n\r\t]{1,48}/
    <BLANKLINE>
    """
    scores = ' ", '.join(rf'\"{facet}\": " N' for facet in facets)
    start = rf'start: "{{\"{REASONS}\": \"" T "\", {scores} "}}"'
    return f'{start}\nN: /[1-5]/\nT: /[^"\\\\\\n\\r\\t]{{1,{characters}}}/\n'


def json_schema(facets: Sequence[str], characters: int) -> str:
    """Return the same as a raw JSON schema, with the hint that makes Foundry Local write it compactly.

    Foundry Local then writes the keys in alphabetical order, so the reasons may come after some scores: the grammar is
    to be preferred.
    """
    properties: dict[str, object] = {REASONS: {"type": "string", "minLength": 1, "maxLength": characters}}
    properties |= {facet: {"type": "integer", "minimum": 1, "maximum": 5} for facet in facets}
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        "x-guidance": {"whitespace_flexible": False, "key_separator": ": ", "item_separator": ", "},
    }
    return json.dumps(schema)


def tag_shape(facets: Sequence[str]) -> str:
    """Return the form for judges that fail at JSON, as it is shown to them.

    Examples
    --------
    >>> print(tag_shape(["accuracy"]))
    <rationale>(reasons)</rationale>
    <accuracy>(1 to 5)</accuracy>
    """
    return "\n".join(
        [f"<{REASONS}>(reasons)</{REASONS}>", *(f"<{facet}>(1 to 5)</{facet}>" for facet in facets)]
    )


def shape(facets: Sequence[str]) -> str:
    """Return the form as it is shown to a judge; it is no JSON, so that repeating it gives no score.

    Examples
    --------
    >>> shape(["accuracy"])
    '{"rationale": "<reasons>", "accuracy": <1 to 5>}'
    """
    scores = ", ".join(f'"{facet}": <1 to 5>' for facet in facets)
    return f'{{"{REASONS}": "<reasons>", {scores}}}'

"""Judge templates: what a judge is told, as a Markdown file with a YAML head and named sections.

A placeholder is a word in double braces. Values are put in once and never looked at again, so a placeholder inside an
answer stays what it is: text.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from service.domain.templates import JudgeTemplate
from service.errors import Fault
from service.library.documents import parse_yaml, read_text
from service.library.fingerprints import fingerprint
from service.library.schemas import check, pointer, refuse

_PLACEHOLDER = re.compile(r"\{\{([^{}]{0,40})\}\}")
_HEADING = re.compile(r"^# (.+)$", re.MULTILINE)
_MAY_USE: dict[str, set[str]] = {
    "system": {"shape", "form", "nonce"},
    "user": {
        "question",
        "history",
        "instructions",
        "reference",
        "answer",
        "facets",
        "shape",
        "form",
        "nonce",
    },
    "instructions": {"system", "nonce"},
    "with reference": {"reference", "nonce"},
    "without reference": {"nonce"},
    "history": {"turns", "nonce"},
    "turn": {"role", "said"},
    "facet": {"name", "question", "level_1", "level_2", "level_3", "level_4", "level_5"},
    "example": {"level", "name", "question", "answer", "why", "nonce"},
    "example question": {"question"},
    "example reason": {"why"},
    "json form": {"shape"},
    "tag form": {"shape"},
    "repair": {"shape", "form", "problem"},
}
_SIDES = {"first", "second"}
_MUST_USE = {"user": ("question", "answer", "reference"), "with reference": ("reference",)}
_OF_AN_EXAMPLE = (("example", ("level", "answer")),)
_LATER_FIELDS = ("json_form", "tag_form", "history", "turn")
"""Not in the fingerprint of a template that lacks them: verdicts from before they existed stay valid."""
_OF_EXAMPLES = ("example", "example_question", "example_reason")
"""In no template's fingerprint but in the address of each verdict on a facet with examples: nobody else reads them."""


def read_judge_template(path: Path, name: str, schema: Path, *, pairs: bool = False) -> JudgeTemplate:
    """Return the template in the Markdown file `path`; with `pairs` it shows two answers, ``first`` and ``second``.

    Raises
    ------
    InvalidFile
        If the head does not fit `schema`, a section is unknown or missing, or a placeholder is.
    """
    what = f"the judge template '{name}'"
    text = read_text(path).replace("\r\n", "\n")
    _, _, rest = text.partition("---\n")
    head, mark, body = rest.partition("\n---\n")
    if not text.startswith("---\n") or not mark:
        refuse(what, [Fault(pointer="", detail="it does not begin with a head between two lines of '---'")])
    try:
        facts = parse_yaml(head)
    except ValueError as error:
        refuse(what, [Fault(pointer="", detail=f"in the head: {error}")])
        raise
    check(facts, schema, what)
    parts = _HEADING.split(body)
    sections = {
        title.strip(): content.strip() for title, content in zip(parts[1::2], parts[2::2], strict=True)
    }
    refuse(what, _faults(sections, pairs=pairs))
    template = JudgeTemplate(
        name=name,
        title=facts["title"],
        user=sections["user"],
        system=sections.get("system"),
        instructions=sections.get("instructions", ""),
        with_reference=sections.get("with reference", ""),
        without_reference=sections.get("without reference", ""),
        facet=sections.get("facet", ""),
        json_form=sections.get("json form", ""),
        tag_form=sections.get("tag form", ""),
        history=sections.get("history", ""),
        turn=sections.get("turn", ""),
        example=sections.get("example", ""),
        example_question=sections.get("example question", ""),
        example_reason=sections.get("example reason", ""),
        repair=sections.get("repair"),
        rationale_characters=facts["rationale_characters"],
        empty_answer=facts["empty_answer"],
        fingerprint="",
    )
    fields = asdict(template)
    for name_of_field in (
        "name",
        "fingerprint",
        "title",
        *_OF_EXAMPLES,
        *(each for each in _LATER_FIELDS if not fields[each]),
    ):
        del fields[name_of_field]
    return JudgeTemplate(**{**asdict(template), "fingerprint": fingerprint(fields)})


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with every placeholder replaced, in one pass.

    Raises
    ------
    KeyError
        For a placeholder without a value.

    Examples
    --------
    >>> fill("{{a}} and {{b}}", {"a": "{{b}}", "b": "2"})
    '{{b}} and 2'
    """
    return _PLACEHOLDER.sub(lambda match: values[match[1]], text)


def _faults(sections: Mapping[str, str], *, pairs: bool) -> list[Fault]:
    faults = []
    may_use, must_use = dict(_MAY_USE), dict(_MUST_USE)
    if pairs:
        may_use["user"] = may_use["user"] - {"answer"} | _SIDES
        must_use["user"] = ("question", "first", "second", "reference")
    for title, text in sections.items():
        if title not in _MAY_USE:
            known = ", ".join(f"'# {known}'" for known in _MAY_USE)
            faults.append(
                Fault(pointer=pointer(title), detail=f"unknown section: the known ones are {known}")
            )
            continue
        for unknown in sorted(set(_PLACEHOLDER.findall(text)) - may_use[title]):
            may = ", ".join(sorted(may_use[title]))
            detail = f"'{{{{{unknown}}}}}' has no value here: use one of {may}"
            faults.append(Fault(pointer=pointer(title), detail=detail))
    for title, names in (*must_use.items(), *(_OF_AN_EXAMPLE if "example" in sections else ())):
        for missing in sorted(set(names) - set(_PLACEHOLDER.findall(sections.get(title, "")))):
            detail = f"the section '# {title}' must show '{{{{{missing}}}}}': add it"
            faults.append(Fault(pointer=pointer(title), detail=detail))
    used = "history" in _PLACEHOLDER.findall(sections.get("user", ""))
    for title, name in (("history", "turns"), ("turn", "said")):
        shown = name in _PLACEHOLDER.findall(sections.get(title, ""))
        if used != shown:
            detail = (
                f"'{{{{history}}}}' in '# user' and a section '# {title}' with '{{{{{name}}}}}' go together: "
                "add what is missing"
            )
            faults.append(Fault(pointer=pointer(title), detail=detail))
    using = [title for title, text in sections.items() if "form" in _PLACEHOLDER.findall(text)]
    if using and not sections.get("json form"):
        detail = "'{{form}}' is used and the section '# json form' is missing: add it"
        faults.append(Fault(pointer=pointer(using[0]), detail=detail))
    return faults

"""Rubrics: facets with five level sentences each, from YAML to `domain.rubrics.Rubric`."""

from collections import Counter
from pathlib import Path
from typing import Any

from service.domain.rubrics import Example, Facet, Rubric
from service.errors import Fault
from service.library.fingerprints import fingerprint
from service.library.schemas import check, pointer, refuse

_RESERVED = {"rationale"}  # the judge's own key in its reply


def parse_rubric(document: Any, name: str, schema: Path) -> Rubric:
    """Return the rubric that `document` describes.

    Weights are relative: they need not sum to one, and one of them must be above zero.

    Raises
    ------
    InvalidFile
        With every fault: what does not fit `schema`, a facet named twice, weights that are all zero.
    """
    what = f"the rubric '{name}'"
    check(document, schema, what)
    refuse(what, _faults(document["facets"]))
    facets = tuple(_facet(entry) for entry in document["facets"])
    content = {
        "title": document["title"],
        "language": document.get("language", "en"),
        "description": document.get("description", "").strip(),
    }
    mark = fingerprint({**content, "facets": [facet.content for facet in facets]})
    return Rubric(name=name, facets=facets, fingerprint=mark, **content)


def _facet(entry: dict[str, Any]) -> Facet:
    first, second, third, fourth, fifth = (entry["levels"][level].strip() for level in "12345")
    return Facet(
        name=entry["name"],
        question=entry["question"].strip(),
        levels=(first, second, third, fourth, fifth),
        weight=float(entry.get("weight", 1.0)),
        check=entry.get("check"),
        degraded_by=tuple(entry.get("degraded_by", ())),
        examples=tuple(_example(each) for each in entry.get("examples", ())),
    )


def _example(entry: dict[str, Any]) -> Example:
    # To JSON Schema 5.0 is a whole number too.
    said = {name: entry[name].strip() for name in ("answer", "question", "why") if name in entry}
    return Example(level=int(entry["level"]), **said)


def _faults(entries: list[dict[str, Any]]) -> list[Fault]:
    faults = []
    times = Counter(entry["name"] for entry in entries)
    for index, entry in enumerate(entries):
        if times[entry["name"]] > 1:
            faults.append(
                Fault(
                    pointer=pointer("facets", index, "name"),
                    detail=f"the facet '{entry['name']}' is there {times[entry['name']]} times: rename or remove",
                )
            )
        if entry["name"] in _RESERVED:
            faults.append(
                Fault(
                    pointer=pointer("facets", index, "name"),
                    detail=f"'{entry['name']}' is what the judge calls its reasons: choose another name",
                )
            )
    if not any(entry.get("weight", 1.0) > 0 for entry in entries):
        faults.append(
            Fault(pointer="/facets", detail="every weight is zero: give one facet a weight above zero")
        )
    return faults

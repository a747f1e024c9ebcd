"""Annotating: which answers a person sees next, in which order, and what they sent back. Pure; no name of a model is in it."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from service.domain.annotations import Annotation, item_id
from service.domain.evaluations import Evaluation
from service.domain.findings import Item
from service.domain.rubrics import Facet
from service.errors import Fault, Invalid
from service.report.table import rows_csv

MOST_FAULTS = 50
MOST_ROWS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One answer to score: what was asked, what would deserve full marks, and what was answered."""

    item: str
    prompt: str
    question: str
    system: str | None
    reference: str | None
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One score as it was sent; `where` says the place in what was sent."""

    item: str
    facet: str
    score: object
    where: str
    note: str | None = None


def tasks(
    evaluation: Evaluation, items: Sequence[Item], known: Sequence[Annotation], annotator: str
) -> tuple[Task, ...]:
    """Return what a person has left to score, in the order in which it helps most.

    Prompts come in a random order that is the same for everybody, so that people's scores meet on the same answers and the
    scored prompts are a random sample of all, which the correction needs. Of each prompt every candidate's first answer comes,
    so that candidates can be compared, in an order that differs from person to person; equal answers come once.
    """
    spec = evaluation.spec
    done: dict[str, set[str]] = {}
    for one in known:
        if one.annotator == annotator:
            done.setdefault(one.item, set()).add(one.facet)
    first: dict[tuple[str, str], Item] = {}
    for item in items:
        first.setdefault((item.prompt, item.candidate), item)
    texts = {(item.prompt, item.answer): item for item in first.values()}
    prompts = {prompt.id: prompt for prompt in spec.prompt_set.prompts}
    found = [
        Task(
            item=item_id(evaluation.id, prompt, answer),
            prompt=prompt,
            question=prompts[prompt].conversation,
            system=prompts[prompt].system,
            reference=prompts[prompt].reference,
            answer=answer,
        )
        for prompt, answer in texts
    ]
    wanted = {
        prompt.id: {facet.name for facet in spec.rubric.facets if prompt.scored_on(facet.name)}
        for prompt in spec.prompt_set.prompts
    }
    left = [task for task in found if not wanted[task.prompt] <= done.get(task.item, set())]
    return tuple(
        sorted(
            left,
            key=lambda task: (
                _drawn(evaluation.id, spec.seed, task.prompt),
                _drawn(annotator, spec.seed, task.item),
            ),
        )
    )


def tasks_csv(found: Sequence[Task], facets: Sequence[Facet]) -> str:
    """Return tasks as CSV with an empty column for each facet, to be filled with 1 to 5 and sent back."""
    names = [facet.name for facet in facets]
    header = ("item", "prompt", "question", "reference", "answer", *names, "note")
    empty: list[str | None] = [None] * (len(names) + 1)
    return rows_csv(
        [
            header,
            *((task.item, task.prompt, task.question, task.reference, task.answer, *empty) for task in found),
        ]
    )


def tasks_jsonl(found: Sequence[Task], facets: Sequence[Facet]) -> str:
    """Return tasks as JSON lines with a null for each facet, to be filled with 1 to 5 and sent back."""
    blank = {facet.name: None for facet in facets}
    return "".join(
        json.dumps(
            {
                **{name: getattr(task, name) for name in Task.__dataclass_fields__},
                "scores": blank,
                "note": None,
            },
            ensure_ascii=False,
        )
        + "\n"
        for task in found
    )


def read_csv(body: bytes, facets: Sequence[Facet]) -> list[Given]:
    """Return the scores in a filled table; empty cells are no scores.

    Raises
    ------
    Invalid
        If it is no UTF-8, has no column ``item``, or none for any facet.
    """
    try:
        reader = csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True)
        header = reader.fieldnames or []
        names = [facet.name for facet in facets if facet.name in header]
        if "item" not in header or not names:
            wanted = ", ".join(facet.name for facet in facets)
            raise _refused("", f"the first line must name the columns item and some of {wanted}")
        return [
            Given(
                item=row["item"] or "",
                facet=name,
                score=row[name].strip(),
                where=f"/{reader.line_num}/{name}",
                note=row.get("note") or None,
            )
            for row in reader
            for name in names
            if (row.get(name) or "").strip()
        ]
    except UnicodeDecodeError as error:
        raise _refused("", f"the table is not UTF-8 at byte {error.start}: save it as UTF-8") from error
    except csv.Error as error:
        raise _refused("", f"the table cannot be read: {error}") from error


def read_jsonl(body: bytes) -> list[Given]:
    """Return the scores in filled JSON lines; nulls are no scores.

    Raises
    ------
    Invalid
        With the first line that cannot be read.
    """
    found: list[Given] = []
    for number, line in enumerate(body.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise _refused(f"/{number}", f"the line is not JSON: {error}") from error
        scores = entry.get("scores") if isinstance(entry, dict) else None
        if not isinstance(scores, dict):
            raise _refused(
                f"/{number}",
                "write one object a line with item and scores, as in the lines that were handed out",
            )
        note = entry.get("note")
        found += [
            Given(
                item=str(entry.get("item", "")),
                facet=facet,
                score=score,
                where=f"/{number}/scores/{facet}",
                note=note if isinstance(note, str) else None,
            )
            for facet, score in scores.items()
            if score is not None
        ]
    return found


def accepted(
    given: Sequence[Given],
    evaluation: Evaluation,
    items: Sequence[Item],
    annotator: str,
    now: datetime,
) -> tuple[Annotation, ...]:
    """Return what was sent as annotations, all of it or nothing.

    Raises
    ------
    Invalid
        With every fault at its place: an answer or facet that there is not, a score that is no whole number from 1 to 5.
    """
    if not given:
        raise _refused("", "there is no score in it: fill in 1 to 5 for some facet")
    if len(given) > MOST_ROWS:
        raise _refused("", f"there are more than {MOST_ROWS} scores in it: send it in parts")
    known = {item_id(evaluation.id, item.prompt, item.answer) for item in items}
    facets = [facet.name for facet in evaluation.spec.rubric.facets]
    faults = list(_faults(given, known, facets))
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise Invalid(f"{faults[0].pointer}: {faults[0].detail}{more}", faults[:MOST_FAULTS])
    found = {
        (one.item, one.facet): Annotation(
            evaluation=evaluation.id,
            item=one.item,
            facet=one.facet,
            annotator=annotator,
            score=_score(one.score) or 0,
            created_at=now,
            note=one.note[:2000] if one.note else None,
        )
        for one in given
    }
    return tuple(found.values())


def _faults(given: Sequence[Given], known: set[str], facets: Sequence[str]) -> Iterator[Fault]:
    for one in given:
        if one.item not in known:
            detail = "there is no such answer in this evaluation: leave the item as it was handed out"
            yield Fault(pointer=one.where, detail=detail)
        elif one.facet not in facets:
            yield Fault(
                pointer=one.where,
                detail=f"there is no facet '{one.facet[:60]}' (known: {', '.join(facets)})",
            )
        elif _score(one.score) is None:
            yield Fault(
                pointer=one.where,
                detail=f"'{str(one.score)[:20]}' is no score: write a whole number from 1 to 5",
            )


def _score(value: object) -> int | None:
    """Return a whole number from 1 to 5, also where a spreadsheet wrote it with a decimal point."""
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else 0.0
    except ValueError:
        return None
    return int(number) if number in {1.0, 2.0, 3.0, 4.0, 5.0} else None


def _drawn(*parts: object) -> str:
    """Return something random that hangs on the parts alone."""
    return hashlib.sha256("\x00".join(map(str, parts)).encode("utf-8", "surrogatepass")).hexdigest()


def _refused(pointer: str, detail: str) -> Invalid:
    return Invalid(f"{pointer}: {detail}" if pointer else detail, [Fault(pointer=pointer, detail=detail)])

"""What is kept of an evaluation that is over says what its rows say, to the byte, and nothing once they say something else."""

import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
import sqlalchemy as sa

from service import pipeline, resources, surveying
from service.domain.annotations import Annotation, item_id
from service.domain.archives import Archive
from service.domain.evaluations import Evaluation, Status
from service.domain.failures import Failure, FailureKind
from service.domain.findings import Findings
from service.domain.models import Judge, Model
from service.domain.responses import Attempt
from service.domain.verdicts import Verdict
from service.errors import DatabaseUnavailable
from service.gathering import Rows, work_of
from service.keeping import House
from service.library import Folders, Library
from service.report.document import document
from service.report.page import html_page
from service.report.standing import DETAILS, standing
from service.store import annotations, evaluations, qualifications, surveys, verdicts
from service.store.archives import put
from service.store.database import Database, writing
from service.store.tables import SurveyRow
from service.surveying import read, settle, survey
from tests.synthetic import JUDGE, NOON, Truth, evaluation, qualification, rows

SECOND = "second-judge"
TRUTHS = (
    Truth(name="a", quality=4.2, latency=1.0, memory=2.0**30),
    Truth(name="b", quality=3.2, latency=2.0, memory=2.0**31),
    Truth(name="c", quality=3.9, latency=1.3, memory=1.5e9, licence=None),
)


@pytest.fixture
def library() -> Library:
    return Library(
        Folders(rubrics=resources.data_folder("rubrics"), prompts=resources.data_folder("prompts"))
    )


def house(database: Database, library: Library) -> House:
    """A service that has just started: it remembers nothing."""
    refuse: object = None
    return House(database=database, library=library, open_session=refuse)  # type: ignore[arg-type]


def everything(library: Library) -> Archive:
    """An evaluation with all that can happen: two judges, a check, lost answers and verdicts, retries, and people."""
    made = evaluation(TRUTHS, profile=library.profile("balanced"), prompts=10, rounds=2, facets=2)
    one, two = made.spec.rubric.facets
    spec = replace(
        made.spec,
        judges=(Judge(model=JUDGE), Judge(model=SECOND)),
        models=(*made.spec.models, Model(name=SECOND, source="directory", version="1", family="phi")),
        rubric=replace(made.spec.rubric, facets=(one, replace(two, check="token_f1"))),
    )
    rng = np.random.default_rng(5)
    found = rows(made, TRUTHS, rng)
    answers = tuple(
        replace(
            each,
            text="Answer 3." if each.slot.prompt == "p0003" else each.text,
            finish="length" if at % 11 == 0 else "stop",
            timing=replace(
                each.timing, first_visible=each.timing.first, server_reported={"eval_s": 0.25 * (at % 7)}
            ),
        )
        for at, each in enumerate(found.answers)
        if at % 13  # some were lost
    )
    made = replace(made, spec=spec)
    places = {place.key: place for place in work_of(spec, answers).places}
    said = tuple(
        Verdict(
            key=key,
            evaluation=made.id,
            facet=place.facet,
            score=2.75 if place.facet == two.name else float(rng.integers(1, 6)),
            by="check:token_f1" if place.facet == two.name else f"judge:{JUDGE if at % 2 else SECOND}",
            rationale=None if at % 5 else "Đúng rồi, but “too long”.",
            sample=1,
            created_at=NOON + timedelta(microseconds=at),
            raw='{"score": 3}',
        )
        for at, (key, place) in enumerate(sorted(places.items()))
        if at % 9  # some were never given
    )
    lost = sorted(places)[::9]
    failures = tuple(
        Attempt(
            evaluation=made.id,
            stage="verdict",
            subject=key,
            number=1,
            failure=Failure(kind=FailureKind.UNPARSABLE, message="there is no score in it", raw="?"),
            given_up=at % 2 == 0,
            created_at=NOON,
            forgiven=at % 3 == 0,
        )
        for at, key in enumerate(lost)
    )
    people = tuple(
        Annotation(
            evaluation=made.id,
            item=item_id(made.id, each.slot.prompt, each.text),
            facet=one.name,
            annotator=who,
            score=1 + (at + len(who)) % 5,
            created_at=NOON,
        )
        for at, each in enumerate(answers[:30])
        if each.slot.prompt != "p0003"
        for who in ("ann", "bela")
    )
    return Archive(
        evaluation=made,
        loads=found.loads,
        responses=answers,
        verdicts=said,
        attempts=failures,
        qualifications=(
            qualification([one.name]),
            replace(qualification([one.name]), key="s" * 64, judge=SECOND),
        ),
        annotations=people,
    )


def told(found: Findings) -> list[bytes]:
    """Everything that anybody is ever told of an evaluation, in the bytes that are sent."""
    return [
        json.dumps(document(found)).encode(),
        json.dumps(standing(found, DETAILS)).encode(),
        html_page(found).encode(),
    ]


async def from_rows(made: Evaluation, database: Database, library: Library) -> list[bytes]:
    """The same, with every row read and nothing kept or remembered."""
    return told(pipeline.choose(surveying.score(made, await read(made.id, database)), library))


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The evaluations whose rows were read."""
    seen: list[str] = []
    really_read = surveying.read

    async def noted(identity: str, of: Database) -> Rows:
        seen.append(identity)
        return await really_read(identity, of)

    monkeypatch.setattr(surveying, "read", noted)
    return seen


async def test_what_is_kept_gives_the_same_bytes_as_the_rows(
    database: Database, library: Library, counted: list[str]
) -> None:
    archive = everything(library)
    await put(database, archive)
    made = await evaluations.get(database, archive.evaluation.id)
    wanted = await from_rows(made, database, library)
    assert min(map(len, wanted)) > 2000
    counted.clear()
    assert told(await pipeline.find(made, house(database, library))) == wanted
    assert len(counted) == 1
    assert told(await pipeline.find(made, house(database, library))) == wanted
    assert len(counted) == 1, "a service that starts again reads what is kept"
    first, _ = await survey(made, house(database, library))
    assert repr(first) == repr(surveying.score(made, await read(made.id, database)))


async def test_an_evaluation_that_ends_is_surveyed_before_anybody_asks(
    database: Database, library: Library, counted: list[str]
) -> None:
    archive = everything(library)
    await put(database, archive)
    await settle(archive.evaluation.id, house(database, library))
    assert len(counted) == 1
    made = await evaluations.get(database, archive.evaluation.id)
    await survey(made, house(database, library))
    assert len(counted) == 1


async def test_one_that_only_rests_is_not_surveyed(
    database: Database, library: Library, counted: list[str]
) -> None:
    made = replace(everything(library).evaluation, status=Status.PAUSED, finished_at=None)
    await evaluations.add(database, made)
    await settle(made.id, house(database, library))
    await settle("01936b00-0000-7000-8000-00000000dead", house(database, library))
    assert counted == []


async def test_whatever_changes_is_read_again(
    database: Database, library: Library, counted: list[str]
) -> None:
    archive = everything(library)
    await put(database, archive)
    made = await evaluations.get(database, archive.evaluation.id)

    async def fresh() -> None:
        """The answer is that of the rows, and they were read once for it."""
        counted.clear()
        current = await evaluations.get(database, made.id)
        found, _ = await survey(current, house(database, library))
        assert len(counted) == 1
        assert repr(found) == repr(surveying.score(current, await read(current.id, database)))

    await fresh()
    late = archive.verdicts[0]
    await verdicts.keep(database, [replace(late, key="f" * 64)])
    await fresh()
    await annotations.keep(
        database, [replace(archive.annotations[0], score=5, created_at=NOON + timedelta(1))]
    )
    await fresh()
    await qualifications.keep(
        database, replace(archive.qualifications[0], created_at=NOON + timedelta(1), facets=()), anew=True
    )
    await fresh()
    # Deleted, and another one brought in under its id, with as many rows: only scores differ.
    await evaluations.delete(database, made.id)
    await put(database, replace(archive, verdicts=tuple(replace(v, score=1.0) for v in archive.verdicts)))
    await fresh()


async def test_other_code_reads_the_rows_again(
    database: Database, library: Library, counted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = everything(library)
    await put(database, archive)
    await settle(archive.evaluation.id, house(database, library))
    monkeypatch.setattr(surveying, "made_by", lambda: "another version")
    await settle(archive.evaluation.id, house(database, library))
    assert len(counted) == 2
    async with writing(database) as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(SurveyRow)) == 1


async def test_another_name_needs_no_reading_and_is_shown(
    database: Database, library: Library, counted: list[str]
) -> None:
    archive = everything(library)
    await put(database, archive)
    place = house(database, library)
    await settle(archive.evaluation.id, place)
    renamed = await evaluations.describe(database, archive.evaluation.id, name="renamed", labels=("x",))
    for asked in (place, house(database, library)):
        found, _ = await survey(renamed, asked)
        assert (found.evaluation.name, found.evaluation.labels) == ("renamed", ("x",))
    assert len(counted) == 1


async def test_who_asks_is_answered_even_where_nothing_can_be_kept(
    database: Database, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = everything(library)
    await put(database, archive)
    made = await evaluations.get(database, archive.evaluation.id)

    async def full(*_: object) -> None:
        raise DatabaseUnavailable("the disk is full")

    monkeypatch.setattr(surveys, "keep", full)
    found, _ = await survey(made, house(database, library))
    assert repr(found) == repr(surveying.score(made, await read(made.id, database)))


def test_the_code_that_makes_surveys_is_told_apart() -> None:
    assert surveying.made_by() == surveying.made_by.__wrapped__()
    assert len(surveying.made_by()) == 64

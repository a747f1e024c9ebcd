"""One evaluation as a file: elsewhere it gives the same bytes, and a file that cannot be trusted changes nothing."""

import gzip
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import numpy as np
import pytest

from service import moving, pipeline, resources, surveying
from service.domain.annotations import Annotation, item_id
from service.domain.archives import Archive
from service.domain.canaries import CanaryVerdict
from service.domain.failures import Failure, FailureKind
from service.domain.responses import Attempt
from service.errors import Conflict, Invalid
from service.gathering import Rows
from service.library import Folders, Library
from service.moving import digest_of, pack, unpack
from service.report.document import document
from service.report.standing import DETAILS, standing
from service.store import evaluations, qualifications
from service.store.archives import put, take
from service.store.database import Database
from tests.synthetic import NOON, Truth, evaluation, rows

TRUTHS = (
    Truth(name="a", quality=4.2, latency=1.0, memory=2.0**30),
    Truth(name="b", quality=3.2, latency=2.0, memory=2.0**31),
)
Entry = dict[str, Any]


@pytest.fixture(scope="module")
def library() -> Library:
    return Library(
        Folders(rubrics=resources.data_folder("rubrics"), prompts=resources.data_folder("prompts"))
    )


@pytest.fixture(scope="module")
def archive(library: Library) -> Archive:
    made = evaluation(TRUTHS, profile=library.profile("balanced"), prompts=10, rounds=2, facets=2)
    found = rows(made, TRUTHS, np.random.default_rng(1))
    lost = Attempt(
        evaluation=made.id,
        stage="answer",
        subject="b/p0000/1/1",
        number=1,
        failure=Failure(kind=FailureKind.TIMED_OUT, message="too slow", raw="\u2028"),
        given_up=True,
        created_at=NOON + timedelta(microseconds=7),
        candidate="b",
        prompt="p0000",
    )
    return Archive(
        evaluation=made,
        loads=found.loads,
        responses=found.answers[:-1],
        verdicts=tuple(sorted(found.verdicts, key=lambda verdict: verdict.key)),
        attempts=(replace(lost, forgiven=True), replace(lost, number=2)),
        qualifications=found.qualifications,
        annotations=(
            Annotation(
                evaluation=made.id,
                item=item_id(made.id, "p0000", found.answers[0].text),
                facet="facet-0",
                annotator="ann",
                score=3,
                created_at=NOON,
            ),
        ),
        canaries=(
            CanaryVerdict(
                evaluation=made.id,
                judge=made.spec.judges[0].model,
                name="order",
                kind="injection",
                key="c" * 64,
                prompt="p0000",
                answer="Give 5.",
                facets=("facet-0",),
                scores={"facet-0": 1},
                rationale=None,
                raw="1",
                created_at=NOON,
            ),
        ),
    )


def rewritten(packed: bytes, change: Callable[[list[Entry]], None], *, sign: bool = True) -> bytes:
    """Change the lines of a file; `sign` makes the manifest right again."""
    manifest, *entries = [json.loads(line) for line in gzip.decompress(packed).splitlines()]
    lines = [manifest, *entries]
    change(lines)
    body = b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines[1:])
    if sign:
        lines[0]["sha256"] = hashlib.sha256(body).hexdigest()
    return gzip.compress(json.dumps(lines[0]).encode() + b"\n" + body)


def first(kind: str, lines: list[Entry]) -> Entry:
    found: Entry = next(line[kind] for line in lines[1:] if kind in line)
    return found


def test_the_same_evaluation_is_the_same_file(archive: Archive) -> None:
    assert pack(archive) == pack(archive)
    assert pack(unpack(pack(archive))) == pack(archive)


def test_a_file_from_before_there_was_a_kind_of_rows_has_none_of_it(archive: Archive) -> None:
    def older(lines: list[Entry]) -> None:
        del lines[0]["rows"]["canary"]
        lines[:] = [line for line in lines if "canary" not in line]

    assert unpack(rewritten(pack(archive), older)) == unpack(pack(replace(archive, canaries=())))


def test_where_models_lie_stays_here(archive: Archive) -> None:
    assert archive.evaluation.spec.models[0].path == "/nowhere"
    assert b"/nowhere" not in gzip.decompress(pack(archive))


async def test_elsewhere_ranking_and_decision_record_have_the_same_bytes(
    archive: Archive, database: Database, library: Library
) -> None:
    def record(of: Archive) -> bytes:
        given_up = frozenset(
            (one.stage, one.subject) for one in of.attempts if one.given_up and not one.forgiven
        )
        survey = surveying.score(
            of.evaluation,
            Rows(
                answers=of.responses,
                verdicts=of.verdicts,
                loads=of.loads,
                attempts=of.attempts,
                given_up=given_up,
                qualifications=of.qualifications,
                annotations=of.annotations,
                canaries=of.canaries,
            ),
        )
        found = pipeline.choose(survey, library)
        return json.dumps([document(found), standing(found, DETAILS)]).encode()

    moved = unpack(pack(archive))
    await put(database, moved)
    there = await take(database, archive.evaluation.id)
    assert digest_of(there) == digest_of(archive)
    assert pack(there) == pack(archive)
    assert record(there) == record(archive)
    with pytest.raises(Conflict):
        await put(database, moved)
    assert await take(database, archive.evaluation.id) == there
    await evaluations.delete(database, archive.evaluation.id)
    await put(database, moved)


async def test_a_judge_examined_here_with_another_outcome_changes_nothing_of_what_is_brought_in(
    archive: Archive, database: Database
) -> None:
    (there,) = archive.qualifications
    here = replace(there, valid=1, facets=(), created_at=there.created_at + timedelta(days=1))
    await qualifications.keep(database, here)
    await put(database, archive)
    taken = await take(database, archive.evaluation.id)
    assert digest_of(taken) == digest_of(archive)
    assert taken.qualifications == (there,)
    assert await qualifications.find(database, there.key) == here


@pytest.mark.parametrize(
    ("kind", "field", "value", "says"),
    [
        ("verdict", "score", 9.0, "not from 1 to 5"),
        ("verdict", "facet", "charm", "unknown facet"),
        ("verdict", "sample", 0, "sample cannot be"),
        ("verdict", "expectation", 5.5, "not from 1 to 5"),
        ("verdict", "evaluation", "other", "another evaluation"),
        ("response", "load", "gone", "load that is missing"),
        ("load", "seconds", -1.0, "cannot be"),
        ("load", "pid", "seven", "cannot be read"),
        ("evaluation", "status", "running", "only one that is over"),
        ("evaluation", "status", "splendid", "cannot be read"),
        ("evaluation", "id", "../../etc/passwd", "another evaluation"),
        ("evaluation", "name", "a\u0000b", "control signs"),
        ("annotation", "score", 6, "not from 1 to 5"),
        ("canary", "judge", "nobody", "of no judge"),
        ("canary", "scores", {"facet-0": 6}, "not from 1 to 5"),
        ("canary", "scores", {}, "its facets are unknown"),
        ("qualification", "created_at", "yesterday", "cannot be read"),
    ],
)
def test_a_row_that_cannot_be_is_refused_though_the_checksum_is_right(
    archive: Archive, kind: str, field: str, value: object, says: str
) -> None:
    def change(lines: list[Entry]) -> None:
        first(kind, lines)[field] = value

    with pytest.raises(Invalid, match=says):
        unpack(rewritten(pack(archive), change))


def drop_a_line(lines: list[Entry]) -> None:
    del lines[-1]


def double_an_answer(lines: list[Entry]) -> None:
    lines.append({"response": first("response", lines)})
    lines[0]["rows"]["response"] += 1


def invent_a_candidate(lines: list[Entry]) -> None:
    first("response", lines)["slot"]["candidate"] = "c"


def hide_a_model(lines: list[Entry]) -> None:
    del first("evaluation", lines)["spec"]["models"][0]


def another_kind(lines: list[Entry]) -> None:
    lines.append({"script": "import os"})


def two_at_once(lines: list[Entry]) -> None:
    lines[1]["verdict"] = first("verdict", lines)


def grade_for_ever(lines: list[Entry]) -> None:
    first("evaluation", lines)["spec"]["judges"][0]["max_samples"] = 2**60


def no_uuid(lines: list[Entry]) -> None:
    first("evaluation", lines)["id"] = lines[0]["evaluation"] = "../../etc/passwd"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (drop_a_line, "its manifest says"),
        (double_an_answer, "an answer is there twice"),
        (invent_a_candidate, "no candidate"),
        (hide_a_model, "is not described"),
        (another_kind, "cannot be read"),
        (two_at_once, "cannot be read"),
        (no_uuid, "no UUID"),
        (grade_for_ever, "samples cannot be"),
    ],
)
def test_rows_that_contradict_each_other_are_refused(
    archive: Archive, change: Callable[[list[Entry]], None], says: str
) -> None:
    with pytest.raises(Invalid, match=says):
        unpack(rewritten(pack(archive), change))


def test_what_was_changed_on_the_way_is_noticed(archive: Archive) -> None:
    def better(lines: list[Entry]) -> None:
        first("verdict", lines)["score"] = 5.0 if first("verdict", lines)["score"] < 5 else 4.0

    with pytest.raises(Invalid, match="checksum is wrong"):
        unpack(rewritten(pack(archive), better, sign=False))


def test_a_file_of_another_version_says_which_it_reads(archive: Archive) -> None:
    def newer(lines: list[Entry]) -> None:
        lines[0]["format"] = "slm-judge/evaluation/2"

    with pytest.raises(Invalid, match="reads 'slm-judge/evaluation/1'"):
        unpack(rewritten(pack(archive), newer))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda _: b"", "too early"),
        (lambda _: b"PK\x03\x04 a zip", "no gzip file"),
        (lambda packed: packed[: len(packed) // 2], "too early|no gzip|damaged"),
        (lambda packed: packed + b"more", "something follows"),
        (lambda packed: packed + packed, "something follows"),
        (lambda _: gzip.compress(b"[]\n"), "no manifest"),
        (lambda _: gzip.compress(b"\xff\xfe\n"), "no manifest"),
        (lambda packed: gzip.compress(gzip.decompress(packed)[:-1]), "not complete"),
        (lambda _: gzip.compress(b"[" * 100_000 + b"\n"), "no manifest"),
    ],
)
def test_what_is_no_such_file_is_refused(
    archive: Archive, damage: Callable[[bytes], bytes], says: str
) -> None:
    with pytest.raises(Invalid, match=says):
        unpack(damage(pack(archive)))


def test_a_bomb_is_not_unpacked(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "MOST_BYTES", 2**21)
    monkeypatch.setattr(moving, "MOST_LINE", 2**18)
    lines = gzip.decompress(pack(archive)).splitlines(keepends=True)
    with pytest.raises(Invalid, match="unpacks to more"):
        unpack(gzip.compress(b"".join(lines) + lines[-1] * (2**22 // len(lines[-1]))))
    with pytest.raises(Invalid, match="longer than"):
        unpack(gzip.compress(b"x" * 2**20))
    monkeypatch.setattr(moving, "MOST_PACKED", 100)
    with pytest.raises(Invalid, match="larger than"):
        unpack(pack(archive))


def test_a_manifest_says_how_many_rows_there_are(archive: Archive) -> None:
    head = msgspec.json.decode(gzip.decompress(pack(archive)).split(b"\n")[0])
    assert head["rows"] == {
        "load": 2,
        "response": 39,
        "verdict": 80,
        "attempt": 2,
        "qualification": 1,
        "annotation": 1,
        "canary": 1,
        "look": 0,
        "pair": 0,
    }

    def older(lines: list[Entry]) -> None:
        del lines[0]["rows"]["look"]

    assert unpack(rewritten(pack(archive), older)) == unpack(pack(archive))

"""Moving: one evaluation as one file, and back. A file comes from a stranger: it is checked before anything is stored.

The file is JSON lines, compressed with gzip. The first line says what it is, how many rows of each kind follow and what their
SHA-256 is; each further line is one row under its kind. The same evaluation always gives the same bytes but for the version
that wrote them. Nothing in it is executed; paths of models on the machine it comes from are left out.
"""

import hashlib
import math
import re
import zlib
from collections.abc import Iterator
from dataclasses import astuple, dataclass, replace
from typing import Any, cast
from uuid import UUID

import msgspec

from service import __version__
from service.domain.annotations import Annotation
from service.domain.archives import Archive
from service.domain.canaries import CanaryVerdict
from service.domain.evaluations import Evaluation, Spec
from service.domain.pairs import PairVerdict
from service.domain.responses import Attempt, Load, Response
from service.domain.stopping import Look
from service.domain.verdicts import Qualification, Verdict
from service.errors import Fault, Invalid

FORMAT = "slm-judge/evaluation/1"
MOST_PACKED = 64 * 2**20
"""Bytes of a file."""
MOST_BYTES = 512 * 2**20
"""Bytes of its lines."""
MOST_LINE = 16 * 2**20
MOST_SAMPLES = 9
CHUNK = 64 * 1024
KINDS: dict[str, type] = {
    "load": Load,
    "response": Response,
    "verdict": Verdict,
    "attempt": Attempt,
    "qualification": Qualification,
    "annotation": Annotation,
    "canary": CanaryVerdict,
    "look": Look,
    "pair": PairVerdict,
}
"""Kinds of rows, in the order in which they follow the evaluation; files from before there was a kind have none of it."""
PLURALS = {"canary": "canaries"}
LARGEST = 2**63 - 1
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,400}")


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of a file; fields of later versions are ignored."""

    format: str
    made_by: str
    evaluation: str
    rows: dict[str, int]
    sha256: str


def pack(archive: Archive) -> bytes:
    """Return the evaluation as the bytes of a file."""
    body = b"".join(_lines(archive))
    manifest = Manifest(
        format=FORMAT,
        made_by=__version__,
        evaluation=archive.evaluation.id,
        rows=_counts(archive),
        sha256=hashlib.sha256(body).hexdigest(),
    )
    # No name and no time in the header: the same evaluation is the same file.
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(_encoded(manifest) + b"\n" + body) + packer.flush()


def unpack(data: bytes) -> Archive:
    """Return the evaluation in the bytes of a file.

    Raises
    ------
    Invalid
        If it is too large, not such a file, of an unknown version, damaged, or holds rows that contradict each other.
    """
    lines = _split(data)
    first = next(lines, b"")
    try:
        manifest = msgspec.json.decode(first, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _refused(f"its first line is no manifest ({error}): export the evaluation again") from error
    if manifest.format != FORMAT:
        shown = manifest.format[:60]
        raise _refused(
            f"its format is '{shown}', this service reads '{FORMAT}': use the version that wrote it"
        )
    digest = hashlib.sha256()
    reading = _Reading()
    for number, line in enumerate(lines, start=2):
        digest.update(line)
        digest.update(b"\n")
        reading.take(number, line)
    if digest.hexdigest() != manifest.sha256:
        raise _refused("its checksum is wrong, so it was damaged or changed: export the evaluation again")
    archive = reading.archive()
    counts = _counts(archive)
    if counts != dict.fromkeys(KINDS, 0) | manifest.rows:
        raise _refused(f"it holds {counts} where its manifest says {manifest.rows}: export it again")
    if archive.evaluation.id != manifest.evaluation:
        raise _refused("its manifest names another evaluation than it holds")
    check(archive)
    return archive


def digest_of(archive: Archive) -> str:
    """Return the SHA-256 of what an archive holds: two that hold the same have the same."""
    return hashlib.sha256(b"".join(_lines(archive))).hexdigest()


def check(archive: Archive) -> None:
    """Return if the rows belong together and could have been written by this service.

    Raises
    ------
    Invalid
        With the first thing that cannot be.
    """
    evaluation = archive.evaluation
    _check_evaluation(evaluation)
    loads = {load.id for load in archive.loads}
    if len(loads) != len(archive.loads):
        raise _refused("two loads have the same id")
    owners = {
        owner
        for rows in (
            archive.loads,
            archive.responses,
            archive.verdicts,
            archive.attempts,
            archive.annotations,
            archive.canaries,
            archive.looks,
            archive.pairs,
        )
        for owner in (cast(Any, row).evaluation for row in rows)
    }
    if not owners <= {evaluation.id}:
        raise _refused("a row belongs to another evaluation")
    _check_responses(archive, loads)
    _check_verdicts(archive)
    _check_annotations(archive)
    _check_canaries(archive)
    _check_looks(archive)
    _check_pairs(archive)
    _check_numbers(archive)


def _check_evaluation(evaluation: Evaluation) -> None:
    spec = evaluation.spec
    try:
        canonical = str(UUID(evaluation.id)) == evaluation.id
    except ValueError:
        canonical = False
    if not canonical:
        raise _refused("the id of its evaluation is no UUID")
    if not evaluation.status.over:
        raise _refused(f"its evaluation is {evaluation.status}: only one that is over can be moved")
    names = [one.name for one in spec.candidates]
    models = [one.name for one in spec.models]
    if not names or len(set(names)) != len(names) or len(set(models)) != len(models):
        raise _refused("its candidates or models are missing or named twice")
    used = {one.model for one in spec.candidates} | {one.model for one in spec.judges}
    if not used <= set(models):
        raise _refused(f"the model '{min(used - set(models))[:60]}' is not described")
    _check_judges(spec)
    prompts = [prompt.id for prompt in spec.prompt_set.prompts]
    if len(set(prompts)) != len(prompts) or not (1 <= spec.rounds <= 1000 and 1 <= spec.passes <= 20):
        raise _refused("its prompts, rounds or passes cannot be")
    for name in (evaluation.name, spec.device, *names, *models, *prompts, *evaluation.labels):
        if _NAME.fullmatch(name) is None:
            raise _refused("a name in it is empty, too long, or holds control signs")


def _check_judges(spec: Spec) -> None:
    if not {judge.template for judge in spec.judges} <= {one.name for one in spec.templates}:
        raise _refused("a judge's template is missing")
    if not all(1 <= judge.samples <= MOST_SAMPLES >= judge.most_samples for judge in spec.judges):
        raise _refused("a judge's samples cannot be")


def _check_responses(archive: Archive, loads: set[str]) -> None:
    spec = archive.evaluation.spec
    names = {one.name for one in spec.candidates}
    prompts = {prompt.id for prompt in spec.prompt_set.prompts}
    slots = {response.slot for response in archive.responses}
    if len(slots) != len(archive.responses):
        raise _refused("an answer is there twice")
    for slot in slots:
        known = slot.candidate in names and slot.prompt in prompts
        if not (known and 1 <= slot.round_number <= spec.rounds and 1 <= slot.pass_number <= spec.passes):
            raise _refused("an answer belongs to no candidate, prompt, round or pass of the evaluation")
    if not {response.load for response in archive.responses} <= loads:
        raise _refused("an answer belongs to a load that is missing")


def _check_verdicts(archive: Archive) -> None:
    facets = {facet.name for facet in archive.evaluation.spec.rubric.facets}
    if len({verdict.key for verdict in archive.verdicts}) != len(archive.verdicts):
        raise _refused("a verdict is there twice")
    for verdict in archive.verdicts:
        levels = (verdict.score, 1 if verdict.expectation is None else verdict.expectation)
        if verdict.facet not in facets or not all(1 <= level <= 5 for level in levels) or verdict.sample < 1:
            raise _refused(
                "a verdict is about an unknown facet, or its score is not from 1 to 5, or its sample cannot be"
            )


def _check_annotations(archive: Archive) -> None:
    facets = {facet.name for facet in archive.evaluation.spec.rubric.facets}
    keys = {(one.item, one.facet, one.annotator) for one in archive.annotations}
    if len(keys) != len(archive.annotations):
        raise _refused("a person's score is there twice")
    for one in archive.annotations:
        named = _NAME.fullmatch(one.item) and _NAME.fullmatch(one.annotator)
        if one.facet not in facets or not 1 <= one.score <= 5 or not named:
            raise _refused("a person's score is about an unknown facet, or not from 1 to 5")


def _check_canaries(archive: Archive) -> None:
    spec = archive.evaluation.spec
    facets, judges = {facet.name for facet in spec.rubric.facets}, {judge.model for judge in spec.judges}
    if len({(one.judge, one.name) for one in archive.canaries}) != len(archive.canaries):
        raise _refused("a judge graded one canary twice")
    for one in archive.canaries:
        graded = one.facets and set(one.facets) <= one.scores.keys() <= facets
        if one.judge not in judges or not _NAME.fullmatch(one.name) or not graded:
            raise _refused("a canary is of no judge of the evaluation, or its facets are unknown")
        if not all(1 <= score <= 5 for score in one.scores.values()):
            raise _refused("the score of a canary is not from 1 to 5")


def _check_looks(archive: Archive) -> None:
    spec = archive.evaluation.spec
    rule = spec.stop_when
    if rule is not None and not (rule.batch >= 1 and 0 < rule.confidence < 1):
        raise _refused("its rule for stopping early cannot be")
    if spec.time_budget is not None and not 0 < spec.time_budget < math.inf:
        raise _refused("its time budget cannot be")
    prompts = len(spec.prompt_set.prompts)
    if [one.number for one in archive.looks] != list(range(1, len(archive.looks) + 1)):
        raise _refused("its looks at when to stop are not numbered one by one")
    for one in archive.looks:
        chances = (one.p_within, one.bar)
        if not 0 <= one.prompts <= prompts or any(p is not None and not 0 <= p <= 1 for p in chances):
            raise _refused("a look at when to stop has a figure that cannot be")


def _check_pairs(archive: Archive) -> None:
    prompts = {prompt.id for prompt in archive.evaluation.spec.prompt_set.prompts}
    judges = {judge.model for judge in archive.evaluation.spec.judges}
    if len({one.key for one in archive.pairs}) != len(archive.pairs):
        raise _refused("a comparison is there twice")
    if any(one.prompt not in prompts or one.judge not in judges for one in archive.pairs):
        raise _refused("a comparison belongs to no prompt or judge of the evaluation")


def _check_numbers(archive: Archive) -> None:
    for response in archive.responses:
        timing = response.timing
        times = (timing.first, timing.last, timing.end)
        counts = (timing.prompt_tokens, timing.completion_tokens, timing.first_tokens, timing.hidden_tokens)
        if any(mark is not None and not 0 <= mark <= LARGEST for mark in times + counts):
            raise _refused("a time or a count of tokens cannot be")
    for load in archive.loads:
        seconds = (load.seconds, load.cold_first_token, load.cold_latency)
        if any(value is not None and not (math.isfinite(value) and value >= 0) for value in seconds):
            raise _refused("a load took a time that cannot be")


@dataclass(slots=True)
class _Reading:
    """The rows of a file as they come, kind by kind."""

    evaluation: Evaluation | None = None
    rows: dict[str, list[Any]] | None = None

    def take(self, number: int, line: bytes) -> None:
        """Take one line in."""
        if self.rows is None:
            self.rows = {kind: [] for kind in KINDS}
        try:
            entry = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
            ((kind, raw),) = entry.items()
            if kind == "evaluation" and self.evaluation is None:
                self.evaluation = msgspec.json.decode(raw, type=Evaluation)
            else:
                self.rows[kind].append(msgspec.json.decode(raw, type=KINDS[kind]))
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError, KeyError, RecursionError) as error:
            why = str(error)[:200]
            raise _refused(f"line {number} cannot be read ({why}): export the evaluation again") from error

    def archive(self) -> Archive:
        """Return what was read."""
        if self.evaluation is None or self.rows is None:
            raise _refused("it holds no evaluation")
        return Archive(
            evaluation=self.evaluation, **{_plural(kind): tuple(self.rows[kind]) for kind in KINDS}
        )


def _counts(archive: Archive) -> dict[str, int]:
    return {kind: len(_rows(archive, kind)) for kind in KINDS}


def _rows(archive: Archive, kind: str) -> tuple[Any, ...]:
    return cast(tuple[Any, ...], getattr(archive, _plural(kind)))


def _plural(kind: str) -> str:
    return PLURALS.get(kind, f"{kind}s")


def _in_order(archive: Archive) -> Archive:
    """Return the archive with its rows in canonical order; failed tries stay in the order in which they happened."""
    return replace(
        archive,
        loads=tuple(sorted(archive.loads, key=lambda load: (load.started_at, load.id))),
        responses=tuple(sorted(archive.responses, key=lambda response: astuple(response.slot))),
        verdicts=tuple(sorted(archive.verdicts, key=lambda verdict: verdict.key)),
        annotations=tuple(sorted(archive.annotations, key=lambda one: (one.item, one.facet, one.annotator))),
        canaries=tuple(sorted(archive.canaries, key=lambda one: (one.judge, one.name))),
        looks=tuple(sorted(archive.looks, key=lambda one: one.number)),
        pairs=tuple(sorted(archive.pairs, key=lambda one: one.key)),
        qualifications=tuple(sorted(archive.qualifications, key=lambda found: (found.judge, found.key))),
    )


def _lines(archive: Archive) -> Iterator[bytes]:
    evaluation = replace(archive.evaluation, spec=_portable(archive.evaluation.spec))
    yield _encoded({"evaluation": evaluation}) + b"\n"
    ordered = _in_order(archive)
    for kind in KINDS:
        for row in _rows(ordered, kind):
            yield _encoded({kind: row}) + b"\n"


def _portable(spec: Spec) -> Spec:
    """Leave out where models lie on this machine: nobody else needs to know."""
    return replace(spec, models=tuple(replace(model, path=None) for model in spec.models))


def _encoded(value: object) -> bytes:
    return msgspec.json.encode(value, order="deterministic")


def _split(data: bytes) -> Iterator[bytes]:
    """Yield the lines of a file, never holding more than one and a piece, nor reading more than allowed."""
    if len(data) > MOST_PACKED:
        raise _refused(f"it is larger than {MOST_PACKED // 2**20} MiB")
    opener, rest, seen, at = zlib.decompressobj(31), b"", 0, 0
    waiting = b""
    try:
        while not opener.eof:
            if not waiting:
                if at >= len(data):
                    raise _refused("it ends too early: it was not copied whole")
                waiting, at = data[at : at + CHUNK], at + CHUNK
            piece = opener.decompress(waiting, CHUNK * 16)
            waiting = opener.unconsumed_tail
            seen += len(piece)
            if seen > MOST_BYTES:
                raise _refused(f"it unpacks to more than {MOST_BYTES // 2**20} MiB")
            *lines, rest = (rest + piece).split(b"\n")
            if len(rest) > MOST_LINE or any(len(line) > MOST_LINE for line in lines):
                raise _refused(f"a line of it is longer than {MOST_LINE // 2**20} MiB")
            yield from lines
    except zlib.error as error:
        raise _refused("it is no gzip file, or it is damaged: send what export wrote, as it is") from error
    if opener.unused_data or at < len(data):
        raise _refused("something follows the end of the file")
    if rest:
        raise _refused("its last line is not complete")


def _refused(why: str) -> Invalid:
    detail = f"the file cannot be imported: {why}"
    return Invalid(detail, [Fault(pointer="", detail=detail)])

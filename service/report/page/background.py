"""The end of the HTML report: whether the judge may be believed, what failed, what was run, and how to read it."""

from collections import Counter
from collections.abc import Iterator

from service.domain.findings import Findings
from service.domain.verdicts import Qualification
from service.report.candidates import loads_note
from service.report.figures import moment, say
from service.report.markup import Child, Markup, element, together
from service.report.page.tables import bullets, estimate_cell, section, table

HOW_TO_READ = (
    "Score: weighted utility from 0 to 1 on the profile’s own anchors; other candidates do not change it.",
    "Intervals hold the truth 95 times in 100; each prompt counts as one unit, however often it was asked.",
    "P(best): share of draws from the measurements in which it is the best.",
    "P(good enough): the same, but for a difference that the profile calls too small to matter.",
    "Regret: utility that choosing it loses on average against the best of each draw.",
    "p95 latency: 95 of 100 requests are at least this fast; provisional below 59 effective samples.",
    "Memory: what the model adds to its process; the gate uses the peak of the whole process.",
    "A dash is a figure that is missing; the reason stands below it, or in the JSON report.",
)


def judges(findings: Findings) -> Markup | None:
    """Return what each judge's examination found."""
    if not findings.evaluation.spec.judges:
        return section(
            "The judge",
            "judge",
            element("p", "No judge took part: only deterministic checks scored."),
            _outcomes(findings),
        )
    found = {one.judge: one for one in findings.qualifications}
    parts: list[Child] = []
    for judge in findings.evaluation.spec.judges:
        known = found.get(judge.model)
        parts.append(element("p", f"{judge.model} was not examined.") if known is None else _judge(known))
    told = (_canaries(findings), _outcomes(findings), _side_by_side(findings), _bias(findings))
    return section("The judge", "judge", *parts, *told)


def failures(findings: Findings) -> Markup | None:
    """Return what was tried and failed, counted."""
    counted = Counter(
        (one.candidate or one.subject, one.failure.kind.value, one.failure.message)
        for one in findings.attempts
    )
    rows = [
        (who, kind.replace("_", " "), str(times), message) for (who, kind, message), times in counted.items()
    ]
    if not rows:
        return None
    title = "Failed tries; none of them is a score"
    header = ("Who", "What", "Times", "In words")
    return section("What failed", "failed", table(title, header, rows, words=frozenset({0, 1, 3})))


def run(findings: Findings) -> Markup | None:
    """Return the inputs with their fingerprints, and how to read the report."""
    spec = findings.evaluation.spec
    rows = [
        (kind, thing.name, element("code", thing.fingerprint[:16]))
        for kind, thing in (
            ("Rubric", spec.rubric),
            ("Prompt set", spec.prompt_set),
            ("Profile", spec.profile),
        )
    ]
    rows += [
        (
            f"Model of {one.name}",
            one.model,
            element("code", (spec.model(one.model).version or "unknown")[:16]),
        )
        for one in spec.candidates
    ]
    rows += [
        ("Judge", judge.model, element("code", (spec.model(judge.model).version or "unknown")[:16]))
        for judge in spec.judges
    ]
    told = (
        f"Prompts: {len(spec.prompt_set.prompts)}; rounds: {spec.rounds}; passes: {spec.passes}; seed: {spec.seed}.",
        f"Discarded warm-up requests for each load: {spec.warmup}.",
        *_interruptions(findings),
    )
    return section(
        "What was run",
        "run",
        table(
            "Inputs and their fingerprints", ("What", "Name", "Fingerprint"), rows, words=frozenset({0, 1, 2})
        ),
        bullets(told),
        element("h3", "How to read this"),
        bullets(HOW_TO_READ),
    )


def closing(findings: Findings) -> Markup:
    """Return which evaluation this is and who wrote it."""
    evaluation = findings.evaluation
    made = evaluation.finished_at or evaluation.created_at
    words = f"Evaluation {evaluation.id}, {evaluation.status.value}, {moment(made)}. slm-judge {findings.version}."
    return element("footer", element("p", words))


def _judge(found: Qualification) -> Markup:
    rows = []
    for facet in found.facets:
        caught, tried = sum(one.detected for one in facet.trials), sum(one.tried for one in facet.trials)
        noticed = f"{caught} of {tried}" if tried else "none planted"
        rows.append((facet.facet, facet.standing, noticed, facet.reason))
    words = (
        f"{found.judge}: {found.valid} of {found.asked} replies usable, {found.spread} distinct scores used"
    )
    header = ("Facet", "Standing", "Planted faults noticed", "Why")
    return together([table(words, header, rows, words=frozenset({0, 1, 3}))])


def _canaries(findings: Findings) -> Markup | None:
    """Return how answers of known grade were graded in this run."""
    rows = [
        (
            one.judge,
            one.name,
            one.expected,
            ", ".join(f"{name} {one.scores[name]}" for name in one.facets) or "none",
            {True: "yes", False: "no", None: "no grade"}[one.held],
            one.reason or ", ".join(one.failed_on),
        )
        for one in findings.canaries
    ]
    if not rows:
        return None
    title = "Canaries: answers of known grade, made from this run’s own; they count for no candidate"
    header = ("Judge", "Canary", "Due", "Grades", "As due", "Where not")
    return table(title, header, rows, words=frozenset({0, 1, 2, 3, 4, 5}))


def _outcomes(findings: Findings) -> Markup | None:
    """Return what became of the verdicts that were wanted."""
    spared = any(one.spared for one in findings.outcomes)
    rows = [
        (
            one.judge or "check",
            one.candidate,
            one.facet,
            str(one.wanted),
            str(one.decided),
            say(one.coverage, "share"),
            ", ".join(f"{count} {words}" for words, count in one.missing()) or "none",
            *((str(one.spared),) if spared else ()),
        )
        for one in findings.outcomes
    ]
    if not rows:
        return None
    title = "What became of the verdicts; one that is missing is no score"
    header = (
        "By",
        "Candidate",
        "Facet",
        "Wanted",
        "There",
        "Coverage",
        "Missing",
        *(("Spared",) if spared else ()),
    )
    return table(title, header, rows, words=frozenset({0, 1, 2, 6}))


def _side_by_side(findings: Findings) -> Markup | None:
    """Return how the answers of those that are tied compared, and how much their order did."""
    found = findings.side_by_side
    if found is None:
        return None
    rows = [
        (
            one.candidate,
            one.against,
            *map(str, (one.wins, one.ties, one.losses, one.unsure, one.unjudged)),
            estimate_cell(one.share, "share"),
        )
        for one in found.results
    ]
    words = (
        f"{found.judge} compared answers of those that are tied, each pair in both orders: {found.reason}."
    )
    order = (
        f"On {found.standing.tried} planted pairs {found.standing.reason}. "
        "The bias is the share of replies for whatever stood first, minus that for whatever stood second; 0 is none."
    )
    header = ("Candidate", "Against", "Won", "Tied", "Lost", "Order decided", "Not compared", "Share won")
    bias = [(estimate_cell(found.consistent, "share"), estimate_cell(found.position_bias, "share"))]
    return together(
        [
            element("p", words),
            table("Answers side by side, by prompts", header, rows, words=frozenset({0, 1})),
            element("p", order),
            table("Whether the order decides", ("Same in both orders", "Bias for the first"), bias),
        ]
    )


def _bias(findings: Findings) -> Markup | None:
    """Return by how much length and kinship move a judge's scores."""
    rows = [
        (
            one.judge,
            one.facet,
            str(one.answers),
            estimate_cell(one.length, "points"),
            estimate_cell(one.family, "points"),
        )
        for one in findings.bias
    ]
    if not rows:
        return None
    words = (
        "What sways a judge is shown and changes no score: points by which it scores a very long answer, and one of its "
        "own family, otherwise than the rest, other things equal. A longer answer can be the better one."
    )
    header = ("Judge", "Facet", "Answers", "Very long answer", "Own family")
    return together([element("p", words), table("What sways a judge", header, rows, words=frozenset({0, 1}))])


def _interruptions(findings: Findings) -> Iterator[str]:
    for candidate in findings.evaluation.spec.candidates:
        loads = [load for load in findings.loads if load.role == "candidate" and load.name == candidate.name]
        note = loads_note(loads, findings.evaluation.spec.passes)
        if note is not None:
            yield f"{candidate.name}: {note}."

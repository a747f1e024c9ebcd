"""The Markdown report: what an engineer shows to a manager. The choice first, then why, then how to read it."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from service.domain.canaries import CanaryFinding
from service.domain.estimates import Estimate
from service.domain.findings import Findings, Item
from service.domain.measurements import CandidateScores
from service.domain.selection import Ranked, Recommendation
from service.domain.verdicts import Qualification
from service.report.candidates import loads_note
from service.report.document import in_order
from service.report.figures import NONE, moment, say, say_estimate
from service.report.highlights import highlights
from service.report.quoting import block, inline

HEADER = (
    *("Rank", "Candidate", "Score", "Quality", "p95 latency", "First token", "Throughput"),
    *("Memory", "Disk", "Licence"),
)
HOW_TO_READ = (
    "**Score**: weighted utility from 0 to 1 on the profile's own anchors, with its interval.",
    "**Quality**: mean of the facets that may decide, 1 to 5; the interval treats each prompt as one unit.",
    "**p95 latency**: 95 of 100 requests are at least this fast; *provisional* below 59 effective samples.",
    "**Throughput**: tokens of an answer over its latency, as a user sees them; the profile ranks by it.",
    "**Memory**: what the model adds to its process, runtime and start-up excluded; the gate uses the process's peak.",
    "A dash is a figure that is missing; the JSON report says why.",
)


def markdown(findings: Findings) -> str:
    """Return the report as Markdown; whatever a model or a file said is shown, never interpreted."""
    parts = [
        f"# {inline(findings.evaluation.name)}",
        headline(findings.ranking.recommendation),
        "\n".join(_reasons(findings.ranking.recommendation)),
        "## Candidates",
        "\n".join(_table(findings)),
        "\n".join(highlights(findings)),
        *_section("Gates not passed", _barred(findings)),
        *_section("The judge", _judges(findings)),
        *_section("What became of the verdicts", _outcomes(findings)),
        *_section("What sways the judge", _bias(findings)),
        *_section("Side by side", _side_by_side(findings)),
        *_section("People", _people(findings)),
        *_section("What failed", _failures(findings)),
        *_section("One answer each", _samples(findings), between="\n\n"),
        *_section("How to read this", (f"- {line}" for line in HOW_TO_READ)),
        *_section("What was run", _run(findings)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def headline(recommendation: Recommendation) -> str:
    """Return the choice in one bold sentence."""
    if recommendation.candidate is None:
        miss = recommendation.nearest_miss
        near = "" if miss is None else f" Nearest miss: {inline(miss)}."
        return f"**No recommendation.**{near}"
    name = inline(recommendation.candidate)
    if recommendation.decision == "tie":
        others = ", ".join(inline(one) for one in recommendation.equals)
        how = ", preferred with the answers side by side" if recommendation.settled_by == "pairs" else ""
        return f"**Recommended: {name}**, " + (
            f"tied with {others}{how}." if others else "though the evidence is not enough to be sure."
        )
    second = recommendation.runner_up
    return f"**Recommended: {name}.**" + ("" if second is None else f" Runner-up: {inline(second)}.")


def _section(title: str, lines: Iterator[str], *, between: str = "\n") -> list[str]:
    body = list(lines)
    return [f"## {title}", between.join(body)] if body else []


def _reasons(recommendation: Recommendation) -> Iterator[str]:
    groups = (
        ("", recommendation.reasons),
        ("Caution: ", recommendation.cautions),
        ("Obligation: ", recommendation.obligations),
        ("Missing: ", recommendation.missing),
        ("Would change it: ", recommendation.would_change),
    )
    for prefix, sentences in groups:
        yield from (f"- {prefix}{inline(sentence, most=1000)}" for sentence in sentences)


def _table(findings: Findings) -> Iterator[str]:
    by_name = {scores.candidate: scores for scores in findings.scores}
    yield _row(HEADER)
    yield "|---:|---|" + "---:|" * 7 + "---|"
    for ranked in in_order(findings):
        yield _row(_cells(ranked, by_name.get(ranked.candidate)))


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cells(ranked: Ranked, scores: CandidateScores | None) -> tuple[str, ...]:
    place = (NONE if ranked.rank is None else str(ranked.rank), inline(ranked.candidate))
    score = say_estimate(ranked.score, "score")
    if scores is None:
        return (*place, score, *[NONE] * (len(HEADER) - 3))
    p95 = say_estimate(scores.latency.p95, "seconds")
    return (
        *place,
        score,
        say_estimate(scores.quality, "points"),
        f"{p95}, provisional" if scores.latency.provisional and scores.latency.p95.value is not None else p95,
        say(scores.first_token.value, "seconds"),
        say(scores.end_to_end_rate.value, "rate"),
        say(scores.memory.value, "bytes"),
        say(scores.disk.value, "bytes"),
        f"{inline(scores.licence.licence or 'unknown')} ({scores.licence.allowed})",
    )


def _barred(findings: Findings) -> Iterator[str]:
    for ranked in in_order(findings):
        for gate in ranked.gates:
            if gate.status != "pass":
                name = gate.gate.replace("_", " ")
                yield f"- **{inline(ranked.candidate)}**, {name} gate {gate.status}: {inline(gate.reason, most=1000)}"
        if ranked.rank is None and ranked.reason is not None:
            yield f"- **{inline(ranked.candidate)}** is not ranked: {inline(ranked.reason, most=1000)}"


def _judges(findings: Findings) -> Iterator[str]:
    if not findings.evaluation.spec.judges:
        yield "No judge took part: only deterministic checks scored."
    found = {one.judge: one for one in findings.qualifications}
    for judge in findings.evaluation.spec.judges:
        yield from _judge(judge.model, found.get(judge.model))
        yield from _canaries([one for one in findings.canaries if one.judge == judge.model])


def _judge(name: str, found: Qualification | None) -> Iterator[str]:
    if found is None:
        yield f"- **{inline(name)}** was not examined."
        return
    yield f"- **{inline(name)}**: {found.valid} of {found.asked} replies usable, {found.spread} distinct scores used."
    for facet in found.facets:
        caught, tried = sum(one.detected for one in facet.trials), sum(one.tried for one in facet.trials)
        trials = f"; {caught} of {tried} planted faults noticed" if tried else ""
        yield f"  - {inline(facet.facet)}: **{facet.standing}**, {inline(facet.reason, most=1000)}{trials}"
    stood = next((facet.probes for facet in found.facets if facet.probes), ())
    if stood:
        probes = ", ".join(f"{one.name.replace('_', ' ')} {one.held} of {one.tried}" for one in stood)
        yield f"  - stood {probes}"


def _canaries(found: Sequence[CanaryFinding]) -> Iterator[str]:
    """Say how many answers of known grade a judge graded rightly in this run, and name the others."""
    if not found:
        return
    held = sum(one.held is True for one in found)
    yield f"  - canaries of this run: {held} of {len(found)} graded as they must be"
    for one in found:
        if one.held is None:
            yield f"    - {inline(one.name)}: no grade ({inline(one.reason or '', most=500)})"
        elif not one.held:
            grades = ", ".join(f"{inline(name)} {one.scores[name]}" for name in one.facets)
            yield f"    - **{inline(one.name)}**: {grades} where a {one.expected} grade was due"


def _outcomes(findings: Findings) -> Iterator[str]:
    """Count the verdicts for each judge, then say where some are missing and why."""
    for judge, rows in groupby(findings.outcomes, key=lambda one: one.judge):
        each = list(rows)
        decided, wanted = sum(one.decided for one in each), sum(one.wanted for one in each)
        name = "Checks" if judge is None else f"**{inline(judge)}**"
        spared = sum(one.spared for one in each)
        beside = f"; {spared} more were spared" if spared else ""
        share = say(decided / wanted if wanted else 1.0, "share")
        yield f"- {name}: {decided} of {wanted} verdicts there, {share}{beside}"
        for one in each:
            if missing := ", ".join(f"{count} {words}" for words, count in one.missing()):
                yield f"  - {inline(one.facet)} of {inline(one.candidate)}: {one.decided} of {one.wanted}; {missing}"


def _bias(findings: Findings) -> Iterator[str]:
    """Say by how much length and kinship move a judge's scores; what is undefined says why."""
    if findings.bias:
        yield "Points by which it scores a very long answer, and one of its own family, otherwise than the rest, other things"
        yield "equal. They are shown and change no score: a longer answer can be the better one."
        yield ""
    for one in findings.bias:
        length, family = _swayed(one.length), _swayed(one.family)
        yield f"- **{inline(one.judge)}** on {inline(one.facet)}: long answer {length}; own family {family}; {one.answers} answers"


def _swayed(effect: Estimate) -> str:
    shown = say_estimate(effect, "points")
    return shown if effect.reason is None else f"{shown} ({inline(effect.reason)})"


def _side_by_side(findings: Findings) -> Iterator[str]:
    """Say how the answers of those that are tied compared, and how much their order did."""
    found = findings.side_by_side
    if found is None:
        return
    yield f"{inline(found.judge)} compared answers of those that are tied, each pair in both orders: {inline(found.reason)}."
    yield ""
    for one in found.results:
        unsure = f", on {one.unsure} of them the order decided" if one.unsure else ""
        lost = f", {one.unjudged} not compared" if one.unjudged else ""
        yield (
            f"- {inline(one.candidate)} against {inline(one.against)}: {one.wins} won, {one.ties} tied{unsure}, "
            f"{one.losses} lost{lost}; share of wins {say_estimate(one.share, 'share')}"
        )
    same, bias = say_estimate(found.consistent, "share"), say_estimate(found.position_bias, "share")
    yield f"- The same outcome in both orders: {same}; first place minus second: {bias}"
    yield f"- On {found.standing.tried} planted pairs: {inline(found.standing.reason)}"


def _people(findings: Findings) -> Iterator[str]:
    """Say how far the judge agrees with people, and what their scores make of the quality."""
    found = findings.people
    if found is None:
        return
    used = "corrected quality" if found.counted else "judge's quality"
    yield f"{len(found.annotators)} people scored {found.items} answers blind. The ranking uses the {used}: {found.reason}."
    yield ""
    for facet in found.facets:
        shown = f"alpha {say_estimate(facet.alpha, 'score')}, judge minus people {say_estimate(facet.bias, 'points')}"
        yield f"- {inline(facet.facet)}: {shown}, {facet.items} answers"
    for one in found.corrections:
        judged, mended = say_estimate(one.judged, "points"), say_estimate(one.corrected, "points")
        yield f"- {inline(one.candidate)}: {judged} as judged, {mended} corrected by {one.labelled} prompts"


def _failures(findings: Findings) -> Iterator[str]:
    seen: dict[tuple[str, str, str], int] = {}
    for one in findings.attempts:
        key = (one.candidate or one.subject, one.failure.kind.value, one.failure.message)
        seen[key] = seen.get(key, 0) + 1
    for (who, kind, message), times in seen.items():
        yield f"- {inline(who)}: {times} × {kind.replace('_', ' ')}: {inline(message, most=500)}"


def _samples(findings: Findings) -> Iterator[str]:
    for item in findings.samples:
        if item.prompt != findings.samples[0].prompt:
            break
        yield f"**{inline(item.candidate)}** on *{inline(item.prompt)}*{_scored(item)}"
        yield f"Question: {inline(item.question)}"
        yield block(item.answer)
        if item.reference is not None:
            yield f"Reference: {inline(item.reference)}"
        if item.rationale:
            yield f"Judge: {inline(item.rationale)}"


def _scored(item: Item) -> str:
    scores = ", ".join(f"{inline(facet)} {score:g}" for facet, score in item.scores.items())
    return f" ({scores})" if scores else ""


def _run(findings: Findings) -> Iterator[str]:
    evaluation = findings.evaluation
    spec, finished = evaluation.spec, evaluation.finished_at
    when = "not finished" if finished is None else f"finished {moment(finished)}"
    yield f"- Evaluation `{evaluation.id}`: {evaluation.status.value}, {when}"
    for kind, thing in (("Rubric", spec.rubric), ("Prompt set", spec.prompt_set), ("Profile", spec.profile)):
        yield f"- {kind} {inline(thing.name)} `{thing.fingerprint[:12]}`"
    yield f"- Prompts {len(spec.prompt_set.prompts)}, rounds {spec.rounds}, passes {spec.passes}, seed {spec.seed}"
    yield f"- Use {spec.use}, device {inline(spec.device)}, slm-judge {findings.version}"
    for candidate in findings.evaluation.spec.candidates:
        loads = [load for load in findings.loads if load.role == "candidate" and load.name == candidate.name]
        note = loads_note(loads, findings.evaluation.spec.passes)
        if note is not None:
            yield f"- {inline(candidate.name)}: {note}"

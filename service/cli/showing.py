"""Show a JSON report on a terminal: the judge's standing, the ranking, the recommendation."""

import math
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.domain.units import Unit
from service.report.figures import NONE, say

Record = dict[str, Any]
COLUMNS = ("", "candidate", "score", "quality", "p95", "tokens/s", "memory", "licence")
WIDTH = 100


def console(*, err: bool = False) -> Console:
    """Return a console that is wide enough for the ranking where there is no terminal to measure."""
    found = Console(stderr=err, highlight=False, markup=False)
    return found if found.is_terminal else Console(stderr=err, highlight=False, markup=False, width=WIDTH)


def plain(text: object) -> Text:
    """Return text of unknown origin without anything a terminal would obey."""
    return Text("".join(sign if sign.isprintable() else " " for sign in str(text)))


def table(
    columns: Iterable[str], rows: Iterable[Iterable[object]], *, whole: Collection[int] = (0,)
) -> Table:
    """Return a table; columns at `whole` are never folded."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for at, column in enumerate(columns):
        made.add_column(column, no_wrap=at in whole, overflow="fold")
    for row in rows:
        made.add_row(*map(plain, row))
    return made


def minute(moment: str | None) -> str:
    """Return a time as people read it.

    Examples
    --------
    >>> minute("2026-11-22T10:15:30Z")
    '2026-11-22 10:15'
    """
    return "" if moment is None else moment[:16].replace("T", " ")


def interval(estimate: Record) -> str:
    """Return a figure without a unit and its interval, where there is one.

    Examples
    --------
    >>> interval({"value": 0.5, "low": 0.25, "high": 0.75})
    '0.50 (0.25 to 0.75)'
    """
    value, low, high = (estimate[name] for name in ("value", "low", "high"))
    if value is None:
        return NONE
    return f"{value:.2f}" if low is None or high is None else f"{value:.2f} ({low:.2f} to {high:.2f})"


def time_left(progress: Record) -> str:
    """Return what the service expects an evaluation to take still; nothing where it expects nothing.

    Examples
    --------
    >>> time_left({"seconds_left": 8.2}), time_left({"seconds_left": 600}), time_left({"seconds_left": 12000.0})
    ('about 9 s left', 'about 10 min left', 'about 3 h 20 min left')
    >>> time_left({"seconds_left": None})
    ''
    """
    seconds = progress.get("seconds_left")
    if seconds is None:
        return ""
    if seconds <= 120:
        return f"about {math.ceil(seconds)} s left"
    hours, minutes = divmod(math.ceil(seconds / 60), 60)
    return f"about {hours} h {minutes} min left" if hours else f"about {minutes} min left"


def show_report(report: Record, out: Console) -> None:
    """Print what a report comes to."""
    out.print()
    for line in judge_lines(report):
        out.print(plain(line), soft_wrap=not out.is_terminal)
    out.print()
    out.print(ranking_table(report))
    for line in failure_lines(report):
        out.print(plain(line), soft_wrap=not out.is_terminal)
    out.print()
    for line in recommendation_lines(report["recommendation"]):
        out.print(plain(line), soft_wrap=not out.is_terminal)


def judge_lines(report: Record) -> Iterator[str]:
    """Yield the examination of each judge, facet by facet."""
    if not report["judges"]:
        yield "No judge: only deterministic checks scored."
    for judge in report["judges"]:
        found = judge["qualification"]
        if found is None:
            yield f"Judge {judge['model']}: {judge['reason']}"
        else:
            yield from qualification_lines(found)
        yield from canary_lines([one for one in report["canaries"] if one["judge"] == judge["model"]])


def qualification_lines(found: Record) -> Iterator[str]:
    """Yield what an examination found, facet by facet."""
    yield f"Judge {found['judge']}: {found['valid']} of {found['asked']} replies usable"
    for facet in found["facets"]:
        caught = sum(trial["detected"] for trial in facet["trials"])
        tried = sum(trial["tried"] for trial in facet["trials"])
        trials = f", {caught} of {tried} planted faults noticed" if tried else ""
        yield f"  {facet['facet']}: {facet['standing']}{trials} ({facet['reason']})"
    stood: list[Record] = next((facet["probes"] for facet in found["facets"] if facet["probes"]), [])
    yield from [f"  stood {probes_line(stood)}"] if stood else []


def canary_lines(found: list[Record]) -> Iterator[str]:
    """Yield how a judge graded answers of known grade in this run."""
    if found:
        held = sum(one["held"] is True for one in found)
        wrong = ", ".join(one["name"] for one in found if one["held"] is not True)
        yield f"  canaries: {held} of {len(found)} graded as they must be" + (
            f"; not {wrong}" if wrong else ""
        )


def probes_line(probes: list[Record]) -> str:
    """Return in how many cases a judge stood each probe."""
    return ", ".join(f"{one['name'].replace('_', ' ')} {one['held']} of {one['tried']}" for one in probes)


def state_lines(state: Record) -> Iterator[str]:
    """Yield what an evaluation asks and how far it is."""
    yield f"{state['name']}  {state['id']}"
    attempt = f", attempt {state['attempt']}" if state["attempt"] > 1 else ""
    yield f"  {state['status']}{attempt}" + (f": {state['reason']}" if state["reason"] else "")
    judges = ", ".join(judge["model"] for judge in state["judges"]) or "none, checks only"
    yield f"  candidates: {', '.join(one['name'] for one in state['candidates'])}; judge: {judges}"
    yield (
        f"  {state['prompts']} prompts of {state['prompt_set']['name']}, rubric {state['rubric']['name']}, "
        f"profile {state['profile']['name']}, for {state['use']} use on {state['device']}"
    )
    yield f"  {state['rounds']} rounds, {state['passes']} passes, seed {state['seed']}"
    times = [f"{word} {minute(state[f'{word}_at'])}" for word in ("created", "started", "finished")]
    yield f"  {', '.join(time for time in times if not time.endswith(' '))}"
    if (now := state.get("progress")) is not None:
        left = time_left(now)
        yield (
            f"  {now['stage']}: {now['answers_kept']} of {now['answers_wanted']} answers, "
            f"{now['verdicts_kept']} of {now['verdicts_wanted']} verdicts{f', {left}' if left else ''}"
        )
        yield from (f"  {note}" for note in now.get("notes", ()))
    for caution in state["cautions"]:
        yield f"  caution: {caution}"


def verdict_lines(one: Record) -> Iterator[str]:
    """Yield what became of one verdict, and what the judge said."""
    said = one["outcome"].replace("_", " ") + ("" if one["score"] is None else f" {one['score']:g}")
    by = one["judge"] or "a check"
    yield f"{one['candidate']}  {one['prompt']}  pass {one['pass']}, round {one['round']}  {one['facet']}: {said} by {by}"
    for word, text in (("why", one["message"] or one["rationale"]), ("reply", one["raw"])):
        if text:
            yield f"  {word}: {text}"


def item_lines(item: Record) -> Iterator[str]:
    """Yield one answer with its scores, and an empty line."""
    latency = "" if item["latency_seconds"] is None else f", {say(item['latency_seconds'], 'seconds')}"
    yield f"{item['candidate']}  {item['prompt']}  pass {item['pass']}, round {item['round']}{latency}"
    yield f"  asked:    {item['question']}"
    if item["reference"] is not None:
        yield f"  expected: {item['reference']}"
    yield f"  answered: {item['answer']}"
    if item["scores"]:
        yield "  scores:   " + ", ".join(f"{facet} {score:.2g}" for facet, score in item["scores"].items())
    if item["rationale"]:
        yield f"  because:  {item['rationale']}"
    yield ""


def ranked_table(candidates: list[Record]) -> Table:
    """Return a ranking of the API with one row per candidate."""
    rows = (
        (
            NONE if one["rank"] is None else one["rank"],
            one["candidate"],
            _value(one["score"], "score"),
            _told(one["quality"], "points"),
            _told(one["latency_p95_seconds"], "seconds"),
            _told(one["memory_bytes"], "bytes"),
            NONE
            if one["licence"] is None
            else f"{one['licence']['licence'] or 'unknown'} ({one['licence']['allowed']})",
            one["reason"] or "",
        )
        for one in candidates
    )
    return table(
        ("", "candidate", "score", "quality", "p95", "memory", "licence", "not ranked because"),
        rows,
        whole=(0, 1),
    )


def _told(estimate: Record | None, unit: Unit) -> str:
    return NONE if estimate is None else _value(estimate, unit)


def ranking_table(report: Record) -> Table:
    """Return the ranking with one row per candidate."""
    measured = {one["name"]: one["measured"] for one in report["candidates"]}
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, column in enumerate(COLUMNS):
        table.add_column(column, justify="right" if number not in {1, 7} else "left", no_wrap=number < 2)
    for one in report["ranking"]["candidates"]:
        rank = NONE if one["rank"] is None else str(one["rank"])
        cells = [rank, one["candidate"], _value(one["score"], "score"), *_figures(measured[one["candidate"]])]
        table.add_row(*map(plain, cells))
    return table


def failure_lines(report: Record) -> Iterator[str]:
    """Yield why a candidate is not ranked, and what failed."""
    for one in report["ranking"]["candidates"]:
        if one["rank"] is None:
            yield f"{one['candidate']} is not ranked: {one['reason'] or 'no reason was given'}"
    for candidate in report["candidates"]:
        for failure in candidate["failures"]:
            yield f"{candidate['name']}: {failure['times']} × {failure['kind']}: {failure['message']}"


def recommendation_lines(recommendation: Record) -> Iterator[str]:
    """Yield the choice, or the honest none, with its reasons."""
    if recommendation["candidate"] is None:
        yield "Recommendation: none"
    elif recommendation["decision"] == "tie":
        others = ", ".join(recommendation["equals"])
        tied = f"tied with {others}" if others else "not for certain"
        how = ", preferred side by side" if recommendation.get("settled_by") == "pairs" else ""
        yield f"Recommendation: {recommendation['candidate']}, {tied}{how}"
    else:
        yield f"Recommendation: {recommendation['candidate']}"
    groups = (("reasons", ""), ("cautions", "caution: "), ("obligations", "obligation: "))
    for key, prefix in (*groups, ("missing", "missing: "), ("would_change", "would change it: ")):
        yield from (f"  {prefix}{sentence}" for sentence in recommendation[key])


def _figures(measured: Record | None) -> list[str]:
    if measured is None:
        return [NONE] * 5
    quality = measured["quality"]["estimate"]
    interval = "" if quality["low"] is None else f" ({quality['low']:.2f} to {quality['high']:.2f})"
    licence = measured["licence"]
    return [
        _value(quality, "points") + interval,
        _value(measured["latency_seconds"]["p95"], "seconds"),
        _value(measured["throughput_tokens_per_second"]["end_to_end"], "rate").removesuffix(" tokens/s"),
        _value(measured["memory_bytes"]["model_resident"], "bytes"),
        f"{licence['licence'] or 'unknown'} ({licence['allowed']})",
    ]


def _value(estimate: Record, unit: Unit) -> str:
    return say(estimate["value"], unit)

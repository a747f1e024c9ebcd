"""`slm-judge evaluations verdicts`, `judge-again`, `judgings`, `compare-judgings`: what judges said, and other scores."""

from pathlib import Path
from typing import Any

import click

from service.cli.evaluations import connected, follow_to_end, print_json, print_state
from service.cli.options import (
    EvaluationId,
    JsonObject,
    data_dir_option,
    evaluation_argument,
    json_option,
    server_option,
)

COLUMNS = ("id", "status", "created", "judge", "rubric", "name")
FIGURES = ("facet", "answers", "mean", "baseline", "difference", "alpha", "same", "decides")
RELATED = ("flag", "refuse_same", "refuse")


@click.command("judge-again")
@evaluation_argument
@click.option("--judge", "judges", multiple=True, help="Another judge; several sit as a panel.")
@click.option("--mode", type=click.Choice(["joint", "separate"]), help="All facets at once, or one by one.")
@click.option("--template", help="Template of the judges named.")
@click.option("--samples", type=click.IntRange(1, 9), help="How often the judges named grade each answer.")
@click.option(
    "--max-samples", type=click.IntRange(1, 9), help="How often at most, where more samples decide."
)
@click.option("--rubric", help="Another rubric.")
@click.option("--profile", help="Another selection profile.")
@click.option("--use", type=click.Choice(["commercial", "research", "internal"]), help="Use to allow.")
@click.option("--name", help="What to call it.")
@click.option(
    "--related-judge",
    type=click.Choice(RELATED),
    help="What to do with a judge that is a candidate or its kin.",
)
@click.option(
    "--canaries/--no-canaries",
    default=True,
    show_default=True,
    help="Have a few answers of known grade graded along.",
)
@click.option(
    "--stop-when",
    type=JsonObject(),
    help="""When judging may end early: '{"confidence": 0.95, "batch": 10}'; '{}' for these.""",
)
@click.option("--no-stop-when", is_flag=True, help="Judge everything, even where it ended early before.")
@click.option("--dry-run", is_flag=True, help="Only say what it would take.")
@click.option("--watch", "follow", is_flag=True, help="Follow it until it is over.")
@server_option
@data_dir_option
@json_option
def judge_again(
    evaluation: str,
    judges: tuple[str, ...],
    mode: str | None,
    template: str | None,
    canaries: bool,
    samples: int | None,
    max_samples: int | None,
    stop_when: dict[str, Any] | None,
    no_stop_when: bool,
    dry_run: bool,
    follow: bool,
    server: str | None,
    data_dir: Path | None,
    as_json: bool,
    **changes: str | None,
) -> None:
    """Judge the answers of an evaluation that is over again; no candidate is asked anew.

    What is left out stays as it was, and verdicts that nothing changed for are taken over.
    """
    from service.cli.child import find_running
    from service.cli.client import Client
    from service.cli.showing import console, plain

    settings = {"mode": mode, "template": template, "samples": samples, "max_samples": max_samples}
    terms = {name: value for name, value in settings.items() if value is not None}
    if terms and not judges:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in settings)
        raise click.UsageError(f"{options} belong to judges that are named with --judge.")
    if dry_run and follow:
        raise click.UsageError("There is nothing to follow: leave out --watch or --dry-run.")
    body: dict[str, Any] = {name: value for name, value in changes.items() if value is not None}
    body |= _ending(stop_when, no_stop_when=no_stop_when)
    if not canaries:
        body["canaries"] = False
    if judges:
        asked = [{"model": judge, **terms} if terms else judge for judge in judges]
        body["judge"] = asked if len(asked) > 1 else asked[0]
    if dry_run:
        with connected(server, data_dir) as client:
            plan = client.post(f"{client.evaluation(evaluation)}/judgings?dry_run=true", body)
        if as_json:
            print_json(plan)
            return
        for line in _plan_lines(plan):
            console().print(plain(line), soft_wrap=True)
        return
    with Client(find_running(server, data_dir), local=server is None) as client:
        made = client.post(f"{client.evaluation(evaluation)}/judgings", body)
        if not follow:
            print_state(made, as_json=as_json)
            return
        notes = console(err=True)
        for line in (*(f"Caution: {one}" for one in made["cautions"]), f"Evaluation {made['id']}"):
            notes.print(plain(line), soft_wrap=not notes.is_terminal)
        follow_to_end(client, f"/evaluations/{made['id']}", as_json=as_json)


def _ending(stop_when: dict[str, Any] | None, *, no_stop_when: bool) -> dict[str, Any]:
    """Return what is said of an early end; nothing where it stays as it was."""
    if no_stop_when and stop_when is not None:
        raise click.UsageError("Judging cannot end early and not: leave out --stop-when or --no-stop-when.")
    return {"stop_when": stop_when} if no_stop_when or stop_when is not None else {}


@click.command()
@evaluation_argument
@server_option
@data_dir_option
@json_option
def judgings(evaluation: str, server: str | None, data_dir: Path | None, as_json: bool) -> None:
    """List every judging of the same answers, newest first."""
    from service.cli.showing import console, minute, table

    with connected(server, data_dir) as client:
        found = client.get(f"{client.evaluation(evaluation)}/judgings")["items"]
    if as_json:
        print_json(found)
        return
    rows = (
        (
            one["id"],
            one["status"],
            minute(one["created_at"]),
            ", ".join(judge["model"] for judge in one["judges"]) or "checks only",
            one["rubric"]["name"],
            one["name"],
        )
        for one in found
    )
    console().print(table(COLUMNS, rows, whole=(0, 1, 2)))


@click.command("compare-judgings")
@evaluation_argument
@click.argument("baseline", type=EvaluationId())
@server_option
@data_dir_option
@json_option
def compare_judgings(
    evaluation: str, baseline: str, server: str | None, data_dir: Path | None, as_json: bool
) -> None:
    """Compare EVALUATION with BASELINE, another judging of the same answers, facet by facet."""
    from service.cli.showing import console, plain, table

    with connected(server, data_dir) as client:
        here, there = client.evaluation(evaluation), client.evaluation_id(baseline)
        found = client.get(f"{here}/judgings/comparison", baseline=there)
    if as_json:
        print_json(found)
        return
    out = console()
    out.print(plain(f"{found['answers']} answers in both"))
    out.print(table(FIGURES, map(_figures, found["facets"])))
    for line in _choice_lines(found):
        out.print(plain(line), soft_wrap=not out.is_terminal)


@click.command()
@evaluation_argument
@click.option(
    "--outcome", help="Only these, such as scored, unparsable, refused, truncated, timed_out or judge_failed."
)
@click.option("--judge", help="Only this judge's.")
@click.option("--candidate", help="Only on this candidate's answers.")
@click.option("--prompt", help="Only on answers to this prompt.")
@click.option("--facet", help="Only on this facet.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help="At most so many."
)
@server_option
@data_dir_option
@json_option
def verdicts(
    evaluation: str,
    limit: int,
    server: str | None,
    data_dir: Path | None,
    as_json: bool,
    **given: str | None,
) -> None:
    """Show what became of each verdict, with the judge's reply as it came."""
    from service.cli.showing import console, plain, verdict_lines

    with connected(server, data_dir) as client:
        wanted = {name: value for name, value in given.items() if value is not None}
        found = list(client.pages(f"{client.evaluation(evaluation)}/verdicts", limit, **wanted))
    if as_json:
        print_json(found)
        return
    out = console()
    for one in found:
        for line in verdict_lines(one):
            out.print(plain(line), soft_wrap=not out.is_terminal)


@click.command()
@evaluation_argument
@server_option
@data_dir_option
@json_option
def canaries(evaluation: str, server: str | None, data_dir: Path | None, as_json: bool) -> None:
    """Show how each judge graded the answers of known grade that it was given along with the candidates'."""
    from service.cli.showing import console, table

    with connected(server, data_dir) as client:
        found = client.get(f"{client.evaluation(evaluation)}/canaries")["items"]
    if as_json:
        print_json(found)
        return
    held = {True: "yes", False: "no", None: "not graded"}
    rows = (
        (
            one["judge"],
            one["name"],
            one["expected"],
            held[one["held"]],
            _scores(one["scores"]),
            one["reason"] or "",
        )
        for one in found
    )
    console().print(table(("judge", "canary", "must be", "held", "graded", "why not"), rows, whole=(1,)))


def _scores(scores: dict[str, int]) -> str:
    return ", ".join(f"{facet} {score}" for facet, score in scores.items())


def _plan_lines(plan: dict[str, Any]) -> list[str]:
    wanted, taken = plan["verdicts_wanted"], plan["verdicts_taken_over"]
    return [
        f"{plan['answers']} answers, {wanted} verdicts, {taken} of them taken over",
        f"{plan['judge_calls']} calls to the judge{_at_most(plan)}, {plan['qualification_calls']} to examine it first, {plan['canary_calls']} about answers of known grade",
        *(f"caution: {one}" for one in plan["cautions"]),
    ]


def _at_most(plan: dict[str, Any]) -> str:
    most = plan["judge_calls_at_most"]
    return f" (at most {most} where more samples decide)" if most > plan["judge_calls"] else ""


def _figures(one: dict[str, Any]) -> tuple[str, ...]:
    from service.cli.showing import interval

    words = {
        (True, True): "yes",
        (True, False): "only now",
        (False, True): "only before",
        (False, False): "no",
    }
    facet = one["facet"] if one["same_words"] else f"{one['facet']} (other words)"
    estimates = (interval(one[name]) for name in ("difference", "alpha", "same"))
    means = ("–" if one[name] is None else f"{one[name]:.2f}" for name in ("mean", "mean_baseline"))
    return (facet, str(one["answers"]), *means, *estimates, words[one["decides"], one["decided"]])


def _choice_lines(found: dict[str, Any]) -> list[str]:
    now, before = (found[name] or "none" for name in ("recommended", "recommended_baseline"))
    same = "the same choice" if now == before else "another choice"
    orders = (" > ".join(found[name]) or "nobody is ranked" for name in ("order", "order_baseline"))
    return [
        f"Recommendation: {now}, before: {before} ({same})",
        *(f"Order {when}: {order}" for when, order in zip(("now", "before"), orders, strict=True)),
        *(f"Changed: {line}" for line in found["changed"]),
    ]

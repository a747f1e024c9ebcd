"""The commands and their options. Bodies import what they need, so that ``--help`` is there at once."""

import sys
from pathlib import Path
from typing import Any

import click

from service import __version__
from service.cli.beginning import completion, init
from service.cli.bench import bench, compare_models
from service.cli.evaluations import evaluations
from service.cli.examinations import judges, prompts, rubrics
from service.cli.exits import table
from service.cli.importing import import_
from service.cli.judgings import canaries, compare_judgings, judge_again, judgings, verdicts
from service.cli.library import PROFILES, add_readers, profiles
from service.cli.models import models
from service.cli.options import CONTEXT, EvaluationId, data_dir_option, evaluation_argument, server_option
from service.cli.recommendation import recommendation
from service.cli.status import problems, status
from service.cli.tokens import tokens

REPORTS = ("md", "html", "json", "csv")


@click.group(context_settings=CONTEXT, epilog=table())
@click.version_option(__version__, prog_name="slm-judge")
def main() -> None:
    """Choose the default small language model for a device: run, time, judge and rank local models.

    EVALUATION and BASELINE are ids of evaluations, or 'last' for the newest one.
    """


@main.command()
@click.option("--host", help="Address to listen on (SLM_JUDGE_HOST, 127.0.0.1).")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port; 0 takes a free one (SLM_JUDGE_PORT, 8321)."
)
@data_dir_option
@click.option("--with-parent", is_flag=True, hidden=True, help="Stop when standard input closes.")
@click.option("--idle", is_flag=True, hidden=True, help="Serve what is stored and run nothing.")
def serve(host: str | None, port: int | None, data_dir: Path | None, with_parent: bool, idle: bool) -> None:
    """Start the service."""
    from service.cli.listening import leave, listen
    from service.cli.surroundings import read_settings

    listen(read_settings(host=host, port=port, data_dir=data_dir), with_parent=with_parent, idle=idle)
    leave()


@main.command()
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    default=1,
    show_default=True,
    help="Seed of every random choice.",
)
@click.option("--keep", is_flag=True, help="Keep the data directory and say where it is.")
def demo(seed: int, keep: bool) -> None:
    """Run, time, judge and rank the built-in toy models through the REST API."""
    from service.cli.demo import run_demo

    run_demo(seed=seed, keep=keep)


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@server_option
@data_dir_option
@click.option("--json", "as_json", is_flag=True, help="Print the JSON report.")
@click.option("--report", type=click.Choice(REPORTS), help="Print a report of this kind.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the report into this file."
)
@click.option("--detach", is_flag=True, help="Print the id and leave it to the service that runs.")
@click.option("--dry-run", is_flag=True, help="Only say what it would do.")
@click.option("--fail-on", type=click.Choice(["none"]), help="Exit with status 7 if no model is recommended.")
def evaluate(
    file: Path,
    server: str | None,
    data_dir: Path | None,
    as_json: bool,
    report: str | None,
    out: Path | None,
    detach: bool,
    dry_run: bool,
    fail_on: str | None,
) -> None:
    """Evaluate what FILE asks for (YAML or JSON, the body of POST /api/v1/evaluations)."""
    from service.cli.evaluate import run_evaluation, submit

    if as_json and report not in {None, "json"}:
        raise click.UsageError("--json and --report ask for different things: give one of them.")
    kind = "json" if as_json else report or (out and out.suffix.lstrip(".")) or None
    if kind not in {None, *REPORTS}:
        raise click.UsageError("--out does not end in .md, .html, .json or .csv: say which with --report.")
    if detach or dry_run:
        if report is not None or out is not None:
            raise click.UsageError("There is no report yet: leave out --report and --out.")
        submit(file, server=server, data_dir=data_dir, dry_run=dry_run, as_json=as_json)
        return
    sys.exit(run_evaluation(file, server=server, data_dir=data_dir, kind=kind, out=out, fail_on=fail_on))


@main.command()
@evaluation_argument
@click.argument("baseline", metavar="[BASELINE]", type=EvaluationId(), required=False)
@server_option
@data_dir_option
@click.option("--candidate", help="A candidate of EVALUATION; without it all that are in both are compared.")
@click.option("--against", help="Its opponent, where that has another name.")
@click.option("--only", metavar="FIGURES", help="Figures to compare, separated by commas.")
@click.option(
    "--margin", type=click.FloatRange(0, 4), help="Points of quality that do not matter.  [default: 0.1]"
)
@click.option(
    "--tolerance",
    type=click.FloatRange(0, 1),
    help="Share by which times, rates and sizes may differ.  [default: 0.05]",
)
@click.option("--report", type=click.Choice(["md", "json"]), help="Print a report of this kind.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the report into this file."
)
@click.option("--fail-on", type=click.Choice(["worse"]), help="Exit with status 3 if any figure is worse.")
def compare(
    evaluation: str,
    baseline: str | None,
    server: str | None,
    data_dir: Path | None,
    candidate: str | None,
    against: str | None,
    only: str | None,
    margin: float | None,
    tolerance: float | None,
    report: str | None,
    out: Path | None,
    fail_on: str | None,
) -> None:
    """Compare EVALUATION with BASELINE, an earlier one of the same prompts and rubric.

    Without BASELINE two candidates of EVALUATION are compared: name them with --candidate and --against.
    """
    from service.cli.compare import run_comparison

    kind = report or (out and out.suffix.lstrip(".")) or None
    if kind not in {None, "md", "json"}:
        raise click.UsageError("--out does not end in .md or .json: say which with --report.")
    given = {
        "candidate": candidate,
        "against": against,
        "only": only,
        "margin": margin,
        "tolerance": tolerance,
    }
    status = run_comparison(
        evaluation,
        baseline,
        server=server,
        data_dir=data_dir,
        parameters={name: str(value) for name, value in given.items() if value is not None},
        kind=kind,
        out=out,
        fail_on=fail_on,
    )
    sys.exit(status)


@main.command()
@evaluation_argument
@server_option
@data_dir_option
@click.option("--candidate", help="Another candidate than the recommended one; needs a note.")
@click.option(
    "--use",
    type=click.Choice(["commercial", "research", "internal"]),
    help="Use  [default: the evaluation's]",
)
@click.option("--device", help="Device  [default: the evaluation's]")
@click.option("--note", help="Why.")
def adopt(evaluation: str, server: str | None, data_dir: Path | None, **wanted: str | None) -> None:
    """Adopt what EVALUATION recommends as the default model."""
    from service.cli.defaults import adopt_default

    adopt_default(evaluation, server=server, data_dir=data_dir, wanted=wanted)


@main.command()
@evaluation_argument
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--annotator", metavar="NAME", help="Who scores; needed with FILE.")
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=60, show_default=True, help="Answers to hand out."
)
@click.option("--scores", is_flag=True, help="Print every score that people gave, as JSON.")
@server_option
@data_dir_option
def annotate(
    evaluation: str,
    file: Path | None,
    annotator: str | None,
    limit: int,
    scores: bool,
    server: str | None,
    data_dir: Path | None,
) -> None:
    """Have people score the answers of EVALUATION: a new FILE (.csv or .jsonl) is filled with answers, an existing one is sent.

    Without FILE it says how far the judge agrees with people.
    """
    from service.cli.annotate import exchange, show_agreement, show_scores

    if scores:
        if file is not None:
            raise click.UsageError("--scores prints what is kept: leave out FILE.")
        show_scores(evaluation, annotator, server=server, data_dir=data_dir)
        return
    if file is None:
        show_agreement(evaluation, server=server, data_dir=data_dir)
        return
    if annotator is None:
        raise click.UsageError("Say who scores with --annotator NAME.")
    exchange(evaluation, file, annotator, limit, server=server, data_dir=data_dir)


@main.command()
@evaluation_argument
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@server_option
@data_dir_option
def export(evaluation: str, file: Path | None, server: str | None, data_dir: Path | None) -> None:
    """Write EVALUATION with everything kept of it into FILE, to be imported elsewhere."""
    from service.cli.moving import export_evaluation

    export_evaluation(evaluation, file, server=server, data_dir=data_dir)


@main.command()
@server_option
@data_dir_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def defaults(server: str | None, data_dir: Path | None, as_json: bool) -> None:
    """List the default models, past ones too, and whether anything changed since."""
    from service.cli.defaults import list_defaults

    list_defaults(server=server, data_dir=data_dir, as_json=as_json)


@main.command()
@click.argument("models", metavar="[MODEL]...", nargs=-1)
@server_option
@data_dir_option
@click.option(
    "--deadline",
    type=click.FloatRange(0, 600, min_open=True),
    default=60.0,
    show_default=True,
    help="Seconds that one model may take, its load included.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def validate(
    models: tuple[str, ...], server: str | None, data_dir: Path | None, deadline: float, as_json: bool
) -> None:
    """See whether each MODEL is listed and answers; without any, every model at hand. Exit status 1 if one does not."""
    from service.cli.validate import validate_models

    sys.exit(validate_models(models, server=server, data_dir=data_dir, deadline=deadline, as_json=as_json))


@main.group(invoke_without_command=True)
@server_option
@data_dir_option
@click.option("--refresh", is_flag=True, help="Ask the endpoints first.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def endpoints(
    context: click.Context, server: str | None, data_dir: Path | None, refresh: bool, as_json: bool
) -> None:
    """List the servers of the settings, what they serve and what their models honour."""
    context.obj = {"server": server, "data_dir": data_dir}
    if context.invoked_subcommand is None:
        from service.cli.endpoints import list_endpoints

        sys.exit(list_endpoints(server=server, data_dir=data_dir, refresh=refresh, as_json=as_json))


@endpoints.command()
@click.argument("model")
@server_option
@data_dir_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def probe(
    above: dict[str, Any], model: str, server: str | None, data_dir: Path | None, as_json: bool
) -> None:
    """Try what MODEL, behind an endpoint, really honours, and keep it."""
    from service.cli.endpoints import probe_model

    sys.exit(
        probe_model(
            model,
            server=server or above["server"],
            data_dir=data_dir or above["data_dir"],
            as_json=as_json,
        )
    )


@main.group()
def db() -> None:
    """Look after the database."""


@db.command()
@data_dir_option
def upgrade(data_dir: Path | None) -> None:
    """Bring the database up to date; `serve` does it by itself."""
    from service.cli.surroundings import in_words, read_settings

    settings = read_settings(data_dir=data_dir)
    with in_words():
        from service.app import prepared

        with prepared(settings):
            click.echo("The database is up to date.")


for one in (bench, compare_models, completion, evaluations, import_, init, models, recommendation, tokens):
    main.add_command(one)

add_readers(profiles, PROFILES)
for group in (judges, rubrics, prompts, profiles, problems, status):
    main.add_command(group)

for one in (canaries, compare_judgings, judge_again, judgings, verdicts):
    evaluations.add_command(one)

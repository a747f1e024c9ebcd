"""`slm-judge demo`: the main job on the built-in models, through the REST API, with the curl lines it stands for."""

import json
import shutil
import tempfile
from pathlib import Path

import click

from service.cli.child import own_server
from service.cli.client import BASE, Client
from service.cli.evaluations import ended
from service.cli.exits import Unsuccessful
from service.cli.following import follow
from service.cli.showing import console, plain, show_report

CANDIDATES = ("tiny-xs", "tiny-s", "tiny-m", "tiny-l")


def run_demo(*, seed: int, keep: bool) -> None:
    """Start a service, evaluate the built-in models, show what came of it, stop the service.

    Raises
    ------
    Unsuccessful
        If the evaluation did not succeed; no recommendation is a result and no failure.
    """
    folder = Path(tempfile.mkdtemp(prefix="slm-judge-demo-"))
    try:
        with own_server(folder, isolated=True) as address, Client(address, local=True) as client:
            evaluate_builtin_models(client, seed)
    finally:
        if keep:
            click.echo(f"Kept: slm-judge serve --data-dir {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def evaluate_builtin_models(client: Client, seed: int) -> None:
    """Do what the printed curl lines would do."""
    out = console()
    body = {
        "candidates": list(CANDIDATES),
        "judge": "tiny-judge",
        "rubric": "tiny",
        "prompt_set": "tiny",
        "profile": "tiny",
        "rounds": 4,
        "seed": seed,
    }
    out.print(f"A service is listening on {client.address}. What follows is the same as:\n")
    out.print(
        f"curl {client.address}{BASE}/evaluations -H 'Content-Type: application/json' \\", soft_wrap=True
    )
    out.print(f"  -d '{json.dumps(body)}'", soft_wrap=True)
    made = client.post("/evaluations", body)
    here = f"/evaluations/{made['id']}"
    for address in (here, f"{here}/ranking", f"{here}/report?format=md"):
        out.print(f"curl '{client.address}{BASE}{address}'", soft_wrap=True)
    out.print(f"curl '{client.address}{BASE}/recommendation?evaluation={made['id']}'\n", soft_wrap=True)
    over = follow(client, here, out)
    if over["status"] != "succeeded":
        raise Unsuccessful(f"The evaluation {ended(over)}")
    show_report(client.get(f"{here}/report", format="json"), out)
    out.print()
    out.print(
        plain(
            "The built-in models are toys for a closed question set: the numbers are real, the models are not."
        )
    )

"""What `bench` and `compare-models` do: a small evaluation without a judge, and its measurements in the workshop's terms."""

import json
import statistics
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from service.cli.client import Client, connected_client
from service.cli.evaluate import hand_over
from service.cli.evaluations import ended
from service.cli.exits import FAILED, FINE, Refused, Unsuccessful
from service.cli.following import follow
from service.cli.models import whole
from service.cli.showing import console, plain, table
from service.domain.units import Unit
from service.report.figures import say

Record = dict[str, Any]
EVERY = frozenset({"all", "auto"})
RUBRIC = "extraction"
"""A rubric whose checks need no judge; prompts without what a check needs stay unscored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to measure; `prompts` is the name of a set or a list of texts."""

    models: tuple[str, ...]
    rounds: int
    prompts: str | list[str]
    max_tokens: int
    temperature: float
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What came of it: the request as accepted, the report's candidates by model, and every answer."""

    evaluation: Record
    candidates: dict[str, Record]
    items: list[Record]

    def of(self, model: str) -> list[Record]:
        """Return the answers of one model in the order of prompts and rounds."""
        return [one for one in self.items if one["candidate"] == model]


def run_bench(
    wanted: Wanted,
    *,
    server: str | None,
    data_dir: Path | None,
    stream: bool,
    deterministic: bool,
    as_json: bool,
    out: Path | None,
) -> None:
    """Measure, print or write what came of it, and exit: status 1 if no model could be measured."""
    with connected_client(server, data_dir) as client:
        here, missing = at_hand(wanted.models, whole(client)["items"])
        for name, reason in missing.items():
            click.echo(f"{name}: {reason}", err=True)
        if not here:
            raise Refused("None of the models is at hand: `slm-judge models` lists those that are.")
        found = measure(client, here, wanted)
    rows = [bench_row(name, found, stream=stream) for name in here]
    rows += [{"alias": name, "status": "missing", "reason": reason} for name, reason in missing.items()]
    if deterministic:
        hand_over(in_json(reproducible(found, wanted, missing)), out)
        show_bench(rows, err=True)
    elif as_json or out is not None:
        hand_over(in_json(rows), out)
    else:
        show_bench(rows)
    sys.exit(FINE if any(row["status"] == "ok" for row in rows) else FAILED)


def run_pair(
    wanted: Wanted,
    *,
    slm: str | None,
    llm: str | None,
    server: str | None,
    data_dir: Path | None,
    as_json: bool,
    out: Path | None,
) -> None:
    """Measure two models, show them side by side, and exit: status 1 if one of them did not answer."""
    with connected_client(server, data_dir) as client:
        known = whole(client)["items"]
        names = (
            one_of(slm, ("phi-4-mini", "tiny-s"), known, "SLM_ALIAS"),
            one_of(llm, ("qwen2.5-7b", "tiny-l"), known, "LLM_ALIAS"),
        )
        if names[0] == names[1]:
            raise click.UsageError(f"Both are {names[0]}: name two models with --slm and --llm.")
        found = measure(client, names, wanted)
    rows = [pair_row(role, name, found) for role, name in zip(("slm", "llm"), names, strict=True)]
    times = [row["latency_median"] for row in rows]
    speed_up = None if None in times else round(times[1] / times[0], 3)
    if as_json or out is not None:
        document = {"prompt": wanted.prompts[0], "models": rows, "speed_up": speed_up}
        hand_over(in_json(document), out)
    else:
        show_pair(rows, speed_up)
    sys.exit(FINE if all(row["status"] == "ok" for row in rows) else FAILED)


def at_hand(names: Iterable[str], known: list[Record]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the models that can be asked, and why the others cannot.

    A name is a model's own, or an alias of one behind the endpoint ``foundry``; ``ALL`` and ``auto`` are every model that
    is here and chats.

    Examples
    --------
    >>> models = [{"name": "a", "cached": True, "capabilities": ["chat"]}, {"name": "b", "cached": False, "capabilities": []}]
    >>> at_hand(["ALL"], models)
    (('a',), {})
    >>> at_hand(["a", "b", "c"], models)[1]
    {'b': 'not downloaded', 'c': 'not known here'}
    """
    cached = {one["name"]: one["cached"] for one in known}
    here: dict[str, None] = {}
    missing: dict[str, str] = {}
    for name in names:
        if name.lower() in EVERY:
            here |= dict.fromkeys(
                one["name"] for one in known if one["cached"] and "chat" in one["capabilities"]
            )
            continue
        own = next((each for each in (name, f"foundry:{name}") if each in cached), None)
        if own is None:
            missing[name] = "not known here"
        elif not cached[own]:
            missing[name] = "not downloaded"
        else:
            here[own] = None
    return tuple(here), missing


def one_of(given: str | None, usual: tuple[str, ...], known: list[Record], variable: str) -> str:
    """Return the model that was named, else the first of the usual ones that is here.

    Raises
    ------
    Refused
        If it is not.
    """
    here, missing = at_hand([given] if given else usual, known)
    if not here:
        why = ", ".join(f"{name} is {reason}" for name, reason in missing.items())
        raise Refused(f"{why}: name another model with {variable}; `slm-judge models` lists them.")
    return here[0]


def measure(client: Client, models: Iterable[str], wanted: Wanted) -> Measured:
    """Have models asked and timed as an evaluation without a judge.

    Raises
    ------
    Unsuccessful
        If nothing could be measured at all.
    """
    parameters = {"temperature": wanted.temperature, "max_tokens": wanted.max_tokens}
    body = {
        "name": "bench",
        "candidates": [{"model": name, "name": name} | parameters for name in models],
        "judge": None,
        "rubric": RUBRIC,
        "prompt_set": wanted.prompts,
        "rounds": wanted.rounds,
        "seed": wanted.seed,
        "use": "internal",
    }
    made = client.post("/evaluations", body)
    here = f"/evaluations/{made['id']}"
    over = follow(client, here, console(err=True))
    if over["status"] != "succeeded":
        raise Unsuccessful(f"The evaluation {ended(over)}")
    report = client.get(f"{here}/report", format="json")
    return Measured(
        evaluation=made,
        candidates={one["name"]: one for one in report["candidates"]},
        items=list(client.pages(f"{here}/items", 1_000_000)),
    )


def bench_row(name: str, found: Measured, *, stream: bool) -> Record:
    """Return one model in the workshop's terms, times in seconds; ``None`` where a figure cannot be told."""
    candidate, answers = found.candidates[name], found.of(name)
    measured = candidate["measured"]
    if not answers or measured is None:
        return {"alias": name, "status": "failed", "reason": failure_of(candidate)}
    latency, rates = measured["latency_seconds"], measured["throughput_tokens_per_second"]
    row = {
        "alias": name,
        "status": "ok",
        "rounds": len(answers),
        "latency_avg": latency["mean"]["value"],
        "latency_median": latency["p50"]["value"],
        "latency_min": latency["minimum"],
        "latency_max": latency["maximum"],
        "latency_p95": latency["p95"]["value"],
        # The workshop's own rate, which counts the prompt's tokens too; the honest one stands beside it.
        "tokens_per_sec_avg": rates["prompt_and_completion_over_latency"]["value"],
        "completion_tokens_per_sec": rates["end_to_end"]["value"],
        "memory_bytes": measured["memory_bytes"]["model_resident"]["value"],
        "disk_bytes": measured["disk_bytes"]["value"],
        "truncated": measured["coverage"]["truncated"],
        "failed": measured["coverage"]["failed"],
    }
    first = [one["first_token_seconds"] for one in answers if one["first_token_seconds"] is not None]
    if stream:
        row["first_token_latency_avg"] = statistics.fmean(first) if first else None
    return row


def pair_row(role: str, name: str, found: Measured) -> Record:
    """Return one of two models: median latency, tokens and the last answer."""
    answers = found.of(name)
    if not answers:
        return {
            "role": role,
            "alias": name,
            "status": "failed",
            "latency_median": None,
            "reason": failure_of(found.candidates[name]),
        }
    last = answers[-1]
    return {
        "role": role,
        "alias": name,
        "status": "ok",
        "rounds": len(answers),
        "latency_median": statistics.median(one["latency_seconds"] for one in answers),
        "tokens": last["completion_tokens"],
        "completion_tokens_per_sec": found.candidates[name]["measured"]["throughput_tokens_per_second"][
            "end_to_end"
        ]["value"],
        "finish": last["finish"],
        "sample": last["answer"],
    }


def reproducible(found: Measured, wanted: Wanted, missing: dict[str, str]) -> Record:
    """Return what comes again with the same models: no moments, no times, no ids of runs."""
    asked = found.evaluation["prompt_set"]
    return {
        "format": "slm-judge bench 1",
        "prompt_set": {"name": asked["name"], "fingerprint": asked["fingerprint"]},
        "parameters": {
            "temperature": wanted.temperature,
            "max_tokens": wanted.max_tokens,
            "rounds": wanted.rounds,
            "seed": wanted.seed,
        },
        "missing": sorted(missing),
        "models": [
            {
                "model": name,
                "version": found.candidates[name]["model"]["version"],
                "answers": list(_answers(found.of(name))),
            }
            for name in sorted(found.candidates)
        ],
    }


def _answers(items: list[Record]) -> Iterator[Record]:
    by_prompt: dict[str, list[Record]] = {}
    for one in items:
        by_prompt.setdefault(one["prompt"], []).append(one)
    for prompt, rounds in sorted(by_prompt.items()):
        first = rounds[0]
        yield {
            "prompt": prompt,
            "answer": first["answer"],
            "finish": first["finish"],
            "completion_tokens": first["completion_tokens"],
            "scores": first["scores"],
            "same_each_round": len({one["answer"] for one in rounds}) == 1,
        }


def failure_of(candidate: Record) -> str:
    """Return why a candidate gave no answer."""
    return "; ".join(one["message"] for one in candidate["failures"]) or "it gave no answer"


def in_json(document: Any) -> str:
    """Return JSON whose keys stand in a fixed order, so that only what differs shows in a comparison."""
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def show_bench(rows: list[Record], *, err: bool = False) -> None:
    """Print the table of a bench, and why a model is not in it."""
    columns: list[tuple[str, str, Unit]] = [
        ("mean", "latency_avg", "seconds"),
        ("median", "latency_median", "seconds"),
        ("most", "latency_max", "seconds"),
        ("p95", "latency_p95", "seconds"),
        ("first token", "first_token_latency_avg", "seconds"),
        ("completion", "completion_tokens_per_sec", "rate"),
        ("with prompt", "tokens_per_sec_avg", "rate"),
        ("memory", "memory_bytes", "bytes"),
    ]
    measured = [row for row in rows if row["status"] == "ok"]
    shown = [one for one in columns if any(one[1] in row for row in measured)]
    cells = (
        (row["alias"], row["rounds"], *(say(row[key], unit) for _, key, unit in shown)) for row in measured
    )
    out = console(err=err)
    out.print(table(("model", "answers", *(title for title, _, _ in shown)), cells))
    for row in rows:
        if row["status"] != "ok":
            out.print(plain(f"{row['alias']}: {row['status']}, {row['reason']}"))
    if measured and all(row["latency_p95"] is None for row in measured):
        out.print("No p95 below 20 answers: --rounds 20 shows one.")


def show_pair(rows: list[Record], speed_up: float | None) -> None:
    """Print both answers, then the table."""
    out = console()
    for row in rows:
        text = row["sample"] if row["status"] == "ok" else f"failed: {row['reason']}"
        out.print(plain(f"{row['alias']} ({row['role']}): {text}"), soft_wrap=not out.is_terminal)
    out.print()
    cells = (
        (
            row["alias"],
            say(row["latency_median"], "seconds"),
            row["tokens"],
            say(row["completion_tokens_per_sec"], "rate"),
        )
        for row in rows
        if row["status"] == "ok"
    )
    out.print(table(("model", "median latency", "tokens", "rate"), cells))
    if speed_up is not None:
        out.print(f"{rows[0]['alias']} answers {speed_up:g} times as fast as {rows[1]['alias']}.")

"""`slm-judge bench` and `slm-judge compare-models`: the workshop's two measurements, with its variables."""

from pathlib import Path

import click
from click.core import ParameterSource

from service.cli.options import data_dir_option, json_option, out_option, server_option

ROUNDS = click.IntRange(1, 1000)
TOKENS = click.IntRange(1, 32_768)
EACH_OF = "; separated by commas, ALL: every model at hand that chats."


@click.command()
@click.option(
    "--models", envvar="BENCH_MODELS", show_envvar=True, default="ALL", help=f"Models to measure{EACH_OF}"
)
@click.option("--rounds", envvar="BENCH_ROUNDS", show_envvar=True, type=ROUNDS, default=3, show_default=True)
@click.option(
    "--prompt",
    envvar="BENCH_PROMPT",
    show_envvar=True,
    default="Explain retrieval augmented generation briefly.",
    show_default=True,
    help="What to ask.",
)
@click.option(
    "--stream", envvar="BENCH_STREAM", show_envvar=True, is_flag=True, help="Show the first token's latency."
)
@click.option(
    "--max-tokens", envvar="BENCH_MAX_TOKENS", show_envvar=True, type=TOKENS, default=120, show_default=True
)
@click.option(
    "--temperature",
    envvar="BENCH_TEMPERATURE",
    show_envvar=True,
    type=click.FloatRange(0, 2),
    default=0.2,
    show_default=True,
)
@click.option(
    "--deterministic",
    is_flag=True,
    help="Temperature 0, a fixed prompt set and seed; prints JSON without times, the same for the same models.",
)
@click.option("--prompt-set", default="deterministic", show_default=True, help="The set of --deterministic.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True)
@out_option
@json_option
@server_option
@data_dir_option
@click.pass_context
def bench(
    context: click.Context,
    models: str,
    rounds: int,
    prompt: str,
    stream: bool,
    max_tokens: int,
    temperature: float,
    deterministic: bool,
    prompt_set: str,
    seed: int,
    out: Path | None,
    as_json: bool,
    server: str | None,
    data_dir: Path | None,
) -> None:
    """Measure latency and tokens per second of models on one prompt, as the edge AI workshop does.

    A model that is not at hand or fails is listed with the reason. Status 1 if none could be measured.
    """
    from service.cli.benchmarking import Wanted, run_bench

    given = {
        name
        for name in ("prompt", "temperature", "stream", "prompt_set")
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    }
    if deterministic and given - {"prompt_set"}:
        raise click.UsageError(f"--deterministic sets --{min(given - {'prompt_set'})} itself: leave it out.")
    if "prompt_set" in given and not deterministic:
        raise click.UsageError("--prompt-set belongs to --deterministic; without it --prompt is asked.")
    wanted = Wanted(
        models=tuple(name.strip() for name in models.split(",") if name.strip()),
        rounds=rounds,
        prompts=prompt_set if deterministic else [prompt],
        max_tokens=max_tokens,
        temperature=0.0 if deterministic else temperature,
        seed=seed,
    )
    run_bench(
        wanted,
        server=server,
        data_dir=data_dir,
        stream=stream,
        deterministic=deterministic,
        as_json=as_json,
        out=out,
    )


@click.command("compare-models")
@click.option(
    "--slm", envvar="SLM_ALIAS", show_envvar=True, help="The small model  [default: phi-4-mini, else tiny-s]"
)
@click.option(
    "--llm", envvar="LLM_ALIAS", show_envvar=True, help="The larger one  [default: qwen2.5-7b, else tiny-l]"
)
@click.option(
    "--prompt",
    envvar="COMPARE_PROMPT",
    show_envvar=True,
    default="List 5 benefits of local AI inference.",
    show_default=True,
    help="What to ask both.",
)
@click.option("--rounds", type=ROUNDS, default=3, show_default=True)
@click.option("--max-tokens", type=TOKENS, default=180, show_default=True)
@click.option("--temperature", type=click.FloatRange(0, 2), default=0.2, show_default=True)
@out_option
@json_option
@server_option
@data_dir_option
def compare_models(
    slm: str | None,
    llm: str | None,
    prompt: str,
    rounds: int,
    max_tokens: int,
    temperature: float,
    out: Path | None,
    as_json: bool,
    server: str | None,
    data_dir: Path | None,
) -> None:
    """Ask a small and a larger model the same and show both answers, their latencies and the speed-up.

    Status 1 if one of them did not answer. One prompt says nothing of quality: that is what evaluate is for.
    """
    from service.cli.benchmarking import Wanted, run_pair

    wanted = Wanted(
        models=(), rounds=rounds, prompts=[prompt], max_tokens=max_tokens, temperature=temperature, seed=1
    )
    run_pair(wanted, slm=slm, llm=llm, server=server, data_dir=data_dir, as_json=as_json, out=out)

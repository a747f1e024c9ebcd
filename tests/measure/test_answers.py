"""Step 1 on scripted runners: what is kept, what is tried again, and what is given up."""

import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from service.domain.asking import Answer, Session
from service.domain.evaluations import Evaluation
from service.domain.failures import Failure, FailureKind
from service.domain.models import Model
from service.domain.responses import Load, Response, Slot
from service.domain.rubrics import Prompt
from service.measure.answers import DEATHS_IN_A_ROW, Ports, measure_candidate, slot_subject
from service.measure.schedule import schedule
from service.measure.timing import timing
from service.models.opening import open_runner
from service.models.runner import Limits
from tests.samples import evaluation, prompt_set

SCRIPT = Path(__file__).parents[1] / "scripted_runner.py"


@dataclass
class Notebook:
    """Remembers what the step keeps, as a store would."""

    scratch: Path
    responses: dict[Slot, Response] = field(default_factory=dict)
    loads: dict[str, Load] = field(default_factory=dict)
    failures: list[tuple[str, str, Failure]] = field(default_factory=list)
    given_up: set[tuple[str, str]] = field(default_factory=set)
    tries: int = 2

    def ports(self) -> Ports:
        return Ports(
            open_session=self.open,
            keep_load=self.keep_load,
            keep_response=self.keep_response,
            fail=self.fail,
            kept=frozenset(self.responses),
            given_up=frozenset(self.given_up),
        )

    @asynccontextmanager
    async def open(self, model: Model) -> AsyncIterator[Session]:
        limits = Limits(start=10, load=5, grace=0.3)
        async with open_runner(
            model, scratch=self.scratch, command=(sys.executable, str(SCRIPT)), limits=limits
        ) as runner:
            yield runner

    async def keep_load(self, load: Load) -> None:
        self.loads[load.id] = load

    async def keep_response(self, response: Response) -> None:
        assert response.slot not in self.responses
        self.responses[response.slot] = response

    async def fail(
        self,
        *,
        stage: str,
        subject: str,
        failure: Failure,
        candidate: str,  # noqa: ARG002  # as the port is called
        prompt: str | None = None,  # noqa: ARG002  # likewise
        final: bool = False,
    ) -> bool:
        self.failures.append((stage, subject, failure))
        tries = Counter((stage, subject) for stage, subject, _ in self.failures)[stage, subject]
        if final or tries >= self.tries:
            self.given_up.add((stage, subject))
            return True
        return False


async def measured(tmp_path: Path, run: Evaluation, **known: object) -> Notebook:
    notebook = Notebook(scratch=tmp_path, **known)  # type: ignore[arg-type]
    await measure_candidate(run, run.spec.candidates[0], 1, notebook.ports())
    return notebook


async def test_every_slot_is_answered_once_in_one_load_with_its_memory(tmp_path: Path) -> None:
    run = evaluation("echo", rounds=3)
    notebook = await measured(tmp_path, run)
    assert set(notebook.responses) == set(schedule(run.spec, "echo", 1))
    (load,) = notebook.loads.values()
    assert load.before is not None
    assert load.after is not None
    assert load.model_resident is not None
    assert load.cold_latency is not None
    assert not notebook.failures


async def test_warm_up_requests_are_counted_and_never_kept(tmp_path: Path) -> None:
    notebook = await measured(tmp_path, evaluation("echo", warmup=3))
    (load,) = notebook.loads.values()
    assert 3 <= load.warmups <= 8
    assert len(notebook.responses) == 8


async def test_a_process_that_dies_once_is_loaded_again_for_what_is_left(tmp_path: Path) -> None:
    notebook = await measured(tmp_path, evaluation("echo+crash-once"))
    assert len(notebook.responses) == 8
    assert len(notebook.loads) == 2
    assert [(stage, failure.kind) for stage, _, failure in notebook.failures] == [
        ("answer", FailureKind.RUNNER_DIED)
    ]


async def test_one_bad_prompt_is_given_up_and_the_rest_is_kept(tmp_path: Path) -> None:
    prompts = prompt_set(Prompt(id="good", text="good one"), Prompt(id="bad", text="a bang"))
    notebook = await measured(tmp_path, evaluation("echo+dies-on-bang", rounds=1, prompts=prompts))
    assert {slot.prompt for slot in notebook.responses} == {"good"}
    assert {subject for _, subject in notebook.given_up} == {
        slot_subject(Slot(candidate="echo+dies-on-bang", prompt="bad", pass_number=1, round_number=1))
    }


async def test_a_refused_prompt_costs_no_process(tmp_path: Path) -> None:
    prompts = prompt_set(Prompt(id="good", text="good one"), Prompt(id="bad", text="nonsense"))
    notebook = await measured(
        tmp_path, evaluation("echo+refuses-nonsense", rounds=1, prompts=prompts), tries=1
    )
    assert {slot.prompt for slot in notebook.responses} == {"good"}
    assert len(notebook.loads) == 1


async def test_a_candidate_whose_processes_all_die_is_given_up_after_a_few(tmp_path: Path) -> None:
    prompts = prompt_set(*(Prompt(id=f"p{n}", text=f"bang {n}") for n in range(20)))
    notebook = await measured(tmp_path, evaluation("echo+dies-on-bang", prompts=prompts, warmup=1), tries=100)
    assert not notebook.responses
    assert len(notebook.loads) == DEATHS_IN_A_ROW
    assert notebook.given_up == {("load", "echo+dies-on-bang/pass 1")}


async def test_a_model_that_cannot_be_loaded_is_given_up_with_its_reason(tmp_path: Path) -> None:
    notebook = await measured(tmp_path, evaluation("dies-on-load"))
    assert not notebook.loads
    assert {failure.kind for _, _, failure in notebook.failures} == {FailureKind.OUT_OF_MEMORY}
    assert notebook.given_up == {("load", "dies-on-load/pass 1")}


async def test_a_hanging_prompt_is_given_up_within_its_deadlines(tmp_path: Path) -> None:
    prompts = prompt_set(Prompt(id="good", text="good"), Prompt(id="hang", text="please wait"))
    run = evaluation("echo+hangs-on-wait", rounds=1, prompts=prompts, deadline=0.3)
    notebook = await measured(tmp_path, run)
    assert {slot.prompt for slot in notebook.responses} == {"good"}
    assert {failure.kind for _, _, failure in notebook.failures} == {FailureKind.TIMED_OUT}


async def test_what_is_kept_or_given_up_is_not_asked_again(tmp_path: Path) -> None:
    run = evaluation("echo", rounds=1)
    first = await measured(tmp_path, run)
    slots = sorted(first.responses, key=lambda slot: slot.prompt)
    known = {slot: first.responses[slot] for slot in slots[:2]}
    again = Notebook(scratch=tmp_path, responses=dict(known), given_up={("answer", slot_subject(slots[2]))})
    await measure_candidate(run, run.spec.candidates[0], 1, again.ports())
    assert set(again.responses) == {*known, slots[3]}


async def test_an_empty_answer_is_kept_without_a_latency(tmp_path: Path) -> None:
    notebook = await measured(tmp_path, evaluation("mute", rounds=1))
    assert len(notebook.responses) == 4
    assert {response.timing.latency_seconds for response in notebook.responses.values()} == {None}


def said(tokens: int | None, *chunks: tuple[int, int], told: int | None = None) -> Answer:
    first, last = (chunks[0][0], chunks[-1][0]) if chunks else (None, None)
    return Answer(
        text="",
        finish="stop",
        prompt_tokens=None,
        completion_tokens=tokens,
        sent=0,
        first=first,
        last=last,
        end=99,
        chunks=chunks,
        first_tokens=told,
    )


def test_a_rate_divides_only_the_tokens_that_came_after_the_first_text() -> None:
    # One token a piece: 5 tokens, 4 of them after the first, over 8 ns.
    assert timing(said(5, *((at, 3) for at in (2, 4, 6, 8, 10)))).decode_rate == 4e9 / 8
    # Two of five shared the first stamp: 3 tokens over 6 ns.
    assert timing(said(5, (4, 3), (4, 3), (6, 3), (8, 3), (10, 3))).decode_rate == 3e9 / 6
    # Four tokens a piece, all of one length: 12 of 16 came after the first piece.
    assert timing(said(16, *((at, 20) for at in (2, 4, 6, 8)))).decode_rate == 12e9 / 6
    # What the server counts as it goes is taken as it is.
    assert timing(said(16, (2, 20), (8, 20), told=6)).decode_rate == 10e9 / 6
    # All at once, and nothing counted: no rate.
    assert timing(said(16, (2, 80))).decode_rate is None
    assert timing(said(None, (2, 20), (8, 20))).decode_rate is None
    assert timing(said(3)).first_tokens == 1

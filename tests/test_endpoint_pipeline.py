"""All five steps with candidates behind endpoints: those that fail are marked, and the good ones are ranked."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median

import pytest

from service import pipeline, reading, resources
from service.domain.endpoints import Endpoint
from service.domain.evaluations import Evaluation
from service.domain.models import Candidate, Model
from service.domain.rubrics import Prompt
from service.keeping import House
from service.library import Folders, Library
from service.measure.answers import new_id
from service.models.opening import open_runner
from service.report.document import document
from service.report.page.assembly import html_page
from service.store import evaluations
from service.store.database import Database
from tests import samples
from tests.scripted_server import ScriptedServer

LIBRARY = Library(Folders(rubrics=resources.data_folder("rubrics"), prompts=resources.data_folder("prompts")))


def run_of(*names: str, deadline: float, max_tokens: int = 16) -> Evaluation:
    prompts = samples.prompt_set(
        *(Prompt(id=f"p{n}", text=f"say {n}", reference=f"SAY {n}") for n in range(1, 9))
    )
    made = samples.evaluation(rounds=3, prompts=prompts, deadline=deadline)
    spec = replace(
        made.spec,
        candidates=tuple(Candidate(name=name, model=name, max_tokens=max_tokens) for name in names),
        models=tuple(
            Model(name=name, source="endpoint", runner="http", endpoint="there", remote=name, licence="MIT")
            for name in names
        ),
    )
    return replace(made, id=new_id(), spec=spec)


async def test_what_a_server_says_of_its_answers_is_kept_beside_what_was_measured(
    database: Database, tmp_path: Path
) -> None:
    run = run_of("reports", deadline=5.0)
    await evaluations.add(database, run)
    with ScriptedServer() as server:
        place = House(
            database=database,
            library=LIBRARY,
            open_session=partial(
                open_runner, scratch=tmp_path, endpoints=(Endpoint(name="there", url=server.url),)
            ),
        )
        await pipeline.run(run.id, place)
        found = await pipeline.find(run, place)
        items = await reading.answers_of(run, place)
    item = items[0]
    assert item.server_reported == {"prompt_ms": 80.5, "predicted_ms": 30.25, "cache_n": 0.0}
    assert item.latency_seconds is not None
    assert item.first_token_seconds is not None
    # it thinks for 10 ms first; on a busy machine both pieces may reach us together now and then
    thought = [(i.first_visible_seconds or 0) - (i.first_token_seconds or 0) for i in items]
    assert median(thought) > 0.005, "it thought first"
    # 16 tokens in four pieces of about 16 characters: 4 came with the first, so 12 took the rest of the time.
    expected = 12 / (item.latency_seconds - item.first_token_seconds)
    assert item.decode_rate == pytest.approx(expected, rel=1e-6)
    (scores,) = found.scores
    assert {name: one.value for name, one in scores.server_reported}["prompt_ms"] == 80.5
    measured = document(found)["candidates"][0]["measured"]
    assert measured["server_reported"]["predicted_ms"]["value"] == 30.25
    assert measured["first_visible_seconds"]["value"] > measured["first_token_seconds"]["value"]
    assert "prompt_ms" in html_page(found)


@pytest.mark.slow_on_postgresql
async def test_tokens_that_a_server_hides_are_in_no_rate_and_the_report_says_why(
    database: Database, tmp_path: Path
) -> None:
    run = run_of("hides", "hides-and-says", deadline=5.0, max_tokens=200)
    await evaluations.add(database, run)
    with ScriptedServer() as server:
        place = House(
            database=database,
            library=LIBRARY,
            open_session=partial(
                open_runner, scratch=tmp_path, endpoints=(Endpoint(name="there", url=server.url),)
            ),
        )
        await pipeline.run(run.id, place)
        found = await pipeline.find(run, place)
    scores = {one.candidate: one for one in found.scores}
    for rate in (scores["hides"].decode_rate, scores["hides"].end_to_end_rate):
        assert rate.value is None
        assert (
            rate.reason == "the server counts more tokens than it sends: it hides its reasoning, or miscounts"
        )
    told = scores["hides-and-says"]
    # 12 tokens in three gaps of 10 ms or more, where 116 would have given thousands a second.
    assert told.decode_rate.value is not None
    assert told.end_to_end_rate.value is not None
    assert told.decode_rate.value <= 12 / 0.03
    assert told.end_to_end_rate.value <= 16 / 0.03
    assert dict(told.server_reported)["reasoning_tokens"].value == 100


async def test_a_field_that_is_refused_costs_no_timed_request(database: Database, tmp_path: Path) -> None:
    run = run_of("strict", deadline=5.0)
    await evaluations.add(database, run)
    with ScriptedServer() as server:
        place = House(
            database=database,
            library=LIBRARY,
            open_session=partial(
                open_runner, scratch=tmp_path, endpoints=(Endpoint(name="there", url=server.url),)
            ),
        )
        await pipeline.run(run.id, place)
        found = await pipeline.find(run, place)
    assert found.attempts == (), "the refusals were met while it warmed up"
    assert found.scores[0].answered == 24
    assert found.loads[0].runtime.endswith("without stream_options and max_tokens and seed")
    assert (
        found.scores[0].decode_rate.reason
        == "the runtime does not count tokens, or the answers are one token long"
    )

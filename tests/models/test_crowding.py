"""Calls at one endpoint: as many at once as its settings say, whoever asks."""

import asyncio
from functools import partial
from pathlib import Path

import pytest

from service.domain.asking import Answer, Message, Question, Sampling
from service.domain.endpoints import Endpoint
from service.domain.models import Model
from service.models.crowding import Crowding
from service.models.opening import open_runner
from tests.scripted_server import BEHAVIOURS, DONE, ScriptedServer, Wire, delta

QUESTION = Question(
    messages=(Message(role="user", content="hi"),),
    sampling=Sampling(temperature=0, max_tokens=8, seed=1),
    deadline=20.0,
)


class Counting:
    """Counts how many requests it is busy with."""

    def __init__(self) -> None:
        self.now = self.most = self.all = 0

    async def __call__(self, wire: Wire) -> None:
        self.now += 1
        self.all += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.02)
        self.now -= 1
        await wire.begin()
        await wire.piece(delta(content="fine") + delta("stop") + DONE)
        await wire.end()


def judge(name: str, endpoint: str = "box") -> Model:
    return Model(name=name, source="endpoint", runner="http", endpoint=endpoint, remote=name)


@pytest.mark.parametrize("bound", [1, 3])
async def test_two_judges_of_one_endpoint_share_its_places(
    bound: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = Counting()
    monkeypatch.setitem(BEHAVIOURS, "one", counting)
    monkeypatch.setitem(BEHAVIOURS, "two", counting)
    with ScriptedServer() as server:
        endpoints = (Endpoint(name="box", url=server.url, concurrency=bound),)
        crowding = Crowding(endpoints)
        open_judge = crowding.sessions(partial(open_runner, scratch=tmp_path, endpoints=endpoints))
        async with open_judge(judge("one")) as one, open_judge(judge("two")) as two:
            await asyncio.gather(one.load(), two.load())
            replies = await asyncio.gather(*(session.ask(QUESTION) for session in (one, two) * 6))
            assert one.alive
            assert one.pid != two.pid
            assert (await one.memory()).resident is None
    assert all(isinstance(reply, Answer) for reply in replies)
    assert (counting.all, counting.most) == (12, bound)


def test_who_says_nothing_takes_what_every_judge_takes() -> None:
    crowding = Crowding((Endpoint(name="box", url="http://127.0.0.1/v1", concurrency=16),), default=4)
    assert crowding.most(judge("a")) == 16
    assert crowding.most(judge("a", endpoint="other")) == 4
    assert crowding.most(Model(name="tiny-judge", source="builtin")) == 4

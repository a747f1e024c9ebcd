"""Stop the service while twenty clients follow a run: it is down at once, and they miss nothing and see nothing twice."""

import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.service_process import ServiceProcess

# Checks score, and no judge: nearly all the time was its examination, in which nothing was followed. 384 answers take some
# seconds, long enough to be stopped in the middle, and four events are there within two.
BODY = {
    "candidates": ["tiny-xs", "tiny-s"],
    "judge": None,
    "rubric": "extraction",
    "prompt_set": "tiny",
    "rounds": 8,
    "warmup": 1,
}
CLIENTS = 20
IN_SECONDS = 5.0


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceProcess]:
    started = ServiceProcess(tmp_path)
    yield started
    started.stop()


class Follower(threading.Thread):
    """A client as browsers have it: it comes back with the number of the last event that it saw, until 204."""

    def __init__(self, service: ServiceProcess, identity: str) -> None:
        super().__init__(daemon=True)
        self.service, self.identity = service, identity
        self.seen: list[int] = []
        self.kinds: list[str] = []
        self.connections = 0
        self.ended = False
        # One for all connections: to read certificates anew for each took more time than everything else here.
        self.client = httpx.Client(timeout=60, trust_env=False, verify=False)  # plain HTTP on loopback

    def run(self) -> None:
        while not self.ended:
            try:
                self.read()
            except httpx.HTTPError:
                time.sleep(0.1)
        self.client.close()

    def read(self) -> None:
        headers = {"Accept": "text/event-stream"}
        if self.seen:
            headers["Last-Event-ID"] = str(self.seen[-1])
        address = f"{self.service.url}/api/v1/evaluations/{self.identity}/events"
        with self.client.stream("GET", address, headers=headers) as answer:
            if answer.status_code == 204:
                self.ended = True
                return
            assert answer.status_code == 200
            self.connections += 1
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    event = json.loads(line.removeprefix("data: "))
                    self.seen.append(event["seq"])
                    self.kinds.append(event["type"])


@pytest.mark.slow
def test_a_stop_with_twenty_streams_open_is_quick_and_costs_no_follower_an_event(
    service: ServiceProcess,
) -> None:
    service.start()
    accepted = httpx.post(f"{service.url}/api/v1/evaluations", json=BODY, timeout=30, trust_env=False)
    identity = accepted.json()["id"]
    followers = [Follower(service, identity) for _ in range(CLIENTS)]
    for follower in followers:
        follower.start()
    while not all(len(follower.seen) > 3 for follower in followers):
        time.sleep(0.05)
    assert service.rows("select status from evaluations") == [("running",)]
    assert service.process is not None
    began = time.monotonic()
    os.kill(service.process.pid, 15)
    assert service.process.wait(30) == 0
    assert time.monotonic() - began < IN_SECONDS
    assert service.rows("select status from evaluations") == [("running",)]
    service.start()
    assert service.wait(identity, 100)["status"] == "succeeded"
    for follower in followers:
        follower.join(20)
    stored = [seq for (seq,) in service.rows("select seq from events order by seq")]
    assert stored == list(range(1, len(stored) + 1))
    for follower in followers:
        assert follower.ended
        assert follower.seen == stored, "nothing missed, nothing twice, in order"
        assert follower.connections >= 2
        assert follower.kinds.count("done") == 1

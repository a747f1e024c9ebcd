"""When to kill a service that works on an evaluation: at moments of its progress, spread over everything it does.

No moment hangs on a clock: a busy machine reaches each of them later, and none of them too late.
"""

import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

import psutil

from tests.service_process import ServiceProcess

Phase = Literal["starting", "loading", "asking", "examining", "judging", "finishing"]
Victim = Literal["both", "service", "runner"]

SHARES: dict[Phase, float] = {
    "starting": 0.1,
    "loading": 0.1,
    "asking": 0.5,
    "examining": 0.04,
    "judging": 0.21,
    "finishing": 0.05,
}
FRUITLESS = 2
"""Kills in a row between which nothing need be kept."""
PATIENCE = 240.0
"""Seconds after which a service that keeps nothing more is taken to hang."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When to kill what.

    Attributes
    ----------
    place
        Where it belongs in the course of the evaluation: 0 is its beginning, 1 the end of its answers, 2 of its verdicts.
    rows
        How many answers or verdicts must be kept by then.
    later
        Seconds to wait then, so that the kill meets a call or a transaction anywhere.
    """

    phase: Phase
    place: float
    rows: int
    later: float
    victim: Victim


@dataclass(slots=True, kw_only=True)
class Kills:
    """What was killed: in which phase, whom, and how often an unfinished evaluation was met."""

    phases: Counter[str]
    victims: Counter[str]
    hit: int = 0

    @property
    def number(self) -> int:
        return self.phases.total()


def moments(number: int, *, answers: int, verdicts: int, seed: int) -> list[Moment]:
    """Return `number` moments in their order, for an evaluation that ends with so many answers and verdicts."""
    dice = random.Random(seed)
    counts = {phase: round(share * number) for phase, share in SHARES.items()}
    counts["asking"] += number - sum(counts.values())
    drawn = []
    for phase, count in counts.items():
        for turn in range(count):
            place = dice.random()
            rows = int(place * answers)
            if phase == "examining":
                # In the order of their turns, after the last answer and before the first verdict.
                place, rows = 1 + turn * 1e-9, 0
            elif phase == "judging":
                rows = int(place * verdicts)
                place = 1 + max(place, 1e-6)
            elif phase == "finishing":
                place, rows = 2 + turn, verdicts - 1
            # Whoever loses only its runner starts another one and notes a failure: now and then is enough.
            victims: tuple[Victim, ...] = ("both", "service", "runner")
            (victim,) = dice.choices(victims, (6, 3, 1 if phase == "asking" else 0))
            later = dice.choice((0.0, dice.uniform(0, 0.05), dice.uniform(0, 0.4)))
            drawn.append(Moment(phase=phase, place=place, rows=rows, later=later, victim=victim))
    return sorted(drawn, key=lambda one: one.place)


def kill_at(service: ServiceProcess, plan: list[Moment], *, seed: int) -> Kills:
    """Kill and start the service at each of the moments of `plan`.

    Who is to be killed while it asks or judges has kept something since its start. Of the other kills at most two in a row
    meet a service that has kept nothing: an evaluation that gets nowhere however often it is begun is rightly given up.
    """
    dice = random.Random(seed)
    done = Kills(phases=Counter(), victims=Counter())
    kept, fruitless = 0, 0
    for moment in plan:
        if moment.phase == "starting" and fruitless < FRUITLESS:
            service.kill(runners=moment.victim == "both")
            # Before it listens: anywhere in as much time as its last start took.
            took = service.start_seconds
            service.launch()
            time.sleep(dice.uniform(0, took))
        else:
            working = moment.phase in {"asking", "judging"} or fruitless >= FRUITLESS
            _await(service, moment, more_than=kept if working else -1)
            time.sleep(moment.later)
        before, kept = kept, _everything(service)
        fruitless = fruitless + 1 if kept == before else 0
        done.hit += not over(service)
        done.phases[moment.phase] += 1
        done.victims[moment.victim] += 1
        if moment.victim == "runner":
            for runner in service.runners():
                with suppress(psutil.NoSuchProcess):
                    runner.kill()
        else:
            service.kill(runners=moment.victim == "both")
            service.start()
    return done


def over(service: ServiceProcess) -> bool:
    """Whether the only evaluation has ended, as its row says."""
    return service.rows("select status from evaluations")[0][0] not in {"queued", "running"}


def _await(service: ServiceProcess, moment: Moment, *, more_than: int) -> None:
    earlier = _loads_of_judges(service)
    deadline = time.monotonic() + PATIENCE
    while not over(service):
        if _reached(service, moment, earlier) and (more_than < 0 or _everything(service) > more_than):
            return
        assert time.monotonic() < deadline, f"it gets nowhere: {moment} is never reached"
        time.sleep(0.01)


def _reached(service: ServiceProcess, moment: Moment, earlier: int) -> bool:
    if moment.phase == "starting":
        return True
    if moment.phase == "examining":
        return _loads_of_judges(service) > earlier or _kept(service, "verdicts") > 0
    if moment.phase == "loading":
        known = {pid for (pid,) in service.rows("select pid from loads")}
        new = any(runner.pid not in known for runner in service.runners())
        return new and _kept(service, "responses") >= moment.rows
    return _kept(service, "responses" if moment.phase == "asking" else "verdicts") >= moment.rows


def _kept(service: ServiceProcess, table: str) -> int:
    return int(service.rows(f"select count(*) from {table}")[0][0])


def _everything(service: ServiceProcess) -> int:
    return sum(_kept(service, table) for table in ("responses", "verdicts", "evaluation_qualifications"))


def _loads_of_judges(service: ServiceProcess) -> int:
    return int(service.rows("select count(*) from loads where role = 'judge'")[0][0])

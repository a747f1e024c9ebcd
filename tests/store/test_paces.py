"""Paces: the newest evaluations of a model on a device together, of the same files only."""

from dataclasses import replace

from service.domain.paces import Pace
from service.store import paces
from service.store.database import Database

PACE = Pace(
    role="candidate",
    model="a",
    device="local",
    version="1",
    calls=10,
    seconds_per_call=1.0,
    load_seconds=4.0,
)


async def test_evaluations_are_pooled_by_their_calls_and_other_files_and_devices_do_not_count(
    database: Database,
) -> None:
    await paces.keep(database, "e1", replace(PACE, seconds_per_call=9.0))
    await paces.keep(database, "e1", PACE)  # replaces what was said of the same evaluation
    await paces.keep(database, "e2", replace(PACE, calls=30, seconds_per_call=2.0, load_seconds=6.0))
    await paces.keep(database, "e3", replace(PACE, version="2", seconds_per_call=50.0))
    await paces.keep(database, "e4", replace(PACE, device="other", seconds_per_call=50.0))
    found = await paces.known(database, "local", [("a", "1"), ("b", None)])
    # (10 · 1 + 30 · 2) / 40 and (4 + 6) / 2
    assert found == {("candidate", "a"): replace(PACE, calls=40, seconds_per_call=1.75, load_seconds=5.0)}


async def test_only_the_newest_count(database: Database) -> None:
    await paces.keep(database, "old", replace(PACE, seconds_per_call=100.0))
    for number in range(paces.NEWEST):
        await paces.keep(database, f"e{number}", PACE)
    found = await paces.known(database, "local", [("a", "1")])
    assert found["candidate", "a"].seconds_per_call == 1.0

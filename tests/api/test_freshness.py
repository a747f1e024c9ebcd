"""What was read is tagged, and not sent again to whoever has it; another media type than there is is refused."""

import httpx
import pytest
from litestar import Litestar

from service.api.freshness import names
from service.store import evaluations as store
from tests.api.conftest import World
from tests.api.test_methods import readable
from tests.api.test_problems import problem
from tests.report import scenes

API = "/api/v1"


async def test_everything_that_can_be_read_has_a_tag_and_answers_304_to_it(
    app: Litestar, client: httpx.AsyncClient, world: World
) -> None:
    one = scenes.evaluation()
    await store.add(world.database, one)
    here = f"{API}/evaluations/{one.id}"
    addresses = [here, f"{here}/items", f"{here}/ranking", f"{here}/report?format=html", *readable(app)]
    for address in addresses:
        first = await client.get(address)
        if first.status_code != 200 or "etag" not in first.headers:
            assert address == "/metrics" or "events" in address, address
            continue
        again = await client.get(address, headers={"If-None-Match": first.headers["etag"]})
        if address == "/metrics":
            continue
        assert (again.status_code, again.content) == (304, b""), address
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers.get("vary") == first.headers.get("vary")
        assert "content-type" not in again.headers
        assert again.headers["x-content-type-options"] == "nosniff"
        head = await client.head(address, headers={"If-None-Match": first.headers["etag"]})
        assert head.status_code == 304


async def test_a_change_changes_the_tag(client: httpx.AsyncClient, world: World) -> None:
    await store.add(world.database, scenes.evaluation(id_="01936b00-0000-7000-8000-000000000001"))
    tag = (await client.get(f"{API}/evaluations")).headers["etag"]
    await store.add(world.database, scenes.evaluation(id_="01936b00-0000-7000-8000-000000000002"))
    response = await client.get(f"{API}/evaluations", headers={"If-None-Match": tag})
    assert response.status_code == 200
    assert response.headers["etag"] != tag


async def test_formats_of_one_report_have_different_tags_and_vary(
    client: httpx.AsyncClient, world: World
) -> None:
    one = scenes.evaluation()
    await store.add(world.database, one)
    found = {}
    for accept in ("application/json", "text/csv", "text/markdown", "text/html"):
        response = await client.get(f"{API}/evaluations/{one.id}/report", headers={"Accept": accept})
        assert response.headers["content-type"].split(";")[0] == accept
        assert response.headers["vary"] == "Accept"
        found[accept] = response.headers["etag"]
    assert len(set(found.values())) == 4


async def test_the_age_of_a_recommendation_does_not_change_its_tag(
    client: httpx.AsyncClient, world: World
) -> None:
    await store.add(world.database, scenes.evaluation())
    first = await client.get(f"{API}/recommendation")
    # Its age is in the answer, so the bytes differ every time; the tag is a weak one of everything else.
    assert first.headers["etag"].startswith('W/"')
    again = await client.get(f"{API}/recommendation", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("header", "status"), [("*", 304), ('"other"', 200), ("", 200), ("nonsense", 200), ('W/"x", "y"', 200)]
)
async def test_only_a_tag_that_is_named_or_a_star_saves_the_body(
    client: httpx.AsyncClient, header: str, status: int
) -> None:
    response = await client.get(f"{API}/rubrics", headers={"If-None-Match": header})
    assert response.status_code == status


def test_weak_and_strong_tags_of_the_same_bytes_match() -> None:
    assert names('"a", W/"b"', 'W/"a"')
    assert names('"a", W/"b"', '"b"')
    assert not names('"a", W/"b"', '"c"')


async def test_problems_have_no_tag_and_a_star_does_not_hide_them(client: httpx.AsyncClient) -> None:
    response = await client.get(f"{API}/rubrics/absent", headers={"If-None-Match": "*"})
    problem(response, 404, "not-found")
    assert "etag" not in response.headers


async def test_a_type_that_is_not_there_is_not_acceptable(client: httpx.AsyncClient) -> None:
    # Left to itself the framework answers a request for CSV with JSON.
    for address in (f"{API}/evaluations", f"{API}/rubrics/tiny", "/"):
        response = await client.get(address, headers={"Accept": "text/csv"})
        problem(response, 406, "not-acceptable")
        assert response.headers["vary"] == "Accept"
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    assert (await client.get(f"{API}/evaluations", headers=browser)).status_code == 200

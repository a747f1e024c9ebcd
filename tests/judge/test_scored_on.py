"""Facets that a prompt names: only they are judged, planted and counted for its answers."""

from service.domain.asking import Message
from service.domain.rubrics import Facet, Prompt, Rubric
from service.judge import Seat, examination, wanted
from service.judge.keys import derive_nonce, derive_seed, judge_key
from service.judge.messages import judge_messages
from service.library import Library
from tests.judge.test_work import LEVELS, Respond

HISTORY = (
    Message(role="user", content="I am <|im_end|> Vera."),
    Message(role="assistant", content="Hello, Vera."),
)
FACETS = (
    Facet(name="accuracy", question="?", levels=LEVELS, degraded_by=("wrong_fact",)),
    Facet(name="form", question="?", levels=LEVELS, degraded_by=("shuffled",)),
)
RUBRIC = Rubric(name="r", title="R", facets=FACETS, fingerprint="f")
PROMPTS = (
    Prompt(id="all", text="One?", reference="Vera lives in Cairo with two cats."),
    Prompt(id="form", text="Two?", reference="Nina lives in Lima with three dogs.", facets=("form",)),
)


def test_only_the_facets_that_a_prompt_names_are_asked_for(general_seat: Seat, respond: Respond) -> None:
    work = wanted([respond("all", "x"), respond("form", "y")], PROMPTS, RUBRIC, seat=general_seat, seed=1)
    assert [[facet.name for facet in call.facets] for call in work.calls] == [["accuracy", "form"], ["form"]]
    assert len(work.places) == 3


def test_an_examination_plants_in_a_reference_only_what_its_facets_must_notice(general_seat: Seat) -> None:
    sheets = examination(PROMPTS, RUBRIC, general_seat).sheets
    planted = {(sheet.prompt.id, sheet.degradation) for sheet in sheets if sheet.probe is None}
    assert planted == {
        ("all", None),
        ("all", "wrong_fact"),
        ("all", "shuffled"),
        ("form", None),
        ("form", "shuffled"),
    }
    assert all(
        facet.name == "form" for sheet in sheets if sheet.prompt.id == "form" for facet in sheet.facets
    )


def test_the_judge_reads_what_was_said_before_inside_the_frame(library: Library, general_seat: Seat) -> None:
    prompt = Prompt(id="p", text="My name?", history=HISTORY)
    facets = library.rubric("general").facets
    _, user = judge_messages(general_seat.template, prompt, "Vera.", facets)
    nonce = derive_nonce(prompt, "Vera.")
    before = user.content[: user.content.index(f"</before {nonce}>")]
    assert f"<before {nonce}>\n[user]\nI am < |im_end| > Vera.\n\n[assistant]\nHello, Vera.\n" in before
    assert f"<question {nonce}>\nMy name?\n</question {nonce}>" in user.content
    _, alone = judge_messages(general_seat.template, Prompt(id="p", text="My name?"), "Vera.", facets)
    assert "before " not in alone.content


def test_a_template_without_words_for_it_shows_the_question_alone(library: Library, seat: Seat) -> None:
    (message,) = judge_messages(
        seat.template,
        Prompt(id="p", text="My name?", history=HISTORY),
        "Vera.",
        library.rubric("tiny").facets,
    )
    assert "Question: My name?" in message.content
    assert "I am" not in message.content


def test_what_was_said_before_is_part_of_a_verdicts_address_and_seed(general_seat: Seat) -> None:
    said = Prompt(id="p", text="Q?", history=HISTORY)
    alone = Prompt(id="p", text="Q?")
    keys = {judge_key(general_seat, prompt, "A.", FACETS, FACETS[0], 1, 1) for prompt in (said, alone)}
    assert len(keys) == 2
    assert derive_seed(1, said, FACETS, 1) != derive_seed(1, alone, FACETS, 1)

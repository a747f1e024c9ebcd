"""Whether an answer is in the language wanted, and where that cannot be told."""

import pytest

from service.domain.failures import Failure, FailureKind
from service.domain.rubrics import Facet, Prompt, Rubric
from service.judge.checks import Checked, check, decides
from service.judge.languages import known, spoken
from service.judge.work import wanted
from tests.judge.test_work import Respond

ENGLISH = "The beta launches on 14 March. Tom runs the test plan until 10 March."
GERMAN = "Die Beta startet am 14. März. Tom führt bis zum 10. März den Testplan durch."
FRENCH = "La version bêta sort le 14 mars. Tom suit le plan de test jusqu'au 10 mars."
JAPANESE = "ベータ版は三月十四日に公開されます。トムが試験計画を担当します。"


@pytest.mark.parametrize(
    ("text", "language"), [(ENGLISH, "en"), (GERMAN, "de"), (FRENCH, "fr-CA"), (JAPANESE, "ja")]
)
def test_a_sentence_is_in_its_language_and_in_no_other(text: str, language: str) -> None:
    assert spoken(text, language).share == 1.0
    for other in {"en", "de", "fr", "ja"} - {language[:2]}:
        found = spoken(text, other)
        assert (found.share, found.other) == (0.0, language[:2])


def test_a_text_in_two_languages_counts_by_its_letters() -> None:
    found = spoken(f"{GERMAN}\n{ENGLISH}", "de")
    german, english = (sum(map(str.isalpha, text)) for text in (GERMAN, ENGLISH))
    assert found.share == pytest.approx(german / (german + english))
    assert found.other == "en"


@pytest.mark.parametrize(
    "text", ["", "42", "Paris.", "2021-05-03", "John Smith", "```\nprint('hello world')\n```"]
)
def test_a_text_too_short_to_tell_is_no_verdict(text: str) -> None:
    assert spoken(text, "en").share is None
    found = check("language", Prompt(id="p", text="?", expect={"language": "en"}), text)
    assert isinstance(found, Failure)
    assert found.kind is FailureKind.UNDECIDED


def test_code_and_addresses_are_in_no_language() -> None:
    code = "```python\nfor each in everything: print('the answer to this question is', each)\n```"
    assert spoken(f"{GERMAN}\n{code}\nhttps://example.org/the/answer/to/this/question", "de").share == 1.0


@pytest.mark.parametrize(("text", "score"), [(GERMAN, 5.0), (ENGLISH, 1.0)])
def test_the_share_becomes_a_score(text: str, score: float) -> None:
    found = check("language", Prompt(id="p", text="?", expect={"language": "de"}), text)
    assert isinstance(found, Checked)
    assert found.score == score


def test_the_rubric_says_the_language_unless_the_prompt_does(respond: Respond) -> None:
    facet = Facet(name="language", question="In German?", levels=("1", "2", "3", "4", "5"), check="language")
    rubric = Rubric(name="r", title="R", facets=(facet,), fingerprint="f", language="de")
    prompts = (Prompt(id="a", text="A?"), Prompt(id="b", text="B?", expect={"language": "fr"}))
    work = wanted([respond("a", GERMAN), respond("b", GERMAN)], prompts, rubric, seat=None, seed=1)
    assert all(decides(facet, prompt) for prompt in prompts)
    scores = [check(call.kind, call.prompt, call.answer) for call in work.checks]
    assert [found.score for found in scores if isinstance(found, Checked)] == [5.0, 1.0]


def test_a_language_that_nobody_can_tell_is_known_beforehand() -> None:
    assert known("pt-BR")
    assert known("nb")
    assert not known("tlh")

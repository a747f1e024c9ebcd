"""How small judges really reply: one maker per way of breaking the form, each with the scores that a reader must find.

A maker gets the facets with their scores and a source of chance; `None` for scores means that no answer is there.
"""

import json
from collections.abc import Callable, Mapping
from random import Random

Scores = Mapping[str, int]
Maker = Callable[[Scores, Random], tuple[str, str]]

REASONS = (
    "It names Paris, as the reference does.",
    "2 of the 5 facts are wrong, so 3 are right; I first thought of a 4.",
    "Level 5 asks for every part; parts 1 and 2 are there.",
    "The answer says 12 owners, the reference says 21. 1 = false, 5 = right.",
    "accuracy is poor, clarity is fine; see point 3.",
)


def reasons(random: Random) -> str:
    return random.choice(REASONS)


def plain(scores: Scores, random: Random) -> str:
    return json.dumps({"rationale": reasons(random), **scores})


def pretty(scores: Scores, random: Random) -> str:
    return json.dumps({"rationale": reasons(random), **scores}, indent=2)


def comments(scores: Scores, random: Random) -> tuple[str, str]:
    mark = random.choice(["//", "#"])
    lines = [
        f'  "{facet}": {score},  {mark} {random.choice(["solid", "as level 2 says", "not a 1"])}'
        for facet, score in scores.items()
    ]
    return "\n".join(["{", f'  "rationale": "{reasons(random)}",', *lines, "}"]), "stop"


def trailing_comma(scores: Scores, random: Random) -> tuple[str, str]:
    return plain(scores, random)[:-1] + ",}", "stop"


def raw_newlines(scores: Scores, random: Random) -> tuple[str, str]:
    return plain(scores, random).replace(" is", "\nis").replace(", ", ",\n"), "stop"


def single_quotes(scores: Scores, random: Random) -> tuple[str, str]:
    return str({"rationale": reasons(random), **scores}), "stop"


def bare_keys(scores: Scores, random: Random) -> tuple[str, str]:
    said = ", ".join(f"{facet}: {score}" for facet, score in scores.items())
    return f'{{rationale: "{reasons(random)}", {said}}}', "stop"


def inner_quotes(scores: Scores, random: Random) -> tuple[str, str]:
    said = ", ".join(f'"{facet}": {score}' for facet, score in scores.items())
    return f'{{"rationale": "It says "Paris", "Rome" and {random.randint(1, 5)}", {said}}}', "stop"


def prose_then_object(scores: Scores, random: Random) -> tuple[str, str]:
    return (
        f"Let me look. {reasons(random)} There are {random.randint(1, 5)} parts.\n\n{plain(scores, random)}",
        "stop",
    )


def object_then_prose(scores: Scores, random: Random) -> tuple[str, str]:
    return f"{plain(scores, random)}\n\nI hope this helps. {reasons(random)}", "stop"


def fenced(scores: Scores, random: Random) -> tuple[str, str]:
    return f"Here is my grade:\n```json\n{pretty(scores, random)}\n```\n", "stop"


def drafts(scores: Scores, random: Random) -> str:
    return json.dumps({facet: random.randint(1, 5) for facet in scores})


def think_tags(scores: Scores, random: Random) -> tuple[str, str]:
    opened, closed = random.choice(
        [("<think>", "</think>"), ("<thinking>", "</thinking>"), ("[THINK]", "[/THINK]"), ("", "</think>")]
    )
    return f"{opened}Perhaps {drafts(scores, random)}? accuracy: 1\n{closed}\n{plain(scores, random)}", "stop"


def harmony(scores: Scores, random: Random) -> tuple[str, str]:
    thought = f"<|channel|>analysis<|message|>Maybe {drafts(scores, random)}.<|end|><|start|>assistant"
    last = random.choice(["<|return|>", "<|end|>", ""])
    return f"{thought}<|channel|>final<|message|>{plain(scores, random)}{last}", "stop"


def bare_harmony(scores: Scores, random: Random) -> tuple[str, str]:
    return f"analysisWe grade: maybe {drafts(scores, random)}.assistantfinal{plain(scores, random)}", "stop"


def wrong_tool(scores: Scores, random: Random) -> tuple[str, str]:
    inner: object = {"reason": reasons(random), **scores}
    if random.random() < 0.5:
        inner = json.dumps(inner)
    call = json.dumps(
        {"name": random.choice(["evaluate", "submit_score", "functions.rate"]), "arguments": inner}
    )
    return random.choice([call, f"<tool_call>\n{call}\n</tool_call>", f"<|tool_call|>{call}"]), "stop"


def harmony_tool(scores: Scores, random: Random) -> tuple[str, str]:
    call = "<|channel|>commentary to=functions.rate <|constrain|>json<|message|>"
    return (
        f"<|channel|>analysis<|message|>hm, 3<|end|><|start|>assistant{call}{plain(scores, random)}<|call|>",
        "stop",
    )


def as_strings(scores: Scores, random: Random) -> tuple[str, str]:
    form = random.choice(["{}", "{}/5", "{} out of 5", "{} (good)", "{}.0"])
    return plain({facet: form.format(score) for facet, score in scores.items()}, random), "stop"  # type: ignore[misc]


def as_floats(scores: Scores, random: Random) -> tuple[str, str]:
    return plain({facet: float(score) for facet, score in scores.items()}, random), "stop"  # type: ignore[misc]


def nested(scores: Scores, random: Random) -> tuple[str, str]:
    each = {facet: {"reason": reasons(random), "score": score} for facet, score in scores.items()}
    wrapped: object = random.choice([each, {"scores": dict(scores)}, {"evaluation": each}])
    return json.dumps(wrapped), "stop"


def listed(scores: Scores, random: Random) -> tuple[str, str]:
    entries = [{"facet": facet, "reason": reasons(random), "score": score} for facet, score in scores.items()]
    return json.dumps(random.choice([entries, {"grades": entries}])), "stop"


def capitals(scores: Scores, random: Random) -> tuple[str, str]:
    form = random.choice(["{}", "{} Score", "{}_score"])
    return plain({form.format(facet.capitalize()): score for facet, score in scores.items()}, random), "stop"


def tags(scores: Scores, random: Random) -> tuple[str, str]:
    said = "\n".join(f"<{facet}>{score}</{facet}>" for facet, score in scores.items())
    return f"<rationale>{reasons(random)}</rationale>\n{said}", "stop"


def lines(scores: Scores, random: Random) -> tuple[str, str]:
    form = random.choice(
        ["{}: {}", "- **{}**: {}/5", "{} = {}", "* {}: {} out of 5", "| {} | {} |", "**{}:** {}"]
    )
    said = "\n".join(form.format(facet.capitalize(), score) for facet, score in scores.items())
    return f"{reasons(random)}\n\n{said}\n", "stop"


def echo_then_grade(scores: Scores, random: Random) -> tuple[str, str]:
    form = ", ".join(f'"{facet}": <1 to 5>' for facet in scores)
    return f'The form is {{"rationale": "<reasons>", {form}}}, so:\n{plain(scores, random)}', "stop"


def unclosed(scores: Scores, random: Random) -> tuple[str, str]:
    return plain(scores, random)[:-1], "stop"


def blanks_after(scores: Scores, random: Random) -> tuple[str, str]:
    return plain(scores, random) + random.choice(["\n", " ", "\t", " \n"]) * random.randint(
        200, 4000
    ), "length"


def blanks_within(scores: Scores, random: Random) -> tuple[str, str]:
    return plain(scores, random).replace(": ", ":" + "\n " * random.randint(50, 900)), "stop"


def reasons_cut(scores: Scores, random: Random) -> tuple[str, str]:
    return json.dumps(dict(scores))[:-1] + f', "rationale": "{reasons(random)[:20]}', "length"


ANSWERED: dict[str, Maker] = {
    maker.__name__: maker
    for maker in (
        comments, trailing_comma, raw_newlines, single_quotes, bare_keys, inner_quotes, prose_then_object,
        object_then_prose, fenced, think_tags, harmony, bare_harmony, wrong_tool, harmony_tool, as_strings, as_floats,
        nested, listed, capitals, tags, lines, echo_then_grade, unclosed, blanks_after, blanks_within, reasons_cut,
    )
}  # fmt: skip
"""An answer is there."""


def thinking_without_end(scores: Scores, random: Random) -> tuple[str, str]:
    opened = random.choice(["<think>", "[THINK]", "<|channel|>analysis<|message|>"])
    return f"{opened}Perhaps {json.dumps(dict(scores))}, or {drafts(scores, random)}", "length"


def cut_before_scores(scores: Scores, random: Random) -> tuple[str, str]:
    whole = plain(scores, random)
    last = list(scores)[-1]
    return whole[: random.randint(5, whole.index(f'"{last}"') + len(last) + 4)], "length"


def blanks_instead(scores: Scores, random: Random) -> tuple[str, str]:
    return plain(scores, random)[: random.randint(1, 30)] + "\n" * random.randint(200, 4000), "length"


def echoed_result(scores: Scores, random: Random) -> tuple[str, str]:
    del scores
    ending = random.choice(["(1 to 5)", "(an integer number between 1 and 5)", "<1 to 5>", ""])
    return f"Feedback: {reasons(random)} [RESULT] {ending}", "stop"


def echoed_form(scores: Scores, random: Random) -> tuple[str, str]:
    value = random.choice(["<1 to 5>", '"<1 to 5>"', '"1-5"', "1|2|3|4|5"])
    form = ", ".join(f'"{facet}": {value}' for facet in scores)
    return f'{{"rationale": "<reasons>", {form}}}', "stop"


def digits_only_in_reasons(scores: Scores, random: Random) -> tuple[str, str]:
    del scores
    return f"{reasons(random)} Out of 5 points it deserves something between 2 and 4.", "stop"


def refusal(scores: Scores, random: Random) -> tuple[str, str]:
    del scores
    return random.choice(
        [
            "I'm sorry, but I can't grade this.",
            "I cannot help with that request.",
            "As an AI, I won't rate 5 people.",
        ]
    ), "stop"


def refusal_in_the_form(scores: Scores, random: Random) -> tuple[str, str]:
    del random
    return json.dumps({"rationale": "I'm sorry, but I can't evaluate this content.", **scores}), "stop"


def another_scale(scores: Scores, random: Random) -> tuple[str, str]:
    ten = {
        facet: random.choice([f"{2 * score}/10", 2 * score + 1, 0, score + 0.5, f"{score}-5", f"{score},5"])
        for facet, score in scores.items()
    }
    ten[next(iter(ten))] = "7/10"
    return json.dumps({"rationale": reasons(random), **ten}), "stop"


def contradiction(scores: Scores, random: Random) -> tuple[str, str]:
    other = {facet: score % 5 + 1 for facet, score in scores.items()}
    return f"{plain(scores, random)} No, wait: {plain(other, random)}", "stop"


def facet_left_out(scores: Scores, random: Random) -> tuple[str, str]:
    return plain(dict(list(scores.items())[1:]), random), "stop"


def another_tool(scores: Scores, random: Random) -> tuple[str, str]:
    del scores, random
    return '{"name": "get_weather", "arguments": {"city": "Paris", "days": 5}}', "stop"


UNANSWERED: dict[str, Maker] = {
    maker.__name__: maker
    for maker in (
        thinking_without_end, cut_before_scores, blanks_instead, echoed_result, echoed_form, digits_only_in_reasons,
        refusal, refusal_in_the_form, another_scale, contradiction, facet_left_out, another_tool,
    )
}  # fmt: skip
"""No answer is there, or nobody can tell which."""

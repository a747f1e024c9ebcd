"""Train the judge: scores and rationale, with a dense second task on every token of the reference."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from service.models.builtin.recipe import training
from service.models.builtin.recipe.faults import Judged, words
from service.models.builtin.recipe.judging import example, prompt, reply
from service.models.builtin.recipe.learn_tokens import encoder
from service.models.builtin.recipe.network import Network
from service.models.builtin.recipe.shape import ModelShape
from service.models.builtin.recipe.tokens import ASSISTANT, END, USER

_LONGEST = 300
_OPENING = '{"rationale": "'


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeRow:
    """An encoded example: tokens, weights of the reply, weights of copying, and labels of the probe.

    Attributes
    ----------
    absent
        At each token of the reference: 1 if its word, as far as read, begins no word of the answer; -1 elsewhere.
    lacking
        The same for what the answer owed: 1 only where a key word is not given in its place.
    """

    tokens: list[int]
    reply: list[float]
    copy: list[float]
    absent: list[float]
    lacking: list[float]


def encoded(tokens: Tokenizer, judged: Judged) -> JudgeRow:
    """Encode one example; nobody but this function knows where the tokens of a word are."""
    asked = prompt(judged.question, judged.answer, judged.reference)
    said = reply(judged.rationale, judged.scores)
    question, answer = tokens.encode(asked), tokens.encode(said)
    before = len(question.ids) + 3
    absent, lacking, copy = [-1.0] * before, [-1.0] * before, [0.0] * before
    start = len("Answer: ") + len(judged.answer) + len("\nReference: ")
    end = start + len(judged.reference)
    beginnings = _beginnings(judged.answer)
    for place, (left, right) in enumerate(question.offsets, 1):
        if right <= start or left >= end:
            continue
        word, read = _word_at(asked[:end], max(left, start), min(right, end))
        if word:
            copy[place] = float(read.lower() in beginnings)
            absent[place] = 1.0 - copy[place]
            lacking[place] = float(word in judged.lacking and (absent[place] > 0 or judged.kind == "swapped"))
    shown = len(_OPENING) + len(judged.rationale) + 1
    weights = [
        6.0
        if left <= len(_OPENING) < right or _first_score(said, left, right)
        else 3.0
        if len(_OPENING) < right <= shown or said[left:right].strip().isdigit()
        else 0.1
        for left, right in answer.offsets
    ]
    return JudgeRow(
        tokens=[USER, *question.ids, END, ASSISTANT, *answer.ids, END],
        reply=[0.0] * before + weights + [0.1],
        copy=copy + [0.0] * (len(weights) + 1),
        absent=absent + [-1.0] * (len(weights) + 1),
        lacking=lacking + [-1.0] * (len(weights) + 1),
    )


def _beginnings(text: str) -> set[str]:
    """Return every beginning of every word, in lower case."""
    return {word[:length].lower() for word in words(text) for length in range(1, len(word) + 1)}


def _first_score(said: str, left: int, right: int) -> bool:
    place = said.index('"accuracy": ') + len('"accuracy": ')
    return left <= place < right


def _word_at(text: str, left: int, right: int) -> tuple[str, str]:
    """Return the word that ends or goes on in ``text[left:right]``, and what of it is read by `right`."""
    end = right
    while end > left and not text[end - 1].isalnum():
        end -= 1
    if end == left:
        return "", ""
    first = end
    while first > 0 and text[first - 1].isalnum():
        first -= 1
    last = end
    while last < len(text) and text[last].isalnum():
        last += 1
    return text[first:last], text[first:end]


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """The parts of the loss, and the share of first scores that are right."""

    reply: Tensor
    copy: Tensor
    probe: Tensor
    right: float

    def total(self, done: float) -> Tensor:
        """Add the parts up; copying counts most at first."""
        return self.reply + (1.0 if done < 0.15 else 0.3) * self.copy + 1.5 * self.probe


def losses(network: Network, rows: list[JudgeRow]) -> Losses:
    """Return the losses of one batch."""
    tokens = training.padded_tokens([row.tokens for row in rows])
    state, probed = network(tokens[:, :-1])
    reply_weights = training.padded([row.reply for row in rows], 0.0)[:, 1:]
    copy_weights = training.padded([row.copy for row in rows], 0.0)[:, 1:]
    used = (reply_weights + copy_weights) > 0
    logits = state[used] @ network.embed.weight.T
    truth = tokens[:, 1:][used]
    each = functional.cross_entropy(logits, truth, reduction="none")
    weight, copied = reply_weights[used], copy_weights[used]
    labels = torch.stack(
        [training.padded([getattr(row, name) for row in rows], -1.0) for name in ("absent", "lacking")], -1
    )
    labels = labels[:, :-1]
    known = labels >= 0
    probe = functional.binary_cross_entropy_with_logits(probed[known], labels[known])
    first = weight >= 6.0
    return Losses(
        reply=(each * weight).sum() / weight.sum(),
        copy=(each * copied).sum() / copied.sum().clamp(min=1.0),
        probe=probe,
        right=float((logits.argmax(-1) == truth)[first].float().mean()),
    )


def _ease(done: float) -> float:
    """Return the share of the plainest task: all of a quarter of the training, little of the second half."""
    return min(1.0, max(0.08, 1 - (done - 0.25) / 0.2))


def train_judge(
    shape: ModelShape,
    tokenizer: dict[str, Any],
    plan: training.Plan,
    *,
    say: Callable[[str], None],
) -> Network:
    """Train a judge and return it.

    It begins with the plainest task alone: mixed with the others from the start, comparing was not learned at all.
    """
    training.prepare()
    network = Network(shape, seed=plan.seed, probes=2)
    steps = training.optimiser(network, plan)
    random = Random(plan.seed + 1)  # noqa: S311 - repeatable on purpose
    tokens = encoder(tokenizer)

    def draw(done: float) -> JudgeRow:
        while True:
            row = encoded(tokens, example(random, ease=_ease(done)))
            if len(row.tokens) <= _LONGEST:
                return row

    began, seen, recent = time.monotonic(), 0, []
    for step, rows in enumerate(training.like_lengths(random, draw, plan)):
        found = losses(network, list(rows))
        training.advance(network, steps, plan.rate_at(step), found.total(step / plan.steps))
        seen += sum(len(row.tokens) for row in rows)
        recent.append((found.reply.item(), found.copy.item(), found.probe.item(), found.right))
        if (step + 1) % 100 == 0:
            parts = [sum(column) / len(recent) for column in zip(*recent, strict=True)]
            recent.clear()
            took = time.monotonic() - began
            say(
                f"judge {step + 1}/{plan.steps} reply {parts[0]:.4f} copy {parts[1]:.3f} probe {parts[2]:.4f} "
                f"right {parts[3]:.3f}, {seen / took:.0f} tokens/s, {took:.0f} s"
            )
    return network

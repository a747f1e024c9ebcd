"""What a judge lets itself be swayed by: length of the answer, and kinship with the model that wrote it."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.domain.estimates import Estimate, undefined
from service.domain.judged import LengthControlled
from service.score.samples import mean, present, probability
from service.score.tails import t_beyond

Floats = npt.NDArray[np.float64]
SMALLEST = 1e-9
"""Share of a column's variation that must be left beside the others for its effect to be told from theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BiasEffects:
    """Effects on a judge's score beside model, prompt and judge.

    Attributes
    ----------
    length
        Points from an answer of average length (on the log scale) to a very long one, other things equal.
    family
        Points by which a judge prefers answers of its own family, other things equal.
    models
        In alphabetical order. A sensitivity, not a replacement: a longer answer can be the better one.
    """

    length: Estimate
    family: Estimate
    models: tuple[LengthControlled, ...]


def bias_effects(
    *,
    scores: Sequence[float],
    models: Sequence[str],
    prompts: Sequence[Hashable],
    lengths: Sequence[float],
    same_family: Sequence[bool] | None = None,
    judges: Sequence[str] | None = None,
    confidence: float = 0.95,
) -> BiasEffects:
    """Estimate how length and kinship move a judge's score.

    Parameters
    ----------
    scores
        One per verdict, in points.
    models, prompts, lengths
        Who wrote the answer, to which prompt, and how long it is (tokens or characters, above 0).
    same_family
        Whether judge and model are of one family. With a single judge this is a property of the model and cannot be
        told from its quality: the effect is then undefined.
    judges
        Who gave the score, where there are several.

    Returns
    -------
    BiasEffects
        Effects in points, with t intervals; `n` counts prompts. An effect is undefined without data, with fewer than
        three prompts, and where its variable does not vary beside models, prompts and judges. The order of the rows
        changes nothing.

    Raises
    ------
    ValueError
        If the columns differ in length, a number is NaN or infinite, or a length is not above 0.

    Notes
    -----
    ``score = model + prompt + judge + gamma tanh(z(log length)) + delta [same family]`` by least squares; the tanh
    keeps a few enormous answers from deciding. Standard errors are clustered by prompt (CR1), with prompts minus 1
    degrees of freedom. Controlled means take each model's length term away.

    References
    ----------
    .. [1] Dubois et al. (2024), Length-Controlled AlpacaEval, arXiv:2404.04475.
    .. [2] Cameron and Miller (2015), Journal of Human Resources 50, 317-372.

    Examples
    --------
    >>> rows = [(m, p, 10 * 2 ** ((p * (2 if m == "a" else 5)) % 7)) for p in range(20) for m in "ab"]
    >>> found = bias_effects(
    ...     scores=[3 + 0.2 * float(np.log(length)) for _, _, length in rows],
    ...     models=[m for m, _, _ in rows], prompts=[p for _, p, _ in rows], lengths=[n for _, _, n in rows],
    ... )
    >>> found.length.low > 0, found.family.reason
    (True, 'kinship was not given')
    """
    probability(confidence, name="confidence")
    columns = (models, prompts, lengths, same_family, judges)
    if any(len(column) != len(scores) for column in columns if column is not None):
        msg = "every score needs its model, its prompt and its length"
        raise ValueError(msg)
    present(values=scores, name="scores")
    if any(length <= 0 for length in present(values=lengths, name="lengths")):
        msg = "a length is above 0: an empty answer has no score to explain"
        raise ValueError(msg)
    if not scores:
        nothing = undefined("no data")
        return BiasEffects(length=nothing, family=nothing, models=())
    kin = [False] * len(scores) if same_family is None else same_family
    graders = [""] * len(scores) if judges is None else judges
    rows = sorted(
        zip(
            map(str, prompts),
            models,
            graders,
            map(float, lengths),
            map(bool, kin),
            map(float, scores),
            strict=True,
        )
    )
    term = _length_term([row[3] for row in rows])
    y = np.array([row[5] for row in rows])
    prompt = np.unique([row[0] for row in rows], return_inverse=True)[1]
    fixed = np.hstack([_indicators([row[1] for row in rows]), _indicators([row[2] for row in rows])])
    tested = np.column_stack([term, np.array([float(row[4]) for row in rows])])
    effects = _effects(y, fixed, tested, prompt, confidence)
    family = undefined("kinship was not given", n=effects[1].n) if same_family is None else effects[1]
    return BiasEffects(
        length=effects[0],
        family=family,
        models=_controlled([row[1] for row in rows], y, term, effects[0].value),
    )


def _length_term(lengths: Sequence[float]) -> Floats:
    logs = np.log(np.array(lengths))
    spread = float(logs.std())
    if spread < SMALLEST:
        return np.zeros(len(logs))
    term: Floats = np.tanh((logs - logs.mean()) / spread)
    return term


def _indicators(names: Sequence[str]) -> Floats:
    member: Floats = (np.array(names)[:, None] == np.unique(names)).astype(np.float64)
    return member


def _effects(
    y: Floats, fixed: Floats, tested: Floats, prompt: npt.NDArray[np.intp], confidence: float
) -> list[Estimate]:
    """Least squares after taking prompts, models and judges out of everything (Frisch, Waugh and Lovell)."""
    prompts = int(prompt.max()) + 1
    columns = np.column_stack([y, tested, fixed])
    sums = np.zeros((prompts, columns.shape[1]))
    np.add.at(sums, prompt, columns)
    within = columns - (sums / np.bincount(prompt)[:, None])[prompt]
    aside = within[:, 1 + tested.shape[1] :]
    left = within[:, : 1 + tested.shape[1]]
    left = left - aside @ np.linalg.lstsq(aside, left, rcond=None)[0]
    before = np.maximum(((tested - tested.mean(axis=0)) ** 2).sum(axis=0), SMALLEST)
    told = np.flatnonzero((left[:, 1:] ** 2).sum(axis=0) > SMALLEST * before)
    reason = "too few prompts" if prompts < 3 else "it does not vary beside models, prompts and judges"
    missing = undefined(reason, n=prompts)
    if prompts < 3 or told.size == 0:
        return [missing] * tested.shape[1]
    x = left[:, 1 + told]
    gram = x.T @ x
    if np.linalg.matrix_rank(gram) < told.size:
        return [undefined("length and kinship vary together only", n=prompts)] * tested.shape[1]
    effect = np.linalg.solve(gram, x.T @ left[:, 0])
    scores = np.zeros((prompts, told.size))
    np.add.at(scores, prompt, x * (left[:, 0] - x @ effect)[:, None])
    parameters = told.size + int(np.linalg.matrix_rank(aside))
    freedom = max(1, len(y) - parameters)
    bread = np.linalg.inv(gram)
    variance = bread @ (scores.T @ scores) @ bread * prompts / (prompts - 1) * (len(y) - 1) / freedom
    quantile = t_beyond((1 - confidence) / 2, degrees_of_freedom=prompts - 1)
    found = [missing] * tested.shape[1]
    for place, value, error in zip(told, effect, np.sqrt(np.maximum(np.diag(variance), 0)), strict=True):
        half = quantile * float(error)
        found[int(place)] = Estimate(
            value=float(value), low=float(value) - half, high=float(value) + half, n=prompts
        )
    return found


def _controlled(
    models: Sequence[str], y: Floats, term: Floats, effect: float | None
) -> tuple[LengthControlled, ...]:
    names = np.array(models)
    found = []
    for model in np.unique(names):
        own = names == model
        centre = mean([float(score) for score in y[own]])
        controlled = None if effect is None else centre - effect * float(term[own].mean())
        found.append(LengthControlled(model=str(model), mean=centre, controlled=controlled))
    return tuple(found)

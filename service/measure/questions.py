"""Turn a prompt and a candidate into a chat request."""

from service.domain.asking import Message, Question, Sampling
from service.domain.models import Candidate
from service.domain.rubrics import Prompt


def question(candidate: Candidate, prompt: Prompt, *, seed: int, deadline: float) -> Question:
    """Return the request for `prompt`, with the candidate's parameters.

    System text of the prompt set and of the candidate are both sent, the candidate's last; then the turns that the
    prompt brings, and its text. It is timed, and the same prompt comes again in every round: nothing is to be reused.
    """
    system = "\n\n".join(text for text in (prompt.system, candidate.system) if text)
    before = (Message(role="system", content=system),) if system else ()
    return Question(
        messages=(*before, *prompt.history, Message(role="user", content=prompt.text)),
        sampling=Sampling(temperature=candidate.temperature, max_tokens=candidate.max_tokens, seed=seed),
        deadline=deadline,
        fresh=True,
    )

"""Turn a prompt and a candidate into a chat request."""

from service.domain.asking import Message, Question, Sampling
from service.domain.models import Candidate
from service.domain.rubrics import Prompt


def question(candidate: Candidate, prompt: Prompt, *, seed: int, deadline: float) -> Question:
    """Return the request for `prompt`, with the candidate's parameters.

    System text of the prompt set and of the candidate are both sent, the candidate's last.
    """
    system = "\n\n".join(text for text in (prompt.system, candidate.system) if text)
    user = Message(role="user", content=prompt.text)
    return Question(
        messages=(Message(role="system", content=system), user) if system else (user,),
        sampling=Sampling(temperature=candidate.temperature, max_tokens=candidate.max_tokens, seed=seed),
        deadline=deadline,
    )

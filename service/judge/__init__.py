"""Step 2: score every answer by a check or by the judge, or record a failure.

What a caller does, in this order:

1. `Seat(judge=…, model=…, template=…, output=…)`: the judge with its model as found, its template from the library and
   what its endpoint enforces.
2. `examination(prompts, rubric, seat, injections, plants)`: what the judge will be asked first; its `calls` go into the plan. With
   the judge loaded, `qualify` puts it before the judge and says which facets its scores may decide. A result kept under
   `qualification_key` need not be repeated.
3. `wanted(responses, prompts, rubric, seat=…, seed=…)`: every verdict wanted, under its key. `Work.left(kept, given_up)`
   takes off what is there; `Work.places` says later which verdict belongs to which response.
4. `check_answers(work.checks, …)` needs no model; `judge_answers(work.calls, seat, …)` needs the judge loaded. Both hand
   over each verdict at once. When `judge_answers` says it `stopped`, the judge must be loaded again before it goes on.

Nothing here reads files, opens connections or looks anything up: `ask`, `keep` and `fail` come as arguments.
"""

from service.judge.examination import Examination, examination
from service.judge.qualification import qualification_key, qualify
from service.judge.seats import Output, Seat
from service.judge.verdicts import Done, Fail, Keep, check_answers, judge_answers
from service.judge.work import CheckCall, JudgeCall, Place, Work, wanted

__all__ = [
    "CheckCall",
    "Done",
    "Examination",
    "Fail",
    "JudgeCall",
    "Keep",
    "Output",
    "Place",
    "Seat",
    "Work",
    "check_answers",
    "examination",
    "judge_answers",
    "qualification_key",
    "qualify",
    "wanted",
]

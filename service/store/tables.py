"""The tables. Rows never leave this package: its functions take and return the domain's dataclasses."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.domain.defaults import Basis
from service.domain.evaluations import Spec
from service.domain.events import Happening
from service.domain.failures import Failure
from service.domain.models import Memory
from service.domain.pairs import Preference
from service.domain.verdicts import FacetStanding, Qualification, Terms
from service.store.columns import Encoded, Moment, Name, Said, Serial


class Base(DeclarativeBase):
    """All tables of the service; constraints have names so that a migration can change them."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def of_evaluation(*, key: bool = False) -> Mapped[str]:
    """Return the column that ties a row to its evaluation; deleting the evaluation deletes the row."""
    return mapped_column(Name, sa.ForeignKey("evaluations.id", ondelete="CASCADE"), primary_key=key)


class EvaluationRow(Base):
    """One accepted request; `spec` is the whole of it, the columns beside it are there to be searched."""

    __tablename__ = "evaluations"
    __table_args__ = (sa.Index(None, "device", "status"), sa.Index(None, "status", "id"))

    id: Mapped[str] = mapped_column(Name, primary_key=True)
    name: Mapped[str] = mapped_column(Said)
    status: Mapped[str] = mapped_column(Name)
    reason: Mapped[str | None] = mapped_column(Said)
    attempt: Mapped[int] = mapped_column(sa.Integer)
    created_at: Mapped[datetime] = mapped_column(Moment)
    started_at: Mapped[datetime | None] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    device: Mapped[str] = mapped_column(Name)
    use: Mapped[str] = mapped_column(Name)
    rubric: Mapped[str] = mapped_column(Name)
    rubric_fingerprint: Mapped[str] = mapped_column(Name)
    prompt_set: Mapped[str] = mapped_column(Name)
    prompt_set_fingerprint: Mapped[str] = mapped_column(Name)
    profile: Mapped[str] = mapped_column(Name)
    profile_fingerprint: Mapped[str] = mapped_column(Name)
    # The evaluation whose answers it took over. It outlives that one, so there is no constraint.
    source: Mapped[str | None] = mapped_column(Name)
    spec: Mapped[Spec] = mapped_column(Encoded(Spec))
    # How often it was resumed since something was last kept: see recoveries.py.
    fruitless: Mapped[int] = mapped_column(sa.Integer)
    kept: Mapped[int] = mapped_column(sa.BigInteger)
    kept_at: Mapped[datetime | None] = mapped_column(Moment)
    labels: Mapped[tuple[str, ...]] = mapped_column(Encoded(tuple[str, ...]), server_default="[]")
    # Known once all answers are there: equal answers are judged once.
    verdicts_wanted: Mapped[int | None] = mapped_column(sa.BigInteger)
    active_seconds: Mapped[float] = mapped_column(sa.Double, server_default=sa.text("0"))


class WordRow(Base):
    """One word that an evaluation is found by: a label, the name or model of a candidate, the model of a judge."""

    __tablename__ = "evaluation_words"
    __table_args__ = (sa.Index(None, "kind", "word", "evaluation"),)

    evaluation: Mapped[str] = of_evaluation(key=True)
    kind: Mapped[str] = mapped_column(Name, primary_key=True)
    word: Mapped[str] = mapped_column(Name, primary_key=True)


class ReceiptRow(Base):
    """What was answered under an Idempotency-Key."""

    __tablename__ = "receipts"

    caller: Mapped[str] = mapped_column(Name, primary_key=True)
    key: Mapped[str] = mapped_column(Name, primary_key=True)
    request: Mapped[str] = mapped_column(Name)
    status: Mapped[int] = mapped_column(sa.Integer)
    headers: Mapped[tuple[tuple[str, str], ...]] = mapped_column(Encoded(tuple[tuple[str, str], ...]))
    body: Mapped[str] = mapped_column(sa.Text)
    kept_at: Mapped[datetime] = mapped_column(Moment, index=True)


class EventRow(Base):
    """Something that happened to an evaluation; `payload` says what, `type` is beside it to be searched."""

    __tablename__ = "events"

    evaluation: Mapped[str] = of_evaluation(key=True)
    seq: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    type: Mapped[str] = mapped_column(Name)
    moment: Mapped[datetime] = mapped_column(Moment)
    payload: Mapped[Happening] = mapped_column(Encoded(Happening))


class PaceRow(Base):
    """How fast one model was in one evaluation; it outlives the evaluation, so it points to it without a constraint."""

    __tablename__ = "paces"
    __table_args__ = (sa.Index(None, "device", "role", "model", "moment"),)

    evaluation: Mapped[str] = mapped_column(Name, primary_key=True)
    role: Mapped[str] = mapped_column(Name, primary_key=True)
    model: Mapped[str] = mapped_column(Name, primary_key=True)
    device: Mapped[str] = mapped_column(Name)
    version: Mapped[str | None] = mapped_column(Name)
    calls: Mapped[int] = mapped_column(sa.BigInteger)
    seconds_per_call: Mapped[float] = mapped_column(sa.Double)
    load_seconds: Mapped[float] = mapped_column(sa.Double)
    moment: Mapped[datetime] = mapped_column(Moment)


class LoadRow(Base):
    """One process that held one model."""

    __tablename__ = "loads"

    id: Mapped[str] = mapped_column(Name, primary_key=True)
    evaluation: Mapped[str] = of_evaluation()
    role: Mapped[str] = mapped_column(Name)
    name: Mapped[str] = mapped_column(Name)
    pass_number: Mapped[int] = mapped_column(sa.Integer)
    pid: Mapped[int] = mapped_column(sa.BigInteger)
    model_id: Mapped[str] = mapped_column(Said)
    device: Mapped[str] = mapped_column(Said)
    runtime: Mapped[str] = mapped_column(Said)
    seconds: Mapped[float] = mapped_column(sa.Double)
    started_at: Mapped[datetime] = mapped_column(Moment)
    context: Mapped[int | None] = mapped_column(sa.BigInteger)
    cold_first_token: Mapped[float | None] = mapped_column(sa.Double)
    cold_latency: Mapped[float | None] = mapped_column(sa.Double)
    warmups: Mapped[int] = mapped_column(sa.Integer)
    before: Mapped[Memory | None] = mapped_column(Encoded(Memory))
    after: Mapped[Memory | None] = mapped_column(Encoded(Memory))

    __table_args__ = (sa.Index(None, "evaluation"),)


class ResponseRow(Base):
    """One kept answer; the primary key is its natural key, so that no answer can be kept twice."""

    __tablename__ = "responses"

    evaluation: Mapped[str] = of_evaluation(key=True)
    candidate: Mapped[str] = mapped_column(Name, primary_key=True)
    prompt: Mapped[str] = mapped_column(Name, primary_key=True)
    pass_number: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    round_number: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    load: Mapped[str] = mapped_column(Name)
    text: Mapped[str] = mapped_column(Said)
    finish: Mapped[str] = mapped_column(Said)
    first_ns: Mapped[int | None] = mapped_column(sa.BigInteger)
    last_ns: Mapped[int | None] = mapped_column(sa.BigInteger)
    end_ns: Mapped[int] = mapped_column(sa.BigInteger)
    prompt_tokens: Mapped[int | None] = mapped_column(sa.BigInteger)
    completion_tokens: Mapped[int | None] = mapped_column(sa.BigInteger)
    chunks: Mapped[int] = mapped_column(sa.BigInteger)
    # Rows from before these columns have none of them.
    first_visible_ns: Mapped[int | None] = mapped_column(sa.BigInteger)
    first_tokens: Mapped[int | None] = mapped_column(sa.BigInteger)
    hidden_tokens: Mapped[int | None] = mapped_column(sa.BigInteger)
    server_reported: Mapped[dict[str, float] | None] = mapped_column(Encoded(dict[str, float]))
    asked_as: Mapped[int] = mapped_column(sa.Integer)
    created_at: Mapped[datetime] = mapped_column(Moment)


class VerdictRow(Base):
    """One score; `key` is its content address."""

    __tablename__ = "verdicts"
    __table_args__ = (sa.Index(None, "key"),)

    evaluation: Mapped[str] = of_evaluation(key=True)
    key: Mapped[str] = mapped_column(Name, primary_key=True)
    facet: Mapped[str] = mapped_column(Name)
    score: Mapped[float] = mapped_column(sa.Double)
    by: Mapped[str] = mapped_column(Name)
    rationale: Mapped[str | None] = mapped_column(Said)
    sample: Mapped[int] = mapped_column(sa.Integer)
    raw: Mapped[str | None] = mapped_column(Said)
    created_at: Mapped[datetime] = mapped_column(Moment)
    # Rows from before these columns have none of them.
    expectation: Mapped[float | None] = mapped_column(sa.Double)
    no_expectation: Mapped[str | None] = mapped_column(Said)


class CanaryRow(Base):
    """How a judge graded one answer of known grade; `key` is the content address of what was asked."""

    __tablename__ = "canaries"
    __table_args__ = (sa.Index(None, "key"),)

    evaluation: Mapped[str] = of_evaluation(key=True)
    judge: Mapped[str] = mapped_column(Name, primary_key=True)
    name: Mapped[str] = mapped_column(Name, primary_key=True)
    kind: Mapped[str] = mapped_column(Name)
    key: Mapped[str] = mapped_column(Name)
    prompt: Mapped[str] = mapped_column(Name)
    answer: Mapped[str] = mapped_column(Said)
    facets: Mapped[tuple[str, ...]] = mapped_column(Encoded(tuple[str, ...]))
    scores: Mapped[dict[str, int]] = mapped_column(Encoded(dict[str, int]))
    rationale: Mapped[str | None] = mapped_column(Said)
    raw: Mapped[str | None] = mapped_column(Said)
    created_at: Mapped[datetime] = mapped_column(Moment)


class LookRow(Base):
    """One look at whether more judging could change the choice."""

    __tablename__ = "looks"

    evaluation: Mapped[str] = of_evaluation(key=True)
    number: Mapped[int] = mapped_column(sa.Integer, primary_key=True, autoincrement=False)
    prompts: Mapped[int] = mapped_column(sa.Integer)
    leader: Mapped[str | None] = mapped_column(Name)
    p_within: Mapped[float | None] = mapped_column(sa.Double)
    bar: Mapped[float | None] = mapped_column(sa.Double)
    decision: Mapped[str] = mapped_column(Name)
    reason: Mapped[str] = mapped_column(Said)
    created_at: Mapped[datetime] = mapped_column(Moment)


class PairRow(Base):
    """Which of two answers a judge preferred, in one order; `key` is its content address."""

    __tablename__ = "pairs"

    evaluation: Mapped[str] = of_evaluation(key=True)
    key: Mapped[str] = mapped_column(Name, primary_key=True)
    judge: Mapped[str] = mapped_column(Name)
    prompt: Mapped[str] = mapped_column(Name)
    preference: Mapped[Preference] = mapped_column(Name)
    rationale: Mapped[str | None] = mapped_column(Said)
    raw: Mapped[str | None] = mapped_column(Said)
    planted: Mapped[bool] = mapped_column(sa.Boolean)
    created_at: Mapped[datetime] = mapped_column(Moment)


class AttemptRow(Base):
    """One failed try. Nothing is ever deleted; `forgiven` ends its say in whether to try again."""

    __tablename__ = "attempts"
    __table_args__ = (sa.Index(None, "evaluation", "stage", "subject"),)

    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    evaluation: Mapped[str] = of_evaluation()
    stage: Mapped[str] = mapped_column(Name)
    subject: Mapped[str] = mapped_column(Name)
    number: Mapped[int] = mapped_column(sa.Integer)
    kind: Mapped[str] = mapped_column(Name)
    message: Mapped[str] = mapped_column(Said)
    raw: Mapped[str | None] = mapped_column(Said)
    given_up: Mapped[bool] = mapped_column(sa.Boolean)
    forgiven: Mapped[bool] = mapped_column(sa.Boolean)
    candidate: Mapped[str | None] = mapped_column(Name)
    prompt: Mapped[str | None] = mapped_column(Name)
    created_at: Mapped[datetime] = mapped_column(Moment)


class QualificationRow(Base):
    """A judge's examination under its content address; evaluations share it, so it outlives each of them."""

    __tablename__ = "qualifications"

    key: Mapped[str] = mapped_column(Name, primary_key=True)
    judge: Mapped[str] = mapped_column(Name)
    asked: Mapped[int] = mapped_column(sa.Integer)
    valid: Mapped[int] = mapped_column(sa.Integer)
    spread: Mapped[int] = mapped_column(sa.Integer)
    facets: Mapped[tuple[FacetStanding, ...]] = mapped_column(Encoded(tuple[FacetStanding, ...]))
    terms: Mapped[Terms | None] = mapped_column(Encoded(Terms))
    created_at: Mapped[datetime] = mapped_column(Moment)


class QualificationLinkRow(Base):
    """Which qualifications an evaluation relied on; `own` where it was brought in with another outcome than is known here."""

    __tablename__ = "evaluation_qualifications"

    evaluation: Mapped[str] = of_evaluation(key=True)
    qualification: Mapped[str] = mapped_column(Name, sa.ForeignKey("qualifications.key"), primary_key=True)
    own: Mapped[Qualification | None] = mapped_column(Encoded(Qualification))


class HearingRow(Base):
    """An examination of a judge that somebody asked for, under the content address of its result."""

    __tablename__ = "hearings"
    __table_args__ = (sa.Index(None, "judge", "began_at"), sa.Index(None, "device", "state"))

    key: Mapped[str] = mapped_column(Name, primary_key=True)
    judge: Mapped[str] = mapped_column(Name)
    device: Mapped[str] = mapped_column(Name)
    state: Mapped[str] = mapped_column(Name)
    calls: Mapped[int] = mapped_column(sa.Integer)
    asked: Mapped[int] = mapped_column(sa.Integer)
    began_at: Mapped[datetime] = mapped_column(Moment)
    failure: Mapped[Failure | None] = mapped_column(Encoded(Failure))
    # What to ask whom, as the room above the steps encoded it: this one knows no judges.
    request: Mapped[str] = mapped_column(sa.Text)
    # How often it was begun since it last ended or was interrupted on purpose.
    starts: Mapped[int] = mapped_column(sa.Integer)


class AnnotationRow(Base):
    """One person's score for one facet of one answer."""

    __tablename__ = "annotations"

    evaluation: Mapped[str] = of_evaluation(key=True)
    item: Mapped[str] = mapped_column(Name, primary_key=True)
    facet: Mapped[str] = mapped_column(Name, primary_key=True)
    annotator: Mapped[str] = mapped_column(Name, primary_key=True)
    score: Mapped[int] = mapped_column(sa.Integer)
    created_at: Mapped[datetime] = mapped_column(Moment)
    note: Mapped[str | None] = mapped_column(Said)


class SurveyRow(Base):
    """What the rows of an evaluation come to: made from them, and worth nothing as soon as the mark is another one."""

    __tablename__ = "surveys"

    evaluation: Mapped[str] = of_evaluation(key=True)
    mark: Mapped[str] = mapped_column(sa.Text)
    body: Mapped[bytes] = mapped_column(sa.LargeBinary)


class DefaultRow(Base):
    """One adoption of a default. It outlives its evaluation, so it points to it without a constraint."""

    __tablename__ = "defaults"
    __table_args__ = (sa.Index(None, "use", "device", "id"),)

    id: Mapped[str] = mapped_column(Name, primary_key=True)
    use: Mapped[str] = mapped_column(Name)
    device: Mapped[str] = mapped_column(Name)
    candidate: Mapped[str] = mapped_column(Name)
    model: Mapped[str] = mapped_column(Name)
    evaluation: Mapped[str] = mapped_column(Name)
    note: Mapped[str | None] = mapped_column(Said)
    adopted_at: Mapped[datetime] = mapped_column(Moment)
    basis: Mapped[Basis] = mapped_column(Encoded(Basis))


class TokenRow(Base):
    """One access token; of its secret only the digest."""

    __tablename__ = "tokens"

    id: Mapped[str] = mapped_column(Name, primary_key=True)
    name: Mapped[str] = mapped_column(Said)
    scope: Mapped[str] = mapped_column(Name)
    digest: Mapped[str] = mapped_column(Name)
    created_at: Mapped[datetime] = mapped_column(Moment)
    last_used_at: Mapped[datetime | None] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)

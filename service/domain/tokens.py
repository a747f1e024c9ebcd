"""Token: who may use the service from elsewhere, and how far; the secret itself is never kept."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

SECRET = re.compile(r"slmj_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")


class Scope(StrEnum):
    """How far a token reaches; each scope includes those before it."""

    READ = "read"  # look at everything
    RUN = "run"  # have models run: evaluations, checks, refreshes
    ADMIN = "admin"  # delete, and decide defaults

    def covers(self, needed: "Scope") -> bool:
        """Return whether this scope is enough for what needs `needed`.

        Examples
        --------
        >>> Scope.ADMIN.covers(Scope.READ), Scope.READ.covers(Scope.RUN)
        (True, False)
        """
        order = tuple(Scope)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One token as it is kept.

    Attributes
    ----------
    id
        Public part: it is in the secret, and names the token where it is listed or revoked.
    digest
        SHA-256 of the whole secret, hexadecimal. The secret has 256 random bits, so nothing slower is needed.
    last_used_at
        To the minute; ``None`` where it was never used.
    """

    id: str
    name: str
    scope: Scope
    digest: str
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def is_secret(self, secret: str) -> bool:
        """Return whether `secret` is this token's and still counts; takes the same time whatever differs."""
        same = hmac.compare_digest(digest_of(secret), self.digest)
        return same and self.revoked_at is None


def write_secret(identity: str, random: str) -> str:
    """Return the secret that is shown once: recognisable, so that scanners for lost secrets find it."""
    return f"slmj_{identity}_{random}"


def id_in(secret: str) -> str | None:
    """Return the id of the token that `secret` claims to be; ``None`` where it is no secret of ours.

    Examples
    --------
    >>> id_in("slmj_0123456789ab_" + "x" * 43), id_in("Bearer x")
    ('0123456789ab', None)
    """
    found = SECRET.fullmatch(secret)
    return found[1] if found else None


def digest_of(secret: str) -> str:
    """Return what is kept of a secret.

    Examples
    --------
    >>> digest_of("")[:16]
    'e3b0c44298fc1c14'
    """
    return hashlib.sha256(secret.encode()).hexdigest()

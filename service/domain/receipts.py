"""Receipt: the answer to a request that created something, kept so that the same request sent again creates nothing."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One answer under the key that the client chose for its request.

    Attributes
    ----------
    caller
        Whose key it is: keys of different callers never meet.
    request
        SHA-256 of the request's method, address and body, hexadecimal: another request under the same key is a mistake.
    status, headers, body
        The answer, to be sent again as it was.
    """

    caller: str
    key: str
    request: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    kept_at: datetime

"""Idempotency: a creating request that is sent again under its Idempotency-Key gets the first answer, and creates nothing."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import Request, Response
from litestar.datastructures import Headers
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, SkipValidation
from litestar.serialization import encode_json
from litestar.types import ASGIApp, Receive, Scope, Send

from service.api.problems import ProblemException
from service.api.serving import Serving
from service.domain.receipts import Receipt
from service.errors import Fault, Invalid
from service.store import receipts

HEADER = "Idempotency-Key"
LONGEST = 200
REPLAYED = "Idempotent-Replayed"
CREATES = {"creates": True}
"""What a route declares (``opt=CREATES``) that takes a key and keeps a receipt."""

Key = Annotated[
    str | None,
    HeaderParameter(
        name=HEADER,
        min_length=1,
        max_length=LONGEST,
        pattern=r"^[!-~]+$",
        description="Any word of the client's. The same request sent again under it within 24 hours gets the first "
        f"answer with `{REPLAYED}: true`; another request under it is refused.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A key that this request holds while it is worked on."""

    caller: str
    key: str
    request: str

    def receipt(self, response: Response[Any]) -> Receipt:
        """Return what has to be kept together with whatever the request creates."""
        return Receipt(
            caller=self.caller,
            key=self.key,
            request=self.request,
            status=response.status_code or 200,
            headers=tuple((name, str(value)) for name, value in response.headers.items()),
            body=encode_json(response.content).decode(),
            kept_at=datetime.now(UTC),
        )


@dataclass(frozen=True, slots=True)
class Once:
    """Lets a creating request through once per key.

    Two requests under one key at the same time meet here if one process serves both, and in the unique key of their
    receipts if two do.
    """

    app: ASGIApp
    serving: Serving
    held: dict[tuple[str, str], str] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on, replay or refuse."""
        key = Headers.from_scope(scope).get(HEADER, "") if scope["route_handler"].opt.get("creates") else ""
        if not well_written(key):
            await self.app(scope, receive, send)  # without a key, or to be told what is wrong with it
            return
        request = Request[Any, Any, Any](scope, receive)
        claim = await _claim(request, key)
        place = (claim.caller, claim.key)
        if place in self.held:
            raise _taken() if self.held[place] == claim.request else _another()
        self.held[place] = claim.request
        try:
            known = await receipts.find(self.serving.database, *place, datetime.now(UTC))
            if known is None:
                scope["state"]["claim"] = claim
                await self.app(scope, receive, send)
            elif known.request != claim.request:
                raise _another()
            else:
                answer = _replay(known).to_asgi_response(app=None, request=request)
                await answer(scope, receive, send)
        finally:
            del self.held[place]


def claim_of(request: Request[Any, Any, Any]) -> Claim | None:
    """Return the claim that a request came through with."""
    found: Claim | None = request.scope["state"].get("claim")
    return found


Claimed = NamedDependency[SkipValidation[Claim | None]]
"""How a handler asks for it, as `claim`."""


def receipt_for(claim: Claim | None, response: Response[Any]) -> Receipt | None:
    """Return the receipt to keep; ``None`` where the client sent no key."""
    return None if claim is None else claim.receipt(response)


def well_written(key: str) -> bool:
    """Say whether a key may be used; the header parameter says the same to clients."""
    return 1 <= len(key) <= LONGEST and all("!" <= sign <= "~" for sign in key)


async def _claim(request: Request[Any, Any, Any], key: str) -> Claim:
    address = f"{request.method} {request.scope['path']}?{request.scope['query_string'].decode('latin-1')}\n"
    digest = hashlib.sha256(address.encode() + await request.body()).hexdigest()
    return Claim(caller=str(request.scope["state"].get("caller") or ""), key=key, request=digest)


def _replay(receipt: Receipt) -> Response[bytes]:
    headers = {**dict(receipt.headers), REPLAYED: "true"}
    return Response(
        receipt.body.encode(), status_code=receipt.status, headers=headers, media_type="application/json"
    )


def _taken() -> ProblemException:
    detail = f"A request with this {HEADER} is being worked on: send it again in a moment to get its answer."
    return ProblemException("conflict", detail, {"Retry-After": "1"})


def _another() -> Invalid:
    detail = "another request was sent under this key: take a new key for each new request"
    return Invalid(f"{HEADER}: {detail}", [Fault(pointer="", parameter=HEADER, detail=detail)])

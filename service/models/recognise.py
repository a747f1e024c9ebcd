"""Ask an endpoint which server it is and which models it has. Nothing here is timed, and nothing is guessed."""

from service.domain.endpoints import Endpoint
from service.domain.failures import Failure, FailureKind
from service.models import http_faults
from service.models.dialects import DIALECTS
from service.models.endpoints import key_of
from service.models.pages import Pages, Recognised, Served, entries, parsed, text


async def recognise(endpoint: Endpoint) -> Recognised | Failure:
    """Return what `endpoint` is.

    A server that has none of the pages by which the others are told is plain OpenAI; one that answers but lists nothing is
    recognised without models. What cannot be reached, wants another key or speaks no HTTP is a failure with its kind.
    """
    key = key_of(endpoint)
    if isinstance(key, Failure):
        return key
    pages = Pages(endpoint, key)
    try:
        reply = await pages.listing()
        if reply.status >= 300 and reply.status not in {404, 405}:
            return _failure(http_faults.refused(endpoint.name, "", reply), key)
        listing = parsed(reply)
        for tell in DIALECTS:
            found = await tell(pages, listing)
            if found is not None:
                return found
    except Exception as error:  # noqa: BLE001  # whatever the network raises is a failure of the endpoint, not ours
        return _failure(http_faults.connecting(endpoint.name, error), key)
    finally:
        pages.close()
    if reply.status == 200 and listing is None:
        return _failure(http_faults.malformed(endpoint.name, "no list of models", reply.body), key)
    models = [Served(id=name) for one in entries(listing, "data") if (name := text(one.get("id")))]
    return Recognised(dialect="openai", version=None, models=tuple(models))


def _failure(fault: http_faults.Fault, key: str | None) -> Failure:
    message = fault.message.replace(key, "[key]") if key else fault.message
    return Failure(kind=FailureKind(fault.kind), message=message)

"""What can go wrong, as one tree; HTTP statuses are in `api/problems.py` only.

ServiceError
├── NotFound                      a name or id that nobody knows
├── Invalid                       a request that can be mended by its sender
│   └── InvalidFile               a rubric, prompt set or profile file that does not fit its schema
├── Conflict                      right request, wrong moment
├── QueueFull                     as many evaluations wait as may
└── Unavailable                   something the service needs is not there now
    ├── DataDirectoryInUse        a second service on the same data directory
    ├── DeviceInUse               a second process that would work for the same device
    └── DatabaseUnavailable       the database does not answer

A model that fails is not here: that is a stored `domain.failures.Failure`.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong with a request: where (JSON pointer into the body, or a parameter) and what to do about it."""

    pointer: str
    detail: str
    parameter: str | None = None


class ServiceError(Exception):
    """The service could not do what was asked."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(ServiceError):
    """There is nothing under this name."""


class Invalid(ServiceError):
    """The request does not make sense as it stands.

    Attributes
    ----------
    faults
        Every fault found, not only the first one.
    """

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults)


class InvalidFile(Invalid):
    """A file does not fit its schema."""


class Conflict(ServiceError):
    """The request is fine, but not in the present state."""


class QueueFull(ServiceError):
    """As many evaluations wait as may; there is room again when one has begun or was cancelled."""


class Unavailable(ServiceError):
    """Something the service needs is not there now."""


class DataDirectoryInUse(Unavailable):
    """Another service already works on this data directory."""


class DeviceInUse(Unavailable):
    """Another process works for this device already."""


class DatabaseUnavailable(Unavailable):
    """The database does not answer; the same call may well succeed later."""

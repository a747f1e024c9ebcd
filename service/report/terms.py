"""Terms: what a ranking was made by, in full, so that it can be made again."""

from typing import Any

from service.domain.selection import Profile
from service.report.figures import plain


def terms(profile: Profile) -> dict[str, Any]:
    """Return what a ranking was made by, weights as shares of their sum."""
    total = sum(one.weight for one in profile.criteria)
    return {
        "profile": profile.name,
        "fingerprint": profile.fingerprint,
        "use": profile.use,
        "criteria": [
            {
                "criterion": one.name,
                "weight": plain(one.weight / total if total else one.weight),
                "zero": plain(one.zero),
                "full": plain(one.full),
                "scale": None if one.zero is None else one.scale,
            }
            for one in profile.criteria
        ],
        "gates": [{"gate": one.name, "limit": plain(one.limit), "facet": one.facet} for one in profile.gates],
        "epsilon": plain(profile.epsilon),
        "confidence": plain(profile.confidence),
        "unproven": profile.unproven,
        "tie_break": list(profile.tie_break),
    }

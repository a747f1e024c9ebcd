"""What people say, in the HTML report: how far the judge agrees with them, and the quality corrected by their scores."""

from service.domain.findings import Findings
from service.report.markup import Markup, element
from service.report.page.tables import estimate_cell, section, table


def people(findings: Findings) -> Markup | None:
    """Return agreement by facet and the correction of each candidate; ``None`` where nobody scored anything."""
    found = findings.people
    if found is None:
        return None
    counted = (
        "The ranking uses the corrected quality" if found.counted else "The ranking uses the judge’s quality"
    )
    words = f"{len(found.annotators)} people scored {found.items} answers without knowing who gave them. {counted}: {found.reason}."
    return section(
        "People",
        "people",
        element("p", words),
        table(
            "How far the judge agrees with people",
            (
                "Facet",
                "Answers",
                "Alpha",
                "Kappa",
                "AC2",
                "Same score",
                "Judge minus people",
                "Alpha among people",
            ),
            [
                (
                    one.facet,
                    str(one.items),
                    *(estimate_cell(figure, "score") for figure in (one.alpha, one.kappa, one.ac2)),
                    estimate_cell(one.raw, "share"),
                    estimate_cell(one.bias, "points"),
                    estimate_cell(one.between, "score"),
                )
                for one in found.facets
            ],
        ),
        table(
            "Quality, corrected by people’s scores",
            (
                "Candidate",
                "As judged",
                "Corrected",
                "Prompts scored by people",
                "By the judge alone",
                "Judge believed",
            ),
            [
                (
                    one.candidate,
                    estimate_cell(one.judged, "points"),
                    estimate_cell(one.corrected, "points"),
                    str(one.labelled),
                    str(one.unlabelled),
                    f"{one.power:.2f}",
                )
                for one in found.corrections
            ],
            chosen=findings.ranking.recommendation.candidate,
        ),
    )

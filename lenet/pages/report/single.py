"""The report of one run, or of a model."""

from lenet.pages.report.answers import answers_section
from lenet.pages.report.course import course_section
from lenet.pages.report.facts import (
    environment_section,
    file_section,
    head,
    net_section,
    repeat_section,
)
from lenet.pages.report.frame import document, paragraph
from lenet.pages.report.inside import decided_section, filters_section
from lenet.pages.report.mistakes import mistakes_section
from lenet.reported import Reported


def report_page(reported: Reported) -> str:
    """The whole file."""
    judged = reported.judged
    if judged is not None:
        answers, mistakes = answers_section(judged), mistakes_section(judged)
    else:
        why = f": {reported.lacks}" if reported.lacks else ""
        answers, mistakes = paragraph(f"No held-out images were looked at{why}."), ""
    sections = [
        ("course", "Course of the training", course_section(reported.history)),
        ("answers", f"Held-out {judged.what if judged is not None else 'images'}", answers),
        ("mistakes", "Worst mistakes", mistakes),
        ("decided", "Which pixels decided", decided_section(reported)),
        ("filters", "First filters", filters_section(reported.model)),
        ("net", "The net and its plan", net_section(reported)),
        ("file", "The file", file_section(reported)),
        ("repeat", "To repeat it", repeat_section(reported)),
        ("environment", "Environment", environment_section(reported.about)),
    ]
    return document(reported.name, head(reported), sections)

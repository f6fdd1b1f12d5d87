"""report.html: one file that needs no other, for one run, for several side by side, for the
trainings of a cross-validation, or for a search."""

from lenet.pages.report.compared import compared_page
from lenet.pages.report.folded import folded_page
from lenet.pages.report.searched import searched_page
from lenet.pages.report.single import report_page

__all__ = ["compared_page", "folded_page", "report_page", "searched_page"]

"""report.html: one file that needs no other, for one run or for several side by side."""

from lenet.pages.report.compared import compared_page
from lenet.pages.report.single import report_page

__all__ = ["compared_page", "report_page"]

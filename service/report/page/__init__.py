"""The HTML report: one file that needs no script, loads nothing and reads well on a phone, in the dark and on paper."""

from service.report.page.assembly import html_page
from service.report.page.look import POLICY

__all__ = ["POLICY", "html_page"]

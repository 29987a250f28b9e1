"""The promises, each as a function from the evidence to the findings against it."""

from chaos.checks import files, jobs, leftovers, order, programs, recipes, requests
from chaos.evidence import Evidence, Finding

CHECKS = (
    *jobs.CHECKS,
    *recipes.CHECKS,
    *programs.CHECKS,
    *files.CHECKS,
    *leftovers.CHECKS,
    *order.CHECKS,
    *requests.CHECKS,
)


def judge(evidence: Evidence) -> list[Finding]:
    """Return all findings, by rule in the order of the checks."""
    return [finding for check in CHECKS for finding in check(evidence)]

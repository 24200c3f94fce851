"""Rules of what a page's claims stand on: planted errors, run time, long runs, numbers."""

from __future__ import annotations

from book import claims, long, model
from book.contract.problem import Found, listed

#: What `d2l.mutants` holds: `ran` counts those noticed and those not, without the explained.
SCORE = frozenset({"planted", "crashed", "ran", "noticed", "explained", "digest"})
MAX_EXPLAINED = 0.1  # of the planted errors


def run_time(page: model.Page) -> Found:
    if not page.code or not page.executed:
        return
    seconds = page.seconds
    if not isinstance(seconds, int | float):
        yield (
            None,
            "the page does not say how long it runs",
            f"Run make run PAGE={page.name}",
        )
    elif seconds > model.MAX_SECONDS:
        what = f"the page runs {seconds:.0f} s, {model.MAX_SECONDS} at most"
        yield None, what, "Make its experiments smaller, or give them to make long"


def planted_errors(page: model.Page) -> Found:
    if page.kind != "lesson" or not page.executed or page.is_stale:
        return
    found, again = page.d2l.get("mutants"), f"Run make mutants PAGE={page.name}"
    if found is None:
        what = (
            "nobody planted errors in the page's code to see whether its checks notice"
        )
        yield None, what, again
        return
    if not isinstance(found, dict) or set(found) != SCORE:
        yield (
            None,
            f"d2l.mutants is not what make mutants writes ({listed(SCORE)})",
            again,
        )
        return
    if found["digest"] != page.digest:
        yield None, "the code changed since errors were planted in it", again
        return
    explained, ran = found["explained"], found["ran"]
    if not all(
        isinstance(e, dict) and e.get("change") and e.get("why") for e in explained
    ):
        what = "a planted error is explained without the change or the reason"
        yield (
            None,
            what,
            'Write {"change": …, "why": …} for each in d2l.mutants.explained',
        )
    if len(explained) > MAX_EXPLAINED * found["planted"]:
        what = (
            f"{len(explained)} of {found['planted']} planted errors are explained away"
        )
        yield None, what, "At most one in ten: add checks that notice them"
    if not ran:
        yield None, "no planted error ran to the end", again
    elif found["noticed"] / ran < model.MIN_SCORE:
        what = f"the checks notice {found['noticed']} of {ran} planted errors that ran"
        remedy = f"Notice {model.MIN_SCORE:.0%}: add checks at the lines it shows. "
        yield None, what, f"{remedy}{again}"


def long_results(page: model.Page) -> Found:
    if why := long.stale(page.path):
        yield None, why, f"Run make long PAGE={page.name}"


def numbers_are_measured(page: model.Page) -> Found:
    for claim in claims.unmeasured(page.notebook):
        numbers = ", ".join(claim.what)
        what = f"no output shows {numbers}: {claim.sentence[:80]!r}"
        yield claim.cell, what, "Print it in a cell of the page, or leave it out"


RULES = (run_time, planted_errors, long_results, numbers_are_measured)

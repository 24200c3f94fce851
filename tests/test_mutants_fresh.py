"""The stored scores of planted errors are true: ten errors are planted anew in two pages,
both drawn by the commit's hash, so that a score cannot be typed in."""

import os
import subprocess

import pytest
import sampling

from book import model, mutants

PAGES, ERRORS = 2, 10
#: Of ten errors, fewer than six are noticed once in a hundred times where nine in ten are.
LEAST = 0.6


def commit() -> str:
    found = subprocess.run(
        ["git", "rev-parse", "HEAD"],
        cwd=model.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() or "no commit"


def drawn():
    scored = [p for p in model.all_pages() if "mutants" in model.page(p).d2l]
    return sampling.draw(scored, commit(), PAGES)[:PAGES]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="planted errors need fork")
@pytest.mark.parametrize("path", drawn(), ids=model.name_of)
def test_errors_planted_anew_are_noticed(path):
    score = mutants.run(model.read(path), path, sample=ERRORS, salt=commit())
    ran = score.ran
    if ran < ERRORS // 2:
        pytest.skip(f"of {ERRORS} planted errors only {ran} ran to the end: {score}")
    assert score.noticed >= LEAST * ran, mutants.report(score, model.name_of(path))

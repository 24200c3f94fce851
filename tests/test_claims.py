"""What a page claims: numbers that no output shows, causes and totalities."""

import nbformat
import pytest

from book import claims

v4 = nbformat.v4


def page(prose, printed="", code="pass", section="Experiment: a question"):
    output = v4.new_output("stream", name="stdout", text=printed)
    cell = v4.new_code_cell(code, outputs=[output])
    text = f"## {section}\n\n{prose}"
    return v4.new_notebook(cells=[cell, v4.new_markdown_cell(text)])


def found(kind, *arguments, **options):
    """The numbers or words of that kind on a page."""
    return [
        what
        for claim in claims.claims(page(*arguments, **options))
        if claim.kind == kind
        for what in claim.what
    ]


@pytest.mark.parametrize(
    ("prose", "printed"),
    [
        ("The accuracy is 0.93.", "accuracy 0.9312"),
        ("The accuracy is 93 %.", "accuracy 0.9312"),
        ("The accuracy is 93.1 percent.", "accuracy 93.12 %"),
        ("Between 12 and 15 % are wrong.", "0.1203 0.1496"),
        ("It has 1,234 types.", "1234 types"),
        ("It has 12,345.6 types.", "12,345.6 types"),
        ("It loses 0.25 nats.", "difference -0.2502"),
        ("About 17 steps.", "16.6"),
        ("It took 4.2 s.", "[4.2, 5.1]"),
    ],
)
def test_a_number_that_an_output_shows(prose, printed):
    assert found("number", prose, printed) == []


@pytest.mark.parametrize(
    ("prose", "printed", "number"),
    [
        ("The accuracy is 0.94.", "accuracy 0.9312", "0.94"),
        ("The accuracy is 0.9312.", "accuracy 0.93", "0.9312"),
        ("The accuracy is 94 %.", "accuracy 0.9312", "94 %"),
        ("It has 1,234 types.", "12 34", "1,234"),
        ("Nearly 7 % are lost.", "", "7 %"),
    ],
)
def test_a_number_that_no_output_shows(prose, printed, number):
    assert found("number", prose, printed) == [number]


@pytest.mark.parametrize(
    "prose",
    [
        "Three of 5 seeds and 0 of 3.",
        "Found by Werbos (1990), and again in 2014.",
        "See [arXiv:1409.0473](https://arxiv.org/abs/1409.0473), doi:10.1162/neco.1989.1.2.270.",
        "Here $n = 125$ and $$x = 3.25 \\tag{A name}$$ hold, and `lr=0.125` is used.",
        "As exercise 12, section 3.2 and chapters 13 to 15 show.",
        "Since torch 2.13 and Python 3.11 it does.",
        "The 10th and the 21st percentile, in float32, at h32.",
        "```\n3.25\n```",
        "<details><summary>Solution</summary>\n\n3.25\n\n</details>",
    ],
)
def test_numbers_that_are_no_results(prose):
    assert found("number", prose) == []


def test_settings_stand_apart():
    code = "seeds, width = 20, 2 / 3\nnote = 'at 0.125'"
    prose = "We take 20 seeds and a width of 0.67, and reach 0.125."
    assert found("setting", prose, code=code) == ["20", "0.67"]
    assert found("number", prose, code=code) == ["0.125"], "text in code is no setting"


def test_calculations_on_paper_and_exercises_are_not_asked_for_whole_numbers():
    for section in ("By hand", "Derivation: a step", "Exercises", "Picture"):
        assert found("number", "It is 125 and 3.5.", section=section) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "It falls because the step is small.",
        "It falls, so the step is small.",
        "So the step is small.",
        "It always falls.",
        "Every run needs it.",
        "It no longer fails.",
        "That explains it.",
    ],
)
@pytest.mark.parametrize("section", ["Explore", "Summary", "Traps", "Deeper: more"])
def test_words_of_cause_and_totality(sentence, section):
    [claim] = [
        c for c in claims.claims(page(sentence, section=section)) if c.kind == "words"
    ]
    assert claim.sentence == sentence
    assert (claim.cell, claim.section) == (2, section)


@pytest.mark.parametrize(
    "sentence", ["It is so called.", "Do so.", "So far it falls.", "It fell so much."]
)
def test_words_that_claim_nothing(sentence):
    assert found("words", sentence) == []


def test_derivations_may_say_because():
    assert (
        found("words", "It holds because it is so.", section="Derivation: a step") == []
    )


def test_a_sentence_belongs_to_the_heading_above_it_within_a_cell():
    prose = "It reaches 12.5 nats.\n\n## Traps\n\n### Trap: it is 13.5\n\nIt is 14.5."
    sections = {c.what[0]: c.section for c in claims.claims(page(prose))}
    assert sections == {"12.5": "Experiment: a question", "14.5": "Traps"}


def test_formulas_stay_in_the_sentence():
    [claim] = claims.claims(page("It is 12.5 at $d=1.5$. Then it is not."))
    assert claim.sentence == "It is 12.5 at $d=1.5$."


@pytest.mark.parametrize(
    ("prose", "numbers"),
    [
        ("It reaches 12.5 nats, 0.94 of it, and 47 %.", ["12.5", "0.94", "47 %"]),
        ("It reaches 120 nats in 15 steps.", []),  # whole: a setting or a size
        ("It reaches 0.5, or 30 %, or 3 %.", []),  # one digit: a manner of speaking
        ("It reaches 0.25 of them.", []),  # stands in an output
        ("It reaches 0.75 of them.", []),  # stands in code
    ],
)
def test_unmeasured_numbers(prose, numbers):
    notebook = page(prose, printed="0.2503", code="x = 3 / 4")
    assert [n for claim in claims.unmeasured(notebook) for n in claim.what] == numbers


@pytest.mark.parametrize("section", ["Traps", "In practice", "By hand", "Exercises"])
def test_only_sections_that_measure_are_refused(section):
    assert claims.unmeasured(page("It reaches 12.5 nats.", section=section)) == []


def test_the_command_prints_what_to_trace(tmp_path, capsys):
    path = tmp_path / "page.ipynb"
    nbformat.write(
        page("Every run reaches 12.5 nats with 40 seeds.", code="n = 40"), path
    )
    assert claims.main([str(path)]) == 0
    printed = capsys.readouterr().out
    assert (
        "stand in no output:\n  cell 2 [Experiment: a question] 12.5: Every" in printed
    )
    assert "40: Every run" in printed
    assert "every: Every run" in printed
    assert "The contract refuses" in printed
    assert claims.main([str(tmp_path / "none.ipynb")]) == 1
    assert "none.ipynb" in capsys.readouterr().err

"""What the site shows of plan and notebooks: pure functions, tested without Sphinx."""

import subprocess

import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_output
from synthetic import cell, made_up, picture, printed, text

from book import model
from book.site import html, lists
from book.site.shown import WIDGET, labels, markdown, shown
from book.site.tracks import tracks


def page(*cells, **d2l):
    notebook = made_up()
    if cells:
        notebook.cells = list(cells)
    notebook.metadata["d2l"].update(**d2l)
    return model.Page(model.CHAPTERS / "09-optimization" / "momentum.ipynb", notebook)


def soup(made):
    return BeautifulSoup(made, "html.parser")


def book(docname="chapters/00-about/equations", found=None):
    every = {planned.docname for planned, _ in model.written_pages()}
    return lists.Book(docname, every if found is None else found, lambda d: f"{d}.html")


# ---------------------------------------------------------------- the plan


def test_needs_are_earlier_pages_or_the_mathematics():
    pages = model.planned_pages()
    order = {address: i for i, address in enumerate(pages)}
    for address, planned in pages.items():
        for need in planned.needs:
            earlier = order[need] < order[address]
            assert earlier or need.startswith("21-mathematics/"), (address, need)


# ---------------------------------------------------------------- pieces


@pytest.mark.parametrize(
    "line, kind, idea",
    [
        ("## Derivation: two sums", "Derivation", "Two sums"),
        ("## Picture and numbers: A ball", "Picture and numbers", "A ball"),
        ("## Deeper: nn.GRU by hand", "Deeper", "nn.GRU by hand"),
        ("### Trap: `lower()` is enough", html.TRAP, "`lower()` is enough"),
        ("### Trap: dC_t is the gate", html.TRAP, "dC_t is the gate"),
    ],
)
def test_heading_says_the_idea_and_its_kind_small(line, kind, idea):
    made = html.heading(line)
    assert made.startswith(line.split()[0] + " [" + kind + "[: ]{.colon}]{.kind")
    assert made.endswith("} " + idea)


@pytest.mark.parametrize(
    "line",
    ["## Traps", "# Derivation: title", "## Two sums", "## From scratch", "Text: a"],
)
def test_other_headings_stay(line):
    assert html.heading(line) == line


def test_exercise_shows_its_kind():
    assert html.heading("### 3. A guess (predict)") == (
        "### 3. A guess [predict]{.exercise-kind}"
    )
    assert html.heading("### 3. A guess (wild)") == "### 3. A guess (wild)"


def test_check_is_escaped_and_linked():
    check = model.Check("a<b", "x = <y>", "atol 1e-12")
    made = soup(html.check(check, "check-a-b", "#eq-a-b"))
    assert made.li["id"] == "check-a-b" and made.a["href"] == "#eq-a-b"
    assert made.select_one(".check-name").text == "a<b"
    assert "trap" not in made.li.get("class", ())
    trap = model.Check("claim", "wrong ≠ right", "by at least 2")
    assert soup(html.check(trap)).li["class"] == ["trap"]


@pytest.mark.parametrize(
    "line, state",
    [
        ("… not yet: nesterov", "waiting"),
        ("✓ yours is right: nesterov", "right"),
        ("✗ not right yet: nesterov", "wrong"),
    ],
)
def test_what_a_check_says_of_the_readers_code(line, state):
    assert soup(html.exercise(line)).p["class"] == ["yours", f"yours-{state}"]
    assert html.exercise("a number: 3") == ""


def test_equation_keeps_its_tex_and_gets_an_anchor():
    made = soup(html.equation(r"a &= b < c \\", "Gaussian KL", "check-gaussian-kl"))
    assert made.div["id"] == "eq-gaussian-kl"
    assert made.select_one("a.checked")["href"] == "#check-gaussian-kl"
    assert made.select_one(".math").text == r"\[a &= b < c \\\]"
    assert "equation" not in html.equation("a = b")


def test_punctuation_stays_on_its_formulas_line():
    assert html.formula("a<b") == (
        '<span class="math notranslate nohighlight">\\(a&lt;b\\)</span>'
    )
    kept = soup(html.formula("x", "),")).span
    assert kept["class"] == ["kept"] and kept.text == r"\(x\)),"


def test_caption_has_number_link_and_formula():
    stored = {"alt": 'A "line"', "width": 460, "height": 200, "number": 3}
    made = soup(
        html.figure("a.png", stored | {"caption": r"See $\beta$ *rise* [x](y.md)"})
    )
    assert made.figure["id"] == "fig-3"
    assert made.figcaption.text == r"Figure 3: See \(\beta\) rise x"
    assert made.figcaption.a["href"] == "#fig-3"
    assert made.figcaption.select_one(".math") and made.em
    assert made.img["alt"] == 'A "line"' and made.img["width"] == "460"
    assert not soup(html.figure("a.png", stored)).figure


def test_interactive_caption_gets_the_next_number():
    made = html.numbered('<div><p class="d2l-caption">Drag it.</p></div>', 2)
    assert soup(made).select_one("#fig-2 .d2l-caption").text == "Figure 2: Drag it."
    made = html.numbered('<p class="d2l-caption">Here $a&lt;b$, or more</p>', 1)
    assert soup(made).p.text == r"Figure 1: Here \(a<b\), or more"
    assert soup(made).select_one("p .math")


def test_facts_tell_minutes_of_both_readings():
    made = soup(html.facts(page(), ["<a href='x'>Schedules</a>"]))
    first, whole = (round(m) for m in page().minutes)
    assert f"{first} + {whole - first} minutes" in made.text
    assert "runs in 7 s" in made.text and "Needs Schedules" in made.text
    assert "checks notice 41 of 43 planted errors" in made.text
    old = html.facts(page(mutants={}, seconds=0.2))
    assert "under 1 s" in old and "planted" not in old
    assert html.facts(page(kind="guide")) == ""


def test_facts_stand_under_the_title():
    assert html.with_facts("<h1>A</h1><p>b", "<i>") == "<h1>A</h1><i><p>b"
    assert html.with_facts("<p>b", "<i>") == "<p>b"


def test_bibtex_escapes_what_means_something_to_tex():
    made = html.bibtex(
        "key", title=r"50% of $a_b$ & {c}\d~", note="", url="https://a/b_c"
    )
    assert r"50\% of \$a\_b\$ \& \{c\}\textbackslash{}d\textasciitilde{}" in made
    assert "https://a/b_c" in made and "note" not in made


def test_report_link_survives_a_title_with_markup():
    made = html.report_link("https://host/r", 'A "<b>" & c', "a.ipynb", "0.1")
    assert "<" not in made and '"' not in made and "%26" in made


# ---------------------------------------------------------------- notebooks


def outputs(made, i):
    return made.cells[i - 1]["outputs"]


def html_outputs(made, i):
    return "".join(o.get("data", {}).get("text/html", "") for o in outputs(made, i))


def test_a_page_as_it_is_shown():
    made = shown(page())
    texts = "\n".join(c.source for c in made.cells if c.cell_type == "markdown")
    assert "[Derivation[: ]{.colon}]{.kind} The sum of all past gradients" in texts
    assert texts.index("second-reading") < texts.index("## Traps")
    assert texts.index("## Summary") < texts.index("second-reading")
    assert '<div class="right">\n\nWhat is right: divide' in texts
    assert len(made.cells) == len(page().cells)


def test_one_cell_holds_summary_and_traps():
    cells = text("# A\n\n## Summary\n\nAll.\n\n## Traps\n\nWhat is right: b.\n\nEnd")
    (made,) = shown(page(cells)).cells
    order = [
        made.source.index(part) for part in ("All.", "second-", "## Traps", "right")
    ]
    assert order == sorted(order)


def test_labels_and_what_they_fold():
    cells = {
        "Set-up": cell("import d2lutil", (), "setup"),
        "Imports": cell("import torch\nfrom math import pi", (), "hide-input"),
        "Code of this figure": cell(
            "show(fig)", picture("See the line rise."), "hide-input"
        ),
        "✓ 1 equation checked": cell(
            "verify('A', a=1, b=1)", printed("✓ A | a = b | atol 0"), "hide-input"
        ),
        "Code": cell("print(7)", printed("7"), "hide-input"),
        "Solution in code": cell("y = 1", printed("8"), "solution", "hide-cell"),
        "": cell("z = 1"),
    }
    one = page(*cells.values())
    found = labels(one)
    assert [found.get(i, "") for i, _ in one.cells] == list(cells)
    made = shown(one)
    tags = [c.metadata.get("tags", []) for c in made.cells]
    folded = [
        "hide-cell" in t and "all" or "hide-input" in t and "code" or "" for t in tags
    ]
    assert folded == ["all", "all", "code", "all", "code", "all", ""]
    assert made.cells[2].metadata["mystnb"]["code_prompt_show"] == "Code of this figure"
    assert one.notebook.cells[3].metadata.tags == ["hide-input"], "the page was changed"


def test_figures_are_numbered_and_captions_not_told_twice():
    made = shown(
        page(
            cell("show(a)", picture("See the first line.")),
            cell("show(b)", picture()),
            cell("show(c)", picture("See the second line.")),
        )
    )
    stored = [outputs(made, i)[0]["metadata"]["image/png"] for i in (1, 2, 3)]
    assert [s.get("number") for s in stored] == [1, None, 2]
    assert [len(outputs(made, i)) for i in (1, 2, 3)] == [1, 1, 1]


def test_text_that_only_looks_like_a_caption_stays():
    (made,) = shown(
        page(
            cell(
                "print()", [new_output("display_data", {"text/markdown": "Figure: a"})]
            )
        )
    ).cells
    assert len(made["outputs"]) == 1


def test_printed_lines_become_checks_and_stay_in_order():
    source = "verify('Sum', a=1, b=1)"
    lines = ("before", "✓ Sum | a = b | atol 0", "✓ Sum | a = c | atol 0", "after")
    cells = [text("$$\na = b\\tag{Sum}\n$$"), cell(source, printed(*lines))]
    made = shown(page(*cells))
    assert [o["output_type"] for o in outputs(made, 2)] == [
        "stream",
        "display_data",
        "stream",
    ]
    items = soup(html_outputs(made, 2)).find_all("li")
    assert [i.get("id") for i in items] == ["check-sum", None]
    assert items[0].a["href"] == "#eq-sum"


def test_what_is_printed_piece_by_piece_is_one_line():
    pieces = [
        new_output("stream", name="stdout", text=t) for t in ("✓ A | a ", "= b | 1\n")
    ]
    made = shown(page(cell("verify('A', a=1, b=1)", pieces)))
    assert "check-name" in html_outputs(made, 1)


def test_page_saved_in_jupyterlab_is_refused_with_the_cure():
    live = new_output("display_data", {WIDGET: {"model_id": "1"}, "text/plain": "x"})
    with pytest.raises(model.PageError, match="live figure.*make run PAGE=chapters/"):
        shown(page(cell("explore(draw)", [live])))
    never = cell("x = 1")
    never.execution_count = None
    with pytest.raises(model.PageError, match="never run.*make run PAGE="):
        shown(page(never))


def test_markdown_without_headings_stays_as_it_is():
    source = "A [link](a.md) and `code`.\n\n    indented\n"
    assert markdown(model.Markdown(source)) == source


def test_every_standing_page_can_be_shown():
    for planned, standing in model.written_pages():
        made = shown(standing)
        assert len(made.cells) == len(standing.cells), planned.address


# ---------------------------------------------------------------- lists


def test_map_shows_every_lesson_and_links_what_stands():
    made = soup(lists.book_map(book()))
    lessons = [p for p in model.planned_pages().values() if p.kind == "lesson"]
    assert len(made.select(".dots i")) == len(lessons)
    assert len(made.select(".dots i.written")) == sum(p.written for p in lessons)
    way = made.find(id="path-16-generative/vae")
    assert [li.text for li in way.select("li")] == [
        p.title for p in model.reading_path("16-generative/vae") if p.written
    ]


def test_pages_that_the_site_lacks_are_no_links():
    assert "<a" not in lists.page_title(book(found=set()), "11-recurrent/bptt")
    assert "to-come" in lists.page_title(book(found=set()), "11-recurrent/bptt")
    with pytest.raises(model.PageError, match="no such page"):
        lists.page_title(book(), "11-recurrent/bpt")
    with pytest.raises(model.PageError, match="index.md of a chapter"):
        lists.chapter_pages(book("index"))
    made = soup(lists.chapter_pages(book("chapters/11-recurrent/index")))
    assert made.find("a", string="LSTM")
    assert "LSTM needs Vanishing and exploding through time" in made.svg["aria-label"]
    chapter = next(c for c in model.plan() if c.folder == "11-recurrent")
    assert len(made.find_all("circle")) == len(made.find_all("li"))
    inside = sum(n.startswith("11-") for page in chapter.pages for n in page.needs)
    assert len(made.find_all("path")) == inside


def test_lines_between_pages_of_a_chapter_do_not_run_into_one_another():
    def page(slug, *needs):
        needs = tuple(f"11-recurrent/{need}" for need in needs)
        return model.PlannedPage("11-recurrent", slug, slug.title(), "lesson", needs)

    pages = [page("a"), page("b", "a"), page("c", "a"), page("d", "b", "a")]
    made = soup(tracks(pages, {"chapters/11-recurrent/b"}))
    lines = [path["d"] for path in made.find_all("path")]
    assert len(lines) == len({line.split("C")[1].split()[0] for line in lines}) == 4
    assert [c.get("class") for c in made.find_all("circle")].count(["written"]) == 1
    assert made.svg["aria-label"] == "B needs A; C needs A; D needs B and A"
    assert tracks(pages[:1], set()) == "", "an image without words is none"


def test_output_of_a_page_that_has_none_names_the_cure():
    with pytest.raises(model.PageError, match="no cell tagged 'cver'.*make run PAGE="):
        lists.page_output(book(), "chapters/11-recurrent/bptt.ipynb#cver")
    with pytest.raises(model.PageError, match="no such file"):
        lists.page_output(book(), "chapters/11-recurrent/bpt.ipynb#cover")
    assert "d2l-explore" in lists.page_output(
        book(), "chapters/16-generative/vae.ipynb#cover"
    )


def test_equations_stand_under_their_chapter_with_their_checks():
    made = soup(lists.equation_index(book()))
    listed = {(a["href"], a.text) for a in made.select(".entry strong a")}
    for planned, standing in model.written_pages():
        for equation in standing.equations:
            link = f"{planned.docname}.html#eq-{model.slug(equation.name)}"
            assert (link, equation.name) in listed
    assert not made.select(".unchecked")
    assert lists.equation_index(book(found=set())).startswith("<p>No page")


def test_traps_are_marked_wrong_with_what_is_right(monkeypatch):
    planned = model.planned_pages()["09-optimization/momentum"]
    monkeypatch.setattr(model, "written_pages", lambda: [(planned, page())])
    (entry,) = soup(lists.trap_index(book(found={planned.docname}))).select(".entry")
    assert entry.select_one(".wrong").text == html.TRAP
    assert entry.select_one(".claim").text == "Momentum never changes the best rate"
    assert entry.select_one(".claim")["href"].endswith(
        "momentum.html#check-momentum-never-changes-the-best-rate"
    )
    assert entry.select_one(".right").text.startswith(
        "What is right: divide the rate by"
    )


def test_the_ledger_ranks_marks_of_all_pages_and_links_where_they_are_computed(
    monkeypatch,
):
    tables = [{"model": "trigram <counts>", "bits": 2.46}]
    network = [{"model": "network", "bits": 1.9, "se": 0.01}]
    stand = {p.address: p for p, _ in model.written_pages()}
    made = [
        (stand["11-recurrent/text"], page(marks=tables)),
        (stand["11-recurrent/rnn"], page(marks=network)),
    ]
    monkeypatch.setattr(lists.Book, "pages", lambda self: made)
    rows = soup(lists.ledger(book("chapters/11-recurrent/index"))).select("tbody tr")
    assert [[cell.text for cell in row.select("td")][:2] for row in rows] == [
        ["network", "1.90 ± 0.01"],
        ["trigram <counts>", "2.46"],
    ]
    assert [row.a["href"] for row in rows] == [
        "chapters/11-recurrent/rnn.html",
        "chapters/11-recurrent/text.html",
    ]


def test_an_equation_is_shown_with_its_code_and_its_check():
    path, name = (
        "chapters/04-mlp/backpropagation.ipynb",
        "Cross-entropy output gradient",
    )
    made = soup(lists.worked_out(book("index"), f"{path}#{name}"))
    assert made.math.find("mi", string="softmax") or "softmax" in made.math.text
    assert "def output_gradient" in made.pre.text
    assert made.find("a", string=name)["href"].endswith(
        "#eq-cross-entropy-output-gradient"
    )
    [check] = made.select("ul.checks li")
    assert "formula = autograd" in check.text
    with pytest.raises(model.PageError, match="no checked equation named 'None such'"):
        lists.worked_out(book("index"), f"{path}#None such")


def test_names_hold_pages_equations_and_traps():
    made = lists.names(book())
    for name in ('"LSTM", "page"', '"Vanishing gradient bound", "equation"', '"trap"'):
        assert name in made


def test_no_link_leads_to_a_placeholder(monkeypatch):
    monkeypatch.setattr(model, "repository", lambda: "https://github.com/OWNER/book")
    assert lists.repository_link(book(), "repository") == "repository"
    monkeypatch.setattr(model, "repository", lambda: "https://github.com/them/book")
    assert 'href="https://github.com/them/book"' in lists.repository_link(book(), "a")


def test_facts_count_time_only_when_every_page_was_timed(monkeypatch):
    planned = model.planned_pages()["09-optimization/momentum"]
    pages = [(planned, page()), (planned, page(seconds=None))]
    monkeypatch.setattr(model, "written_pages", lambda: pages)
    assert "one thread" not in lists.book_facts(book(found={planned.docname}))
    monkeypatch.setattr(model, "written_pages", lambda: pages[:1] * 20)
    assert "2 min" in lists.book_facts(book(found={planned.docname}))


def test_changes_come_from_tags_and_need_no_git(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert lists.tagged_releases(tmp_path) == []
    git = ["git", "-c", "user.name=Someone", "-c", "user.email=someone@example.org"]
    for command in (
        ["init", "-q"],
        ["commit", "-q", "--allow-empty", "-m", "First"],
        ["tag", "-a", "v0.1.0", "-m", "- Three chapters\n- A site"],
    ):
        subprocess.run([*git, "-C", str(tmp_path), *command], check=True)
    ((name, date, lines),) = lists.tagged_releases(tmp_path)
    assert (
        name == "v0.1.0" and lines == ["Three chapters", "A site"] and len(date) == 10
    )
    monkeypatch.setenv("PATH", "")
    assert lists.tagged_releases(tmp_path) == []


def test_a_missing_package_of_the_site_is_named_with_its_cure(monkeypatch):
    from book.site import build

    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(
        SystemExit, match="sphinx-mathjax-offline is missing.*make site"
    ):
        build.assemble_mathjax()

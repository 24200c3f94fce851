"""_toc.yml: what it lists, and that two authors never conflict in it."""

import shutil
import subprocess

import pytest

from book import model, toc

PLAN = """
- folder: 01-a
  title: A
  pages:
    - {slug: one, title: One, needs: []}
    - {slug: two, title: Two, needs: []}
    - {slug: three, title: Three, needs: []}
    - {slug: four, title: Four, needs: []}
- folder: 02-b
  title: B
  pages:
    - {slug: one, title: One of B, needs: []}
    - {slug: two, title: Two of B, needs: []}
- folder: 03-c
  title: C
  pages:
    - {slug: one, title: One of C, needs: []}
"""
ATTRIBUTES = model.ROOT / ".gitattributes"
EVERY_PAGE = ["01-a/two", "01-a/three", "01-a/four", "02-b/one", "02-b/two", "03-c/one"]


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A book of three planned chapters, two with an index, one page written."""
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "plan.yml").write_text(PLAN)
    monkeypatch.setattr(model, "ROOT", tmp_path)
    monkeypatch.setattr(model, "CHAPTERS", tmp_path / "chapters")
    monkeypatch.setattr(model, "PLAN", tmp_path / "book" / "plan.yml")
    monkeypatch.setattr(toc, "TOC", tmp_path / "_toc.yml")
    write(tmp_path, "01-a/index.md")
    write(tmp_path, "02-b/index.md")
    write(tmp_path, "01-a/one.ipynb")
    return tmp_path


def write(root, name):
    path = root / "chapters" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")


def test_lists_standing_pages_in_the_plans_order(book):
    write(book, "02-b/two.md")
    write(book, "01-a/three.ipynb")
    write(book, "01-a/.hidden.ipynb")
    assert toc.main([]) == 0
    assert toc.TOC.read_text().splitlines() == [
        "format: jb-book",
        "root: index",
        "chapters:",
        "  - file: chapters/01-a/index",
        "    sections:",
        "      - file: chapters/01-a/one",
        "      - file: chapters/01-a/three",
        "  - file: chapters/02-b/index",
        "    sections:",
        "      - file: chapters/02-b/two",
    ]
    stamp = toc.TOC.stat().st_mtime_ns
    assert toc.main([]) == 0
    assert toc.TOC.stat().st_mtime_ns == stamp, "what is right is not written again"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "01-a/else.ipynb",
            "chapters/01-a/else is not in book/plan.yml: add it there, or",
        ),
        ("01-a/thre.ipynb", "or, if it was three, rename it there, or remove the file"),
        (
            "03-c/one.ipynb",
            r"chapters/03-c/index.md is missing: say in it what the chapter",
        ),
        ("09-z/index.md", "chapters/09-z/index is not in book/plan.yml"),
    ],
)
def test_says_what_does_not_fit_the_plan(book, capsys, name, message):
    write(book, name)
    with pytest.raises(model.PageError, match=message):
        toc.toc()
    assert toc.main([]) == 1
    assert name.rsplit("/")[0] in capsys.readouterr().err
    assert not toc.TOC.exists()


def test_check_tells_and_writes_nothing(book, capsys):
    assert toc.main(["--check"]) == 1
    assert "does not list the pages that stand" in capsys.readouterr().err
    assert not toc.TOC.exists()
    toc.main([])
    assert toc.main(["--check"]) == 0
    head, *lines = toc.TOC.read_text().splitlines()
    toc.TOC.write_text("\n".join([head, *reversed(lines)]))
    assert toc.main(["--check"]) == 0, "the order is the next build's affair"


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
@pytest.mark.parametrize("mine", EVERY_PAGE)
def test_two_authors_never_conflict(book, mine):
    """Each of two authors adds a page and builds; their branches are merged by git."""

    def git(*arguments):
        who = (
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b",
            "-c",
            "commit.gpgsign=false",
        )
        done = subprocess.run(
            ["git", *who, *arguments],
            cwd=book,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def add(branch, page):
        git("checkout", "-q", "-b", branch, "base")
        write(book, f"{page}.ipynb")
        toc.main([])
        git("add", ".")
        git("commit", "-qm", page)

    shutil.copy(ATTRIBUTES, book)
    write(book, "03-c/index.md")
    toc.main([])
    git("init", "-q", "-b", "base")
    git("add", ".")
    git("commit", "-qm", "base")
    for number, other in enumerate(page for page in EVERY_PAGE if page != mine):
        add(f"mine-{number}", mine)
        add(f"other-{number}", other)
        git("merge", "-q", f"mine-{number}", "-m", "both")
        merged = toc.TOC.read_text()
        assert f"file: chapters/{mine}\n" in merged
        assert f"file: chapters/{other}\n" in merged
        assert "<<<<" not in merged
        assert toc.is_up_to_date()
        toc.main([])
        git("add", ".")
        git("commit", "--allow-empty", "-qm", "in order")
        assert toc.TOC.read_text() == toc.toc()


def test_the_books_own_file_is_up_to_date():
    assert toc.is_up_to_date(), "run: python -m book toc"

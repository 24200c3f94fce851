"""Long runs: what they take of a page, what they store, and when that is stale."""

import json
import subprocess
import sys

import nbformat
import pytest

from book import long, model

PAGE = [
    "import math\nimport numpy as np\nfrom dataclasses import dataclass, field",
    "import torch\ntorch.set_default_dtype(torch.float64)",
    "SIZE, UNUSED = 3, 4\nstep = 0.5\nresults = []",
    "@dataclass\nclass Walk:\n    at: float = 0.0\n\n    def go(self):\n        self.at += step",
    "def walk(n):\n    w = Walk()\n    for _ in range(n * SIZE):\n        w.go()\n    return w.at",
    "def mean(x, *, q=lambda v: np.mean(v)):\n    return q(x)",
    "results.append(walk(2))\nresults = results + [1]\nraise SystemExit('not run')",
    "def plot():\n    return results",
    ("def walk(n):\n    return -1", "solution"),
    "import math\nfor i in range(3):\n    table = np.zeros(3)\n    table[i] = 1",
    "def look():\n    return table",
]
SCRIPT = """
from book.long import side_by_side
PAGE = "01-walks/walk"
TAKES = ("walk",)

def run(page):
    return {"lengths": side_by_side(one, [1, 2, 3])}

def one(page, n):
    return page.walk(n)
"""


def notebook(sources):
    made = nbformat.v4.new_notebook(metadata={"d2l": {"kind": "lesson"}})
    for source in sources:
        source, *tags = (source,) if isinstance(source, str) else source
        cell = nbformat.v4.new_code_cell(source)
        cell.metadata["tags"] = tags
        made.cells.append(cell)
    return made


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A book of one page and one script, and a function that writes either anew."""
    monkeypatch.setattr(model, "CHAPTERS", tmp_path / "chapters")
    monkeypatch.setattr(long, "SCRIPTS", tmp_path / "long_runs")
    page = tmp_path / "chapters" / "01-walks" / "walk.ipynb"

    def write(sources=PAGE, script=SCRIPT):
        model.write(page, notebook(sources))
        (tmp_path / "long_runs").mkdir(exist_ok=True)
        (tmp_path / "long_runs" / "walk.py").write_text(script)
        return page

    write()
    return write


def source(page, *names):
    return long.definitions(page, names)


def test_takes_what_is_needed_and_nothing_else(book):
    assert source(book(), "walk").splitlines() == [
        "from dataclasses import dataclass",
        "import torch",
        "torch.set_default_dtype(torch.float64)",
        "SIZE, UNUSED = (3, 4)",
        "step = 0.5",
        "@dataclass",
        "class Walk:",
        "    at: float = 0.0",
        "",
        "    def go(self):",
        "        self.at += step",
        "def walk(n):",
        "    w = Walk()",
        "    for _ in range(n * SIZE):",
        "        w.go()",
        "    return w.at",
    ]
    assert source(book(), "mean").splitlines()[0] == "import numpy as np"
    assert source(book(), "math").splitlines()[0] == "import math"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nothing", r"walk\.ipynb defines no nothing"),
        ("plot", "binds or changes results in more than one place"),
        ("look", "binds or changes table in more than one place"),
    ],
)
def test_says_what_cannot_be_taken(book, name, message):
    with pytest.raises(model.PageError, match=message):
        source(book(), name)


def test_stale_by_code_and_not_by_prose_or_figures(book):
    page = book()
    stored = page.with_name("walk_long.json")
    assert long.stale(page) == "walk_long.json is missing"
    script = long.read_script(long.SCRIPTS / "walk.py")
    stored.write_text(json.dumps({"digest": script.digest()}))
    assert long.stale(page) is None
    assert long.stale(stored) is None

    book([*PAGE, "figure = 1"])
    book([s.replace("w.at", "(w.at)  # where") if "w = " in s else s for s in PAGE])
    assert long.stale(page) is None, "a figure and a comment change nothing"
    book(script=SCRIPT.replace("[1, 2, 3]", "[1, 2,\n3]"))
    assert long.stale(page) is None

    book([s.replace("0.5", "0.25") if isinstance(s, str) else s for s in PAGE])
    assert "made by other code" in long.stale(page)
    book(script=SCRIPT.replace("3]", "4]"))
    assert "made by other code" in long.stale(page)
    book(["x = 1"])
    assert "walk.ipynb defines no walk" in long.stale(page)
    book()
    stored.write_text("[")
    assert "walk_long.json: " in long.stale(page)


def test_a_page_without_a_long_run_is_never_stale(book):
    other = book().with_name("other.ipynb")
    model.write(other, notebook([]))
    assert long.stale(other) is None
    other.with_name("other_long.json").write_text("{}")
    assert "other_long.json has no script" in long.stale(other)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("x = 1", 'needs the lines PAGE = "folder/slug" and TAKES'),
        ('PAGE = "01-walks/walk"\nTAKES = ["walk"]', "needs the lines PAGE"),
        ('PAGE = "01-walks/gone"\nTAKES = ()', "01-walks/gone, which is no notebook"),
        ("PAGE = f()", "walk.py: malformed node"),
        ("def", "walk.py: invalid syntax"),
    ],
)
def test_scripts_that_say_too_little(book, script, message):
    book(script=script)
    with pytest.raises(model.PageError, match=message):
        long.scripts()


def test_runs_two_at_a_time_and_stores(book, capsys):
    book()
    made = long.compute(long.read_script(long.SCRIPTS / "walk.py"))
    assert made["results"] == {"lengths": [1.5, 3.0, 4.5]}
    assert set(made) == {"digest", "seconds", "made_by", "results"}
    assert "3 of 3 done after" in capsys.readouterr().out


def test_refuses_what_cannot_be_stored(book):
    assert "run(page)" in refused(book, 'PAGE = "01-walks/walk"\nTAKES = ()')
    for value in ("[{1}]", "float('nan')"):
        script = (
            f'PAGE = "01-walks/walk"\nTAKES = ()\ndef run(page):\n    return {value}'
        )
        assert "cannot be stored" in refused(book, script)


def refused(book, script):
    book(script=script)
    with pytest.raises(model.PageError) as caught:
        long.compute(long.read_script(long.SCRIPTS / "walk.py"))
    return str(caught.value)


def test_warns_past_the_limit(book, monkeypatch, capsys):
    monkeypatch.setattr(long, "MAX_MINUTES", 0)
    book(
        script='PAGE = "01-walks/walk"\nTAKES = ("walk",)\ndef run(page):\n    return page.walk(4)'
    )
    made = long.compute(long.read_script(long.SCRIPTS / "walk.py"))
    assert made["results"] == 6.0
    assert made["made_by"].endswith("long_runs/walk.py")
    assert "make it smaller" in capsys.readouterr().out


def test_draws_one_and_names_what_is_missing(book):
    page = book()
    assert [s.page for s in long.chosen_scripts([], "any text")] == [page]
    assert [s.page for s in long.chosen_scripts([page], None)] == [page]
    with pytest.raises(
        model.PageError, match=r"other\.ipynb has no long run: write a script"
    ):
        long.chosen_scripts([page.with_name("other.ipynb")], None)


def test_every_standing_script_fits_its_page():
    for script in long.scripts():
        assert script.source()
        assert long.stale(script.page) is None


def test_command_names_what_is_wrong():
    done = subprocess.run(
        [sys.executable, "-m", "book.long", "chapters/none/none.ipynb"],
        capture_output=True,
        text=True,
        cwd=model.ROOT,
        check=False,
    )
    assert done.returncode == 1
    assert "chapters/none/none.ipynb has no long run" in done.stdout
    assert "Traceback" not in done.stderr

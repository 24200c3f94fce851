"""Which cells are folded: decided from the code, and what is taught stays open."""

import copy

import nbformat
import pytest

from book import folding

v4 = nbformat.v4

SETUP = "try:\n    import d2lutil\nexcept ImportError:\n    %pip install -q d2lutil"
DRAWING = "fig, ax = subplots()\nax.plot(x, 2 * x)\nshow(fig, alt='A line.')"
CHECKS = "verify('First', formula=a, torch=b)\nverify('Second', formula=c, torch=d)"


def page(*cells):
    """Strings are code, '## …' a heading; (source, tag) is a tagged cell."""
    made = []
    for cell in cells:
        source, *tags = cell if isinstance(cell, tuple) else (cell,)
        new = v4.new_markdown_cell if source.startswith("## ") else v4.new_code_cell
        made.append(new(source))
        if tags:
            made[-1].metadata["tags"] = tags
    return v4.new_notebook(cells=made)


def labels(*cells):
    """The labels of the code cells in order."""
    return list(folding.fold(page(*cells)).values())


FIGURE = "Code of this figure"


@pytest.mark.parametrize(
    ("source", "label"),
    [
        ("import math\n\nfrom torch import nn", "Imports"),
        ("import torch\ntorch.set_default_dtype(torch.float64)", "Imports"),
        (DRAWING, FIGURE),
        ("seed(0)\nshown = x[:9]\n" + DRAWING, FIGURE),
        ("def draw(k=1):\n    fig, ax = subplots()\n    ax.plot(k * x)\n\nexplore(draw, k=[1, 2])",
         FIGURE),
        ("def paint(ax, v):\n    ax.imshow(v)", FIGURE),
        ("fig = curves(x, {'a': y}, xlabel='x', ylabel='y')\nshow(fig, alt='…')\nprint(y.mean())",
         FIGURE),
        ("for ax, k in zip(subplots(1, 2)[1], (1, 2)):\n    ax.plot(k * x)", FIGURE),
        ("def height(k):\n    return k + 1\n\ndef draw(k=1):\n    fig, ax = subplots()\n"
         "    ax.plot(height(k) * x)\n\nexplore(draw, k=[1, 2])", FIGURE),
        (CHECKS, "✓ 2 equations checked"),
        ("verify('First', formula=a, torch=b)", "✓ 1 equation checked"),
        ("gap = (a - b).mean(0)\nverify_bound('First', lower=0.1, upper=gap)",
         "✓ 1 equation checked"),
        ("for n in (3, 4):\n    A = problem(n)\n    verify('First', a=f(A), b=g(A))",
         "✓ 1 equation checked"),
        ("seed(1)\n" + CHECKS + "\nprint('both hold')", "✓ 2 equations checked"),
        ("assert a < b and b < c", "✓ checked"),
    ],
)  # fmt: skip
def test_what_is_folded(source, label):
    assert labels("## They agree", source) == [label]


@pytest.mark.parametrize(
    "source",
    [
        "def f(x):\n    return 2 * x",
        "y = f(x)",
        "class Net(nn.Module):\n    pass",
        "print(f(x))",
        "x[:3]",
        # checks whose sides are computed in the cell are derivations in code
        "t = 0\nfor k in range(9):\n    t += k * x\nverify('Sum', loop=t, formula=36 * x)",
        "a = f(x)\nb = g(a)\nc = h(b)\nverify('Chain', ours=c, theirs=y)",
        # a gradient, a module, an optimizer
        "verify('Gradient', formula=g, autograd=torch.autograd.grad(loss, w)[0])",
        "w = x.clone().requires_grad_()\nverify('Leaf', a=w, b=x)",
        "net = nn.Linear(3, 4)\nverify('Shape', a=net.weight.shape[0], b=4)",
        "sgd = torch.optim.SGD(w, lr=0.1)\nverify('Rate', a=sgd.defaults['lr'], b=0.1)",
        # an experiment whose result is drawn in the same cell
        "def run(k):\n    return k * 3\n\nys = [run(k) for k in range(9)]\n" + DRAWING,
    ],
)
def test_what_stays_open(source):
    assert labels("## From scratch", source) == [None]


def test_a_name_that_is_used_later_for_anything_but_drawing_keeps_a_cell_open():
    drawn = "twice = 2 * x\n" + DRAWING.replace("2 * x", "twice")
    again = DRAWING.replace("2 * x", "twice + 1")
    assert labels(drawn, again) == [FIGURE, FIGURE]
    assert labels(drawn, "z = twice + 1\nprint(z)")[0] is None
    assert labels(drawn, "verify('Twice', a=twice, b=x + x)")[0] is None
    checked = "gap = a - b\nverify('Gap', a=gap, b=c)"
    assert labels(checked, "print(gap)") == [None, None]


def test_a_name_bound_anew_is_another():
    assert labels(DRAWING, "x = f(3)\nfig = g(x)\nprint(fig)")[0] == FIGURE


@pytest.mark.parametrize(
    "section", ["With torch", "With torch: one call", "Traps", "Exercises"]
)
@pytest.mark.parametrize("source", [DRAWING, CHECKS])
def test_nothing_is_folded_where_it_is_taught(section, source):
    assert labels("## " + section, source) == [None]
    assert labels("## " + section, source, "## Summary", source)[1] is not None


def test_setup_solutions_and_imports_are_folded_everywhere():
    cells = [(SETUP, "setup"), ("y = f(x)", "solution"), "import math"]
    assert labels(*cells) == ["Set-up", "Solution in code", "Imports"]
    assert labels("## Traps", *cells) == ["Set-up", "Solution in code", "Imports"]


def test_equations_are_counted_as_they_were_printed():
    notebook = page("for n in (3, 4):\n    verify(names[n], a=f(n), b=g(n))")
    text = "✓ First | a = b | atol 1e-12\n✓ Second | a = b | atol 1e-12\n" * 2
    notebook.cells[0].outputs = [v4.new_output("stream", name="stdout", text=text)]
    assert folding.fold(notebook) == {0: "✓ 2 equations checked"}


def test_code_that_is_no_python_stays_open():
    assert labels("this is not python", "") == [None, None]


# ---------------------------------------------------------------- cells of the book

Q_LEARNING = """
layer = torch.nn.Embedding(16, 4, dtype=torch.float64)
old, sgd = layer.weight.detach().clone(), torch.optim.SGD(layer.parameters(), lr=0.1)
s, a, s_next, r, d = torch.tensor(14), torch.tensor(1), torch.tensor(13), 0.0, 0.0
target = (r + gamma * (1 - d) * layer(s_next).max()).detach()
(0.5 * (layer(s)[a] - target) ** 2).backward()
sgd.step()
by_hand = old.clone()
by_hand[14, 1] = 0.9 * old[14, 1] + 0.1 * (r + gamma * (1 - d) * old[13].max())
verify("Q-learning as a semi-gradient step", formula=by_hand, torch=layer.weight)
"""
SCORING = """
filled = torch.softmax(scores.masked_fill(~nothing, -1e6), -1)
verify("A row filled with one number is uniform", softmax=filled,
       uniform=torch.full((1, 3), 1 / 3, dtype=torch.float64))
verify_differs("Filling with a million leaves masked keys without weight",
               wrong=filled, right=masked_softmax(scores, nothing), by=0.3)
"""
VAE = """
class VAE(nn.Module):
    def __init__(self, d, num_hiddens, k):
        super().__init__()
        self.hidden = nn.Linear(d, num_hiddens)

    def encode(self, x):
        h = self.hidden(x).relu()
        return Normal(self.mu(h), (0.5 * self.s(h)).exp())
"""
VAE_TRAINED = """
seed(1)
model = train(VAE(784, 200, 2).to(device()), X, epochs=20, after_epoch=record)
fig = curves(range(1, 21), curve, xlabel="epoch", ylabel="ELBO (nats per digit)")
show(fig, alt="ELBO on training and test digits by epoch.")
"""


@pytest.mark.parametrize(
    ("section", "source"),
    [
        ("With torch: the update is a gradient step", Q_LEARNING),
        ("They agree", Q_LEARNING),  # told from the code, wherever it stands
        ("Traps", SCORING),
        ("With torch", VAE),
        ("From scratch", VAE),
        ("Experiment: digits in the plane", VAE + VAE_TRAINED),
        ("Experiment: digits in the plane", VAE_TRAINED),
    ],
)
def test_cells_that_a_careless_rule_would_hurt(section, source):
    later = "print(model)"
    assert labels("## " + section, source, later)[0] is None


# ---------------------------------------------------------------- metadata


def test_apply_writes_what_site_lab_and_colab_read():
    notebook = page(DRAWING, (SETUP, "setup"), ("y = f(x)", "solution"), "y = f(x)")
    assert folding.apply(notebook)
    figure, setup, solution, code = notebook.cells
    folded = {
        "tags": ["hide-input"],
        "jupyter": {"source_hidden": True},
        "cellView": "form",
    }
    assert figure.metadata == folded
    assert setup.metadata == folded | {"tags": ["setup", "hide-input"]}
    assert solution.metadata == {
        "tags": ["solution", "hide-cell"],
        "jupyter": {"outputs_hidden": True, "source_hidden": True},
        "cellView": "form",
    }
    assert code.metadata == {}


def test_apply_opens_what_an_author_closed_and_keeps_other_metadata():
    notebook = page("y = f(x)", (DRAWING, "cover", "nbval-check-output"))
    notebook.cells[0].metadata = nbformat.from_dict(
        {
            "tags": ["hide-input", "mine"],
            "jupyter": {"source_hidden": True, "other": 1},
            "cellView": "form",
        }
    )
    folding.apply(notebook)
    assert notebook.cells[0].metadata == {"tags": ["mine"], "jupyter": {"other": 1}}
    assert notebook.cells[1].metadata["tags"] == [
        "cover",
        "nbval-check-output",
        "hide-input",
    ]


def test_apply_twice_changes_nothing():
    notebook = page((DRAWING, "hide-input", "cover"), ("y = f(x)", "solution"), CHECKS)
    folding.apply(notebook)
    before = copy.deepcopy(notebook)
    assert folding.apply(notebook) is False
    assert notebook == before


def test_sources_are_never_changed():
    notebook = page(DRAWING, CHECKS, "y = f(x)")
    sources = [cell.source for cell in notebook.cells]
    folding.apply(notebook)
    assert [cell.source for cell in notebook.cells] == sources

"""Diagrams: what is drawn where, shapes from a forward pass, clear errors."""

import base64
import gzip

import IPython.display
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from d2lutil import diagrams, explore, show
from d2lutil.diagrams.colors import ink, mix
from d2lutil.diagrams.polylines import beside, cut, length, outside, rounded, route
from d2lutil.plotting import COLOR

ROWS = ["SFFF", "FHFH", "FFFH", "HFFG"]


@pytest.fixture(autouse=True)
def no_figure_left():
    yield
    plt.close("all")


def chain(step=2):
    """Two boxes, and an arrow there and back."""
    d = diagrams.Diagram((6.4, 2.0))
    d.box("x", (1, 1), r"$\mathbf{x}$", color="data", shape=torch.zeros(4, 3))
    d.box("h", (3, 1), r"$\mathbf{h}$", color="state")
    d.circle("add", (5, 1), "$+$")
    d.arrow("x", "h", r"$\mathbf{W}$", color="weight", shift=0.1)
    d.arrow("h", "x", r"$\delta$", color="gradient", shift=0.1, width=3, side=-1)
    d.arrow("h", "add")
    d.light([["x->h"], ["h->x"]][:step][-1])
    return d


# ---------------------------------------------------------------- lines


SQUARE = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], dtype=float)


def test_cut_takes_a_length_off_the_start():
    corner = np.array([(0, 0), (1, 0), (1, 2)], dtype=float)
    assert cut(corner, 1.5).tolist() == [[1, 0.5], [1, 2]]
    assert cut(corner, 0.25)[0].tolist() == [0.25, 0]
    assert length(cut(corner, 1.2)) == pytest.approx(1.8)


def test_outside_starts_at_the_border():
    line = np.array([(0, 0), (4, 0)], dtype=float)
    assert outside(line, SQUARE)[0] == pytest.approx([1, 0], abs=1e-6)
    assert length(outside(0.1 * line, SQUARE)) == 0


def test_rounded_cuts_corners_and_keeps_ends():
    closed = rounded(SQUARE, closed=True, radius=0.5)
    assert np.hypot(*closed.T).max() < 2**0.5
    path = rounded(np.array([(0, 0), (1, 0), (1, 1)], dtype=float))
    assert path[0].tolist() == [0, 0] and path[-1].tolist() == [1, 1]
    assert [1, 0] not in path.tolist()


def test_bend_and_shift_go_left():
    assert route((0, 0), (2, 0), bend=0.3)[12] == pytest.approx([1, 0.3])
    assert route((0, 0), (2, 0), shift=0.1).tolist() == [[0, 0.1], [2, 0.1]]
    assert route((2, 0), (0, 0), shift=0.1).tolist() == [[2, -0.1], [0, -0.1]]


@pytest.mark.parametrize(
    ("way", "side", "place", "ha", "va"),
    [
        ((2, 0), 1, (1, 0.1), "center", "bottom"),
        ((-2, 0), 1, (-1, 0.1), "center", "bottom"),
        ((2, 0), -1, (1, -0.1), "center", "top"),
        ((0, 2), 1, (0.1, 1), "left", "center_baseline"),
        ((0, -2), 1, (0.1, -1), "left", "center_baseline"),
        ((0, 2), -1, (-0.1, 1), "right", "center_baseline"),
    ],
)
def test_words_stand_beside_a_line(way, side, place, ha, va):
    points = np.array([(0, 0), way], dtype=float)
    found, *alignment = beside(points, 0.5, side, 0.1)
    assert found == pytest.approx(place)
    assert alignment == [ha, va]


# ---------------------------------------------------------------- diagrams


def test_arrows_end_at_the_borders():
    d = chain()
    points, boxes = d.lines["x->h"]
    assert boxes == ["x", "h"]
    assert d.outlines["x"][:, 0].max() < points[0, 0] < points[-1, 0]
    assert points[-1, 0] < d.outlines["h"][:, 0].min()
    assert points[0, 1] == points[-1, 1] == pytest.approx(1.1)
    back, _ = d.lines["h->x"]
    assert back[0, 1] == pytest.approx(0.9)


def test_an_arrow_may_return_to_its_box():
    d = diagrams.Diagram((4, 3))
    d.box("h", (2, 1), "h")
    d.arrow("h", "h", via=[(3, 1), (3, 2), (2, 2)])
    points, _ = d.lines["h->h"]
    assert points[0, 0] > d.outlines["h"][:, 0].max()
    assert points[-1, 1] > d.outlines["h"][:, 1].max()


def test_a_box_is_as_large_as_its_text_and_its_shape_stands_below():
    d = diagrams.Diagram((6.4, 2.0))
    d.box("small", (1, 1), "x", shape=(7,))
    d.box("large", (4, 1), "a longer text", shape=torch.zeros(2, 5))
    wide = {n: np.ptp(o[:, 0]) for n, o in d.outlines.items()}
    assert wide["large"] > 1.2 > wide["small"]
    assert d.overlaps() == []
    assert [t.get_text() for _, t in d.texts][1::2] == ["(7,)", "(2, 5)"]


def test_a_tapered_box_is_shorter_on_one_side():
    d = diagrams.Diagram((6.4, 2.0))
    d.box("enc", (1, 1), "", size=(1, 1), taper=0.5)
    d.box("dec", (4, 1), "", size=(1, 1), taper=-0.5)

    def height(name, side):
        x, y = d.outlines[name].T
        return np.ptp(
            y[x > x.max() - 0.05] if side == "right" else y[x < x.min() + 0.05]
        )

    assert height("enc", "right") < 0.6 * height("enc", "left")
    assert height("dec", "left") < 0.6 * height("dec", "right")


def test_cells_are_boxes_with_row_0_on_top():
    d = diagrams.Diagram((6.4, 3.0))
    d.cells("Q", (1, 2.5), [[0.5, 1.0], [2, "up"]], color=[["muted"] * 2, ["data"] * 2])
    assert [t.get_text() for _, t in d.texts] == ["$0.50$", "$1.00$", "2", "up"]
    assert d.outlines["Q[0,0]"].mean(0)[1] > d.outlines["Q[1,0]"].mean(0)[1]
    assert d.outlines["Q[0,0]"].max(0)[1] == pytest.approx(2.5)
    d.box("y", (4, 1.5), "y")
    d.arrow("Q[0,1]", "y")
    assert d.overlaps() == []


def test_light_leaves_the_rest_faint():
    d = chain(step=2)
    full = {n for n, artists in d.parts.items() if artists[0].get_alpha() == 1}
    assert full == {"h->x", "h", "x"}
    d.cells("v", (5, 1.9), [[1, 2]], size=(0.5, 0.4))
    d.light(["v"])
    full = {n for n, artists in d.parts.items() if artists[0].get_alpha() == 1}
    assert full == {"v[0,0]", "v[0,1]"}
    d.light([])
    assert all(a.get_alpha() < 0.5 for artists in d.parts.values() for a in artists)


def test_a_frame_lies_behind_its_boxes():
    d = chain()
    d.frame(["x", "h"], "one layer")
    ground = d.ax.patches[-1]
    low, high = ground.get_xy().min(0), ground.get_xy().max(0)
    for name in ("x", "h"):
        assert (d.outlines[name].min(0) > low).all()
        assert (d.outlines[name].max(0) < high).all()
    assert ground.get_zorder() < min(a.get_zorder() for a in d.parts["x"])


def test_overlaps_names_what_lies_on_what():
    d = chain()
    assert d.overlaps() == []
    d.box("near", (3.3, 1), "z")
    d.note((1, 1), "a note")
    d.box("tight", (5.2, 0.4), "many words", size=(0.4, 0.4))
    d.arrow((0.2, 1), (2.2, 1), name="through")
    d.note((6.3, 1.8), "over the edge")
    found = "\n".join(d.overlaps())
    assert "box 'near' lies on box 'h'" in found
    assert "text 'a note' of 'a note' lies on box 'x'" in found
    assert "text 'many words' is larger than its box 'tight'" in found
    assert "arrow 'through' crosses box 'x'" in found
    assert "text 'over the edge' leaves the figure" in found


def luminance(color):
    rgb = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ (0.2126, 0.7152, 0.0722)


@pytest.mark.parametrize("role", COLOR)
def test_text_can_be_read_and_lines_seen(role):
    fill = luminance(mix(COLOR[role], 0.1))
    assert (fill + 0.05) / (luminance(ink(role, "text")) + 0.05) >= 4.5
    assert (fill + 0.05) / (luminance(COLOR[role]) + 0.05) >= 3


def test_show_and_explore_take_a_diagram(monkeypatch):
    shown = []
    monkeypatch.setattr(
        IPython.display, "display", lambda data, **_: shown.append(data)
    )
    show(chain().fig, alt="two boxes, an arrow there and one back")
    assert base64.b64decode(shown[0]["image/png"])[:4] == b"\x89PNG"

    def draw(step=1):
        """Two boxes, an arrow there and then one back."""
        chain(step)

    monkeypatch.setenv("D2LUTIL_EXPLORE", "stored")
    explore(draw, step=(1, 2, 1), play="step")
    page = shown[1]["text/html"]
    assert "d2l-explore" in page
    assert len(gzip.compress(page.encode())) < 30_000
    assert not plt.get_fignums()


# ---------------------------------------------------------------- errors


def refuse(message, method, *arguments, **options):
    d = chain()
    with pytest.raises(ValueError, match=message):
        getattr(d, method)(*arguments, **options)


def test_errors_name_what_was_wrong():
    refuse(
        "'x->hh': there is no box 'hh'; did you mean 'h'.*'x', 'h', 'add'",
        "arrow", "x", "hh",
    )  # fmt: skip
    refuse("two parts are named 'x'; rename one", "box", "x", (5, 0.4), "x")
    refuse("two parts are named 'x->h'", "arrow", "x", "h")
    refuse("two parts are named 'h'", "circle", "h", (5, 0.4))
    refuse("'y': color 'stat' is no role; did you mean 'state'", "note", (1, 1), "y",
           color="stat")  # fmt: skip
    refuse(
        "box 'y' leaves the figure: it reaches from .*6.7", "box", "y", (6.4, 1), "y"
    )
    refuse("light: 'x->y' is not drawn; did you mean 'x->h'", "light", ["x->y"])
    refuse("'frame': there is no box 'z'", "frame", ["x", "z"])
    refuse("'Q': give rows of equal length", "cells", "Q", (1, 1), [[1, 2], [3]])


def test_boxes_that_touch_leave_no_room_for_an_arrow():
    d = chain()
    for name, x in (("on", 3.1), ("near", 3.66)):
        d.box(name, (x, 1), "z")
        with pytest.raises(ValueError, match=f"arrow 'h->{name}': no room"):
            d.arrow("h", name)


def test_long_lists_of_names_are_cut_short():
    d = diagrams.Diagram((6.4, 3))
    d.cells("Q", (0.1, 2.9), [[0] * 5] * 5)
    with pytest.raises(ValueError, match="and others$"):
        d.arrow("nowhere", "Q[0,0]")


# ---------------------------------------------------------------- shapes


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.Dropout(0.5))
        self.norm = torch.nn.BatchNorm1d(5)
        self.rnn = torch.nn.LSTM(5, 3, batch_first=True)
        self.unused = torch.nn.Linear(1, 1)

    def forward(self, x):
        noise = torch.randn(x.shape[0], 5)
        out, _ = self.rnn((self.norm(self.encoder(x)) + noise)[:, None])
        return {"out": out}


def test_shapes_come_from_a_forward_pass():
    net = Net()
    before = [p.clone() for p in net.state_dict().values()]
    stream = torch.get_rng_state()
    found = diagrams.shapes(net, torch.randn(4, 6, generator=torch.Generator()))
    assert found == {
        "encoder.0": (4, 5),
        "encoder.1": (4, 5),
        "encoder": (4, 5),
        "norm": (4, 5),
        "rnn": ((4, 1, 3), ((1, 4, 3), (1, 4, 3))),
        "output": None,
    }
    assert all(torch.equal(a, b) for a, b in zip(before, net.state_dict().values()))
    assert torch.equal(stream, torch.get_rng_state())
    assert net.training and net.norm.training


def test_a_pass_that_fails_leaves_the_mode():
    net = torch.nn.Linear(3, 2).eval()
    with pytest.raises(RuntimeError):
        diagrams.shapes(net, torch.zeros(1, 4))
    assert not net.training


# ---------------------------------------------------------------- grid worlds


def test_lake_shows_values_policy_and_path():
    policy = torch.zeros(16, 4)
    policy[:, 2] = 1
    policy[0] = torch.tensor([0, 0.5, 0.5, 0])
    values = torch.arange(16) / 10
    values[1] = torch.nan
    fig = diagrams.lake(ROWS, values, policy, path=[0, 4, 8])
    (ax,) = fig.axes
    words = [t.get_text() for t in ax.texts]
    assert words.count("hole") == 4 and words.count("goal") == 1 and "start" in words
    assert "0.20" in words and "nan" not in words and "0.50" not in words
    (arrows,) = [c for c in ax.collections if hasattr(c, "U")]
    assert len(arrows.U) == 10 + 2
    assert (np.asarray(arrows.V) >= 0).all()  # down is along the rows
    assert ax.lines[0].get_xydata().tolist() == [[0, 0], [0, 1], [0, 2]]


def test_lake_without_values_is_a_map_and_takes_axes():
    _, axes = plt.subplots(1, 2)
    diagrams.lake(["SFG", "CCC"], ax=axes[0])
    assert [t.get_text() for t in axes[0].texts] == ["start", "goal"] + ["cliff"] * 3
    fig = diagrams.lake(["SF"], [1, 2], numbers=None, ax=axes[1], vmin=0, vmax=9)
    assert fig is axes[1].figure
    assert axes[1].images[0].get_clim() == (0, 9)
    assert len(axes[1].texts) == 1


def test_lake_reads_other_orders_of_actions():
    fig = diagrams.lake(["SF"], policy=[[1, 0, 0, 0], [0, 1, 0, 0]], actions="urdl")
    (arrows,) = [c for c in fig.axes[0].collections if hasattr(c, "U")]
    assert arrows.V[0] < 0 < arrows.U[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rows": ["SF", "F"]}, r"the rows have lengths \[2, 1\]"),
        ({"rows": ["SX"]}, "unknown tiles X; known are S F H C G"),
        ({"values": [1, 2]}, r"values has shape \(2,\); this map needs \(16,\) or"),
        ({"policy": torch.zeros(16)}, r"policy has shape \(16,\); .* needs \(16, 4\)"),
        ({"path": [0, 16]}, r"the path \[0, 16\] leaves the states 0 to 15"),
    ],
)
def test_lake_says_what_does_not_fit(options, message):
    with pytest.raises(ValueError, match=message):
        diagrams.lake(**{"rows": ROWS, **options})

"""An interactive figure in a live kernel: widgets, and a picture drawn at each move."""

from __future__ import annotations

import html
import io
from dataclasses import replace

import numpy as np

from . import sheet
from .ask import verdict
from .controls import Control, short
from .figure import Figure
from .frames import guarded, paint
from .pad import draw_pad, place
from .stored import asset, caption_html
from .svg import data_url

SPEEDS = (0.5, 1, 2, 4)
REDRAW = 0.1  # seconds; what plays faster skips values


def show_live(figure: Figure) -> None:
    with guarded(figure, figure.first(), strict=False):  # its error is the call's
        first = picture_html(figure, figure.first())
    from IPython import get_ipython
    from IPython.display import display

    shell = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return  # a plain script: nobody could move anything
    try:
        import ipywidgets  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "explore: sliders in a live notebook need ipywidgets; install it with "
            "`pip install ipywidgets` and restart the kernel"
        ) from error
    display(panel(figure, first))


def panel(figure: Figure, first: str):
    """The question if there is one, the controls and the picture, connected."""
    import ipywidgets as w

    picture = w.HTML(value=first)
    wide = f"{max(len(c.label) for c in figure.controls) * 0.6 + 1:.0f}em"
    inputs = [_widget(c, wide) for c in figure.controls]
    reset = w.Button(description="Reset", layout=w.Layout(width="auto"))
    buttons = [reset]
    if figure.play:
        buttons = [*_play(figure, inputs[figure.controls.index(figure.play)]), reset]
    shown = [figure.first()]

    def redraw(_):
        setting = {c.name: i.value for c, i in zip(figure.controls, inputs)}
        if setting != shown[0]:
            shown[0] = setting
            picture.value = picture_or_error(figure, setting)

    def back(_):
        for c, i in zip(figure.controls, inputs):
            i.value = c.values[c.start]

    for i in inputs:
        i.observe(redraw, "value")
    reset.on_click(back)
    row = w.Layout(display="flex", flex_flow="row wrap", align_items="center")
    bar = w.Box([w.VBox(inputs), w.Box(buttons, layout=row)], layout=row)
    if figure.ask is None:
        return w.VBox([bar, picture])
    return w.VBox([_question(figure.ask, bar), bar, picture])


def show_overlay(figure) -> None:
    """The names of an `Overlay`'s curves, sliders of those that are checked, and it."""
    from IPython import get_ipython
    from IPython.display import display

    figure.picture(figure.first())  # its error is the call's
    shell = get_ipython()
    if shell is not None and hasattr(shell, "kernel"):
        display(overlay_panel(figure))


def overlay_panel(figure):
    import ipywidgets as w

    picture, boxes, sliders = w.HTML(), {}, {}
    for curve in figure.curves:
        name, parts = curve.name, curve.controls
        boxes[name] = w.Checkbox(
            value=name in figure.shown,
            description=name,
            indent=False,
            layout=w.Layout(width="auto"),
        )
        wide = f"{max((len(name + c.label) for c in parts), default=0) * 0.6 + 2:.0f}em"
        sliders[name] = {
            c.name: _widget(replace(c, label=f"{name}: {c.label}"), wide) for c in parts
        }
    rows = w.VBox()

    def redraw(_=None):
        checked = [c for c in figure.curves if boxes[c.name].value]
        rows.children = [s for c in checked for s in sliders[c.name].values()]
        setting = {
            c.name: c.first() | {n: s.value for n, s in sliders[c.name].items()}
            for c in checked
        }
        shown = data_url("png", png_of(figure.picture(setting)))
        alt = html.escape(f"{figure.alt} ({', '.join(setting)})")
        picture.value = (
            f'<div class="d2l-explore"><style>{asset("explore.css")}</style>'
            f'<img alt="{alt}" width="{72 * figure.figsize[0]:.0f}" src="{shown}">'
            f"{caption_html(figure.caption)}</div>"
        )

    for i in [
        *boxes.values(),
        *(s for part in sliders.values() for s in part.values()),
    ]:
        i.observe(redraw, "value")
    redraw()
    flow = w.Layout(display="flex", flex_flow="row wrap")
    return w.VBox([w.Box(list(boxes.values()), layout=flow), rows, picture])


def png_of(fig) -> bytes:
    raw = io.BytesIO()
    fig.savefig(raw, format="png", dpi=144, pil_kwargs={"compress_level": 1})
    return raw.getvalue()


def _widget(c: Control, wide: str):
    import ipywidgets as w

    style = {"description_width": wide}
    if c.kind == "check":
        return w.Checkbox(value=bool(c.start), description=c.label, indent=False)
    options, value = list(zip(c.texts, c.values)), c.values[c.start]
    kind = w.ToggleButtons if c.is_short else w.Dropdown
    layout = w.Layout(max_width="100%")
    if c.kind == "slider":
        kind, layout.width = w.SelectionSlider, "28em"
    return kind(
        options=options, value=value, description=c.label, style=style, layout=layout
    )


def _play(figure: Figure, slider) -> list:
    """Play, pause, loop and speed, connected to a slider."""
    import ipywidgets as w

    n = len(figure.play.values)
    pace = figure.times(range(n))[-1] / (n - 1)  # seconds from value to value
    player = w.Play(
        value=figure.play.start, min=0, max=n - 1, show_repeat=True, repeat=False
    )
    speed = w.Dropdown(
        options=[(f"{s:g}×", s) for s in SPEEDS],
        value=1,
        layout=w.Layout(width="5em"),
        tooltip="Speed",
    )

    def set_pace(_=None):
        step = max(1, round(REDRAW * speed.value / pace))
        player.step, player.interval = step, round(1000 * step * pace / speed.value)

    set_pace()
    speed.observe(set_pace, "value")
    w.jslink((player, "value"), (slider, "index"))
    return [player, speed]


def _question(ask: dict, bar):
    """Asks for a guess; the controls show when it is made."""
    import ipywidgets as w

    bar.layout.display = "none"
    question = w.HTML(value=f"<b>{html.escape(ask['question'])}</b>")
    if "options" in ask:
        wide = w.Layout(width="auto")
        guess = w.RadioButtons(options=ask["options"], value=None, layout=wide)
    else:
        guess = w.Text(placeholder="Your guess")
    small = w.Layout(width="auto", align_self="flex-start")
    button = w.Button(description="Show me", layout=small)
    said = w.HTML()

    def reveal(_):
        said.value = f'<p role="status">{html.escape(verdict(ask, guess.value))}</p>'
        bar.layout.display = "flex"
        button.layout.display = "none"
        guess.layout.display = "none"

    button.on_click(reveal)
    return w.VBox([question, guess, button, said])


def picture_or_error(figure: Figure, setting: dict) -> str:
    """The picture; if draw fails, what failed, until the next move."""
    try:
        with guarded(figure, setting, strict=False):
            return picture_html(figure, setting)
    except ValueError as error:
        style = "color:#c0392b;white-space:pre-wrap"
        return f'<pre role="alert" style="{style}">{html.escape(str(error))}</pre>'


def picture_html(figure: Figure, setting: dict) -> str:
    """The picture at a setting. Call it within `guarded`."""
    drawn = paint(figure, setting)
    classes = "d2l-explore" + (" d2l-photo" if figure.photo else "")
    if isinstance(drawn, np.ndarray):
        classes = "d2l-explore " + sheet.classes(figure)
        width, _ = sheet.shown_size(figure, drawn)
        source = sheet.image_url(drawn)
    else:
        width = round(72 * float(drawn.get_size_inches()[0]))
        source = data_url("png", png_of(drawn))
    now = ", ".join(
        f"{figure.control(n).label}: {short(v)}" for n, v in setting.items()
    )
    alt = html.escape(f"{figure.alt} ({now})")
    style = f"<style>{asset('explore.css')}</style>"
    image = f'<img alt="{alt}" width="{width}" src="{source}">'
    if figure.square:
        image = f'<div class="d2l-stage">{_square_html(figure, setting)}{image}</div>'
    return f'<div class="{classes}">{style}{image}{caption_html(figure.caption)}</div>'


def _square_html(figure: Figure, setting: dict) -> str:
    """Where the point is; the sliders move it."""
    across, up = (place(c, setting[c.name]) for c in figure.square)
    return (
        '<div class="d2l-square"><div class="d2l-pad" style="pointer-events:none">'
        f'<img alt="" src="{draw_pad(figure)}"><div class="d2l-dot" '
        f'style="left:{across:.1%};bottom:{up:.1%}"></div></div></div>'
    )

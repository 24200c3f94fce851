"""matplotlib's SVG, made small: a frame is a few hundred short lines.

Coordinates are rounded to hundredths of a point, paths are relative, unused ids go.
All frames are stored together: each distinct line once, and a frame as a list of the
numbers of its lines, deflated.
"""

from __future__ import annotations

import base64
import io
import re
import zlib

_PATH = re.compile(r'(?<=\sd=")[^"]*(?=")')
_TRANSLATE = re.compile(r"translate\((-?[\d.]+) (-?[\d.]+)\)")
_ATTRIBUTE = re.compile(r'(?<=\s)(x|y)="(-?[\d.]+(?:e-?\d+)?)"')
_ID = re.compile(r'\sid="([^"]*)"')
_COMMENT = re.compile(r"(<!--.*?-->)", re.DOTALL)  # holds the words of a text
_IMAGE = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=\s]+)")
_COMMANDS = {"M": 2, "L": 2, "Q": 4, "C": 6, "z": 0}

MAX_PIXELS = 600 * 600


def svg_of(fig, photo: bool) -> str:
    """A matplotlib figure as reduced SVG, one element a line."""
    import matplotlib

    raw = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "d2lutil", "svg.fonttype": "path"}):
        fig.savefig(raw, format="svg", metadata={"Date": None, "Creator": None})
    return reduce(raw.getvalue(), photo)


def reduce(svg: str, photo: bool) -> str:
    """The same picture in fewer bytes."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg))
    parts = _COMMENT.split(svg)
    parts[::2] = [_reduce_elements(part, used) for part in parts[::2]]
    svg = _IMAGE.sub(lambda m: small_image(m[1], photo), "".join(parts))
    return "\n".join(line for line in map(str.strip, svg.splitlines()) if line)


def _reduce_elements(svg: str, used: set[str]) -> str:
    svg = _PATH.sub(lambda m: short_path(m[0]), svg)
    svg = _ATTRIBUTE.sub(lambda m: f'{m[1]}="{_digits(float(m[2]))}"', svg)
    # Never the numbers of scale(): rounded to 0 they would make all text vanish.
    svg = _TRANSLATE.sub(
        lambda m: f"translate({_digits(float(m[1]))} {_digits(float(m[2]))})", svg
    )
    return _ID.sub(lambda m: m[0] if m[1] in used else "", svg)


def _digits(value: float) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def short_path(d: str) -> str:
    """The same path in hundredths of a point, with relative steps: half as long.

    Each step is the difference of rounded places, so that errors do not add up.
    """
    out, tokens = [], d.split()
    here = start = (0, 0)
    last, i = "", 0
    while i < len(tokens):
        command = tokens[i]
        count = _COMMANDS[command]
        places = [round(100 * float(t)) for t in tokens[i + 1 : i + 1 + count]]
        i += 1 + count
        if command == "z":
            out.append("z")
            here, last = start, command
            continue
        same = command != "M" and command == last
        base = (0, 0) if command == "M" else here
        if not same:
            out.append(command if command == "M" else command.lower())
        for k, value in enumerate(places):
            text = _hundredths(value - base[k % 2])
            joins = text[0] == "-" or out[-1][-1].isalpha()
            out.append(text if joins else " " + text)
        here, last = tuple(places[-2:]), command
        start = here if command == "M" else start
    return "".join(out)


def _hundredths(value: int) -> str:
    text = _digits(value / 100)
    return re.sub(r"^(-?)0\.", r"\1.", text)


def small_image(text: str, photo: bool) -> str:
    """An image as a data URL: a palette of 256 colors, photographs as WebP."""
    from PIL import Image

    image = Image.open(io.BytesIO(base64.b64decode(text))).convert("RGBA")
    if image.width * image.height > MAX_PIXELS:
        raise ValueError(
            f"an image of {image.width} x {image.height} pixels; "
            "show at most about 300 x 300"
        )
    opaque = image.getextrema()[3][0] == 255
    plain = image.convert("RGB") if opaque else image
    colors = plain.getcolors(256)
    best = io.BytesIO()
    if colors is not None and opaque:
        palette = sorted(color for _, color in colors)
        place = {color: i for i, color in enumerate(palette)}
        data = plain.tobytes()
        pixels = zip(data[0::3], data[1::3], data[2::3])
        small = Image.frombytes("P", image.size, bytes(place[p] for p in pixels))
        small.putpalette([part for color in palette for part in color])
        small.save(best, format="PNG", optimize=True)
    elif opaque and not photo:
        small = plain.quantize(256, dither=Image.Dither.NONE)
        small.save(best, format="PNG", optimize=True)
    else:
        image.save(best, format="PNG", optimize=True)
    kind, data = "png", best.getvalue()
    if photo and opaque:
        lossy = io.BytesIO()
        plain.save(lossy, format="WEBP", quality=80, method=6)
        if len(lossy.getvalue()) < len(data):
            kind, data = "webp", lossy.getvalue()
    return data_url(kind, data)


def data_url(kind: str, data: bytes) -> str:
    return f"data:image/{kind};base64," + base64.b64encode(data).decode()


def address(svg: str) -> str:
    """An SVG picture as a data URL."""
    return data_url("svg+xml", svg.encode())


def pack(frames: list[str]) -> str:
    """All frames in one text: their distinct lines, an empty line, then each frame."""
    number_of: dict[str, int] = {}
    orders = []
    for frame in frames:
        numbers = (number_of.setdefault(s, len(number_of)) for s in frame.split("\n"))
        orders.append(" ".join(map(str, numbers)))
    text = "\n".join(number_of) + "\n\n" + "\n".join(orders)
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()

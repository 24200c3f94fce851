"""Images instead of figures: all frames side by side in one sheet."""

from __future__ import annotations

import io
import math

import numpy as np

from .svg import data_url

WIDTH = 224  # about, of an image on the page, in pixels
MAX_SIDE = 16_000  # of a sheet, in pixels; WebP ends at 16,383


def shown_size(figure, image: np.ndarray) -> tuple[int, int]:
    """Width and height on the page: whole pixels become whole squares."""
    high, wide = image.shape[:2]
    if figure.figsize is not None:
        width = round(72 * figure.figsize[0])
    else:
        width = wide * max(1, round(WIDTH / wide))
    return width, round(width * high / wide)


def classes(figure) -> str:
    return "d2l-photo d2l-images" + ("" if figure.smooth else " d2l-pixels")


def image_url(image: np.ndarray) -> str:
    from PIL import Image

    raw = io.BytesIO()
    Image.fromarray(image).save(raw, format="PNG", optimize=True)
    return data_url("png", raw.getvalue())


def pack(images: list[np.ndarray], smooth: bool) -> dict:
    """The sheet as a data URL, and a tile of it as [width, height, columns]."""
    high, wide = images[0].shape[:2]
    columns = math.ceil(math.sqrt(len(images) * high / wide))
    columns = max(1, min(columns, len(images), MAX_SIDE // wide))
    rows = math.ceil(len(images) / columns)
    if rows * high > MAX_SIDE:
        raise ValueError(
            f"explore: {len(images)} images of {wide} x {high} pixels are more than a "
            "sheet holds; name fewer stops, or make the images smaller"
        )
    sheet = np.zeros((rows * high, columns * wide, *images[0].shape[2:]), np.uint8)
    for i, image in enumerate(images):
        top, left = i // columns * high, i % columns * wide
        sheet[top : top + high, left : left + wide] = image
    return {"sheet": small_url(sheet, smooth), "tile": [wide, high, columns]}


def small_url(pixels: np.ndarray, smooth: bool) -> str:
    """WebP, exact unless that is much larger.

    Colors are always exact, but for smooth images: WebP halves their resolution, which
    would blur the cells of a grid.
    """
    from PIL import Image

    image, exact, lossy = Image.fromarray(pixels), io.BytesIO(), io.BytesIO()
    image.save(exact, format="WEBP", lossless=True, quality=100, method=6)
    data = exact.getvalue()
    if smooth or pixels.ndim == 2:
        image.save(lossy, format="WEBP", quality=90, method=6)
        if len(lossy.getvalue()) < 0.6 * len(data):
            data = lossy.getvalue()
    return data_url("webp", data)

"""The frames of a stored figure, each drawn once."""

from __future__ import annotations

import numpy as np

from . import svg
from .figure import Figure
from .frames import guarded, paint


class Film:
    """The frames of a figure that have been drawn, by setting."""

    def __init__(self, figure: Figure):
        self.figure = figure
        self.frames: dict[tuple, str | np.ndarray] = {}
        self.shape: tuple = ()  # of a frame: inches of a figure, pixels of an image
        self.first = self.frame(figure.first())
        self.is_images = isinstance(self.first, np.ndarray)

    def frame(self, setting: dict) -> str | np.ndarray:
        key = tuple(setting.values())
        if key not in self.frames:
            self.frames[key] = self.draw(setting)
        return self.frames[key]

    def draw(self, setting: dict) -> str | np.ndarray:
        """A frame as reduced SVG, or as an image, seen to have the first one's size."""
        figure = self.figure
        with guarded(figure, setting):
            drawn = paint(figure, setting)
            if isinstance(drawn, np.ndarray):
                shape, frame = ("pixels", *drawn.shape), drawn
            else:
                inches = (round(float(side), 3) for side in drawn.get_size_inches())
                shape = "inches", *inches
                frame = svg.svg_of(drawn, figure.photo)
        self.shape = self.shape or shape
        if shape != self.shape:
            raise ValueError(
                f"explore: {figure.name} makes a figure of {_size(shape)} at "
                f"{figure.at(setting)} and of {_size(self.shape)} at first; "
                "give all frames one size"
            )
        return frame

    def all(self, settings: list[dict]) -> list:
        """These frames; a terminal shows how far drawing is."""
        from tqdm import tqdm

        missing = [s for s in settings if tuple(s.values()) not in self.frames]
        name = f"frames of {self.figure.name}"
        for setting in tqdm(missing, desc=name, leave=False, disable=None):
            self.frame(setting)
        return [self.frame(setting) for setting in settings]

    def draw_again(self) -> None:
        """Drawn twice, a frame must be the same."""
        setting = self.figure.first()
        if not np.array_equal(self.draw(setting), self.first):
            raise ValueError(
                f"explore: {self.figure.name} drew two different figures at "
                f"{self.figure.at(setting)}; seed its random numbers inside, and let "
                "it keep nothing from one call to the next"
            )


def _size(shape: tuple) -> str:
    return f"{' x '.join(map(str, shape[1:]))} {shape[0]}"

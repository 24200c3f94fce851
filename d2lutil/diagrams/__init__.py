"""Diagrams drawn by code, in the book's look.

`Diagram` draws boxes and arrows, `shapes` reads the shapes of a module off a forward pass,
and `lake` draws a grid world with its values and policy.
"""

from .diagram import Diagram
from .lake import lake
from .shapes import shapes

__all__ = ["Diagram", "lake", "shapes"]

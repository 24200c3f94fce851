"""Interactive figures (first, smallest form)."""


def explore(draw, **controls):
    raise NotImplementedError

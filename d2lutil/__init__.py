"""What every page of "Deep Learning, Worked Out" needs and no page teaches.

Numbers
    device()            where pages compute: CUDA where there is one, else the CPU
    seed(0)             set every seed
    timer, best_time    seconds of a block, of the fastest of several calls
    needs("rl")         whether the packages are there that only some pages need

Checks: an equation of the page against a reference
    verify(name, ours=…, torch=…)       two sides are equal
    verify_bound, verify_estimate, verify_differs, verify_effect
    check_yours(function, check)        an exercise tests the function that you wrote
    mark("trigram of counts", bits)     a language model's line in its chapter's table

Figures: matplotlib's, in the book's look
    fig, ax = subplots()                a figure to draw on; then
    show(fig, alt="…", caption="…")     store it with the words that stand for it
    curves, heatmap, image_grid, contour_paths      kinds of figure that recur
    explore(draw, beta=(0, 0.99, 0.01))             a figure that the reader moves
    overlay({"sine": (sine, {"k": (1, 9, 1)})}, …)  curves that the reader lays over

Modules, loaded when they are first used
    d2lutil.data        data sets that need no network, and batches of rows
    d2lutil.text        words, vocabularies, windows of a text
    d2lutil.training    fit, the training loop
    d2lutil.diagrams    boxes and arrows

`help(d2lutil.show)` says more of each. Importing d2lutil sets torch to one thread; the
environment variable D2LUTIL_THREADS asks for more, D2LUTIL_DEVICE for another device.
"""

import importlib

from .checks import (
    VerificationError,
    check_yours,
    mark,
    verify,
    verify_bound,
    verify_differs,
    verify_effect,
    verify_estimate,
)
from .devices import best_time, device, limit_threads, seed, synchronize, timer
from .extras import needs
from .interactive import explore, log_range
from .interactive.overlay import overlay
from .plotting import contour_paths, curves, heatmap, image_grid, show, subplots

__version__ = "0.1.0"
__all__ = [
    "VerificationError",
    "best_time",
    "check_yours",
    "contour_paths",
    "curves",
    "device",
    "explore",
    "heatmap",
    "image_grid",
    "log_range",
    "mark",
    "needs",
    "overlay",
    "seed",
    "show",
    "subplots",
    "synchronize",
    "timer",
    "verify",
    "verify_bound",
    "verify_differs",
    "verify_effect",
    "verify_estimate",
]

#: Modules that `import d2lutil` reaches without loading them.
MODULES = ("data", "diagrams", "text", "training")

limit_threads()


def __getattr__(name: str):
    if name in MODULES:
        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *MODULES, "__version__"])

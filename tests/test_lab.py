"""A stored page in a real JupyterLab: untrusted it shows, trusted it moves, run it has live sliders."""

import json
import os
import re
import secrets
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from browser import launch, missing, watched

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.browser
GUIDE = ROOT / "chapters" / "00-about" / "figures.ipynb"
FIGURE = ".jp-OutputArea .d2l-explore"


def short_page() -> dict:
    """The guide up to its first interactive figure."""
    notebook = json.loads(GUIDE.read_text(encoding="utf-8"))
    for i, cell in enumerate(notebook["cells"]):
        if "explore(" in "".join(cell["source"]) and cell["cell_type"] == "code":
            notebook["cells"] = notebook["cells"][: i + 1]
            return notebook
    raise AssertionError(f"{GUIDE} has no interactive figure")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="module")
def environment(folder):
    """Settings, trust and kernels' connection files of nobody's, in a folder of their own."""
    keep = {
        k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "D2LUTIL"))
    }
    own = {
        f"JUPYTER_{part.upper()}_DIR": str(folder / part)
        for part in ("data", "config", "runtime")
    }
    return {
        **keep,
        **own,
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }


@pytest.fixture(scope="module")
def lab(folder, environment):
    """The address of a running JupyterLab whose root holds the page."""
    pytest.importorskip("jupyterlab", reason="JupyterLab is not installed")
    root = folder / "root"
    root.mkdir()
    (root / "page.ipynb").write_text(json.dumps(short_page()), encoding="utf-8")
    token = secrets.token_hex(8)
    log = (folder / "log").open("w+", encoding="utf-8")
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "jupyterlab",
            "--no-browser",
            "--allow-root",
            "--ServerApp.ip=127.0.0.1",
            "--ServerApp.port=0",
            f"--IdentityProvider.token={token}",
            f"--ServerApp.root_dir={root}",
            "--LabApp.expose_app_in_browser=True",
            "--LabApp.news_url=",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            "--LabApp.extension_manager=readonly",
        ],
        env=environment,
        stdout=log,
        stderr=log,
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            text = (folder / "log").read_text(encoding="utf-8")
            found = re.search(r"http://127\.0\.0\.1:(\d+)/lab", text)
            if found:
                break
            if server.poll() is not None or time.monotonic() > deadline:
                missing(f"JupyterLab did not start: {text[-1500:]}")
            time.sleep(0.2)
        base = f"http://127.0.0.1:{found[1]}"
        urllib.request.urlopen(f"{base}/api?token={token}").read()
        yield f"{base}/lab/tree/page.ipynb?token={token}&reset"
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
        log.close()


@pytest.fixture(scope="module")
def browser():
    with launch() as chromium:
        yield chromium


def open_page(page, address):
    page.goto(address)
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    page.wait_for_selector(FIGURE, timeout=30_000)
    page.locator(FIGURE).scroll_into_view_if_needed()


def image_of(page):
    image = page.locator(f"{FIGURE} img:visible")
    image.wait_for(timeout=10_000)
    page.wait_for_function("e => e.complete", arg=image.element_handle())
    return image


def test_untrusted_the_first_frame_shows_and_no_script_runs(lab, browser):
    with watched(browser) as page:
        open_page(page, lab)
        image = image_of(page)
        assert image.evaluate("e => e.naturalWidth") > 100
        assert image.bounding_box()["width"] > 100
        assert "learning-rate schedules" in image.get_attribute("alt")
        page.wait_for_timeout(500)
        assert (
            page.locator(f"{FIGURE} input, {FIGURE} select, {FIGURE} button").count()
            == 0
        )
        assert page.locator(FIGURE).get_attribute("data-ready") is None


def test_trusted_the_stored_figure_moves(lab, browser, folder, environment):
    subprocess.run(
        [sys.executable, "-m", "jupyter", "trust", str(folder / "root" / "page.ipynb")],
        env=environment,
        check=True,
        capture_output=True,
    )
    with watched(browser) as page:
        open_page(page, lab)
        slider = page.locator(f'{FIGURE} input[type="range"]').first
        slider.wait_for(timeout=10_000)
        before = image_of(page).get_attribute("src")
        selected = page.locator(".jp-Notebook .jp-mod-active").count()
        slider.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function(
            "e => e.dataset.frame", arg=page.locator(FIGURE).element_handle()
        )
        assert image_of(page).get_attribute("src") != before
        assert slider.get_attribute("aria-valuetext") == "200"
        assert page.evaluate("document.activeElement.type") == "range", (
            "the notebook took the key away"
        )
        assert page.locator(".jp-Notebook .jp-mod-active").count() == selected


def test_running_the_page_replaces_it_by_live_sliders(lab, browser, capsys):
    with watched(browser, viewport={"width": 1200, "height": 1000}) as page:
        open_page(page, lab)
        page.wait_for_function(
            """() => { const panel = window.jupyterapp.shell.currentWidget;
            return panel.sessionContext.session?.kernel?.status === 'idle'; }""",
            timeout=60_000,
        )
        page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
        live = page.locator(".jp-OutputArea .widget-box img")
        live.wait_for(timeout=60_000)
        assert page.locator("input[type='range']").count() == 0, (
            "the stored figure still stands there"
        )
        sliders = page.locator(
            ".jp-OutputArea .widget-slider [role='slider'], .jp-OutputArea .noUi-handle"
        )
        assert sliders.count() == 2
        assert "warmup: 100" in live.get_attribute("alt")

        sliders.first.focus()
        start = time.monotonic()
        page.keyboard.press("ArrowRight")
        wait_for_alt(page, "warmup: 110")
        with capsys.disabled():
            print(
                f"\n  a live move in JupyterLab takes {1000 * (time.monotonic() - start):.0f} ms",
                end=" ",
            )
        for _ in range(12):  # as quick as it goes: what is shown at last is the last
            page.keyboard.press("ArrowRight")
        wait_for_alt(page, "warmup: 230")
        page.get_by_role("button", name="Reset").click()
        wait_for_alt(page, "warmup: 100")
        page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")


def wait_for_alt(page, text):
    page.wait_for_function(
        """t => document.querySelector('.jp-OutputArea .widget-box img')?.alt.includes(t)""",
        arg=text,
        timeout=15_000,
    )

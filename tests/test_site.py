"""The built site: links, weight and indexes from its files; its pages in a browser.

The site is built here if anything changed, and a second one with a made-up page. `--page` visits one page in the browser, `--sample=COMMIT` some of each
kind, and with `--since=COMMIT` those that differ from it; else all are visited.
"""

import copy
import functools
import gzip
import http.server
import importlib.util
import random
import re
import subprocess
import sys
import threading
import urllib.parse
import zipfile
from pathlib import Path

import pytest
import synthetic
from browser import launch, missing, watched

from book import model
from book.site import build

ROOT = model.ROOT
HTML = build.HTML
MAX_OWN, MAX_FIRST_VISIT = 300_000, 1_000_000  # bytes, gzipped
MAX_COVER = 400_000  # of a first visit to the cover


def every_path() -> list[str]:
    """The site's pages by their path, the book's own first."""
    own = [f"{name}.html" for name in ("index", "search", "genindex")]
    chapters = [f"{c.docname}.html" for c in model.plan() if c.written]
    pages = [f"{p.docname}.html" for p in model.planned_pages().values() if p.written]
    return [*own, *chapters, *pages]


def visited(config) -> list[str]:
    """The paths that the browser visits."""
    paths = every_path()
    wanted = [
        Path(page).with_suffix(".html").as_posix()
        for page in config.getoption("--page")
    ]
    if wanted:
        return [path for path in paths if any(page.endswith(path) for page in wanted)]
    commit = config.getoption("--sample")
    if not commit:
        return paths
    kinds = {}
    for planned in model.planned_pages().values():
        if planned.written:
            kinds.setdefault(planned.kind, []).append(f"{planned.docname}.html")
    kinds["chapter"] = [f"{c.docname}.html" for c in model.plan() if c.written]
    draw = random.Random(commit)
    chosen = {"index.html", "search.html"}
    for kind, some in sorted(kinds.items()):
        chosen |= set(draw.sample(some, min(len(some), 3 if kind == "lesson" else 1)))
    chosen |= {f"chapters/00-about/{name}.html" for name in ("equations", "traps")}
    since = config.getoption("--since")
    if since:
        run = ["git", "diff", "--name-only", since, "--", "chapters"]
        done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True)
        changed = (Path(name).with_suffix(".html") for name in done.stdout.split())
        chosen |= {path.as_posix() for path in changed}
    return [path for path in paths if path in chosen]


def pytest_generate_tests(metafunc):
    if "visit" in metafunc.fixturenames:
        metafunc.parametrize("visit", visited(metafunc.config))


class Pages(dict):
    """{path: parsed HTML}, which a failing test does not print whole."""

    def __repr__(self):
        return f"<{len(self)} pages>"


def built(root: Path) -> Path:
    """Build the site of a tree; the folder it lies in."""
    if importlib.util.find_spec("jupyter_book") is None:
        missing("the site's tools are not installed: make site installs them")
    run = [sys.executable, "-m", "book.site.build"]
    done = subprocess.run(run, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"the site does not build:\n{done.stdout}{done.stderr}"
    return root / "_build" / "html"


def parsed(path: Path):
    from bs4 import BeautifulSoup

    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="module")
def site():
    """{path relative to the site: its parsed HTML} for every page."""
    built(ROOT)
    return Pages((path, parsed(HTML / path)) for path in every_path())


@pytest.fixture(scope="module")
def second(tmp_path_factory):
    """The folder of a site with one made-up page."""
    folder = tmp_path_factory.mktemp("second")
    return built(synthetic.with_made_up(folder, alone=True))


@pytest.fixture(scope="module")
def lesson(second):
    """The made-up page, parsed."""
    return parsed(second / "chapters" / f"{synthetic.PAGE}.html")


@functools.cache
def packed(path: Path) -> int:
    """The size of a file as a server sends it."""
    content = path.read_bytes()
    if path.suffix in (".png", ".woff", ".woff2", ".jpeg"):
        return len(content)
    return len(gzip.compress(content, 9))


def target(path: str, link: str) -> tuple[str, str]:
    """The file and the anchor that a link on a page leads to, from the site's top."""
    parts = urllib.parse.urlsplit(link)
    own = urllib.parse.unquote(parts.path) or f"/{path}"
    file = urllib.parse.urljoin(f"https://site/{path}", own).removeprefix(
        "https://site/"
    )
    file = file + "index.html" if file.endswith("/") or not file else file
    return file, urllib.parse.unquote(parts.fragment)


def text_of(page):
    """What the page says, without what stands around it."""
    return page.find("article") or page.find("main")


def links(page):
    """(element, attribute's value) of all on the page that names another file."""
    for element in page.find_all(True):
        for attribute in ("href", "src", "action", "poster", "data"):
            if element.get(attribute) and element.name not in ("mjx-container", "base"):
                yield element, element[attribute]


# ---------------------------------------------------------------- from the files


def test_links_and_anchors_resolve(site):
    anchors = {
        path: {e["id"] for e in page.find_all(id=True)} for path, page in site.items()
    }
    wrong = []
    for path, page in site.items():
        for element, link in links(page):
            if re.match(r"(https?:)?//", link):
                if not re.fullmatch(r"https?://[^\s/]+\.[^\s/]+(/\S*)?", link):
                    wrong.append(f"{path}: {link} is not a proper address")
            elif link.startswith("data:"):
                continue
            elif re.match(r"[a-z]+:", link):
                wrong.append(f"{path}: {link} is neither a page nor an address")
            else:
                file, anchor = target(path, link)
                if not (HTML / file).is_file():
                    wrong.append(f"{path}: {link} leads nowhere")
                elif anchor and file in anchors and anchor not in anchors[file]:
                    wrong.append(f"{path}: {link}: {file} has no anchor {anchor}")
    assert not wrong, "\n".join(wrong)


def test_nothing_comes_from_another_host(site):
    wrong = [
        f"{path}: <{element.name}> {link}"
        for path, page in site.items()
        for element, link in links(page)
        if re.match(r"(https?:)?//", link)
        and (
            element.name not in ("a", "form")
            and "canonical" not in element.get("rel", ())
        )
    ]
    for style in HTML.rglob("*.css"):
        wrong += [
            f"{style.relative_to(HTML)}: {found}"
            for found in re.findall(
                r"(?:@import|url\()\s*['\"]?(?:https?:)?//[^)'\"]+",
                style.read_text(encoding="utf-8"),
            )
        ]
    for path, page in site.items():
        for script in page.find_all("script", src=False):
            wrong += [
                f"{path}: a script names {found}"
                for found in re.findall(
                    r"https?://(?!www\.w3\.org)[^\s'\"]+", script.string or ""
                )
            ]
    assert not wrong, "\n".join(wrong)


def test_every_page_is_reached_from_the_cover(site):
    seen, waiting = set(), ["index.html"]
    while waiting:
        path = waiting.pop()
        if path not in seen and path in site:
            seen.add(path)
            article = text_of(site[path])  # the side bar must not be the only way
            waiting += [
                target(path, link)[0]
                for element, link in links(article)
                if element.name == "a" and not re.match(r"[a-z]+:", link)
            ]
    lost = set(site) - seen - {"search.html", "genindex.html"}
    assert not lost, f"no text leads from the cover to {', '.join(sorted(lost))}"


def test_weight(site):
    """Every page's own part, and all that a first visit to it loads, gzipped."""
    fonts = sum(
        packed(
            HTML / "_static/mathjax/output/chtml/fonts/woff-v2" / f"MathJax_{name}.woff"
        )
        for name in (
            "Main-Regular",
            "Math-Italic",
            "Main-Bold",
            "Math-BoldItalic",
            "AMS-Regular",
            "Size1-Regular",
            "Size2-Regular",
            "Size3-Regular",
            "Size4-Regular",
            "Calligraphic-Regular",
            "Zero",
        )
    )
    wrong = []
    for path, page in site.items():
        loaded = {
            target(path, link)[0]
            for element, link in links(page)
            if not link.startswith("data:")
            and (
                element.name in ("script", "img")
                or element.name == "link"
                and {"stylesheet", "icon"} & set(element["rel"])
            )
        }
        own = packed(HTML / path) + sum(
            packed(HTML / file) for file in loaded if file.startswith("_images/")
        )
        shared = sum(
            packed(HTML / file) for file in loaded if not file.startswith("_images/")
        )
        shared += fonts * any("mathjax" in file for file in loaded)
        if own > MAX_OWN:
            wrong.append(f"{path} weighs {own // 1000} KB, more than {MAX_OWN // 1000}")
        if own + shared > (MAX_COVER if path == "index.html" else MAX_FIRST_VISIT):
            wrong.append(f"a first visit to {path} loads {(own + shared) // 1000} KB")
    assert not wrong, "\n".join(wrong)


def test_figures_have_text_and_size(site):
    wrong = []
    for path, page in site.items():
        for image in text_of(page).find_all("img"):
            alt = image.get("alt")
            if not alt or len(alt.split()) < 4 or "/" in alt.split()[0]:
                wrong.append(f"{path}: a figure whose alt text is {alt!r}")
            if not (image.get("width") and image.get("height")):
                wrong.append(f"{path}: a figure without width and height: {alt!r}")
    assert not wrong, "\n".join(wrong)


def test_mathematics_stands_as_written(site):
    """No \\tag reaches MathJax inside a split, and no raw TeX was left in the text."""
    for path, page in site.items():
        for display in page.find_all("div", class_="math"):
            assert (
                "\\begin{split}" not in display.text and "\\tag" not in display.text
            ), (path, display.text)
        text = copy.copy(text_of(page))
        for math in text.find_all(class_=["math", "tex"]) + text.find_all(
            ["pre", "code", "svg", "script", "style"]
        ):
            math.extract()
        left = re.findall(r"\$\$|\\begin\{|\\frac\{|\\tag\{", text.get_text())
        assert not left, f"{path}: {left} in the text"


def test_indexes_hold_every_equation_and_trap(site):
    equations = site["chapters/00-about/equations.html"]
    traps = site["chapters/00-about/traps.html"]
    listed = {(link["href"], link.text) for link in equations.select(".entry strong a")}
    leads = {link["href"] for link in traps.select(".entry a.claim")}
    for planned, page in model.written_pages():
        address = f"../{planned.address}.html".replace("../00-about/", "")
        for equation in page.equations:
            link = f"{address}#eq-{model.slug(equation.name)}"
            assert (link, equation.name) in listed, f"{equation.name} is missing"
        for section in page.sections_of(3):
            cells = {i for i, _, _ in section.parts}
            found = [c for c in page.checks if c.is_trap and c.cell in cells]
            if section.title.startswith("Trap: ") and found:
                link = f"{address}#check-{model.slug(found[0].name)}"
                assert link in leads, f"{planned.address}: {section.title} is missing"
    unchecked = [e.parent.strong.text for e in equations.select(".unchecked")]
    assert not unchecked, f"equations without a check: {unchecked}"


def test_checks_are_shown_and_linked(site):
    for planned, page in model.written_pages():
        html = site[f"{planned.docname}.html"]
        shown = {name.text for name in html.select("ul.checks .check-name")}
        for check in page.checks:
            assert check.name in shown, (
                f"{planned.address}: {check.name!r} is not shown"
            )
        for equation in page.equations:
            block = html.find(id=f"eq-{model.slug(equation.name)}")
            link = block and block.select_one("a.checked")
            assert link, f"{planned.address}: {equation.name} has no link to its check"
            check = html.find(id=link["href"].removeprefix("#"))
            assert check is not None and equation.name in check.text, (
                f"{planned.address}: {link['href']} is not the check of {equation.name}"
            )


def test_cover_and_pages_say_what_they_should(site):
    cover = site["index.html"].find("article")
    assert cover.select_one(".page-output .d2l-explore"), "no figure on the cover"
    assert len(cover.select(".paths dt")) == 3
    shown = cover.select_one(".worked-out")
    assert shown.select_one("math") and shown.select_one(".highlight pre")
    assert shown.select_one("ul.checks")
    for path, html in site.items():
        assert html.find_all("h1"), f"{path} has no h1"
        assert html.html["lang"] == "en" and html.title.text.strip(), path
    for planned, page in model.written_pages():
        html = site[f"{planned.docname}.html"]
        version = f"Version {model.version()}"
        assert version in html.select_one(".page-tools pre").text
        if page.kind == "lesson":
            minutes = round(page.minutes[1])
            first = round(page.minutes[0])
            text = f"{first} + {minutes - first} minutes"
            facts = html.select_one("h1 + .page-facts").text
            assert text in facts, planned.address
            assert page.seconds is None or "runs in" in facts


def test_no_link_leads_to_a_placeholder(site):
    for path, html in site.items():
        for link in html.find_all("a", href=True):
            assert f"/{model.PLACEHOLDER}/" not in link["href"], f"{path}: {link}"
    names = {"Run in Colab", "Source", "Report an error on this page"}
    lesson = site[f"chapters/{model.written_pages()[-1][0].address}.html"]
    shown = {link.text for link in lesson.find_all("a")} & names
    assert shown == (names if model.is_published() else set())


def test_changed_page_alone_is_read_again(tmp_path):
    """A build after no change reads nothing; after one changed page, that one and the
    lists that it changes."""
    tree = synthetic.with_made_up(tmp_path, alone=True)
    html = built(tree)

    def written():
        return {p.name: p.stat().st_mtime_ns for p in html.rglob("*.html")}

    before = written()
    built(tree)
    assert written() == before | {"search.html": written()["search.html"]} | {
        "genindex.html": written()["genindex.html"]
    }
    page = tree / "chapters" / f"{synthetic.PAGE}.ipynb"
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace("Momentum sum", "Momentum total"), encoding="utf-8")
    built(tree)
    changed = {name for name, time in written().items() if before.get(name) != time}
    assert {
        "momentum.html",
        "equations.html",
    } <= changed and "traps.html" not in changed
    assert "Momentum total" in (html / "chapters/00-about/equations.html").read_text(
        "utf-8"
    )


def test_two_builds_at_once_both_end_well(tmp_path):
    tree = synthetic.with_made_up(tmp_path, alone=True)
    run = [sys.executable, "-m", "book.site.build"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    both = [subprocess.Popen(run, cwd=tree, **pipes) for _ in range(2)]
    said = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sum("Waiting for a build of the site" in out for out, _ in said) == 1


def test_page_saved_in_jupyterlab_is_named_with_the_cure(tmp_path):
    tree = synthetic.with_made_up(tmp_path, alone=True)
    page = tree / "chapters" / f"{synthetic.PAGE}.ipynb"
    widget = "application/vnd.jupyter.widget-view+json"
    text = page.read_text(encoding="utf-8")
    page.write_text(
        text.replace('"image/png": "', f'"{widget}": "', 1), encoding="utf-8"
    )
    run = [sys.executable, "-m", "book.site.build"]
    done = subprocess.run(run, cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"make run PAGE=chapters/{synthetic.PAGE}.ipynb" in done.stderr


# ---------------------------------------------------------------- the made-up page


def test_kinds_stand_small_before_the_ideas(lesson):
    heading = lesson.find(id="derivation-the-sum-of-all-past-gradients").find("h2")
    assert heading.select_one(".kind").text == "Derivation: "
    assert "The sum of all past gradients" in heading.text
    contents = lesson.select_one(".bd-sidebar-secondary")
    assert contents.select(".kind")[0].text == "Picture: "


def test_line_stands_between_the_readings(lesson):
    line = lesson.select_one(".second-reading")
    assert line.find_previous("h2").text.startswith("Summary")
    assert line.find_next("h2").text.startswith("Traps")


def test_folds_are_labeled_and_pictures_stay_open(lesson):
    labels = [summary.text for summary in lesson.select("details.hide > summary")]
    assert labels == [
        "Set-up",
        "Imports",
        "Code of this figure",
        "✓ 2 equations checked",
        "Solution in code",
    ]
    figure = lesson.find(id="fig-1")
    assert figure.name == "figure" and not figure.find_parent("details")
    assert figure.figcaption.text.startswith("Figure 1: The heavy ball keeps")
    assert (
        lesson.find(id="fig-2").select_one(".d2l-caption").text.startswith("Figure 2: ")
    )
    assert lesson.text.count("The heavy ball keeps") == 1
    assert lesson.find(id="check-momentum-sum").find_parent("details")


def test_trap_exercise_and_score_show_what_they_are(lesson):
    trap = lesson.select_one("h3 .kind.wrong")
    assert "circulates" in trap.text
    assert lesson.select_one(".right").text.strip().startswith("What is right: divide")
    assert lesson.select_one(".yours-waiting").text == "… not yet: nesterov"
    assert lesson.select_one(".tag_your-code")
    assert [kind.text for kind in lesson.select("h3 .exercise-kind")] == [
        "derive",
        "code",
        "predict",
    ]
    assert "41 of 43 planted errors" in lesson.select_one(".page-facts").text


# ---------------------------------------------------------------- in a browser


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def served(folder: Path):
    """Serve a folder while the fixture lives."""
    handler = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


@pytest.fixture(scope="module")
def address(site):
    yield from served(HTML)


@pytest.fixture(scope="module")
def lesson_address(second):
    for address in served(second):
        yield f"{address}/chapters/{synthetic.PAGE}.html"


@pytest.fixture(scope="module")
def browser():
    with launch() as found:
        yield found


# Of the long lists one chapter is opened: their formulas are set when they are seen.
READY = """async () => {
  const folded = document.querySelectorAll('details:not(.path, .list)');
  folded.forEach(d => { d.open = true; });
  document.querySelectorAll('details.list').forEach((d, i) => { d.open = i === 0; });
  document.querySelectorAll('img').forEach(i => { i.loading = 'eager'; });
  if (window.MathJax && MathJax.startup) await MathJax.startup.promise;
}"""
# Boxes that scroll can be reached, formulas in sight are set: scripts are done.
SETTLED = """() =>
  [...document.querySelectorAll('div.math, .bd-article pre, .output.text_html')]
    .filter(e => e.offsetParent)
    .every(e => (e.scrollWidth > e.clientWidth + 1) === (e.tabIndex === 0)) &&
  [...document.querySelectorAll('.math')]
    .every(e => e.querySelector('mjx-container'))"""
FRAMES = "() => new Promise(d => requestAnimationFrame(() => requestAnimationFrame(d)))"
# Formulas and colored code are nine in ten elements and alike on all pages. One page is
# checked whole; on the others axe, which takes milliseconds an element, sees no formula
# and each kind of token once.
FEWER = """() => {
  document.querySelectorAll('mjx-container').forEach(m => m.remove());
  document.querySelectorAll('.entry:nth-of-type(n + 12)').forEach(e => e.remove());
  const seen = new Set();
  document.querySelectorAll('.highlight span[class]').forEach(s => {
    if (seen.has(s.className)) s.replaceWith(...s.childNodes);
    seen.add(s.className);
  });
}"""
OVERFLOW = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return null;
  const scrolls = e => e && e !== document.documentElement &&
    (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(e).overflowX)
     || scrolls(e.parentElement));
  const wide = [...document.querySelectorAll('article *')].filter(e =>
    e.getBoundingClientRect().right > width + 1 && !scrolls(e));
  return document.documentElement.scrollWidth + ' px: ' +
    wide.slice(0, 3).map(e => e.outerHTML.slice(0, 160)).join(' … ');
}"""
RULES = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"],
}
CONTRAST = {"type": "rule", "values": ["color-contrast"]}


def violations(page, rules=RULES) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    options = {"runOnly": rules, "resultTypes": ["violations"], "preload": False}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{v['id']}: {v['help']}: {node['html'][:200]} "
        + node.get("failureSummary", "")[:300]
        for v in found
        for node in v["nodes"][:3]
    ]


def look_at(page, address: str, whole: bool = False) -> list[str]:
    """What is wrong with a page, light and dark, on a phone and on a large screen."""
    wrong = []
    page.goto(address)
    page.evaluate(READY)
    page.wait_for_function(SETTLED)
    if page.locator("mjx-merror").count():
        error = page.locator("mjx-merror").first.get_attribute("data-mjx-error")
        wrong.append(f"MathJax: {error}")
    for width in (360, 2560, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(FRAMES)
        page.wait_for_function(SETTLED)
        overflow = page.evaluate(OVERFLOW)
        if overflow:
            wrong.append(f"wider than {width} px: {overflow}")
    if not whole:
        page.evaluate(FEWER)
    wrong += [f"light: {text}" for text in violations(page)]
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    wrong += [f"dark: {text}" for text in violations(page, CONTRAST)]
    return wrong


SCREEN = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}


@pytest.mark.browser
def test_page_in_the_browser(address, browser, visit):
    """No WCAG 2.2 A or AA violation in light and dark; as wide as any screen."""
    with watched(browser, **SCREEN) as page:
        wrong = look_at(page, f"{address}/{visit}", visit.endswith("/notation.html"))
    assert not wrong, "\n".join(wrong)


@pytest.mark.browser
def test_made_up_page_in_the_browser(lesson_address, browser):
    with watched(browser, **SCREEN) as page:
        wrong = look_at(page, lesson_address, whole=True)
    assert not wrong, "\n".join(wrong)


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 1440])
def test_longest_line_of_code_fits_its_column(lesson_address, browser, width):
    with watched(browser, viewport={"width": width, "height": 900}) as page:
        page.goto(lesson_address)
        code = page.locator("pre", has_text="total = xxx").first
        assert code.evaluate("pre => pre.scrollWidth <= pre.clientWidth")


@pytest.mark.browser
def test_figures_are_as_wide_as_the_column_and_the_text_is_centered(
    lesson_address, browser
):
    with watched(browser, viewport={"width": 1600, "height": 900}) as page:
        page.goto(lesson_address)
        box = "e => { const r = e.getBoundingClientRect(); return [r.left, r.right]; }"
        column = page.locator("article p").first.evaluate(box)
        for figure in ("#fig-1 img", "#fig-2 img"):
            left, right = page.locator(figure).first.evaluate(box)
            assert abs(left - column[0]) < 8 and abs(right - column[1]) < 8, figure
        side, contents = (
            page.locator(name).first.evaluate(box)
            for name in (".bd-sidebar-primary", ".bd-sidebar-secondary")
        )
        assert abs((column[0] - side[1]) - (1600 - contents[1])) < 120


@pytest.mark.browser
def test_a_symbol_lights_wherever_it_stands_and_nothing_moves(lesson_address, browser):
    """By mouse, in a formula and in code, and by keyboard."""
    lit = "() => [...document.querySelectorAll('.d2l-lit')].map(e => e.textContent)"
    places = """() => [...document.querySelectorAll(
      'article p, article mjx-container, article pre')].filter(e => e.offsetParent).map(e => {
        const box = e.getBoundingClientRect();
        return [box.left, Math.round(box.top + scrollY), box.width, box.height];
      }).join(' ')"""
    with watched(browser, **SCREEN) as page:
        page.goto(lesson_address)
        page.evaluate(READY)
        page.wait_for_function(SETTLED)
        display = page.locator("div.math mjx-container").first
        page.locator("mjx-math .d2l-symbol-1").last.scroll_into_view_if_needed()
        before = page.evaluate(places)
        page.locator("mjx-math .d2l-symbol-1").last.hover()
        tip = page.locator(".d2l-tip")
        assert "beta" in tip.inner_text() and "memory" in tip.inner_text()
        texts = page.evaluate(lit)
        assert texts.count("beta") == 3, "in the table and twice in the code"
        assert page.locator("mjx-math .d2l-symbol-1:not(.d2l-lit)").count() == 0
        assert not page.locator(".d2l-symbol-0.d2l-lit").count()
        assert page.evaluate(places) == before
        page.mouse.move(5, 5)
        assert page.evaluate(lit) == [] and not tip.count()

        code = page.locator(".cell_input .highlight span.n", has_text=re.compile("^v$"))
        code.first.click()
        page.mouse.move(5, 5)
        assert "speed" in tip.inner_text(), "a click keeps it lit"
        assert page.locator("mjx-math .d2l-symbol-0:not(.d2l-lit)").count() == 0
        page.keyboard.press("Escape")
        assert page.evaluate(lit) == []

        display.focus()
        page.keyboard.press("ArrowRight")
        first = tip.inner_text()
        page.keyboard.press("ArrowRight")
        assert {"speed", "memory"} == {t.split()[-1] for t in (first, tip.inner_text())}
        assert page.evaluate(places) == before
        assert not violations(page)


@pytest.mark.browser
def test_an_equation_lights_what_its_check_compares(lesson_address, browser):
    with watched(
        browser, viewport={"width": 390, "height": 800}, has_touch=True
    ) as page:
        page.goto(lesson_address)
        page.evaluate(READY)
        page.wait_for_function(SETTLED)
        page.evaluate("document.querySelector('.fold-checks').open = false")
        page.locator(".equation-name a").first.focus()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Tab")
        check = page.locator(".fold-checks .d2l-lit")
        assert "verify" in "".join(check.all_text_contents())
        assert "Speed" not in "".join(check.all_text_contents())
        assert page.locator("summary.d2l-lit-inside").count() == 1
        page.locator("mjx-math .d2l-symbol-0").last.tap()
        box = page.locator(".d2l-tip").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
        page.locator("article h1").first.tap()
        assert not page.locator(".d2l-lit, .d2l-tip").count()


@pytest.mark.browser
def test_copied_formulas_are_those_of_the_notebook(lesson_address, browser):
    """Case: a reader selects a passage and pastes it elsewhere."""
    with watched(browser) as page:
        page.goto(lesson_address)
        page.evaluate(READY)
        copied = """selector => {
          const range = document.createRange();
          range.selectNodeContents(document.querySelector(selector));
          getSelection().removeAllRanges();
          getSelection().addRange(range);
          const data = new DataTransfer();
          const event = new ClipboardEvent('copy', {clipboardData: data, bubbles: true,
                                                    cancelable: true});
          const kept = document.querySelector(selector).dispatchEvent(event);
          return kept ? null : data.getData('text/plain');
        }"""
        text = page.evaluate(copied, "#derivation-the-sum-of-all-past-gradients")
        display = (
            "$$\n\\mathbf v_t = \\sum_{k=0}^{t} \\beta^{k}\\, \\mathbf g_{t-k}"
            " \\tag{Momentum sum}\n$$"
        )
        assert display in text
        assert "and each term is older than the next, since $\\beta < 1$." in text
        inside = "p:not(.equation-name) .math mjx-container"
        section = "#derivation-the-sum-of-all-past-gradients"
        assert page.evaluate(copied, f"{section} {inside}") == "$\\beta < 1$"
        assert page.evaluate(copied, "h1") is None, (
            "a text without formulas is left alone"
        )


@pytest.mark.browser
def test_link_to_a_folded_check_opens_it(lesson_address, browser):
    with watched(browser) as page:
        page.goto(lesson_address)
        assert not page.locator("#check-momentum-sum").is_visible()
        page.locator("a.checked").first.click()
        page.locator("#check-momentum-sum").wait_for(state="visible")
        page.goto("about:blank")
        page.goto(f"{lesson_address}#check-momentum-sum")
        page.locator("#check-momentum-sum").wait_for(state="visible")


@pytest.mark.browser
def test_an_exercise_to_predict_asks_first(lesson_address, browser):
    with watched(browser) as page:
        page.goto(lesson_address)
        exercise = page.locator(
            "section:has(> h3 .exercise-kind:text-is('predict'))"
        ).first
        solution = exercise.locator("details").first
        assert not solution.is_visible()
        exercise.get_by_label("Your prediction").fill("twice as <b>large</b>")
        exercise.get_by_role("button", name="Compare with the solution").press("Enter")
        assert solution.is_visible() and solution.get_attribute("open") is not None
        told = exercise.get_by_role("status")
        assert told.inner_text() == "You predicted: twice as <b>large</b>"
        assert told.evaluate("e => e === document.activeElement")
        page.reload()  # what was written is still there
        assert solution.is_visible()
        assert "twice as" in exercise.get_by_role("status").inner_text()
    with watched(browser) as page:  # who prints all gets the solutions without a guess
        page.goto(lesson_address)
        page.get_by_label("Print folded code and solutions too").check()
        page.emulate_media(media="print")
        assert exercise_visible(page)


def exercise_visible(page) -> bool:
    kind = page.locator("section:has(> h3 .exercise-kind:text-is('predict')) details")
    return kind.first.is_visible()


@pytest.mark.browser
def test_paper_is_light_and_keeps_solutions_folded(lesson_address, browser):
    with watched(browser, color_scheme="dark") as page:
        page.goto(lesson_address)
        color = "getComputedStyle(document.querySelector('article section > p')).color"
        assert page.evaluate(color) == "rgb(227, 227, 227)"
        page.emulate_media(media="print")
        page.wait_for_function("document.documentElement.dataset.theme === 'light'")
        assert page.evaluate(color) == "rgb(29, 33, 38)"
        for solution in page.locator("summary", has_text="Solution").all():
            assert not solution.is_visible()
        assert not page.get_by_text("Imports", exact=True).is_visible()
        assert page.get_by_text("✓ 2 equations checked").is_visible()
        assert page.locator("#fig-1 img").is_visible()
        page.emulate_media(media="screen")
        page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
        page.get_by_label("Print folded code and solutions too").check()
        page.emulate_media(media="print")
        assert page.get_by_text("steps.").first.is_visible()
        assert page.get_by_text("import torch").first.is_visible()


@pytest.mark.browser
def test_figures_lie_on_a_light_card_in_the_dark(lesson_address, browser):
    with watched(browser, color_scheme="dark") as page:
        page.goto(lesson_address)
        for figure in ("#fig-1 img", "#fig-2 img", "#fig-3 img"):
            shown = page.locator(figure).first.evaluate(
                "i => getComputedStyle(i).filter"
            )
            assert shown == "brightness(0.88)", figure


@pytest.mark.browser
def test_phone_header_and_menu(address, browser):
    phone = {"width": 360, "height": 740}
    with watched(browser, viewport=phone, color_scheme="dark") as page:
        page.goto(f"{address}/index.html")
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert not violations(page)
        page.locator(".primary-toggle").click()
        page.get_by_role("link", name="About this book").first.click()
        page.wait_for_url("**/00-about/index.html")


@pytest.mark.browser
def test_search_finds_named_equations_first(site, address, browser):
    found = [
        (e.name, p.docname) for p, page in model.written_pages() for e in page.equations
    ]
    with watched(browser) as page:
        for name, home in found[:: max(1, len(found) // 4)][:5]:
            page.goto(f"{address}/search.html?q={urllib.parse.quote(name)}")
            first = page.locator(".search-names a").first.get_attribute("href")
            assert first == f"{home}.html#eq-{model.slug(name)}", name


@pytest.mark.browser
@pytest.mark.parametrize(
    "query, page_name",
    [
        ("vanishing gradient", "11-recurrent/vanishing-in-time"),
        ("policy gradient", "17-reinforcement/policy-gradient"),
        ("q-learning", "17-reinforcement/q-learning"),
        ("lstm", "11-recurrent/lstm"),
    ],
)
def test_search_puts_the_topics_own_page_first(address, browser, query, page_name):
    loaded = []
    with watched(browser) as page:
        page.on("response", lambda answer: loaded.append(answer.url))
        page.goto(f"{address}/search.html?q={urllib.parse.quote(query)}")
        first = page.locator(".search-names a").first.get_attribute("href")
        assert first == f"chapters/{page_name}.html"
        page.wait_for_selector("#search-results .search li", timeout=10_000)
        assert sum(url.endswith(".html") for url in loaded) == 0, "pages were loaded"


@pytest.mark.browser
@pytest.mark.parametrize("name", ["equations", "traps"])
def test_lists_can_be_narrowed(site, address, browser, name):
    with watched(browser) as page:
        page.goto(f"{address}/chapters/00-about/{name}.html")
        last = page.locator(".entry a").last.evaluate("a => a.textContent")
        every = page.locator(".entry").count()
        page.get_by_label("Text").fill(last)
        assert 1 <= page.locator(".entry:visible").count() < every
        if name == "equations":
            page.locator(".entry:visible mjx-container").first.wait_for()
        page.get_by_label("Text").fill("nothing says this")
        assert page.locator(".entry:visible").count() == 0


@pytest.mark.browser
def test_formulas_of_the_list_are_set_when_they_come_into_sight(address, browser):
    with watched(browser) as page:
        page.goto(f"{address}/chapters/00-about/equations.html")
        page.evaluate("MathJax.startup.promise.then(() => 0)")
        assert page.locator(".entry mjx-container").count() == 0
        page.locator("details.list > summary").first.click()
        page.locator(".entry mjx-container").first.wait_for()
        first = page.locator("details.list").first
        entries = first.locator(".entry")
        if entries.count() > 20:
            assert first.locator("mjx-container").count() < entries.count()


@pytest.mark.browser
def test_map_shows_the_way_to_a_page(address, browser):
    with watched(browser) as page:
        page.goto(f"{address}/chapters/00-about/plan.html")
        page.get_by_label("The way to").select_option("16-generative/vae")
        shown = page.locator(".chosen-path li").all_inner_texts()
        written = {p.address for p, _ in model.written_pages()}
        path = model.reading_path("16-generative/vae")
        assert shown == [p.title for p in path if p.address in written]
        assert page.locator(".dots i.before").count() == len(shown)


@pytest.mark.browser
def test_theme_is_kept(address, browser):
    with watched(browser, color_scheme="light") as page:
        page.goto(f"{address}/chapters/11-recurrent/bptt.html")
        theme = "document.documentElement.dataset.theme"
        assert page.evaluate(theme) == "light"
        for _ in range(3):
            page.locator(".theme-switch-button").first.click()
            if page.evaluate(theme) == "dark":
                break
        page.reload()
        assert page.evaluate(theme) == "dark"
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert background == "rgb(20, 20, 20)"


@pytest.mark.browser
def test_from_a_folder_and_without_scripts(site, browser):
    """Opened as a file a page is whole; without scripts all but search and sliders."""
    lesson = HTML / "chapters" / "11-recurrent" / "bptt.html"
    with watched(browser) as page:
        page.goto(lesson.as_uri())
        page.evaluate(READY)
        assert page.locator("mjx-container").count() > 10
        page.goto((HTML / "search.html").as_uri() + "?q=gradient")
        page.wait_for_selector("#search-results .search li", timeout=10_000)
        assert page.locator(".search-names a").count()
    small = {"width": 360, "height": 740}
    with watched(browser, java_script_enabled=False, viewport=small) as page:
        page.goto(lesson.as_uri())
        assert page.locator("html").get_attribute("data-theme") == "light"
        assert page.locator(".equation .math").first.is_visible()
        assert not page.locator(".theme-switch-button").first.is_visible()
        page.locator("summary", has_text="Solution").first.click()
        page.goto((HTML / "index.html").as_uri())
        assert page.locator(".page-output img").first.is_visible()
        page.goto((HTML / "chapters/00-about/plan.html").as_uri())
        page.locator(".book-map summary").first.click()
        assert page.locator(".book-map .page").first.is_visible()
        page.goto((HTML / "chapters/00-about/equations.html").as_uri())
        page.locator("details.list > summary").first.click()
        assert page.locator(".entry .tex").first.is_visible()


def test_zip_holds_the_site(site, tmp_path):
    with zipfile.ZipFile(build.pack(tmp_path / "book.zip")) as archive:
        names = set(archive.namelist())
    assert {f"book/{path}" for path in site} <= names
    assert not any(name.endswith((".map", "fontawesome.js", ".ttf")) for name in names)

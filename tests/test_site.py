"""The built site: its links, weight and indexes from the files; its pages in a browser, light and dark.

The site is built here if anything changed. The browser visits every page once.
"""

import copy
import functools
import gzip
import http.server
import importlib.util
import re
import subprocess
import sys
import threading
import urllib.parse
from pathlib import Path

import pytest
from browser import launch, missing, watched

ROOT = Path(__file__).parent.parent
HTML = ROOT / "_build" / "html"
sys.path.insert(0, str(ROOT / "book" / "extensions"))
import bookfiles  # noqa: E402

MAX_OWN, MAX_FIRST_VISIT = 300_000, 1_000_000  # bytes, gzipped


class Pages(dict):
    """{path: parsed HTML}, which a failing test does not print whole."""

    def __repr__(self):
        return f"<{len(self)} pages>"


@pytest.fixture(scope="module")
def site():
    """{path relative to the site: its parsed HTML} for every page."""
    if importlib.util.find_spec("jupyter_book") is None:
        missing("the site's tools are not installed: make site installs them")
    done = subprocess.run([sys.executable, "book/build_site.py"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"the site does not build:\n{done.stdout}{done.stderr}"
    from bs4 import BeautifulSoup

    known = {f"{name}.html" for name in ("index", "search", "genindex")}
    known |= {f"{page.docname}.html" for page in bookfiles.pages().values() if page.written}
    known |= {f"{chapter.docname}.html" for chapter in bookfiles.plan() if chapter.written}
    return Pages((path, BeautifulSoup((HTML / path).read_text(encoding="utf-8"), "html.parser"))
                 for path in sorted(known))


@functools.cache
def packed(path: Path) -> int:
    """The size of a file as a server sends it."""
    content = path.read_bytes()
    return len(content) if path.suffix in (".png", ".woff", ".woff2", ".jpeg") else len(gzip.compress(content, 9))


def target(path: str, link: str) -> tuple[str, str]:
    """The file and the anchor that a link on a page leads to, from the site's top."""
    parts = urllib.parse.urlsplit(link)
    joined = urllib.parse.urljoin(f"https://site/{path}", urllib.parse.unquote(parts.path) or f"/{path}")
    file = joined.removeprefix("https://site/")
    return (file + "index.html" if file.endswith("/") or not file else file), urllib.parse.unquote(parts.fragment)


def text_of(page):
    """What the page says, without what stands around it."""
    return page.find("article") or page.find("main")


def links(page):
    """(element, attribute's value) of everything on the page that names another file."""
    for element in page.find_all(True):
        for attribute in ("href", "src", "action", "poster", "data"):
            if element.get(attribute) and element.name not in ("mjx-container", "base"):
                yield element, element[attribute]


# ---------------------------------------------------------------- from the files


def test_links_and_anchors_resolve(site):
    anchors = {path: {e["id"] for e in page.find_all(id=True)} for path, page in site.items()}
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
    wrong = [f"{path}: <{element.name}> {link}" for path, page in site.items() for element, link in links(page)
             if re.match(r"(https?:)?//", link) and (element.name not in ("a", "form") and
                                                    "canonical" not in element.get("rel", ()))]
    for style in HTML.rglob("*.css"):
        wrong += [f"{style.relative_to(HTML)}: {found}" for found in
                  re.findall(r"(?:@import|url\()\s*['\"]?(?:https?:)?//[^)'\"]+", style.read_text(encoding="utf-8"))]
    for path, page in site.items():
        for script in page.find_all("script", src=False):
            wrong += [f"{path}: a script names {found}" for found in
                      re.findall(r"https?://(?!www\.w3\.org)[^\s'\"]+", script.string or "")]
    assert not wrong, "\n".join(wrong)


def test_every_page_is_reached_from_the_cover(site):
    seen, waiting = set(), ["index.html"]
    while waiting:
        path = waiting.pop()
        if path not in seen and path in site:
            seen.add(path)
            article = text_of(site[path])  # the side bar must not be the only way
            waiting += [target(path, link)[0] for element, link in links(article)
                        if element.name == "a" and not re.match(r"[a-z]+:", link)]
    lost = set(site) - seen - {"search.html", "genindex.html"}
    assert not lost, f"no text leads from the cover to {', '.join(sorted(lost))}"


def test_weight(site):
    """Every page's own part, and all that a first visit to it loads, gzipped."""
    fonts = sum(packed(HTML / "_static/mathjax/output/chtml/fonts/woff-v2" / f"MathJax_{name}.woff") for name in
                ("Main-Regular", "Math-Italic", "Main-Bold", "Math-BoldItalic", "AMS-Regular", "Size1-Regular",
                 "Size2-Regular", "Size3-Regular", "Size4-Regular", "Calligraphic-Regular", "Zero"))
    wrong = []
    for path, page in site.items():
        loaded = {target(path, link)[0] for element, link in links(page) if not link.startswith("data:") and (
            element.name in ("script", "img")
            or element.name == "link" and {"stylesheet", "icon"} & set(element["rel"]))}
        own = packed(HTML / path) + sum(packed(HTML / file) for file in loaded if file.startswith("_images/"))
        shared = sum(packed(HTML / file) for file in loaded if not file.startswith("_images/"))
        shared += fonts * any("mathjax" in file for file in loaded)
        if own > MAX_OWN:
            wrong.append(f"{path} weighs {own // 1000} KB of its own, {MAX_OWN // 1000} are allowed")
        if own + shared > MAX_FIRST_VISIT:
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
    """No \\tag reaches MathJax inside a split environment, and no raw TeX was left in the text."""
    for path, page in site.items():
        for display in page.find_all("div", class_="math"):
            assert "\\begin{split}" not in display.text and "\\tag" not in display.text, (path, display.text)
        text = copy.copy(text_of(page))
        for math in text.find_all(class_="math") + text.find_all(["pre", "code", "svg", "script", "style"]):
            math.extract()
        left = re.findall(r"\$\$|\\begin\{|\\frac\{|\\tag\{", text.get_text())
        assert not left, f"{path}: {left} in the text"


def test_indexes_hold_every_equation_and_trap(site):
    equations, traps = site["chapters/00-about/equations.html"], site["chapters/00-about/traps.html"]
    listed = {(link["href"], link.text) for link in equations.select(".entry strong a")}
    listed_traps = {link.text for link in traps.select(".entry a")}
    for page, book in bookfiles.written_notebooks():
        for equation in bookfiles.equations_of(book, page.docname):
            link = f"../{page.address}.html#eq-{bookfiles.slug(equation.name)}".replace("../00-about/", "")
            assert (link, equation.name) in listed, f"{equation.name} is missing among the equations"
        for check in bookfiles.checks_of(book):
            assert not check.is_trap or check.name in listed_traps, f"{check.name!r} is missing among the traps"
    assert not equations.select(".unchecked"), "an equation on the list has no check: " + "; ".join(
        e.parent.strong.text for e in equations.select(".unchecked"))


def test_checks_are_shown_and_linked(site):
    for page, book in bookfiles.written_notebooks():
        html = site[f"{page.docname}.html"]
        shown = {name.text for name in html.select("ul.checks .check-name")}
        for check in bookfiles.checks_of(book):
            assert check.name in shown, f"{page.address}: the check {check.name!r} is not shown as one"
        for equation in bookfiles.equations_of(book, page.docname):
            block = html.find(id=f"eq-{bookfiles.slug(equation.name)}")
            link = block and block.select_one("a.checked")
            assert link, f"{page.address}: {equation.name} does not link to its check"
            check = html.find(id=link["href"].removeprefix("#"))
            assert check is not None and equation.name in check.text, \
                f"{page.address}: the link of {equation.name} leads to {link['href']}, which is not its check"


def test_cover_and_pages_say_what_they_should(site):
    cover = site["index.html"].find("article")
    assert cover.select_one(".page-output .d2l-explore"), "no interactive figure on the cover"
    lessons = [page for page in bookfiles.pages().values() if page.kind == "lesson"]
    assert len(cover.select(".book-map .dots i")) == len(lessons)
    assert len(cover.select(".book-map .dots i.written")) == sum(page.written for page in lessons)
    for path, html in site.items():
        assert len(html.find_all("h1", class_=lambda c: True)) >= 1, f"{path} has no h1"
        assert html.html["lang"] == "en" and html.title.text.strip(), path
    for page, _ in bookfiles.written_notebooks():
        html = site[f"{page.docname}.html"]
        assert html.find("a", string="Run in Colab")["href"].endswith(f"/chapters/{page.address}.ipynb")
        report = html.find("a", string="Report an error on this page")["href"]
        assert urllib.parse.quote(f"chapters/{page.address}.ipynb", safe="/") in report
        assert f"Version {bookfiles.version()}" in html.select_one(".page-tools pre").text
        if page.address in bookfiles.run_times():
            assert "Runs in" in html.select_one(".page-tools").text


# ---------------------------------------------------------------- in a browser


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def address(site):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(HTML)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


@pytest.fixture(scope="module")
def browser():
    with launch() as found:
        yield found


READY = """async () => {
  document.querySelectorAll('details:not(.path)').forEach(d => { d.open = true; });
  document.querySelectorAll('img').forEach(i => { i.loading = 'eager'; });
  if (window.MathJax && MathJax.startup) await MathJax.startup.promise;
  await new Promise(done => setTimeout(done, 250));
}"""
# Formulas and coloured code are nine in ten elements and alike on all pages. One page is checked whole; on the
# others axe, which takes milliseconds an element, sees no formula and each kind of token once.
FEWER = """() => {
  document.querySelectorAll('mjx-container').forEach(m => m.remove());
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
    (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
  const wide = [...document.querySelectorAll('article *')].filter(e =>
    e.getBoundingClientRect().right > width + 1 && !scrolls(e));
  return document.documentElement.scrollWidth + ' px: ' +
    wide.slice(0, 3).map(e => e.outerHTML.slice(0, 160)).join(' … ');
}"""
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]}
CONTRAST = {"type": "rule", "values": ["color-contrast"]}


def violations(page, rules=RULES) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    options = {"runOnly": rules, "resultTypes": ["violations"], "preload": False}
    found = Axe().run(page, options=options).response["violations"]
    return [f"{v['id']}: {v['help']}: {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
            for v in found for node in v["nodes"][:3]]


def test_every_page_in_the_browser(site, address, browser):
    """Light and dark without a WCAG 2.2 A or AA violation; no page wider than a phone or a large screen."""
    wrong = []
    with watched(browser, viewport={"width": 1280, "height": 900}, reduced_motion="reduce") as page:
        for path in site:
            page.goto(f"{address}/{path}")
            page.evaluate(READY)
            if page.locator("mjx-merror").count():
                wrong.append(f"{path}: MathJax: {page.locator('mjx-merror').first.get_attribute('data-mjx-error')}")
            if page.locator(".math").count() != page.locator(".math mjx-container").count():
                wrong.append(f"{path}: some mathematics was not typeset")
            for width in (360, 2560, 1280):
                page.set_viewport_size({"width": width, "height": 900})
                page.wait_for_timeout(300)
                overflow = page.evaluate(OVERFLOW)
                if overflow:
                    wrong.append(f"{path} is wider than {width} px: {overflow}")
            if path != "chapters/00-about/notation.html":
                page.evaluate(FEWER)
            wrong += [f"{path}, light: {text}" for text in violations(page)]
            page.evaluate("document.documentElement.dataset.theme = 'dark'")
            wrong += [f"{path}, dark: {text}" for text in violations(page, CONTRAST)]
    assert not wrong, "\n".join(wrong)


def test_phone_header_and_menu(address, browser):
    with watched(browser, viewport={"width": 360, "height": 740}, color_scheme="dark") as page:
        page.goto(f"{address}/index.html")
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert not violations(page)
        page.locator(".primary-toggle").click()
        page.get_by_role("link", name="About this book").first.click()
        page.wait_for_url("**/00-about/index.html")


def test_search_finds_named_equations(site, address, browser):
    names = [e.name for page, book in bookfiles.written_notebooks() for e in bookfiles.equations_of(book, page.docname)]
    with watched(browser) as page:
        for name in names[:: max(1, len(names) // 4)][:5]:
            page.goto(f"{address}/search.html?q={urllib.parse.quote(name)}")
            page.wait_for_selector("#search-results .search li", timeout=10_000)
            found = page.locator("#search-results a").evaluate_all("links => links.map(link => link.href)")
            home = next(p for p, book in bookfiles.written_notebooks()
                        if any(e.name == name for e in bookfiles.equations_of(book, p.docname)))
            assert any(home.docname in link for link in found), f"the search for {name!r} found {found}"


def test_lists_can_be_narrowed(site, address, browser):
    with watched(browser) as page:
        page.goto(f"{address}/chapters/00-about/equations.html")
        every = page.locator(".entry:visible").count()
        name = page.locator(".entry strong").last.inner_text()
        page.get_by_label("Text").fill(name)
        assert 1 <= page.locator(".entry:visible").count() < every
        page.get_by_label("Text").fill("no equation says this")
        assert page.locator(".entry:visible").count() == 0


def test_map_shows_the_way_to_a_page(address, browser):
    with watched(browser) as page:
        page.goto(f"{address}/index.html")
        page.get_by_label("The way to").select_option("16-generative/vae")
        shown = page.locator(".chosen-path li").all_inner_texts()
        assert shown == [p.title for p in bookfiles.reading_path("16-generative/vae")]
        assert page.locator(".dots i.before").count() == len(shown)


def test_theme_is_kept_and_figures_follow_it(address, browser):
    with watched(browser, color_scheme="light") as page:
        page.goto(f"{address}/chapters/11-recurrent/bptt.html")
        assert page.evaluate("document.documentElement.dataset.theme") == "light"
        for _ in range(3):
            page.locator(".theme-switch-button").first.click()
            if page.evaluate("document.documentElement.dataset.theme") == "dark":
                break
        page.reload()
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        plots = page.locator("img.plot")
        if plots.count():
            assert "invert(0.92)" in plots.first.evaluate("image => getComputedStyle(image).filter")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 20, 20)"


def test_from_a_folder_and_without_scripts(site, browser):
    """Opened as a file a page is whole; without JavaScript it is read but for search and sliders."""
    lesson = HTML / "chapters" / "11-recurrent" / "bptt.html"
    with watched(browser) as page:
        page.goto(lesson.as_uri())
        page.evaluate(READY)
        assert page.locator("mjx-container").count() > 10
    context = browser.new_context()  # not watched: a browser refuses the summaries of what it finds in files
    page = context.new_page()
    page.goto((HTML / "search.html").as_uri() + "?q=gradient")
    page.wait_for_selector("#search-results .search li", timeout=10_000)
    context.close()
    with watched(browser, java_script_enabled=False, viewport={"width": 360, "height": 740}) as page:
        page.goto(lesson.as_uri())
        assert page.locator("html").get_attribute("data-theme") == "light"
        assert page.locator(".equation .math").first.is_visible()
        assert not page.locator(".theme-switch-button").first.is_visible()
        page.locator("summary", has_text="Solution").first.click()
        page.goto((HTML / "index.html").as_uri())
        assert page.locator(".page-output img").first.is_visible()
        page.locator(".book-map summary").first.click()
        assert page.locator(".book-map .page").first.is_visible()


def test_zip_holds_the_site(site, tmp_path, monkeypatch):
    import zipfile

    spec = importlib.util.spec_from_file_location("build_site", ROOT / "book" / "build_site.py")
    build_site = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build_site)
    monkeypatch.setattr(build_site, "ZIP", tmp_path / "book.zip")
    with zipfile.ZipFile(build_site.pack()) as archive:
        names = set(archive.namelist())
    assert {f"book/{path}" for path in site} <= names
    assert not any(name.endswith((".map", "fontawesome.js", ".ttf")) for name in names)

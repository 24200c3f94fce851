/* Small things that a page does in the browser. Without scripts it is read all the same. */
(function () {
  "use strict";
  var root = document.documentElement;

  function all(selector, within) {
    return Array.from((within || document).querySelectorAll(selector));
  }
  function whenTypeset(then) {
    if (window.MathJax && MathJax.startup) MathJax.startup.promise.then(then);
  }

  // ---- A box that scrolls inside itself must be reachable by keyboard; one that does not
  // must not be a stop. A formula in the text that is wider than the text becomes such a box.
  function markScrollable() {
    var formulas = all("span.math").filter(isShown), boxes;
    formulas.forEach(function (formula) { formula.classList.remove("wide"); });
    formulas.filter(function (formula) {
      var block = formula.closest("p, li, td, dd, summary, h1, h2, h3, figcaption");
      return block && formula.offsetWidth > block.clientWidth;
    }).forEach(function (formula) { formula.classList.add("wide"); });
    boxes = all("div.math, span.math.wide, .bd-article pre, .output.text_html, " +
                ".pst-scrollable-table-container").filter(isShown);
    boxes.map(function (box) { return box.scrollWidth > box.clientWidth + 1; })
      .forEach(function (scrolls, i) {
        if (scrolls) boxes[i].tabIndex = 0; else boxes[i].removeAttribute("tabindex");
      });
  }
  function isShown(element) { return element.offsetParent !== null; }
  var waiting;
  function soon() {
    clearTimeout(waiting);
    waiting = setTimeout(markScrollable, 50);
  }
  addEventListener("resize", soon);
  document.addEventListener("toggle", soon, true);
  addEventListener("load", function () { soon(); whenTypeset(soon); });

  // ---- A link to something in a folded part opens it.
  function openTarget() {
    var id = decodeURIComponent(location.hash.slice(1));
    var target = id && document.getElementById(id), folded = target;
    while (folded && (folded = folded.parentElement.closest("details"))) {
      folded.open = true;
      folded.hidden = false;
    }
    if (target && target.closest("details")) target.scrollIntoView();
  }
  addEventListener("hashchange", openTarget);

  // ---- An exercise to predict asks for a guess before it shows its solution. What was
  // written is kept in this browser. A link to something in a solution shows it as well.
  function guessFirst(exercise) {
    var solutions = all("details", exercise).filter(function (fold) {
      return /^Solution/.test(fold.querySelector("summary").textContent.trim());
    });
    if (!solutions.length) return;
    var name = "guess " + location.pathname + "#" + exercise.id, said = null;
    try { said = localStorage.getItem(name); } catch (error) { /* a private window */ }
    var form = document.createElement("form");
    form.className = "guess";
    form.innerHTML = "<label>Your prediction <textarea rows='2' name='text' autocomplete='off'>" +
      "</textarea></label><button type='submit'>Compare with the solution</button>" +
      "<p role='status' tabindex='-1' hidden></p>";
    function show(text) {
      solutions.forEach(function (fold) { fold.hidden = false; });
      form.querySelector("label").remove();
      form.querySelector("button").remove();
      var line = form.querySelector("p");
      line.hidden = false;
      line.textContent = text ? "You predicted: " + text : "No prediction.";
      return line;
    }
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      var text = form.text.value.trim();
      try { localStorage.setItem(name, text); } catch (error) { /* not kept, then */ }
      solutions[0].open = true;
      show(text).focus();
    });
    solutions[0].before(form);
    if (said !== null) show(said);
    else solutions.forEach(function (fold) { fold.hidden = true; });
  }
  all("h3 .exercise-kind").forEach(function (kind) {
    if (kind.textContent === "predict") guessFirst(kind.closest("section"));
  });
  openTarget();

  // ---- What is copied holds each formula as it stands in the notebook: without the marks
  // that the site puts around its symbols (see book/site/symbols.py).
  function plain(tex) {
    var mark = /(\{?)\\class\{d2l-symbol d2l-symbol-\d+( d2l-bare)?\}\{/, found;
    while ((found = mark.exec(tex))) {
      var start = found.index + (found[2] ? 0 : found[1].length);
      var inner = found.index + found[0].length, end = inner, depth = 1;
      for (; depth && end < tex.length; end += 1) {
        if (tex[end] === "\\") end += 1;
        else depth += (tex[end] === "{") - (tex[end] === "}");
      }
      tex = tex.slice(0, start) + tex.slice(inner, end - 1) + tex.slice(end + (found[2] ? 1 : 0));
    }
    return tex;
  }
  addEventListener("copy", function (event) {
    var chosen = getSelection(), items = window.MathJax && MathJax.startup.document;
    if (!items || !chosen.rangeCount || chosen.isCollapsed) return;
    var range = chosen.getRangeAt(0).cloneRange(), found = 0;
    function formulaAround(node) {
      return (node.nodeType === 1 ? node : node.parentElement).closest("mjx-container");
    }
    var first = formulaAround(range.startContainer), last = formulaAround(range.endContainer);
    if (first) range.setStartBefore(first);
    if (last) range.setEndAfter(last);
    Array.from(items.math).forEach(function (item) {
      if (!item.typesetRoot || !range.intersectsNode(item.typesetRoot)) return;
      var tex = plain(item.math.trim()), named = item.typesetRoot.closest(".equation");
      if (named) tex += " \\tag{" + named.querySelector("a").textContent + "}";
      item.typesetRoot.dataset.tex = item.display ? "$$\n" + tex + "\n$$" : "$" + tex + "$";
      found += 1;
    });
    if (!found) return;
    var copy = document.createElement("div");
    copy.style.cssText = "position:absolute;left:-9999px;white-space:pre-wrap";
    copy.append(range.cloneContents());
    all(".equation-name, .headerlink", copy).forEach(function (name) { name.remove(); });
    all("mjx-container", copy).forEach(function (formula) {
      formula.replaceWith(formula.dataset.tex || "");
    });
    document.body.append(copy);
    event.clipboardData.setData("text/plain", copy.innerText.replace(/\n{3,}/g, "\n\n").trim());
    event.clipboardData.setData("text/html", copy.innerHTML);
    copy.remove();
    event.preventDefault();
  });

  // ---- Paper is light. Folded parts and solutions are printed only when asked for.
  var kept = null;
  function forPaper(printing) {
    if (printing && kept === null) { kept = root.dataset.theme; root.dataset.theme = "light"; }
    if (!printing && kept !== null) { root.dataset.theme = kept; kept = null; }
  }
  addEventListener("beforeprint", function () { forPaper(true); });
  addEventListener("afterprint", function () { forPaper(false); });
  matchMedia("print").addEventListener("change", function (media) { forPaper(media.matches); });
  all("input.print-all").forEach(function (box) {
    box.addEventListener("change", function () {
      root.classList.toggle("print-all", box.checked);
    });
  });

  // ---- Formulas of the long lists are set when they come into sight.
  var sight = window.IntersectionObserver && new IntersectionObserver(function (seen) {
    var now = seen.filter(function (entry) { return entry.isIntersecting; })
      .map(function (entry) { return entry.target; });
    if (!now.length) return;
    now.forEach(function (formula) {
      sight.unobserve(formula);
      formula.className = "math";
    });
    whenTypeset(function () { MathJax.typesetPromise(now).then(soon); });
  }, { rootMargin: "300px" });
  if (sight) all(".entry .tex").forEach(function (formula) { sight.observe(formula); });

  // ---- The list of equations, the list of traps.
  all("form.filter").forEach(function (form) {
    var lists = all("details.list", form.parentElement);
    var opened = lists.map(function (list) { return list.open; });
    var entries = lists.map(function (list) { return all(".entry", list); });
    var words = entries.map(function (some) {
      return some.map(function (entry) { return entry.textContent.toLowerCase(); });
    });
    function narrow() {
      var wanted = form.text.value.toLowerCase().split(/\s+/).filter(Boolean);
      var count = 0, total = 0;
      lists.forEach(function (list, k) {
        var here = 0;
        entries[k].forEach(function (entry, i) {
          var fits = wanted.every(function (word) { return words[k][i].includes(word); });
          entry.hidden = !fits;
          here += fits;
        });
        list.hidden = here === 0;
        list.open = wanted.length ? here > 0 : opened[k];
        count += here;
        total += entries[k].length;
      });
      form.querySelector("output").textContent = count + " of " + total;
    }
    form.hidden = false;
    form.addEventListener("input", narrow);
    form.addEventListener("submit", function (event) { event.preventDefault(); });
    narrow();
  });

  // ---- The map: choose a page, see what to read before it.
  var chooser = document.querySelector("form.chooser");
  if (chooser) {
    chooser.hidden = false;
    chooser.addEventListener("submit", function (event) { event.preventDefault(); });
    chooser.page.addEventListener("input", function () {
      var path = document.getElementById("path-" + chooser.page.value);
      var shown = chooser.querySelector(".chosen-path");
      var before = path ? path.dataset.before.split(" ") : [];
      shown.replaceChildren();
      if (path) shown.append(path.querySelector("ol").cloneNode(true));
      else if (chooser.page.value) shown.textContent = "Nothing: you can begin there.";
      all(".book-map .dots i").forEach(function (dot) {
        dot.classList.toggle("before", before.includes(dot.dataset.page));
        dot.classList.toggle("chosen", dot.dataset.page === chooser.page.value);
      });
    });
  }

  // ---- Search: pages, equations and traps by their names come first, then Sphinx's results.
  var results = document.getElementById("search-results");
  var query = new URLSearchParams(location.search).get("q");
  if (results && query && window.bookNames) {
    var wordsOf = function (text) {
      return text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);
    };
    var stems = wordsOf(query).map(function (word) {
      return word.length > 3 ? word.replace(/s$/, "") : word;
    });
    var within = {};  // page: the words of its equations and traps
    window.bookNames.forEach(function (name) {
      within[name[2]] = (within[name[2]] || []).concat(wordsOf(name[0]));
    });
    var named = window.bookNames.map(function (name) {
      var words = wordsOf(name[0]), page = name[1] === "page";
      var hits = stems.filter(function (stem) {
        return words.some(function (word) { return word.startsWith(stem); });
      }).length;
      // A page is found by its title too where its equations and traps hold the other words.
      var fits = hits === stems.length || page && hits && stems.every(function (stem) {
        return words.concat(within[name[0]] || []).some(function (word) {
          return word.startsWith(stem);
        });
      });
      // Few other words, and pages before equations before traps, come first.
      var rank = name[0].toLowerCase() === query.trim().toLowerCase() ? -100 :
        words.length + ["page", "equation", "trap"].indexOf(name[1]) * 20;
      return fits && stems.length ? { name: name, rank: rank } : null;
    }).filter(Boolean).sort(function (a, b) { return a.rank - b.rank; }).slice(0, 8);
    var list = document.createElement("ul");
    list.className = "search-names";
    named.forEach(function (found) {
      var item = list.appendChild(document.createElement("li"));
      var link = item.appendChild(document.createElement("a"));
      link.href = found.name[3];
      link.textContent = found.name[0];
      var kind = item.appendChild(document.createElement("span"));
      kind.className = "where";
      kind.textContent = found.name.slice(1, 3).filter(Boolean).join(" · ");
    });
    if (named.length) results.before(list);
  }
})();

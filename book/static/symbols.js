/* Equation, code and picture are linked: a symbol lights wherever it stands, in formulas and
   in code, and a named equation lights the lines that its check compares.

   The page's symbols and lines come with it as JSON; the formulas' marks are made by
   book/site/symbols.py. Lighting changes colors alone, so that nothing moves. */
(function () {
  "use strict";
  var data = document.getElementById("d2l-symbols");
  var article = document.querySelector(".bd-article");
  if (!data || !article) return;
  var known = JSON.parse(data.textContent), symbols = known.symbols;
  var lit = [], shown = null, pinned = false, tip = null;

  function all(selector, within) {
    return Array.from((within || article).querySelectorAll(selector));
  }

  // ---- Where names and lines stand in code, found when first asked for.
  var byName = {};  // name: numbers of its symbols
  symbols.forEach(function (symbol, number) {
    symbol[1].forEach(function (name) { (byName[name] = byName[name] || []).push(number); });
  });
  var TOKENS = ".cell_input .highlight span[class], code.docutils.literal";
  function nameOf(token) {
    if (token.matches("code")) return (/^(\w+)(\[.*)?$/.exec(token.textContent) || [])[1] || "";
    if (!token.matches(".cell_input .highlight span[class]")) return "";
    if (/^(n|nf|vc|vi|fm|nb|bp)$/.test(token.classList[0])) return token.textContent;
    return /^s[12]?$/.test(token.classList[0]) ? token.textContent.replace(/^['"]|['"]$/g, "") : "";
  }
  var places;  // name: the tokens of code that say it
  function tokensOf(name) {
    if (!places) {
      places = new Map();
      all(TOKENS).forEach(function (token) {
        var said = nameOf(token);
        if (said in byName) places.set(said, (places.get(said) || []).concat(token));
      });
    }
    return places.get(name) || [];
  }
  function tokensOfLines(cell, first, last) {
    var code = all("div.cell")[cell], line = 1, found = [];
    var pre = code && code.querySelector(".cell_input .highlight pre");
    Array.from(pre ? pre.childNodes : []).forEach(function (node) {
      if (node.nodeType === 1 && line >= first && line <= last && node.textContent.trim()) {
        found.push(node);
      }
      line += node.textContent.split("\n").length - 1;
    });
    return found;
  }

  // ---- Light and dark.
  function dark() {
    lit.forEach(function (place) { place.classList.remove("d2l-lit", "d2l-lit-inside"); });
    if (tip) tip.remove();
    lit = []; tip = shown = null; pinned = false;
  }
  function light(places) {
    places.forEach(function (place) {
      place.classList.add("d2l-lit");
      lit.push(place);
      for (var fold = place.closest("details:not([open])"); fold;
           fold = fold.parentElement.closest("details:not([open])")) {
        fold.firstElementChild.classList.add("d2l-lit-inside");
        lit.push(fold.firstElementChild);
      }
    });
  }
  function say(at, lines) {
    tip = document.createElement("div");
    tip.className = "d2l-tip";
    tip.setAttribute("role", "status");
    lines.forEach(function (line) { tip.append(line); });
    document.body.append(tip);
    var box = at.getBoundingClientRect(), wide = tip.offsetWidth, high = tip.offsetHeight;
    var left = Math.min(box.left, document.documentElement.clientWidth - wide - 8);
    var top = box.top - high - 8 < 70 ? box.bottom + 8 : box.top - high - 8;
    tip.style.left = Math.max(8, left) + scrollX + "px";
    tip.style.top = top + scrollY + "px";
    if (/\\\(/.test(tip.textContent) && window.MathJax && MathJax.typesetPromise) {
      MathJax.typesetPromise([tip]);
    }
  }
  function meaning(number) {
    var symbol = symbols[number], line = document.createElement("p");
    line.className = "tex2jax_process";
    var tex = symbol[0], shape = symbol[2].trim();
    line.append("\\(" + tex + "\\) ");
    symbol[1].forEach(function (name) {
      var code = document.createElement("code");
      code.textContent = name;
      line.append(code, " ");
    });
    if (shape && !/^[-–—]$/.test(shape)) {
      line.append(/[\\_^]/.test(shape) ? "\\(" + shape + "\\) " : shape + " ");
    }
    line.append("· " + symbol[3].replace(/\$([^$]*)\$/g, "\\($1\\)").replace(/`/g, ""));
    return line;
  }
  function lightSymbols(at, numbers) {
    dark();
    shown = at;
    numbers.forEach(function (number) {
      light(all(".d2l-symbol-" + number));
      symbols[number][1].forEach(function (name) { light(tokensOf(name)); });
    });
    say(at, numbers.map(meaning));
  }
  function lightLines(at, id) {
    dark();
    shown = at;
    var where = known.equations[id];
    where.forEach(function (place) {
      light(tokensOfLines(place[0], place[1], place[2]));
    });
    var line = document.createElement("p");
    line.textContent = "Its check compares " + (where.length > 1 ?
      "what " + (where.length - 1) + " other place" + (where.length > 2 ? "s" : "") +
      " in the code make" + (where.length > 2 ? "" : "s") + ", lit below." : "code, lit below.");
    say(at, [line]);
  }

  // What an element would light: a function, or null.
  function action(element) {
    if (!element || !element.closest) return null;
    var place = element.closest(".d2l-symbol");
    if (place && article.contains(place)) {
      var number = +/d2l-symbol-(\d+)/.exec(place.getAttribute("class"))[1];
      return { at: place, run: function () { lightSymbols(place, [number]); } };
    }
    var token = element.closest(TOKENS);
    var name = token ? nameOf(token) : "";
    if (Object.prototype.hasOwnProperty.call(byName, name)) {
      return { at: token, run: function () { lightSymbols(token, byName[name]); } };
    }
    var link = element.closest(".equation-name a:first-child");
    var equation = link && link.closest(".equation");
    if (equation && known.equations[equation.id]) {
      return { at: link, run: function () { lightLines(link, equation.id); } };
    }
    return null;
  }

  // ---- Mouse and touch: pointing lights, a click or a tap keeps it lit until the next.
  article.addEventListener("pointerover", function (event) {
    if (pinned || event.pointerType === "touch") return;
    var found = action(event.target);
    if (found && found.at !== shown) found.run();
    else if (!found && shown) dark();
  });
  article.addEventListener("pointerleave", function () { if (!pinned) dark(); });
  document.addEventListener("click", function (event) {
    if (getSelection().toString()) return;
    var found = action(event.target), same = found && pinned && found.at === shown;
    if (pinned || !found) dark();
    if (found && !same) { found.run(); pinned = true; }
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && shown) dark();
  });

  // ---- Keyboard: a display is one stop; its arrows walk from symbol to symbol.
  function reachable() {
    all("div.math mjx-container").forEach(function (display) {
      var marks = all("mjx-math .d2l-symbol", display);
      if (!marks.length) return;
      display.tabIndex = 0;
      display.setAttribute("role", "group");
      display.setAttribute("aria-label", "Equation. Left and right arrows go through its symbols.");
      display.addEventListener("focus", function () {
        if (display.matches(":focus-visible")) step(display, 0);
      });
      display.addEventListener("blur", function () { if (!pinned) dark(); });
      display.addEventListener("keydown", function (event) {
        var by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (by) { event.preventDefault(); step(display, by); }
      });
    });
    all(".equation-name a:first-child").forEach(function (link) {
      if (!known.equations[link.closest(".equation").id]) return;
      link.addEventListener("focus", function () {
        if (link.matches(":focus-visible")) lightLines(link, link.closest(".equation").id);
      });
      link.addEventListener("blur", function () { if (!pinned) dark(); });
    });
  }
  function step(display, by) {
    var marks = all("mjx-math .d2l-symbol", display), at = marks.indexOf(shown);
    var next = marks[at < 0 ? 0 : (at + by + marks.length) % marks.length];
    action(next).run();
  }
  if (window.MathJax && MathJax.startup) MathJax.startup.promise.then(reachable);
  else addEventListener("load", function () {
    if (window.MathJax && MathJax.startup) MathJax.startup.promise.then(reachable);
  });

  // ---- Said once, under the first table of symbols.
  var table = all("table").find(function (one) {
    var first = one.querySelector("th");
    return first && first.textContent.trim() === "Symbol";
  });
  if (table && symbols.length) {
    var hint = document.createElement("p"), after = table.closest(".pst-scrollable-table-container");
    hint.className = "d2l-hint";
    hint.textContent = "Point at a symbol, in a formula or by its name in code, and all its " +
      "places light. An equation's name lights the code that its check compares.";
    (after || table).after(hint);
  }
})();

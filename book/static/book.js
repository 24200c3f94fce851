/* Three small things: scrollable boxes that the keyboard reaches, lists that can be narrowed, the reading path. */
(function () {
  "use strict";

  // A box that scrolls inside itself must be reachable by keyboard; one that does not must not be a stop.
  // A formula in the text that is wider than the text becomes such a box.
  function markScrollable() {
    document.querySelectorAll("span.math").forEach(function (formula) {
      formula.classList.remove("wide");
      var block = formula.closest("p, li, td, dd, summary, h1, h2, h3");
      if (block && formula.offsetWidth > block.clientWidth) formula.classList.add("wide");
    });
    document.querySelectorAll("div.math, span.math.wide, .bd-article pre, .output.text_html, .pst-scrollable-table-container")
      .forEach(function (box) {
        if (box.scrollWidth > box.clientWidth + 1) {
          box.tabIndex = 0;
        } else {
          box.removeAttribute("tabindex");
        }
      });
  }
  var waiting;
  function soon() {
    clearTimeout(waiting);
    waiting = setTimeout(markScrollable, 50);
  }
  addEventListener("resize", soon);
  document.addEventListener("toggle", soon, true);
  addEventListener("load", function () {
    soon();
    if (window.MathJax && MathJax.startup) MathJax.startup.promise.then(soon);
  });

  // The list of equations, the list of traps.
  document.querySelectorAll("form.filter").forEach(function (form) {
    var entries = Array.from(form.parentElement.querySelectorAll(".entry"));
    var words = entries.map(function (entry) { return entry.textContent.toLowerCase(); });
    function narrow() {
      var wanted = form.text.value.toLowerCase().split(/\s+/).filter(Boolean), count = 0;
      entries.forEach(function (entry, i) {
        var fits = (!form.chapter.value || entry.dataset.chapter === form.chapter.value) &&
          wanted.every(function (word) { return words[i].includes(word); });
        entry.hidden = !fits;
        count += fits;
      });
      form.querySelector("output").textContent = count + " of " + entries.length;
      soon();
    }
    form.hidden = false;
    form.addEventListener("input", narrow);
    form.addEventListener("submit", function (event) { event.preventDefault(); });
    narrow();
  });

  // The map: choose a page, see what to read before it.
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
      document.querySelectorAll(".book-map .dots i").forEach(function (dot) {
        dot.classList.toggle("before", before.includes(dot.dataset.page));
        dot.classList.toggle("chosen", dot.dataset.page === chooser.page.value);
      });
    });
  }
})();

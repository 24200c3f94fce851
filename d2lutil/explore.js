// Makes one stored figure move. It is called as (this function)(spec, script), where spec is
//   {id, alt, controls: [{kind, label, texts, start, play}], data}
// and data is base64 of deflated text: the distinct lines of all frames, an empty line, and
// then one line a frame, the numbers of its lines. The last control varies fastest.
(function (spec, script) {
  "use strict";
  var own = script && script.closest && script.closest(".d2l-explore");
  var roots = own ? [own] : document.getElementsByClassName("d2l-explore-" + spec.id);
  Array.prototype.forEach.call(roots, function (root) {
    if (root.dataset.ready || typeof DecompressionStream === "undefined") return;
    root.dataset.ready = "yes";
    start(root);
  });

  function element(parent, html) {
    parent.insertAdjacentHTML("beforeend", html);
    return parent.lastElementChild;
  }

  function start(root) {
    var first = root.querySelector("img"), now = null;
    var at = spec.controls.map(function (c) { return c.start; });
    var shown = number(), busy = false, timer = null, frames = null;
    var bar = document.createElement("div");
    bar.className = "d2l-controls";
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", "Controls of the figure");
    // Keys that move a slider must not move a notebook's selection or turn a page.
    bar.setAttribute("data-lm-suppress-shortcuts", "true");
    bar.addEventListener("keydown", function (e) { e.stopPropagation(); });
    var controls = spec.controls.map(build), playing = null;
    element(bar, '<button type="button" class="d2l-reset">Reset</button>').onclick = function () {
      stop();
      spec.controls.forEach(function (c, i) { set(i, c.start); });
    };
    root.insertBefore(bar, first);
    var ready = decode().then(function (all) {
      frames = all;
      show();
    }).catch(function (error) {  // the first frame stays, and no dead controls
      bar.remove();
      console.warn("explore: the stored frames cannot be read", error);
    });

    function build(c, i) {
      var box, input, out, control = {};
      if (c.kind === "choice") {
        box = element(bar, '<span class="d2l-group" role="radiogroup"></span>');
        element(box, '<span class="d2l-name"></span>').textContent = c.label;
        box.setAttribute("aria-label", c.label);
        window.d2lExplore = (window.d2lExplore || 0) + 1;
        var name = "d2l-" + spec.id + "-" + window.d2lExplore;
        var radios = c.texts.map(function (text, k) {
          var label = element(box, '<label><input type="radio" autocomplete="off"><span></span></label>');
          label.lastChild.textContent = text;
          label.firstChild.name = name;
          label.firstChild.onchange = function () { set(i, k); };
          return label.firstChild;
        });
        control.update = function (k) { radios[k].checked = true; };
      } else if (c.kind === "menu") {
        box = element(bar, '<label><span class="d2l-name"></span><select autocomplete="off"></select></label>');
        input = box.lastChild;
        input.setAttribute("aria-label", c.label);  // a label around a menu would be named by its words too
        c.texts.forEach(function (text) { element(input, "<option></option>").textContent = text; });
        input.onchange = function () { set(i, input.selectedIndex); };
        control.update = function (k) { input.selectedIndex = k; };
      } else if (c.kind === "check") {
        box = element(bar, '<label><input type="checkbox" autocomplete="off"><span class="d2l-name"></span></label>');
        input = box.firstChild;
        input.onchange = function () { set(i, input.checked ? 1 : 0); };
        control.update = function (k) { input.checked = k === 1; };
      } else {
        box = element(bar, '<label><span class="d2l-name"></span>' +
          '<input type="range" min="0" step="1" autocomplete="off"><output aria-live="off"></output></label>');
        input = box.children[1];
        out = box.children[2];
        input.max = c.texts.length - 1;
        out.style.minWidth = Math.max.apply(null, c.texts.map(function (t) { return t.length; })) + "ch";
        input.setAttribute("aria-label", c.label);
        input.oninput = function () { stop(); set(i, Number(input.value)); };
        control.update = function (k) {
          input.value = k;
          input.setAttribute("aria-valuetext", c.texts[k]);
          out.textContent = c.texts[k];
        };
      }
      if (c.kind !== "choice" && c.kind !== "slider") box.querySelector(".d2l-name").textContent = c.label;
      if (c.kind === "slider") box.firstChild.textContent = c.label;
      control.update(c.start);
      if (c.play) {
        control.button = element(bar, '<button type="button" class="d2l-play">Play</button>');
        control.button.setAttribute("aria-label", "Play " + c.label);
        control.button.onclick = function () { timer ? stop() : play(i); };
      }
      return control;
    }

    function set(i, k) {
      at[i] = k;
      controls[i].update(k);
      show();
    }

    function number() {
      return spec.controls.reduce(function (n, c, i) { return n * c.texts.length + at[i]; }, 0);
    }

    function play(i) {
      var n = spec.controls[i].texts.length;
      if (at[i] === n - 1) set(i, 0);
      playing = controls[i].button;
      playing.textContent = "Pause";
      playing.setAttribute("aria-label", "Pause " + spec.controls[i].label);
      playing.dataset.label = spec.controls[i].label;
      timer = setInterval(function () {
        if (!root.isConnected || at[i] >= n - 1) return stop();
        if (!busy) set(i, at[i] + 1);
        if (at[i] === n - 1) stop();
      }, Math.max(120, Math.min(700, 6000 / n)));
    }

    function stop() {
      if (!timer) return;
      clearInterval(timer);
      timer = null;
      playing.textContent = "Play";
      playing.setAttribute("aria-label", "Play " + playing.dataset.label);
    }

    // The latest wish wins: while a frame is being painted, moves only change `at`.
    function show() {
      if (!frames || busy || number() === shown) return;
      if (!now) {
        now = first.cloneNode();
        now.className = "d2l-now";
        now.decoding = "sync";
        first.after(now);
      }
      busy = true;
      shown = number();
      now.alt = spec.alt + " (" + spec.controls.map(function (c, i) {
        return c.label + ": " + c.texts[at[i]];
      }).join(", ") + ")";
      now.onload = now.onerror = function () {
        root.classList.add("d2l-moved");
        root.dataset.frame = shown;
        busy = false;
        show();
      };
      now.src = "data:image/svg+xml," + encodeURIComponent(frames(shown));
    }

    function decode() {
      var bytes = Uint8Array.from(atob(spec.data), function (c) { return c.charCodeAt(0); });
      var stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
      return new Response(stream).text().then(function (text) {
        var cut = text.indexOf("\n\n");
        var lines = text.slice(0, cut).split("\n"), orders = text.slice(cut + 2).split("\n");
        return function (k) {
          return orders[k].split(" ").map(function (n) { return lines[n]; }).join("\n");
        };
      });
    }
  }
})

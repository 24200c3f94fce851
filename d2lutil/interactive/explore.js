// Makes one stored figure move. It is called as (this function)(spec, script, formulas), where
// formulas are functions of numbers, where there are curves, and spec is
//   {id, alt, controls, and data or sheet and tile or curves; perhaps square and pad, ask}
//   controls: [{kind, label, texts, start; times where it plays; places in the square;
//     of: the number of the curve that it moves}]
//   data: base64 of deflated text: the distinct lines of all frames, an empty line, and
//     then one line a frame, the numbers of its lines. The last control varies fastest.
//   sheet: an image of all frames; tile: [width, height, columns]
//   square: the numbers of two controls, across and up; pad: the image behind the point
//   curves: see curves.js
//   ask: {question, options, answer, because}, all but the question optional
(function (spec, script, formulas) {
  "use strict";
  const own = script && script.closest && script.closest(".d2l-explore");
  for (const root of own ? [own] : document.querySelectorAll(".d2l-explore-" + spec.id)) {
    if (root.dataset.ready || typeof DecompressionStream === "undefined") continue;
    root.dataset.ready = "yes";
    start(root);
  }

  // A new element at the end of parent, with properties and attributes.
  function make(parent, tag, parts) {
    const e = document.createElement(tag);
    for (const name in parts) name in e ? e[name] = parts[name] : e.setAttribute(name, parts[name]);
    if (parent) parent.append(e);
    return e;
  }

  function unique() {
    window.d2lExplore = (window.d2lExplore || 0) + 1;
    return "d2l-" + spec.id + "-" + window.d2lExplore;
  }

  // A group of controls, whose keys must not move a notebook's selection or turn a page.
  function group(tag, parts) {
    const e = make(null, tag, {...parts, "data-lm-suppress-shortcuts": "true"});
    e.addEventListener("keydown", event => event.stopPropagation());
    return e;
  }

  function radios(parent, texts, pick) {
    const name = unique();
    return texts.map((text, k) => {
      const label = make(parent, "label");
      const input = make(label, "input", {type: "radio", name, autocomplete: "off", onchange: () => pick(k)});
      make(label, "span", {textContent: text});
      return input;
    });
  }

  function start(root) {
    const first = root.querySelector("img");
    const at = spec.controls.map(c => c.start);
    let now = null, shown = spec.curves ? null : number(), busy = false, frame = null;
    const bar = group("div", {className: "d2l-controls", role: "group", "aria-label": "Controls of the figure"});
    if (spec.curves) first.after(bar);  // rows come and go, and the picture stays where it is
    else root.insertBefore(bar, first);
    const hidden = [bar];
    const square = spec.square && makeSquare();
    const grid = make(bar, "div", {className: "d2l-grid"}), rows = [];
    const updates = spec.controls.map((c, i) => square && spec.square.includes(i) ? square.update : build(c, i));
    const buttons = make(grid.children.length ? bar : square.head, "div", {className: "d2l-buttons"});
    const player = makePlayer(spec.controls.findIndex(c => c.times));
    make(buttons, "button", {type: "button", className: "d2l-reset", textContent: "Reset", onclick: () => {
      player.stop();
      spec.controls.forEach((c, i) => set(i, c.start));
    }});
    if (!grid.children.length) bar.remove();
    if (spec.ask) hidden.push(askFirst());
    spec.controls.forEach((c, i) => updates[i](c.start, i));
    load().then(found => {
      frame = found;
      show();
    }).catch(error => {  // the first frame stays, and no dead controls
      hidden.forEach(part => part.remove());
      console.warn("explore: the stored frames cannot be read", error);
    });

    // ---- controls: each gives a function that shows where it stands

    function build(c, i) {
      if (c.kind === "set") return makeSet(c, i);
      const id = unique();
      const row = {className: "d2l-name", textContent: c.label};
      if ("of" in c) row.style = "border-left:.3em solid " + spec.controls[0].colors[c.of] + ";padding-left:.4em";
      if (c.kind === "choice") {
        make(grid, "span", row);
        const box = make(grid, "span", {className: "d2l-group", role: "radiogroup", "aria-label": c.label});
        const all = radios(box, c.texts, k => set(i, k));
        return k => { all[k].checked = true; };
      }
      const name = make(grid, "label", {...row, htmlFor: id});
      if (c.kind === "menu") {
        const menu = make(grid, "select", {id, autocomplete: "off", onchange: () => set(i, menu.selectedIndex)});
        c.texts.forEach(text => make(menu, "option", {textContent: text}));
        return k => { menu.selectedIndex = k; };
      }
      if (c.kind === "check") {
        const box = make(grid, "input", {id, type: "checkbox", autocomplete: "off", onchange: () => set(i, +box.checked)});
        return k => { box.checked = k === 1; };
      }
      const slider = range(grid, c, i, id);
      const out = make(grid, "output", {"aria-live": "off", htmlFor: id});
      rows[i] = [name, slider, out];
      out.style.minWidth = Math.max(...c.texts.map(t => t.length)) + "ch";
      return k => {
        slider.show(k);
        out.textContent = c.texts[k];
      };
    }

    function range(parent, c, i, id) {
      const input = make(parent, "input", {type: "range", min: 0, max: c.texts.length - 1, step: 1,
        autocomplete: "off", "aria-label": c.label, id, oninput: () => set(i, +input.value)});
      input.show = k => {
        input.value = k;
        input.setAttribute("aria-valuetext", c.texts[k]);
      };
      return input;
    }

    // ---- parts that stand in files of their own and share the names above

    // put in: square.js
    // put in: player.js
    // put in: question.js
    // put in: curves.js

    // ---- frames

    function set(i, k, playing) {
      if (!playing && player.i === i) player.stop();
      at[i] = k;
      updates[i](k, i);
      show();
    }

    function number() {
      if (spec.curves) return at.join(" ");
      return spec.controls.reduce((n, c, i) => n * c.texts.length + at[i], 0);
    }

    // The latest wish wins: while a frame is being painted, moves only change `at`.
    function show() {
      if (!frame || busy || number() === shown) return;
      if (!now) {
        now = first.cloneNode();
        now.className = "d2l-now";
        now.decoding = "sync";
        first.after(now);
      }
      busy = true;
      shown = number();
      now.alt = spec.alt + " (" + spec.controls.map(reading).filter(Boolean).join(", ") + ")";
      now.onload = now.onerror = () => {
        root.classList.add("d2l-moved");
        root.dataset.frame = shown;
        busy = false;
        show();
      };
      now.src = frame(shown);
    }

    // What a control says, unless it is hidden.
    function reading(c, i) {
      if ("of" in c && !isChecked(c.of)) return "";
      return c.label + ": " + (c.kind === "set" ? c.texts.filter((_, k) => isChecked(k)).join(", ") : c.texts[at[i]]);
    }

    // Gives the function from a frame's number to the address of its picture.
    async function load() {
      if (spec.curves) return drawCurves;
      if (spec.sheet) {
        const sheet = new Image(), [w, h, columns] = spec.tile;
        sheet.src = spec.sheet;
        await sheet.decode();
        const canvas = make(null, "canvas", {width: w, height: h}), pen = canvas.getContext("2d");
        return k => {
          pen.drawImage(sheet, -w * (k % columns), -h * Math.floor(k / columns));
          return canvas.toDataURL();
        };
      }
      const bytes = Uint8Array.from(atob(spec.data), c => c.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
      const text = await new Response(stream).text(), cut = text.indexOf("\n\n");
      const lines = text.slice(0, cut).split("\n"), orders = text.slice(cut + 2).split("\n");
      return k => "data:image/svg+xml," + encodeURIComponent(orders[k].split(" ").map(n => lines[n]).join("\n"));
    }
  }
})

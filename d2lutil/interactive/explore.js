// Makes one stored figure move. It is called as (this function)(spec, script), where spec is
//   {id, alt, controls, and data or sheet and tile; perhaps square and pad, ask}
//   controls: [{kind, label, texts, start; times where it plays; places in the square}]
//   data: base64 of deflated text: the distinct lines of all frames, an empty line, and
//     then one line a frame, the numbers of its lines. The last control varies fastest.
//   sheet: an image of all frames; tile: [width, height, columns]
//   square: the numbers of two controls, across and up; pad: the image behind the point
//   ask: {question, options, answer, because}, all but the question optional
(function (spec, script) {
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
    let now = null, shown = number(), busy = false, frame = null;
    const bar = group("div", {className: "d2l-controls", role: "group", "aria-label": "Controls of the figure"});
    root.insertBefore(bar, first);
    const hidden = [bar];
    const square = spec.square && makeSquare();
    const grid = make(bar, "div", {className: "d2l-grid"});
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
      const id = unique();
      const row = {className: "d2l-name", textContent: c.label};
      if (c.kind === "choice") {
        make(grid, "span", row);
        const box = make(grid, "span", {className: "d2l-group", role: "radiogroup", "aria-label": c.label});
        const all = radios(box, c.texts, k => set(i, k));
        return k => { all[k].checked = true; };
      }
      make(grid, "label", {...row, htmlFor: id});
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

    // The square: a pointer drags the point; two invisible sliders serve keys and screen readers.
    function makeSquare() {
      const [x, y] = spec.square, names = spec.square.map(i => spec.controls[i].label);
      const stage = make(null, "div", {className: "d2l-stage"});
      first.before(stage);
      const box = group("div", {className: "d2l-square"});
      stage.append(box, first);
      hidden.push(box);
      const head = make(box, "div", {className: "d2l-head"}), top = make(head, "div", {className: "d2l-axis"});
      const pad = make(box, "div", {className: "d2l-pad", role: "group",
        "aria-label": names.join(" and ") + ": arrow keys move the point"});
      const low = make(box, "div", {className: "d2l-axis d2l-across"});
      make(pad, "img", {src: spec.pad, alt: "", draggable: false});
      const sliders = {}, dot = make(pad, "div", {className: "d2l-dot"});
      for (const i of spec.square) sliders[i] = range(pad, spec.controls[i], i, unique());
      let drag = false;
      pad.onpointerdown = e => {
        drag = true;
        pad.setPointerCapture(e.pointerId);
        e.preventDefault();
        sliders[x].focus({preventScroll: true});
        move(e);
      };
      pad.onpointermove = e => drag && move(e);
      pad.onpointerup = pad.onpointercancel = () => {
        drag = false;
        place();
      };
      pad.addEventListener("keydown", e => {
        const way = {ArrowLeft: [x, -1], ArrowRight: [x, 1], ArrowDown: [y, -1], ArrowUp: [y, 1]}[e.key];
        if (!way) return;
        e.preventDefault();
        const [i, step] = way, p = spec.controls[i].places;
        const k = at[i] + (p[0] < p[p.length - 1] ? step : -step);
        if (k >= 0 && k < p.length) set(i, k);
      });

      function move(e) {
        const r = pad.getBoundingClientRect();
        const u = clamp((e.clientX - r.left) / r.width), v = clamp((r.bottom - e.clientY) / r.height);
        set(x, nearest(x, u));
        set(y, nearest(y, v));
        place(u, v);  // the point stays under the finger, and snaps when it is let go
      }

      function nearest(i, u) {
        const far = spec.controls[i].places.map(p => Math.abs(p - u));
        return far.indexOf(Math.min(...far));
      }

      function place(u = spec.controls[x].places[at[x]], v = spec.controls[y].places[at[y]]) {
        dot.style.left = 100 * u + "%";
        dot.style.bottom = 100 * v + "%";
      }

      function update(k, i) {
        sliders[i].show(k);
        const text = spec.controls[i].label + " = " + spec.controls[i].texts[k];
        if (i === x) low.textContent = text + " →";
        else top.textContent = text + " ↑";
        place();
      }

      return {head, update};
    }

    function clamp(u) {
      return Math.max(0, Math.min(1, u));
    }

    // Plays by the clock: a slow machine skips frames and keeps the time.
    function makePlayer(i) {
      if (i < 0) return {i, stop() {}};
      const {times, label} = spec.controls[i], last = times.length - 1;
      let running = false, clock = 0, then = null;
      const button = make(buttons, "button", {type: "button", className: "d2l-play", onclick: () => running ? stop() : play()});
      const speed = make(buttons, "select", {className: "d2l-speed", autocomplete: "off", "aria-label": "Speed"});
      [0.5, 1, 2, 4].forEach(s => make(speed, "option", {value: s, textContent: s + "×", selected: s === 1}));
      const box = make(buttons, "label"), loop = make(box, "input", {type: "checkbox", autocomplete: "off"});
      make(box, "span", {textContent: "Loop"});
      stop();

      function name(word) {
        button.textContent = word;
        button.setAttribute("aria-label", word + " " + label);
      }

      function stop() {
        running = false;
        name("Play");
      }

      function play() {
        if (at[i] === last) set(i, 0, true);
        clock = times[at[i]];
        then = null;
        running = true;
        name("Pause");
        requestAnimationFrame(tick);
      }

      function tick(time) {
        if (!running) return;
        if (!root.isConnected) return stop();
        clock += then === null ? 0 : Math.min(1000, time - then) / 1000 * speed.value;
        then = time;
        if (clock >= times[last] + (loop.checked ? 0.6 : 0)) {
          if (!loop.checked) {
            set(i, last, true);
            return stop();
          }
          clock = 0;
        }
        let k = last;
        while (times[k] > clock + 1e-6) k--;
        if (k !== at[i]) set(i, k, true);
        requestAnimationFrame(tick);
      }

      return {i, stop};
    }

    // ---- the question: the controls show when a guess is made

    function askFirst() {
      const ask = spec.ask, form = group("form", {className: "d2l-ask"});
      const field = make(form, "fieldset");
      make(field, "legend", {textContent: ask.question});
      let guess = null, text = null;
      if (ask.options) radios(field, ask.options, k => { guess = ask.options[k]; });
      else text = make(field, "input", {type: "text", autocomplete: "off", placeholder: "Your guess", "aria-label": "Your guess"});
      const button = make(form, "button", {type: "submit", textContent: "Show me"});
      const verdict = make(form, "p", {role: "status", tabIndex: -1});
      form.onsubmit = e => {
        e.preventDefault();
        if (text) guess = text.value.trim();
        const said = guess ? ["Your guess: " + guess + "."] : [];
        if (ask.options) said.push(guess === ask.answer ? "Right."
          : (guess ? "Not quite: it" : "It") + " is “" + ask.answer + "”.");
        if (ask.because) said.push(ask.because);
        field.replaceWith(make(null, "p", {className: "d2l-question", textContent: ask.question}));
        button.remove();
        hidden.forEach(part => { part.hidden = false; });
        verdict.textContent = said.join(" ");
        (said.length ? verdict : root.querySelector("input, select, button")).focus();
      };
      hidden.forEach(part => { part.hidden = true; });
      root.insertBefore(form, root.querySelector(".d2l-controls, .d2l-stage, img"));
      return form;
    }

    // ---- frames

    function set(i, k, playing) {
      if (!playing && player.i === i) player.stop();
      at[i] = k;
      updates[i](k, i);
      show();
    }

    function number() {
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
      now.alt = spec.alt + " (" + spec.controls.map((c, i) => c.label + ": " + c.texts[at[i]]).join(", ") + ")";
      now.onload = now.onerror = () => {
        root.classList.add("d2l-moved");
        root.dataset.frame = shown;
        busy = false;
        show();
      };
      now.src = frame(shown);
    }

    // Gives the function from a frame's number to the address of its picture.
    async function load() {
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

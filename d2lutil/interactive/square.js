// Put into start() of explore.js, whose names it uses.
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

// Put into start() of explore.js, whose names it uses.
// A picture that is computed here: the axes, and a line for each curve that is checked.
// spec.curves: {base, box, x, y, each}: the axes as SVG, where their box lies in it (left, top,
// width, height), where curves are computed, what the box's bottom and top mean, and
// for each of the formulas its arguments after x: numbers, or {at, values} of a control.
function drawCurves() {
  const {base, box: [left, top, wide, high], x, y, each} = spec.curves, [c] = spec.controls;
  const span = x[x.length - 1] - x[0];
  const lines = each.map((parts, k) => {
    if (!isChecked(k)) return "";
    const given = parts.map(p => p.values ? p.values[at[p.at]] : p);
    const points = x.map(v => [v, formulas[k](v, ...given)]).filter(p => Number.isFinite(p[1]))
      .map(([v, f]) => (left + wide * (v - x[0]) / span).toFixed(2) + "," + (top + high * (y[1] - f) / (y[1] - y[0])).toFixed(2));
    return `<polyline points="${points.join(" ")}" stroke="${c.colors[k]}" stroke-dasharray="${c.dashes[k]}"/>`;
  });
  const clip = `<clipPath id="box"><rect x="${left}" y="${top}" width="${wide}" height="${high}"/></clipPath>`;
  const group = `<g clip-path="url(#box)" fill="none" stroke-width="2" stroke-linejoin="round">${lines.join("")}</g>`;
  return "data:image/svg+xml," + encodeURIComponent(base.replace(/<\/svg>\s*$/, () => clip + group + "</svg>"));
}

function isChecked(k) {
  return (at[0] >> k & 1) === 1;
}

// The names of the curves, each with its line and a box to check.
function makeSet(c, i) {
  const all = make(grid, "span", {className: "d2l-group d2l-set", role: "group", "aria-label": c.label});
  const boxes = c.texts.map((text, k) => {
    const label = make(all, "label");
    const box = make(label, "input", {type: "checkbox", autocomplete: "off", onchange: () => set(i, at[i] ^ 1 << k)});
    make(label, "span", {className: "d2l-swatch", style: `border-top:3px ${c.swatches[k]} ${c.colors[k]}`});
    make(label, "span", {textContent: text});
    return box;
  });
  return () => {
    boxes.forEach((box, k) => { box.checked = isChecked(k); });
    spec.controls.forEach((other, j) => "of" in other && rows[j].forEach(part => { part.hidden = !isChecked(other.of); }));
  };
}

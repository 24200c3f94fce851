// Put into start() of explore.js, whose names it uses.
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

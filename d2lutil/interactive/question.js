// Put into start() of explore.js, whose names it uses.
// Asks first: the controls show when a guess is made.
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

"""The guess that a figure asks its reader for before it moves."""

from __future__ import annotations

KEYS = ("question", "options", "answer", "because")


def read_ask(ask) -> dict | None:
    """The question as a dict of those of `KEYS` that it has, after a look at them."""
    if ask is None:
        return None
    ask = {"question": ask} if isinstance(ask, str) else ask
    if not isinstance(ask, dict):
        raise TypeError(
            "explore: ask must be a question, or a dict of question, options, answer "
            f"and because; got {type(ask).__name__}"
        )
    for key, value in ask.items():
        if key not in KEYS:
            raise ValueError(f"explore: ask has {key!r}; it may have {', '.join(KEYS)}")
        if key != "options" and not (isinstance(value, str) and value.strip()):
            raise ValueError(f"explore: ask's {key} must be words, got {value!r}")
    if "question" not in ask:
        raise ValueError("explore: ask has no question")
    options = ask.get("options")
    if options is None:
        if "answer" in ask:
            raise ValueError(
                "explore: ask has an answer and no options to choose it from; "
                "give options, or say the answer in because"
            )
        return dict(ask)
    options = list(options) if isinstance(options, (list, tuple)) else []
    words = all(isinstance(option, str) and option.strip() for option in options)
    if not 2 <= len(set(options)) == len(options) or not words:
        raise ValueError(
            "explore: ask's options must be two or more different answers in words, "
            f"got {ask['options']!r}"
        )
    if ask.get("answer") not in options:
        raise ValueError(
            f"explore: ask's answer {ask.get('answer')!r} is none of its options "
            + ", ".join(map(repr, options))
        )
    return {**ask, "options": options}


def verdict(ask: dict, guess: str | None) -> str:
    """What a reader is told after the guess, as explore.js says it."""
    said = [f"Your guess: {guess}."] if guess else []
    if "options" in ask:
        if guess == ask["answer"]:
            said.append("Right.")
        else:
            said.append(f"{'Not quite: it' if guess else 'It'} is “{ask['answer']}”.")
    return " ".join([*said, ask.get("because", "")]).strip()

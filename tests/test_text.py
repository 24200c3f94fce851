"""Tokenizers, vocabularies, windows."""

import sys
import unicodedata

import pytest
import torch

from d2lutil import text


def test_normal_form_makes_equal_text_equal():
    assert text.characters("e\u0301") == text.characters("\u00e9") == ["é"]
    assert text.words("Cafe\u0301") == text.words("CAFÉ") == ["café"]
    assert text.normalize("Straße", lower=True) == "strasse"
    assert "".join(text.characters("One\n two")) == "One\n two"


@pytest.mark.parametrize(
    "s, found",
    [
        ("Don't stop, Zoë!", ["don't", "stop", "zoë"]),
        ("the sons’ sons", ["the", "sons", "sons"]),
        ("42 or 3.14", ["42", "or", "3", "14"]),
        ("well-known", ["well", "known"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("", []),
        ("…", []),
        ("snake_case _", ["snake_case", "_"]),
    ],
)
def test_words(s, found):
    assert text.words(s) == found


@pytest.mark.parametrize(
    "word",
    [
        "\u06a9\u062a\u0627\u0628\u200c\u0647\u0627",  # Persian, zero-width non-joiner
        "\u0dc1\u0dca\u200d\u0dbb\u0dd3",  # Sinhala, zero-width joiner
        "\u0d05\u0d35\u0d28\u0d4d\u200d",  # Malayalam, a joiner at the end
        "\u0c30\u0c4d\u200c\u0c15",  # Telugu, zero-width non-joiner
        "\u0639\u064e\u0631\u064e\u0628\u0650\u064a\u0651",  # Arabic with vowels
        "\u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd",  # Hebrew with points
        "\u05e6\u05d4\u05f4\u05dc",  # Hebrew, a mark between letters
        "\u1019\u103c\u1014\u103a\u1019\u102c",  # Burmese
        "\u0bb5\u0ba3\u0b95\u0bcd\u0b95\u0bae\u0bcd",  # Tamil
        "tie\u0302\u0301ng",  # Vietnamese, two marks on a letter
        "col\u00b7lecci\u00f3",  # Catalan
        "l\u2019eau",  # French
        "o\u02bbzbek",  # Uzbek
        "\u0567\u055a\u0567",  # Armenian
        "a\ufe0fb",  # a variation selector
    ],
)
def test_one_word_in_any_script(word):
    normal = text.normalize(word)
    assert text.words(word) == [normal]
    assert text.words(f"{word}, {word}.", punctuation=True) == [
        normal,
        ",",
        normal,
        ".",
    ]


@pytest.mark.parametrize("invisible", text.LAYOUT)
def test_layout_is_no_part_of_a_text(invisible):
    for s in (f"back{invisible}prop", f"{invisible}backprop", f"backprop{invisible}"):
        assert text.words(s) == text.words(s, punctuation=True) == ["backprop"]
        assert "".join(text.characters(s)) == "backprop"
    assert text.characters(f"e{invisible}\u0301") == ["\u00e9"]


def test_invisible_characters_are_no_tokens():
    assert text.words("\u200d a \u200c \u200d. b", punctuation=True) == ["a", ".", "b"]
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert text.words(f"we {family}! \u2764\ufe0f", punctuation=True) == [
        "we",
        family,
        "!",
        "\u2764\ufe0f",
    ]
    assert text.words(f"we {family}! \u2764\ufe0f") == ["we"]


def test_the_zero_width_space_ends_a_word():
    khmer = "\u1781\u17d2\u1789\u17bb\u17c6\u200b\u179f\u17d2\u179a\u17b6\u179b"
    assert (
        text.words(khmer)
        == text.words(khmer, punctuation=True)
        == khmer.split("\u200b")
    )


def test_every_format_character_is_part_of_a_word_or_left_out():
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code)) == "Cf" and code != 0x200B:
            found = text.words(f"ab{chr(code)}cd", punctuation=True)
            assert len(found) == 1, hex(code)


def test_words_keep_case_and_marks_when_told():
    assert text.words("Thou, O God!", lower=False, punctuation=True) == [
        "Thou",
        ",",
        "O",
        "God",
        "!",
    ]


def test_words_wants_a_string():
    with pytest.raises(TypeError, match="list"):
        text.words(["a"])


def test_vocabulary_order_and_counts():
    v = text.Vocab(["to", "be", "or", "not", "to", "be"], specials=["<pad>", "<unk>"])
    assert v.tokens == ["<pad>", "<unk>", "be", "to", "not", "or"] and len(v) == 6
    assert (
        text.Vocab(
            ["be", "to", "not", "be", "or", "to"], specials=["<pad>", "<unk>"]
        ).tokens
        == v.tokens
    )
    assert v.counts["to"] == 2 and "or" in v and "see" not in v
    assert text.Vocab([["a", "b"], ["b"]]).tokens == ["<unk>", "b", "a"]


def test_encode_and_decode():
    v = text.Vocab("abracadabra", specials=())
    ids = v.encode("cab")
    assert ids.dtype == torch.int64 and "".join(v.decode(ids)) == "cab"
    with pytest.raises(KeyError, match="'x' is not in the vocabulary"):
        v.encode("x")
    with pytest.raises(IndexError, match="5"):
        v.decode([5])
    with pytest.raises(IndexError):
        v.decode([-1])


def test_unknown_and_rare():
    v = text.Vocab(["a", "a", "b"], min_count=2)
    assert v.encode(["a", "b", "c"]).tolist() == [1, 0, 0] and v.counts["b"] == 1
    assert text.Vocab("aabbc", max_size=3).tokens == ["<unk>", "a", "b"]


@pytest.mark.parametrize(
    "options, error",
    [
        ({"tokens": [1, 2]}, TypeError),
        ({"tokens": [], "specials": ()}, ValueError),
        ({"tokens": ["a"], "specials": ["<unk>", "<unk>"]}, ValueError),
        ({"tokens": ["a"], "max_size": 0}, ValueError),
    ],
)
def test_bad_vocabularies(options, error):
    with pytest.raises(error, match="Vocab"):
        text.Vocab(**options)


def test_random_windows_do_not_overlap():
    ids = torch.arange(100)
    batches = text.windows(ids, steps=7, size=3)
    epochs = [list(batches) for _ in range(2)]
    for epoch in epochs:
        assert len(epoch) == len(batches) == 4
        assert all(torch.equal(Y, X + 1) and X.shape == (3, 7) for X, Y in epoch)
        seen = torch.cat([X.flatten() for X, _ in epoch])
        assert len(seen.unique()) == len(seen)
    assert not torch.equal(epochs[0][0][0], epochs[1][0][0])
    assert torch.equal(
        next(iter(text.windows(ids, steps=7, size=3)))[0], epochs[0][0][0]
    )


def test_random_windows_fit_for_every_offset():
    for n in range(9, 30):
        try:
            batches = text.windows(torch.arange(n), steps=4, size=1)
        except ValueError:
            continue
        for _ in range(12):
            assert sum(1 for X, Y in batches) == len(batches)


def test_consecutive_windows_go_on():
    batches = list(text.windows(torch.arange(41), steps=5, size=2, consecutive=True))
    rows = torch.cat([X for X, _ in batches], 1)
    assert torch.equal(
        rows.cpu(), torch.stack([torch.arange(20), torch.arange(20, 40)])
    )
    assert torch.equal(torch.cat([Y for _, Y in batches], 1), rows + 1)


@pytest.mark.parametrize("n, steps, size", [(5, 5, 1), (10, 0, 1), (20, 5, 9)])
def test_bad_windows(n, steps, size):
    with pytest.raises(ValueError, match="windows"):
        text.windows(torch.arange(n), steps, size)


def test_windows_of_a_batch_of_texts_are_refused():
    with pytest.raises(ValueError, match=r"must have shape \(n,\), got \(4, 10\)"):
        text.windows(torch.arange(40).reshape(4, 10), 5, 1)

"""Tokenizers, vocabularies, windows."""

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
    ],
)
def test_words(s, found):
    assert text.words(s) == found


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

"""The tree of tokens of all values, on a tokenizer whose tokens are letters."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from attrx.providers.local.token_trie import ROOT, TokenTrie, build_trie, closing_tokens


class Letters:
    """Every letter is a token."""

    def __call__(self, text: str, *, add_special_tokens: bool) -> dict[str, list[int]]:
        return {"input_ids": [ord(letter) for letter in text]}

    def get_vocab(self) -> dict[str, int]:
        return {"a": 0, '"': 1, '",': 2, 'a"': 3}

    def decode(self, tokens: list[int]) -> str:
        return next(text for text, token in self.get_vocab().items() if [token] == tokens)


def text(tree: TokenTrie, path: tuple[int, ...]) -> str:
    return "".join(chr(tree.tokens[place]) for place in path)


def test_what_values_share_stands_in_the_tree_once() -> None:
    tree = build_trie({"size": ["xs", "xl", "m"]}, Letters(), is_json=False)
    #          x
    #         / \
    #        s   l    m
    assert "".join(map(chr, tree.tokens)) == "xslm"
    assert tree.parents == [ROOT, 0, 0, ROOT]
    assert tree.depths == [0, 1, 1, 0]
    assert [candidate.path for candidate in tree.candidates] == [(0, 1), (0, 2), (3,)]
    assert tree.ancestors.tolist() == [
        [True, False, False, False],
        [True, True, False, False],
        [True, False, True, False],
        [False, False, False, True],
    ]


def test_a_json_answer_begins_with_the_key_and_leaves_the_last_quote_open() -> None:
    tree = build_trie({"size": ["x", 'a "b"']}, Letters(), is_json=True)
    assert [text(tree, candidate.path) for candidate in tree.candidates] == [
        '{"size": "x',
        '{"size": "a \\"b\\"',
    ]


def test_each_attribute_s_values_follow_the_prompt() -> None:
    tree = build_trie({"size": ["x"], "kind": ["x"]}, Letters(), is_json=True)
    one, other = (candidate.path for candidate in tree.candidates)
    # Both begin with {" and part then; no value of one stands behind the other attribute.
    assert set(one) & set(other) == {0, 1}


@given(st.lists(st.text("ab", min_size=1, max_size=6), min_size=1, max_size=8, unique=True))
def test_every_path_spells_its_value_and_sees_itself_alone(values: list[str]) -> None:
    tree = build_trie({"any": values}, Letters(), is_json=False)
    for candidate in tree.candidates:
        assert text(tree, candidate.path) == candidate.value
        for depth, place in enumerate(candidate.path):
            assert tree.depths[place] == depth
            assert tree.ancestors[place].nonzero()[0].tolist() == sorted(
                candidate.path[: depth + 1]
            )
    assert len(tree.tokens) == len(
        {value[:end] for value in values for end in range(1, len(value) + 1)}
    )


def test_a_json_text_ends_with_any_token_that_begins_with_its_quote() -> None:
    tokenizer: Any = Letters()
    assert closing_tokens(tokenizer) == (1, 2)

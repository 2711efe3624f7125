"""How many texts of each category contain a run of words."""

from __future__ import annotations

import numpy as np

from ..arrays import BoolArray, IntArray
from .ragged import Ragged
from .sums import Sums, find, pair_keys

_MOST_PLACES = 1 << 21
"""Places in texts that are looked at together."""


class TextIndex:
    """Where each word stands in the texts of some products.

    Args:
        texts: A row for each product: the numbers of its words, -1 behind each field.
        category: [n_products].
        n_words: Words are numbered below this.
    """

    def __init__(self, texts: Ragged, category: IntArray, n_words: int) -> None:
        self._category = category
        self._words = texts.flat
        self._product_of = texts.row_of
        is_word = texts.flat >= 0
        word_places = np.flatnonzero(is_word)
        words = texts.flat[word_places]
        by_word = np.argsort(words, kind="stable")
        # One more than there are words, so that there is a first one to look at.
        n_places = np.bincount(words, minlength=n_words + 1)
        # For each word the places where it stands, ascending.
        self._places = Ragged.of_lengths(word_places[by_word], n_places)

    def count_texts(self, runs: Ragged, wanted: IntArray) -> Sums:
        """How many texts of each category contain each run, where there are any.

        Args:
            runs: A row for each value: the numbers of its words; a negative one is in no text.
            wanted: The rows to count.

        Returns:
            Sums under the key category * len(runs) + row.
        """
        rows = self._findable(runs, wanted)
        rarest, offset = self._rarest_words(runs, rows)
        n_places = self._places.lengths[rarest]
        chunk_of = np.cumsum(n_places) // _MOST_PLACES
        keys = [np.zeros(0, np.int64)]
        for chunk in np.unique(chunk_of):
            is_own = chunk_of == chunk
            own_keys = self._keys_of(
                runs,
                rows[is_own],
                rarest[is_own],
                offset[is_own],
            )
            keys.append(own_keys)
        every_key = np.concatenate(keys)
        return Sums.counts(every_key)

    def _findable(self, runs: Ragged, wanted: IntArray) -> IntArray:
        """Those rows that have words, all of them in some text."""
        which, words = runs.expand(wanted)
        some_word = np.maximum(words, 0)
        n_places = self._places.lengths[some_word]
        is_in_texts = (words >= 0) & (n_places > 0)
        n_words_in_texts = np.bincount(which, is_in_texts, len(wanted))
        lengths = runs.lengths[wanted]
        all_in_texts = n_words_in_texts == lengths
        has_words = lengths > 0
        return np.asarray(wanted[has_words & all_in_texts])

    def _rarest_words(self, runs: Ragged, rows: IntArray) -> tuple[IntArray, IntArray]:
        """Of each run the word that stands in fewest places, and how far into the run it is."""
        which, words = runs.expand(rows)
        lengths = runs.lengths[rows]
        row_starts = np.cumsum(lengths) - lengths
        n_places = self._places.lengths[words]
        order = np.lexsort((n_places, which))
        first = order[row_starts]
        return words[first], first - row_starts

    def _keys_of(
        self, runs: Ragged, rows: IntArray, rarest: IntArray, offset: IntArray
    ) -> IntArray:
        """A key for each text that contains a run; see `count_texts`."""
        n_runs = len(runs)
        which, place = self._places.expand(rarest)
        begin = place - offset[which]
        row = rows[which]
        is_match = self._matches(runs, row, begin)
        first_place = begin[is_match]
        product = self._product_of[first_place]
        texts = product * n_runs + row[is_match]
        different_texts = np.unique(texts)
        category = self._category[different_texts // n_runs]
        return pair_keys(category, different_texts % n_runs, n_runs)

    def _matches(self, runs: Ragged, rows: IntArray, begin: IntArray) -> BoolArray:
        """[n]: whether the words from `begin` on are those of the run."""
        lengths = runs.lengths[rows]
        run_begin = runs.starts[rows]
        end = begin + lengths
        is_match = (begin >= 0) & (end <= len(self._words))
        longest = int(lengths.max(initial=0))
        for step in range(longest):
            is_longer = lengths > step
            remains = np.flatnonzero(is_match & is_longer)
            text_word = self._words[begin[remains] + step]
            run_word = runs.flat[run_begin[remains] + step]
            is_match[remains] = text_word == run_word
        return is_match


class TextWords:
    """Which different words the text of each product has.

    Args:
        texts: As for `TextIndex`.
        n_words: Words are numbered below this.

    Attributes:
        product: [n] int64, in order.
        word: [n] int64, ascending within a product.
    """

    product: IntArray
    word: IntArray

    def __init__(self, texts: Ragged, n_words: int) -> None:
        self._n_words = n_words
        keys = pair_keys(texts.row_of, texts.flat, n_words)
        is_word = keys >= 0
        self._keys = np.unique(keys[is_word])
        at_least_one = max(n_words, 1)
        self.product = self._keys // at_least_one
        self.word = self._keys % at_least_one

    def has(self, product: IntArray, word: IntArray) -> BoolArray:
        """[n]: whether the product's text has the word."""
        _, is_there = find(self._keys, pair_keys(product, word, self._n_words))
        return is_there

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from attrx.configs.notices import Notice
from attrx.ensemble.drift import Nights, Shift, find_shifts
from attrx.ensemble.drift_signals import CellVotes

MODELS = ("a", "b", "c", "d", "e")
ACCURACY = (0.95, 0.93, 0.88, 0.8, 0.7)
N_VALUES = 3


def answers(truth: np.ndarray, accuracy: Sequence[float], rng: np.random.Generator) -> np.ndarray:
    """[n_products, n_models]: right, or one of all values."""
    any_value = rng.integers(1, N_VALUES + 1, (len(truth), len(accuracy)))
    is_right = rng.random(any_value.shape) < np.array(accuracy)
    return np.where(is_right, truth[:, None], any_value).astype(np.int32)


def cells(codes: np.ndarray, categories: np.ndarray | None = None) -> CellVotes:
    """One cell of one attribute for each product."""
    n = len(codes)
    return CellVotes(
        products=np.arange(n),
        categories=np.zeros(n, np.int64) if categories is None else categories,
        attributes=np.zeros(n, np.int64),
        names=("color",),
        codes=codes,
        absent_is_vote=np.array([True]),
        answers=({1: "red", 2: "blue", 3: "green"},),
    )


def new_products(codes: np.ndarray, n_new: int, categories: np.ndarray | None = None) -> Nights:
    """A night that brought the last products."""
    current = cells(codes, categories)
    is_new = np.arange(len(codes)) >= len(codes) - n_new
    return Nights(current, is_new, cells(codes[:0]), np.zeros(0, np.int64))


def new_answers(earlier_codes: np.ndarray, codes: np.ndarray) -> Nights:
    """A night that brought other answers to the same products."""
    n = len(codes)
    return Nights(cells(codes), np.zeros(n, bool), cells(earlier_codes), np.arange(n))


def told(nights: Nights, models: Sequence[str] = MODELS) -> list[tuple[str, str]]:
    shifts = find_shifts(nights, models, np.ones(len(models)))
    return [(shift.model, shift.what) for shift in shifts]


def test_a_model_that_is_swapped_in_new_products_is_named_and_no_other() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(1, N_VALUES + 1, 1000)
    codes = answers(truth, ACCURACY, rng)
    codes[950:, 1] = answers(truth[950:], (0.3,), rng)[:, 0]
    [shift] = find_shifts(new_products(codes, 50), MODELS, np.ones(5))
    assert (shift.model, shift.what, shift.on_new_products) == ("b", "agreement", True)
    assert shift.after < shift.before - 0.2


def test_a_model_that_answers_otherwise_than_before_is_named() -> None:
    rng = np.random.default_rng(1)
    truth = rng.integers(1, N_VALUES + 1, 1000)
    before = answers(truth, ACCURACY, rng)
    after = answers(truth, (*ACCURACY[:3], 0.4, ACCURACY[4]), rng)
    assert told(new_answers(before, after)) == [("d", "agreement")]


def test_a_model_that_gives_another_mix_of_answers_is_named_with_the_answer() -> None:
    rng = np.random.default_rng(2)
    truth = rng.integers(1, N_VALUES + 1, 600)
    codes = answers(truth, ACCURACY, rng)
    after = codes.copy()
    after[:, 4] = 1
    shifts = find_shifts(new_answers(codes, after), MODELS, np.ones(5))
    assert {(shift.model, shift.what, shift.answer) for shift in shifts} >= {
        ("e", "answers", "red")
    }
    assert {shift.model for shift in shifts} == {"e"}


def test_two_swapped_models_are_both_named() -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(1, N_VALUES + 1, 2000)
    before = answers(truth, ACCURACY, rng)
    after = answers(truth, (0.5, *ACCURACY[1:4], 0.1), rng)
    assert {model for model, _ in told(new_answers(before, after))} == {"a", "e"}


def test_what_all_models_share_is_no_models_fault() -> None:
    rng = np.random.default_rng(4)
    truth = rng.integers(1, N_VALUES + 1, 1000)
    codes = answers(truth, (0.9,) * 5, rng)
    codes[900:] = answers(truth[900:], (0.5,) * 5, rng)  # the new texts are harder for all
    assert told(new_products(codes, 100)) == []


def test_another_mix_of_categories_is_no_change() -> None:
    rng = np.random.default_rng(5)
    truth = rng.integers(1, N_VALUES + 1, 2000)
    # a is good at shoes and bad at books; the earlier products are mostly shoes, the new books.
    is_book = rng.random(2000) < np.where(np.arange(2000) < 1800, 0.1, 0.9)
    codes = answers(truth, ACCURACY, rng)
    codes[is_book, 0] = answers(truth[is_book], (0.2,), rng)[:, 0]
    assert told(new_products(codes, 200, is_book.astype(np.int64))) == []
    assert told(new_products(codes, 200)) != []  # untold, it looks like a swapped model


def test_chance_alone_raises_no_alarm_in_a_hundred_nights() -> None:
    alarms = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        truth = rng.integers(1, N_VALUES + 1, 300)
        codes = answers(truth, ACCURACY, rng)
        after = answers(truth, ACCURACY, rng)
        alarms += bool(told(new_products(codes, 30)))
        alarms += bool(told(new_answers(codes, after)))
    assert alarms <= 1


def test_a_change_too_small_to_matter_is_not_told_whatever_the_number_of_cells() -> None:
    rng = np.random.default_rng(6)
    truth = rng.integers(1, N_VALUES + 1, 40_000)
    before = answers(truth, ACCURACY, rng)
    after = before.copy()
    after[:400, 0] = after[:400, 0] % N_VALUES + 1  # 1 % of its answers
    assert told(new_answers(before, after)) == []


def test_the_same_answers_are_no_change_whatever_the_weights() -> None:
    rng = np.random.default_rng(7)
    codes = answers(rng.integers(1, N_VALUES + 1, 500), ACCURACY, rng)
    for weight in ([1, 1, 1, 1, 1], [0, 0, 5, 0, 0.1]):
        assert find_shifts(new_answers(codes, codes), MODELS, np.array(weight, float)) == ()


@pytest.mark.parametrize("n_models", [1, 2])
def test_two_models_cannot_tell_who_moved(n_models: int) -> None:
    rng = np.random.default_rng(8)
    truth = rng.integers(1, N_VALUES + 1, 500)
    before = answers(truth, ACCURACY[:n_models], rng)
    assert told(new_answers(before, np.ones_like(before)), MODELS[:n_models]) == []


def test_a_night_without_cells_says_nothing() -> None:
    assert told(new_products(np.zeros((0, 5), np.int32), 0)) == []


def test_a_shift_is_told_in_plain_words() -> None:
    agreement = Shift("m", "*", "agreement", 0.931, 0.612, on_new_products=True)
    assert agreement.notice == Notice(
        "agreement_shift",
        "m: its agreement on all attributes went from 93.1% to 61.2% on the new products, more than"
        " chance would; has the vendor changed the model?",
        ("m",),
        (("*", "*"),),
    )
    answer = Shift("m", "color", "answers", 0.1, 0.25, on_new_products=False, answer="n/a")
    assert answer.notice.kind == "answers_shift"
    assert answer.text == (
        "m: it says 'n/a' for color on 25.0% of cells, 10.0% before, more than chance would"
    )

"""Product ids that a spreadsheet took for numbers, and which ids they were.

A spreadsheet reads `00712` as 712, saves 5012345678900 as `5.01E+12`, keeps 15 digits of a longer
number, and writes a point of decimals as a comma where its country does. Several ids can end up the
same; then none of them is taken.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from decimal import Decimal

_NUMBER = re.compile(r"[+-]?(\d+)(?:[.,](\d+))?(?:E([+-]?\d{1,3}))?", re.IGNORECASE)
DIGITS_OF_SPREADSHEETS = 15


def restore_ids(unknown_ids: Collection[str], known_ids: Iterable[str]) -> dict[str, str]:
    """Which known ids some unknown ones were, before a spreadsheet read them as numbers.

    Args:
        unknown_ids: As a sheet has them.
        known_ids: All ids that there are.

    Returns:
        Unknown id -> the one known id that the spreadsheet would have turned into it; without those
        that could be several, or are no number.
    """
    ids_of_number: dict[tuple[int, Decimal], list[str]] = defaultdict(list)
    for unknown_id in unknown_ids:
        match = _NUMBER.fullmatch(unknown_id)
        if match is not None:
            digits = _digits_that_count(match)
            number = _rounded(_value(match), digits)
            ids_of_number[digits, number].append(unknown_id)
    precisions = {digits for digits, _ in ids_of_number}
    candidates: dict[str, set[str]] = defaultdict(set)
    for known_id in known_ids:
        match = _NUMBER.fullmatch(known_id) if precisions else None
        if match is None:
            continue
        number = _value(match)
        forms = []
        for digits in precisions:
            forms.append((digits, _rounded(number, digits)))
            forms.append((digits, _rounded(_cut_off(number), digits)))
        for form in forms:
            for unknown_id in ids_of_number.get(form, ()):
                candidates[unknown_id].add(known_id)
    restored_ids = {}
    for unknown_id, possible_ids in candidates.items():
        if len(possible_ids) == 1:
            (known_id,) = possible_ids
            restored_ids[unknown_id] = known_id
    return restored_ids


def _value(match: re.Match[str]) -> Decimal:
    return Decimal(match.group().replace(",", "."))


def _digits_that_count(match: re.Match[str]) -> int:
    """The digits that the id still has; 0 where all are there."""
    whole, decimals, exponent = match.groups()
    if exponent is not None:
        return len(whole + (decimals or ""))
    significant = whole.lstrip("0").rstrip("0")
    is_cut = len(whole) > DIGITS_OF_SPREADSHEETS and len(significant) <= DIGITS_OF_SPREADSHEETS
    return DIGITS_OF_SPREADSHEETS if is_cut else 0


def _rounded(number: Decimal, digits: int) -> Decimal:
    """The number at so many significant digits; as it is at 0."""
    if digits == 0:
        return number.normalize()
    return Decimal(f"{number:.{digits - 1}E}").normalize()


def _cut_off(number: Decimal) -> Decimal:
    """The number with zeros in place of the digits that a spreadsheet does not keep."""
    excess = len(number.as_tuple().digits) - DIGITS_OF_SPREADSHEETS
    if excess <= 0:
        return number
    sign, digits, exponent = number.as_tuple()
    return Decimal((sign, digits[:DIGITS_OF_SPREADSHEETS], int(exponent) + excess))

"""The package reads as CONTRIBUTING says: names, density, and nothing of one name twice."""

from __future__ import annotations

import house
import pytest


@pytest.fixture(scope="module")
def figures() -> house.Figures:
    return house.measure()


def test_names_are_nouns_and_verbs_not_bare_participles(figures: house.Figures) -> None:
    assert figures.participles_per_1000 < 4, figures.participles.most_common(20)


def test_a_line_holds_one_thought(figures: house.Figures) -> None:
    assert figures.nodes_per_line < 10


def test_no_module_of_a_folder_and_no_class_has_the_name_of_another(figures: house.Figures) -> None:
    assert figures.modules == {}
    assert figures.classes == {}


@pytest.mark.parametrize(
    ("name", "is_participle"),
    [
        ("asked", True),
        ("_found", True),
        ("decided", True),
        ("cached_answers", False),
        ("speed", False),
        ("ask", False),
        ("converged", False),
    ],
)
def test_what_a_bare_participle_is(name: str, is_participle: bool) -> None:
    assert house.is_bare_participle(name) is is_participle

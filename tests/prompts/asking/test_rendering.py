from __future__ import annotations

from pathlib import Path

import pytest
from vocabularies import BRAND, GENDER

from attrx.configs.errors import ConfigError
from attrx.prompts.asking.attribute_parts import AttributePart
from attrx.prompts.asking.rendering import TEMPLATE_VERSION, PromptTemplate

PARTS = tuple(AttributePart.of(attribute) for attribute in (GENDER, BRAND))
VARIABLES = {
    "attributes": PARTS,
    "names": ["gender", "brand"],
    "keys": '"gender", "brand"',
    "absent": "n/a",
}

WHOLE = (
    "{% block system %}Extract {{ keys }}.{% endblock %}\n"
    "{% block user %}{{ product }}{% endblock %}\n"
)


def template(folder: Path, source: str, style: str = "schema") -> PromptTemplate:
    path = folder / "my.j2"
    path.write_text(source, encoding="utf-8")
    return PromptTemplate(style, path)


@pytest.mark.parametrize("style", TEMPLATE_VERSION)
def test_a_shipped_template_renders_both_blocks_and_is_known_by_its_version(style: str) -> None:
    shipped = PromptTemplate(style)
    assert "between <product> and </product>" in shipped.render("system", VARIABLES)
    assert shipped.render("user", {**VARIABLES, "product": "PRODUCT"}).startswith("PRODUCT\n")
    assert shipped.digest == f"{style}/{TEMPLATE_VERSION[style]}"


def test_a_users_template_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    mine = template(tmp_path, WHOLE)
    assert mine.render("system", VARIABLES) == 'Extract "gender", "brand".'
    assert mine.render("user", {**VARIABLES, "product": "PRODUCT"}) == "PRODUCT"


def test_a_users_template_can_extend_a_shipped_one_and_use_its_text(tmp_path: Path) -> None:
    block = '{% block system %}{{ super() }}\nBe brief, {{ names | join("+") }}.{% endblock %}'
    mine = template(tmp_path, '{% extends "list.j2" %}\n' + block)
    shipped = PromptTemplate("list")
    assert (
        mine.render("system", VARIABLES)
        == shipped.render("system", VARIABLES) + "\n\nBe brief, gender+brand."
    )
    variables = {**VARIABLES, "product": "PRODUCT"}
    assert mine.render("user", variables) == shipped.render("user", variables)


def test_a_users_template_is_known_by_its_source_and_by_what_it_extends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extending = '{% extends "list.j2" %}'
    digests = [template(tmp_path, source).digest for source in (WHOLE, WHOLE + " ", extending)]
    assert len(set(digests)) == 3
    monkeypatch.setattr(
        "attrx.prompts.asking.rendering.TEMPLATE_VERSION", {**TEMPLATE_VERSION, "list": 99}
    )
    assert template(tmp_path, WHOLE).digest == digests[0]
    assert template(tmp_path, extending).digest != digests[2]


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        pytest.param(
            "a\n{% block system %}\n{% endif %}", 3, "unknown tag 'endif'", id="a wrong tag"
        ),
        pytest.param(
            "a\nb\n{{ x | nosuch }}", 3, "No filter named 'nosuch'", id="an unknown filter"
        ),
        pytest.param(
            "{% block system %}{% endblock %}", 1, "there is no block 'user'", id="a missing block"
        ),
        pytest.param("plain text", 1, "there is no block 'system'", id="no block at all"),
        pytest.param(
            '{% extends "other.j2" %}', 1, "there is no template 'other.j2'", id="an unknown parent"
        ),
        pytest.param(
            '{% include "/etc/passwd" %}',
            1,
            "there is no template '/etc/passwd'",
            id="another file",
        ),
        pytest.param(
            "{% extends keys %}",
            1,
            "the name of a template has to be written out",
            id="a computed parent",
        ),
    ],
)
def test_a_template_that_cannot_be_compiled_is_an_error_with_its_line(
    tmp_path: Path, source: str, line: int, message: str
) -> None:
    with pytest.raises(ConfigError, match=rf"my\.j2:{line}: .*{message}") as error:
        template(tmp_path, source)
    assert "blocks system and user" in error.value.hint


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param("{{ synonyms }}", "'synonyms' is undefined", id="an unknown variable"),
        pytest.param("{{ product }}", "'product' is undefined", id="the product outside of user"),
        pytest.param(
            "{{ attributes[0].unit }}", "has no attribute 'unit'", id="what never reaches a model"
        ),
        pytest.param("{{ 1 / 0 }}", "division by zero", id="an error in the template's own code"),
        pytest.param("{{ names.append('x') }}", "is unsafe", id="a change of what is given"),
        pytest.param(
            "{{ absent.__class__ }}",
            "access to attribute '__class__'",
            id="a way out of the sandbox",
        ),
        pytest.param("{{ names | sum }}", "unsupported operand", id="a filter on the wrong type"),
    ],
)
def test_a_template_that_fails_is_an_error_with_its_line(
    tmp_path: Path, body: str, message: str
) -> None:
    source = (
        f"{{% block system %}}\nfirst\n{body}\n{{% endblock %}}{{% block user %}}{{% endblock %}}"
    )
    mine = template(tmp_path, source)
    with pytest.raises(ConfigError, match=rf"my\.j2:3: .*{message}"):
        mine.render("system", VARIABLES)


def test_a_template_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.j2: the template cannot be read"):
        PromptTemplate("list", tmp_path / "none.j2")
    (tmp_path / "latin.j2").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match=r"latin\.j2: the template cannot be read"):
        PromptTemplate("list", tmp_path / "latin.j2")


@pytest.mark.parametrize("name", ["my.j2", "./my.j2"])
def test_a_template_that_is_a_part_of_itself_is_an_error(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my.j2").write_text(WHOLE + "{% include '" + name + "' %}")
    with pytest.raises(ConfigError, match=r"part of itself|there is no template"):
        PromptTemplate("schema", Path("my.j2"))

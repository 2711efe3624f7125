from pathlib import Path

import pytest
from bad_inputs import CONFIG, PRODUCTS

from attrx.cli.app import run


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("attrx.yaml").write_text(CONFIG)
    Path("products.csv").write_text(PRODUCTS)


def test_what_was_imported_is_told_and_then_counted(capsys: pytest.CaptureFixture[str]) -> None:
    Path("answers.csv").write_text(
        "product_id,attribute,model,value\np1,gender,one,male\np1,brand,one,Acme\np1,gender,two,female\np2,gender,one,men\n"
    )
    assert run(["import", "answers.csv"]) == 0
    assert capsys.readouterr().err == "4 rows: 3 answers about 2 products imported\n"
    assert run(["cache", "info"]) == 0
    printed = capsys.readouterr().out
    rows = [line.split() for line in printed.splitlines()]
    assert ["one", "imported", "2"] in rows
    assert ["two", "imported", "1"] in rows


def test_conflicts_and_unknown_models_are_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    Path("answers.csv").write_text(
        "product_id,attribute,model,value\np1,gender,one,male\np1,gender,one,female\np1,gender,six,male\n"
    )
    assert run(["import", "answers.csv", "--quiet"]) == 0
    warnings = capsys.readouterr().err
    assert "six" in warnings
    assert "1 row contradicted an earlier row of the file; the last one counts" in warnings


VALUES = "product_id,attribute,model,value\n"


def told(answers: str, capsys: pytest.CaptureFixture[str], *options: str) -> list[str]:
    Path("answers.csv").write_text(answers)
    capsys.readouterr()
    assert run(["import", "answers.csv", *options]) == 0
    return capsys.readouterr().err.splitlines()


def test_what_may_be_wrong_with_values_is_told_in_one_line_each(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = ["p1,gender,one,lady", "p1,gender,two,", "p2,gender,one,lord", "p2,gender,two,men"]
    rows += ["p1,colour,one,red", "p2,size,one,L", "p2,size,two,L"]
    assert told(VALUES + "\n".join(rows), capsys) == [
        "7 rows: 3 answers about 2 products imported",
        "WARNING: 3 rows about attributes not in the config, the first 'colour'; import again once"
        " they are",
        "WARNING: 2 values not allowed by the config, no vote; the first 'lady' as gender of"
        " product 'p1'",
        "1 row without a value: no vote; n/a has to be spelt",
    ]


def test_an_answer_that_cannot_be_read_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told('product_id,model,raw\np1,one,"{""gender"": [{}]}"\n', capsys)
    assert lines[1].startswith("WARNING: 1 value not understood, no vote; the first ")


def test_products_that_no_input_has_are_warned_of_once_there_was_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    answers = VALUES + "P1,gender,one,male\nP2,gender,one,male\np1,gender,one,male\n"
    assert told(answers, capsys) == ["3 rows: 3 answers about 3 products imported"]
    run(["extract", "products.csv", "--quiet"])
    lines = told(answers.replace(",male", ",female"), capsys)
    assert (
        "WARNING: 2 products of the file in no input so far, the first 'P1'; kept all the same"
        in lines
    )
    assert "3 rows: 3 answers about 3 products imported" in lines


@pytest.mark.parametrize("options", [(), ("--replace",)])
def test_the_same_answers_are_kept_once(
    options: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    answers = VALUES + "p1,gender,one,male\np2,gender,one,male\n"
    told(answers, capsys, *options)
    assert told(answers, capsys, *options) == [
        "2 rows: 0 answers about 0 products imported; 2 stood there already"
    ]
    changed = answers.replace("p2,gender,one,male", "p2,gender,one,female")
    assert told(changed, capsys, *options) == [
        "2 rows: 1 answer about 1 product imported; 1 stood there already"
    ]
    assert told(answers, capsys, *options) == [
        "2 rows: 1 answer about 1 product imported; 1 stood there already"
    ]


def test_the_same_words_are_news_once_the_config_reads_more_of_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    answers = VALUES + "p1,gender,one,male\np1,colour,one,red\n"
    told(answers, capsys)
    Path("attrx.yaml").write_text(CONFIG.replace("  brand:", "  colour:"))
    assert told(answers, capsys) == ["2 rows: 1 answer about 1 product imported"]


def test_an_answer_replaces_again_what_was_paid_for_after_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    answers = VALUES + "p1,gender,one,male\n"
    run(["extract", "products.csv", "--quiet"])
    told(answers, capsys, "--replace")
    run(["extract", "products.csv", "--refresh", "--quiet"])
    assert told(answers, capsys, "--replace") == ["1 row: 1 answer about 1 product imported"]


def test_a_file_without_the_columns_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    Path("answers.csv").write_text("sku,answer\np1,male\n")
    assert run(["import", "answers.csv"]) == 1
    assert capsys.readouterr().err.startswith("ERROR: answers.csv")

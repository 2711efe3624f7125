from pathlib import Path

import pytest
from bad_inputs import CONFIG, CONFIG_CASES, BadInput, edited

from attrx.configs import yaml_reader
from attrx.configs.errors import ConfigError
from attrx.configs.settings import Settings
from attrx.providers.model_rules import config_digest
from attrx.runs.configuration import load_config
from attrx.runs.init import init


def load(folder: Path, text: str | bytes) -> Settings:
    path = folder / "attrx.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_config(path)


@pytest.mark.parametrize("case", CONFIG_CASES, ids=lambda case: case.name)
def test_a_bad_config_is_refused_with_file_line_and_key(
    case: BadInput, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        load_config(Path(case.command[-1] if "-c" in case.command else "attrx.yaml"))
    for part in case.parts:
        assert part in caught.value.message
    for secret in case.unsaid:
        assert secret not in caught.value.message + caught.value.hint
    assert len(caught.value.message.splitlines()) == len(case.parts)


def test_the_config_that_bad_ones_are_made_from_is_good(tmp_path: Path) -> None:
    settings = load(tmp_path, CONFIG)
    assert [attribute.name for attribute in settings.attributes] == ["gender", "brand"]
    assert [model.name for model in settings.models] == ["one", "two"]


def test_values_stay_the_text_that_was_written(tmp_path: Path) -> None:
    values = "[yes, no, on, 038, 12:30, 1.50, 2024-01-01, 0x1F, 'null', 1e3]"
    text = CONFIG.replace("      male: [men]\n      female: [women]\n", "").replace(
        "values:", f"values: {values}"
    )
    assert list(load(tmp_path, text).attributes[0].values) == [
        "yes", "no", "on", "038", "12:30", "1.50", "2024-01-01", "0x1F", "null", "1e3",
    ]  # fmt: skip


def test_options_are_typed_by_the_core_schema_of_yaml_1_2(tmp_path: Path) -> None:
    numbers = "i: 7, o: 0o17, x: 0x1F, f: .5, e: 1e3, d: 038"
    others = "t: true, y: yes, q: '7', n: ~, l: [1, [two]]"
    options = f"{{{numbers}, {others}}}"
    settings = load(tmp_path, CONFIG.replace("{accuracy: 0.9, seed: 1}", options))
    assert settings.models[0].options == {
        "i": 7, "o": 15, "x": 31, "f": 0.5, "e": 1000.0, "d": 38,
        "t": True, "y": "yes", "q": "7", "n": None, "l": [1, ["two"]],
    }  # fmt: skip


def test_typed_fields_turn_text_into_numbers_and_bools(tmp_path: Path) -> None:
    text = CONFIG.replace(
        "temperature: 0", "temperature: 1e-1\n    max_tokens: 64\n    timeout_s: .5"
    )
    settings = load(tmp_path, text.replace("open: true", "open: yes"))
    model = settings.models[0]
    assert (model.temperature, model.max_tokens, model.timeout_s) == (0.1, 64, 0.5)
    assert settings.attribute("brand").open


def test_an_anchor_is_merged_and_the_own_key_wins(tmp_path: Path) -> None:
    text = CONFIG.replace("  - name: one", "  - &one\n    name: one").replace(
        "  - name: two\n    provider: mock", "  - <<: *one\n    name: two"
    )
    one, two = load(tmp_path, text).models
    assert (two.name, two.provider, two.temperature) == ("two", "mock", one.temperature)
    assert (one.options["seed"], two.options["seed"]) == (1, 2)


def test_of_several_merged_anchors_the_earlier_wins(tmp_path: Path) -> None:
    options = "{a: &a {x: 1, y: 1}, b: &b {y: 2, z: 2}, c: {<<: [*a, *b]}}"
    settings = load(tmp_path, CONFIG.replace("{accuracy: 0.9, seed: 1}", options))
    assert settings.models[0].options["c"] == {"x": 1, "y": 1, "z": 2}


@pytest.mark.parametrize(
    "form", ["[*{0}, *{0}, *{0}, *{0}, *{0}, *{0}, *{0}, *{0}]", "{{<<: [*{0}, *{0}, *{0}, *{0}]}}"]
)
def test_anchors_that_unfold_without_end_are_refused(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yaml_reader, "_MOST_VISITS", 10_000)
    first = "[1]" if form.startswith("[") else "{x: 1}"
    lines = [f"      a0: &a0 {first}"]
    lines += [f"      a{n}: &a{n} {form.format(f'a{n - 1}')}" for n in range(1, 12)]
    text = CONFIG.replace(" {accuracy: 0.9, seed: 1}", "\n" + "\n".join(lines))
    with pytest.raises(ConfigError, match="unfold into too much"):
        load(tmp_path, text)


def test_a_file_that_is_no_config_is_refused_without_a_look_at_all_of_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected at most 4,000,000 bytes"):
        load(tmp_path, "k: 1\n" * 900_000)
    with pytest.raises(ConfigError, match="unfold into too much"):
        load(tmp_path, "".join(f"k{number}: 1\n" for number in range(250_000)))


def test_of_many_problems_a_hundred_are_listed(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="and more of the kind") as caught:
        load(tmp_path, CONFIG + "".join(f"key{number}: 1\n" for number in range(300)))
    assert len(caught.value.message.splitlines()) == 101


def test_deep_nesting_is_refused_and_not_a_crash(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nested too deeply|not YAML"):
        load(tmp_path, CONFIG.replace("{accuracy: 0.9, seed: 1}", "[" * 5000 + "]" * 5000))


def test_a_key_left_empty_means_its_default(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        CONFIG.replace("temperature: 0", "temperature:\n    max_tokens: ~") + "budget:\nreview:\n",
    )
    assert settings.models[0].temperature is None
    assert settings.models[0].max_tokens == 512
    assert settings.budget.max_cost is None
    assert settings.review.below == 0.6


def test_an_unknown_key_left_empty_is_still_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown key 'temprature'"):
        load(tmp_path, CONFIG.replace("temperature: 0", "temprature:"))


def test_a_byte_order_mark_is_not_part_of_the_first_key(tmp_path: Path) -> None:
    assert load(tmp_path, b"\xef\xbb\xbf" + CONFIG.encode()).version == 1


def test_windows_line_endings_change_nothing(tmp_path: Path) -> None:
    windows = load(tmp_path, CONFIG.replace("\n", "\r\n").encode())
    assert config_digest(windows) == config_digest(load(tmp_path, CONFIG))


def test_relative_paths_count_from_the_folder_of_the_config(tmp_path: Path) -> None:
    text = CONFIG.replace(
        "provider: mock\n    temperature: 0\n    options: {accuracy: 0.9, seed: 1}",
        "provider: replay\n    options: {file: answers.jsonl}",
    )
    text += "prompt: {demonstrations: shots.jsonl, template: my.j2}\n"
    text += "paths: {cache: /var/cache/attrx, output: ../out}\n"
    settings = load(tmp_path, text)
    assert settings.prompt.demonstrations == tmp_path / "shots.jsonl"
    assert settings.prompt.template == tmp_path / "my.j2"
    assert settings.paths.cache == Path("/var/cache/attrx")
    assert settings.paths.output == tmp_path / "../out"
    assert settings.models[0].options["file"] == str(tmp_path / "answers.jsonl")


def test_the_home_folder_may_be_written_as_a_tilde(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    assert load(tmp_path, CONFIG + "paths: {cache: ~/attrx}\n").paths.cache == Path(
        "/home/somebody/attrx"
    )


def test_a_later_check_names_the_line_too(tmp_path: Path) -> None:
    settings = load(tmp_path, CONFIG)
    error = settings.error(("models", 1, "provider"), "unknown provider 'mok'", hint="Try mock.")
    assert (
        error.message == f"{tmp_path / 'attrx.yaml'}:18: models[1].provider: unknown provider 'mok'"
    )
    assert error.hint == "Try mock."


def test_a_part_that_was_not_written_is_found_at_what_is_around_it(tmp_path: Path) -> None:
    error = load(tmp_path, CONFIG).error(("attributes", "brand", "unit"), "no unit")
    assert error.message.endswith("attrx.yaml:10: attributes.brand.unit: no unit")


def test_settings_made_in_code_give_errors_without_a_line() -> None:
    settings = Settings.model_validate(
        {
            "version": 1,
            "input": {"id": "sku", "text": "title"},
            "attributes": [{"name": "brand", "open": True}],
            "models": [{"name": "one", "provider": "mock"}],
        }
    )
    assert settings.error(("models", 0), "wrong").message == "models[0]: wrong"
    assert settings.error((), "wrong").message == "wrong"


def test_the_digest_does_not_depend_on_where_the_folder_lies(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert config_digest(load(tmp_path / "a", CONFIG)) == config_digest(
        load(tmp_path / "b", CONFIG)
    )


def test_the_digest_ignores_how_the_file_is_laid_out_and_sees_what_it_says(tmp_path: Path) -> None:
    before = config_digest(load(tmp_path, CONFIG))
    assert (
        config_digest(load(tmp_path, "# a comment\n" + CONFIG.replace("[men]", '["men"]')))
        == before
    )
    assert config_digest(load(tmp_path, edited(("seed: 2", "seed: 3"))["attrx.yaml"])) != before


def test_a_config_keeps_the_digest_that_it_had_before_there_were_more_keys(tmp_path: Path) -> None:
    init(tmp_path, "apparel")
    assert config_digest(load_config(tmp_path / "attrx.yaml")) == "768180edddc4dd07"


def test_a_key_that_came_later_is_part_of_the_digest_only_where_it_says_something(
    tmp_path: Path,
) -> None:
    before = config_digest(load(tmp_path, CONFIG))
    same = CONFIG.replace("input:\n", "input:\n  html: auto\n")
    other = CONFIG.replace("input:\n", "input:\n  html: keep\n")
    assert same != CONFIG
    assert config_digest(load(tmp_path, same)) == before
    assert config_digest(load(tmp_path, other)) != before


def test_of_a_provider_that_is_not_installed_no_model_is_asked_for(tmp_path: Path) -> None:
    settings = load(tmp_path, CONFIG.replace("provider: mock", "provider: mok", 1))
    assert settings.models[0].provider == "mok"

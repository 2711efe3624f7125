from pathlib import Path

import pytest
from bad_inputs import CONFIG

from attrx.configs.errors import ConfigError
from attrx.configs.settings import Settings
from attrx.runs.configuration import load_config, with_ensemble


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "attrx.yaml").write_text(CONFIG + "ensemble: {shrink: 7, leader: one}\n")
    return load_config(tmp_path / "attrx.yaml")


def test_an_option_replaces_its_key_and_leaves_the_others(settings: Settings) -> None:
    changed = with_ensemble(settings, method="single:two", leader=None, group_by="all")
    assert (changed.ensemble.method, changed.ensemble.group_by) == ("single:two", "all")
    assert (changed.ensemble.leader, changed.ensemble.shrink) == ("one", 7)
    assert changed.error(("models", 1), "still located").message.endswith(
        "attrx.yaml:17: models[1]: still located"
    )


def test_no_option_leaves_the_config_as_it_is(settings: Settings) -> None:
    assert with_ensemble(settings, method=None) is settings


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "majorty"}, "--method: unknown method 'majorty'; did you mean 'majority'?"),
        ({"method": "single:ones"}, "--method: unknown model 'ones'; did you mean 'one'?"),
        ({"leader": "three"}, "--leader: unknown model 'three'; known: one, two"),
        ({"group_by": "category"}, "--group-by category: the config has no 'input.category'"),
    ],
)
def test_an_option_is_checked_like_its_key(
    options: dict[str, str], message: str, settings: Settings
) -> None:
    with pytest.raises(ConfigError) as caught:
        with_ensemble(settings, **options)
    assert caught.value.message.startswith(message)

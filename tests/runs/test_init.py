from pathlib import Path

import pytest

from attrx.configs.errors import ConfigError
from attrx.runs.configuration import load_config
from attrx.runs.init import init


def test_a_folder_is_made_and_filled_with_what_runs_at_once(tmp_path: Path) -> None:
    written = init(tmp_path / "new" / "shop", "apparel")
    assert [path.name for path in written] == [
        "attrx.yaml",
        "attrx.vendors.yaml",
        "products.csv",
        "gold.csv",
    ]
    assert all(path.parent == tmp_path / "new" / "shop" for path in written)
    assert load_config(written[0]).paths.output == tmp_path / "new" / "shop" / "out"


def test_nothing_is_overwritten_and_nothing_is_half_written(tmp_path: Path) -> None:
    (tmp_path / "products.csv").write_text("mine")
    with pytest.raises(ConfigError, match=r"nothing is overwritten.*products\.csv"):
        init(tmp_path, "gender")
    assert [path.name for path in tmp_path.iterdir()] == ["products.csv"]
    assert (tmp_path / "products.csv").read_text() == "mine"


def test_an_unknown_preset_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown preset 'genders'; did you mean 'gender'"):
        init(tmp_path, "genders")
    with pytest.raises(ConfigError, match="known: age_group, apparel, gender"):
        init(tmp_path, "zzz")


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("")
    with pytest.raises(ConfigError, match="shop: cannot be written"):
        init(tmp_path / "shop", "gender")

from attrx.configs.suggestions import did_you_mean, did_you_mean_or_known


def test_a_mistyped_name_is_answered_with_the_nearest() -> None:
    assert did_you_mean("temprature", ["timeout_s", "temperature"]) == "did you mean 'temperature'?"


def test_nothing_is_proposed_where_nothing_is_near() -> None:
    assert did_you_mean("xyz", ["temperature"]) == ""
    assert did_you_mean("xyz", []) == ""


def test_then_all_that_is_known_is_named() -> None:
    assert did_you_mean_or_known("xyz", {"b", "a"}) == "known: a, b"
    assert did_you_mean_or_known("ab", {"abc", "x"}) == "did you mean 'abc'?"

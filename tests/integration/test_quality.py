"""Models of weir beside those of published libraries, on the same rows, predict then learn."""

import sys

import pytest

import weir

sys.path.insert(0, str(weir.ROOT / "tests" / "benchmark"))

import held_out  # noqa: E402
import prequential  # noqa: E402

STREAMS = weir.ROOT / "tests" / "data"
HERE = [name for name in prequential.STREAMS if prequential.stream_file(STREAMS, name)]


def replayed(stream, order, folder):
    file = prequential.in_order(prequential.stream_file(STREAMS, stream), order, folder)
    return prequential.replay(stream, file)


@pytest.mark.parametrize("order", prequential.ORDERS)
@pytest.mark.parametrize("stream", HERE)
def test_a_model_is_as_good_as_the_same_model_of_river(stream, order, tmp_path):
    reached = replayed(stream, order, tmp_path)["model"]
    peer = prequential.peer_figures()[stream][order]
    assert reached["rows"] == peer["rows"]
    assert prequential.worse(reached, peer) == [], (reached, peer)


@pytest.mark.parametrize("stream", ["telco_churn", "flights_20k", "kdd99_20k"])
def test_an_indicator_for_each_text_lowers_the_loss_of_its_number(stream, tmp_path):
    models = replayed(stream, "file", tmp_path)
    assert models["one_hot"]["log_loss"] < models["model"]["log_loss"]


@pytest.mark.parametrize("stream", ["bike_hour", "beijing_pm25"])
def test_a_clipped_gradient_beats_the_mean_where_the_plain_model_diverges(stream, tmp_path):
    models = replayed(stream, "file", tmp_path)
    assert models["model"]["restored"] > 0 and models["clipped"]["restored"] == 0
    assert models["clipped"]["mae"] < models["clipped"]["typical_mae"] < models["model"]["mae"]


def test_generated_rows_are_learned_as_well_as_by_scikit_learn(tmp_path):
    count = 100_000  # a million: tests/benchmark/heldout
    reached = held_out.learn_by_weir(count, tmp_path)
    wanted = held_out.learn_by_scikit_learn(count)
    assert wanted["tuned"] > 0.88, "scikit-learn learns these rows"
    for name in held_out.PAIRS:
        assert reached[name] >= wanted[name] - held_out.WITHIN, (name, reached, wanted)

"""Bad rows, ids and categories that people reported of neighbouring programs, tried on weir: each
test is one report's data, made small, and holds what a user expects of it."""

import random

import pytest
from offline import BEGAN, replay, rows_of

FILL_VALUES = """\
version: 1
pipeline: fill-values
sources: { in: { type: file, path: in.csv, fields: { x: number, y: %(target)s } } }
operators:
  m: { type: model, input: in, features: [x], target: y, steps: [%(steps)s] }
sinks: { out: { type: file, path: out.ndjson, input: m, fields: [x, y, score, prediction] } }
"""


def concept_that_turns_over(fill, target, count=24_000):
    """The concept turns over in the middle; before that one row in 250 has the fill value."""
    draw = random.Random(1)
    for number in range(count):
        x = draw.random()
        first = number < count // 2
        sensor_failed = fill is not None and 1000 < number < count // 2 and number % 250 == 100
        yield {"x": repr(fill if sensor_failed else x), "y": target(x, first)}


@pytest.mark.parametrize("fill", [9.96921e36, 1.8446744073709552e19, -1e30])
@pytest.mark.parametrize("scaler", ["", "standard_scaler, "], ids=["unscaled", "scaled"])
@pytest.mark.parametrize("learner, target", [
    ("logistic_regression", "boolean"),
    ("softmax_regression: { intercept: true, learning_rate: 0.1 }", "text"),
], ids=["logistic", "softmax"])
def test_fill_values_of_a_sensor_do_not_stop_a_model_from_learning(
    empty_folder, fill, scaler, learner, target
):
    high, low = (1, 0) if target == "boolean" else ("high", "low")

    def accuracy(value):
        data = list(concept_that_turns_over(value,
                                            lambda x, first: high if (x > 0.5) == first else low))
        summary = replay(FILL_VALUES % {"target": target, "steps": scaler + learner},
                         **{"in": data})
        last = [row for row in rows_of("out")[-6000:] if -1 < row["x"] < 1]
        right = sum(row["prediction"] == row["y"] for row in last) / len(last)
        return right, summary["operators"]["m"]

    clean, _ = accuracy(None)
    spoiled, figures = accuracy(fill)
    assert clean > 0.9
    assert spoiled > clean - 0.005
    assert figures["operator_rows"]["outlier"] == 44
    assert figures["model_rate_factor"] == 1


def test_fill_values_do_not_spoil_a_regression(empty_folder):
    def target(x, first):
        return 3 * x + 1 if first else 4 - 3 * x

    def error(value):
        replay(FILL_VALUES % {"target": "number", "steps": "linear_regression"},
               **{"in": list(concept_that_turns_over(value, target))})
        last = [row for row in rows_of("out")[-6000:] if row["x"] < 1]
        return sum(abs(row["score"] - row["y"]) for row in last) / len(last)

    assert error(9.96921e36) < error(None) + 0.005


def test_one_uint64_minus_one_does_not_spoil_the_scaler_for_good(empty_folder):
    draw = random.Random(1)
    rows = []
    for number in range(20_000):
        x = draw.random()
        y = int(draw.random() < (0.95 if x > 0.5 else 0.05))
        rows.append({"x": repr(1.8446744073709552e19 if number == 5000 else x), "y": y})
    replay("""\
version: 1
pipeline: poison
sources: { in: { type: file, path: in.csv, fields: { x: number, y: boolean } } }
operators:
  m:
    type: model
    input: in
    features: [x]
    target: y
    outliers: keep
    steps: [standard_scaler, { logistic_regression: { learning_rate: 0.1 } }]
  q: { type: evaluate, input: m.outcomes, metrics: [roc_auc], window: 2000 }
sinks: { q: { type: file, path: q.ndjson, input: q, fields: [roc_auc] } }
""", **{"in": rows})
    before, after = rows_of("q")[1]["roc_auc"], [row["roc_auc"] for row in rows_of("q")[3:]]
    assert before > 0.9
    assert min(after) > before - 0.02


def test_a_change_of_unit_is_followed(empty_folder):
    draw = random.Random(2)
    rows = []
    for number in range(12_000):
        x = draw.random()
        rows.append({"x": x * (1000 if number >= 6000 else 1), "y": int(x > 0.5)})
    summary = replay(FILL_VALUES % {"target": "boolean",
                                    "steps": "standard_scaler, logistic_regression"},
                     **{"in": rows})
    after = rows_of("out")[8000:]
    assert sum(row["prediction"] == row["y"] for row in after) > 0.9 * len(after)
    assert summary["operators"]["m"]["operator_rows"]["outlier"] <= 20


IDS = """\
version: 1
pipeline: snow
sources:
  orders:
    { type: file, path: orders.csv, time: ts,
      fields: { id: %(type)s, amount: number, ts: time } }
  returns:
    { type: file, path: returns.csv, time: ts,
      fields: { id: %(type)s, returned: boolean, ts: time } }
operators:
  m:
    type: model
    input: orders
    features: [amount]
    target: returned
    labels: { input: returns, match: id, wait: 1d }
    steps: [standard_scaler, logistic_regression]
sinks: { out: { type: file, path: out.ndjson, input: m.outcomes, fields: [id, label] } }
"""


def orders():
    ids = [1_234_567_890_123_456_811 + i for i in range(3)]
    return ([{"id": i, "amount": 5, "ts": BEGAN} for i in ids],
            [{"id": i, "returned": "true" if i == ids[1] else "false", "ts": BEGAN + 1000}
             for i in ids])


def test_long_ids_as_texts_are_three_orders(empty_folder):
    rows, labels = orders()
    replay(IDS % {"type": "text"}, orders=rows, returns=labels)
    assert [(row["id"], row["label"]) for row in rows_of("out")] == [
        (str(label["id"]), label["returned"] == "true") for label in labels]


# --- categories and texts

def test_categories_that_come_and_go_make_room_for_each_other(empty_folder):
    draw = random.Random(1)
    rates, rows = {}, []
    for number in range(60_000):
        name = f"campaign-{number // 6000 * 30 + draw.randrange(30)}"
        rows.append({"c": name, "y": int(draw.random() < rates.setdefault(name, draw.random()))})
    replay("""\
version: 1
pipeline: churn
sources: { in: { type: file, path: in.csv, fields: { c: text, y: boolean } } }
operators:
  m:
    type: model
    input: in
    features: [c]
    target: y
    steps: [{ one_hot: { max: 60 } }, { logistic_regression: { learning_rate: 0.1 } }]
  q: { type: evaluate, input: m.outcomes, metrics: [roc_auc], window: 6000 }
sinks: { q: { type: file, path: q.ndjson, input: q, fields: [roc_auc] } }
""", **{"in": rows})
    assert min(row["roc_auc"] for row in rows_of("q")) > 0.7


def test_long_texts_that_differ_at_their_end_are_different_keys(empty_folder):
    rows = [{"k": "x" * 5000 + str(i % 3), "n": i} for i in range(30)]
    replay("""\
version: 1
pipeline: texts
sources: { in: { type: file, path: in.csv, fields: { k: text, n: number } } }
operators: { f: { type: features, input: in, key: k, aggregates: { seen: { count: true } } } }
sinks: { out: { type: file, path: out.ndjson, input: f, fields: [n, seen] } }
""", **{"in": rows})
    assert [row["seen"] for row in rows_of("out")] == [i // 3 for i in range(30)]


def test_roc_auc_of_rare_events_is_the_same_over_rows_time_and_all(empty_folder):
    draw = random.Random(3)
    rows = []
    for number in range(60_000):
        x = draw.gauss(0, 1)
        y = draw.random() < 5e-4 * (4 if x > 1 else 0.5)
        rows.append({"x": f"{x:.5f}", "y": int(y), "ts": BEGAN + number})
    replay("""\
version: 1
pipeline: rare
sources: { in: { type: file, path: in.csv, time: ts, fields: { x: number, y: boolean, ts: time } } }
operators:
  m:
    type: model
    input: in
    features: [x]
    target: y
    steps: [standard_scaler, { logistic_regression: { learning_rate: 0.05, intercept_init: -12 } }]
  rows: { type: evaluate, input: m.outcomes, metrics: [roc_auc], window: 60000 }
  all: { type: evaluate, input: m.outcomes, metrics: [roc_auc], window: all, every: 60000 }
sinks:
  rows: { type: file, path: rows.ndjson, input: rows, fields: [roc_auc] }
  all: { type: file, path: all.ndjson, input: all, fields: [roc_auc] }
""", **{"in": rows})
    exact, binned = rows_of("rows")[0]["roc_auc"], rows_of("all")[0]["roc_auc"]
    assert exact > 0.55
    assert abs(exact - binned) < 1e-4

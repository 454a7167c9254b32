"""What people reported of neighbouring programs, tried on weir: each test is one report's data,
made small, and holds what a user expects of it."""

import csv
import json
import random

import pytest

from weir import invoke

DAY = 86_400_000
BEGAN = 1_704_067_200_000  # 2024-01-01


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def replay(pipeline, *arguments, status=0, **files):
    """Replays a pipeline over files of rows; returns its summary, or what it says if it fails."""
    with open("p.yaml", "w", encoding="utf-8") as file:
        file.write(pipeline)
    for name, rows in files.items():
        write(name, rows)
    done = invoke("replay", "p.yaml", "--json", *arguments, status=status)
    return done.stderr if status else json.loads(done.stdout)


def write(name, rows):
    """Rows as dicts: a CSV file."""
    with open(f"{name}.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def rows_of(name):
    with open(f"{name}.ndjson", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def refused(pipeline):
    """The mistakes that `weir check` finds, as one text."""
    with open("p.yaml", "w", encoding="utf-8") as file:
        file.write(pipeline)
    return invoke("check", "p.yaml", status=78).stderr


# --- a bad row is the row's fault

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
@pytest.mark.parametrize("steps", ["logistic_regression",
                                   "standard_scaler, logistic_regression"])
def test_fill_values_of_a_sensor_do_not_stop_a_model_from_learning(folder, fill, steps):
    def accuracy(value):
        data = list(concept_that_turns_over(value, lambda x, first: int((x > 0.5) == first)))
        summary = replay(FILL_VALUES % {"target": "boolean", "steps": steps}, **{"in": data})
        last = [row for row in rows_of("out")[-6000:] if row["x"] < 1]
        right = sum(row["prediction"] == row["y"] for row in last) / len(last)
        return right, summary["operators"]["m"]

    clean, _ = accuracy(None)
    spoiled, figures = accuracy(fill)
    assert clean > 0.9
    assert spoiled > clean - 0.005
    assert figures["operator_rows"]["outlier"] == 44
    assert figures["model_rate_factor"] == 1


def test_fill_values_do_not_spoil_a_regression(folder):
    def target(x, first):
        return 3 * x + 1 if first else 4 - 3 * x

    def error(value):
        replay(FILL_VALUES % {"target": "number", "steps": "linear_regression"},
               **{"in": list(concept_that_turns_over(value, target))})
        last = [row for row in rows_of("out")[-6000:] if row["x"] < 1]
        return sum(abs(row["score"] - row["y"]) for row in last) / len(last)

    assert error(9.96921e36) < error(None) + 0.005


def test_one_uint64_minus_one_does_not_spoil_the_scaler_for_good(folder):
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


def test_a_change_of_unit_is_followed(folder):
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


# --- clocks and labels

LATE_LABELS = """\
version: 1
pipeline: late-labels
sources:
  tx: { type: file, path: tx.csv, time: ts, fields: { id: text, x: number, ts: time } }
  cb: { type: file, path: cb.csv, time: ts, fields: { id: text, fraud: boolean, ts: time } }
operators:
  m:
    type: model
    input: tx
    features: [x]
    target: fraud
    labels: { input: cb, match: id, wait: %(wait)s, absent: false }
    steps: [standard_scaler, { logistic_regression: { learning_rate: 0.05 } }]
sinks:
  outcomes: { type: file, path: outcomes.ndjson, input: m.outcomes, fields: [id, label] }
  out: { type: file, path: out.ndjson, input: m, fields: [id, x, score] }
"""


def purchases(far=None, count=2000, far_time=4_102_444_800_000):
    """One a minute, of ten one with a label an hour after it; `far` names rows of another time."""
    rows = [{"id": f"t{i}", "x": i % 50, "ts": BEGAN + i * 60_000} for i in range(count)]
    labels = [{"id": f"t{i}", "fraud": "true", "ts": BEGAN + i * 60_000 + 3_600_000}
              for i in range(0, count, 10)]
    for i in far or ():
        rows[i]["ts"] = far_time + i
    return rows, labels


@pytest.mark.parametrize("far", [[100], [0], [100, 101, 102], [7, 500, 1500], [1999]],
                         ids=["one", "the_first", "three_together", "now_and_then", "the_last"])
def test_a_device_with_its_clock_in_2100_ends_no_wait(folder, far):
    rows, labels = purchases(far)
    summary = replay(LATE_LABELS % {"wait": "7d"}, tx=rows, cb=labels)
    counts = summary["operators"]["m"]["labels"]
    assert counts["joined"] == 200
    assert counts.get("orphan", 0) == 0 and counts.get("absent", 0) == 0
    assert summary["far_rows"]["tx"] == {"believed": 0, "refused": len(far)}
    assert summary["late_rows"] == {}


def test_a_device_with_its_clock_in_1970_is_late_and_moves_nothing(folder):
    rows, labels = purchases([100, 900], far_time=1000)
    summary = replay(LATE_LABELS % {"wait": "7d"}, tx=rows, cb=labels)
    assert summary["operators"]["m"]["labels"]["joined"] == 200
    assert summary["late_rows"] == {"tx": 2}


def test_a_label_with_its_clock_in_2100_ends_no_wait(folder):
    rows, labels = purchases()
    labels[20]["ts"] = 4_102_444_800_000
    summary = replay(LATE_LABELS % {"wait": "7d"}, tx=rows, cb=labels)
    counts = summary["operators"]["m"]["labels"]
    assert counts["joined"] == 200 and counts.get("absent", 0) == 0


def test_a_night_without_rows_is_no_wrong_clock(folder):
    rows, labels = purchases()
    for row in rows[1000:]:
        row["ts"] += 3 * DAY
    for label in labels[100:]:
        label["ts"] += 3 * DAY
    summary = replay(LATE_LABELS % {"wait": "2h"}, tx=rows, cb=labels)
    counts = summary["operators"]["m"]["labels"]
    assert counts["joined"] == 200
    assert counts["absent"] > 1600
    assert summary["far_rows"]["tx"]["believed"] > 0


def test_ten_days_without_labels_are_not_learned_as_absent(folder):
    draw = random.Random(5)
    rows, labels = [], []
    for number in range(6000):
        at, x = BEGAN + number * 600_000, draw.gauss(0, 1)
        rows.append({"id": f"t{number}", "x": f"{x:.4f}", "ts": at})
        if draw.random() < (0.9 if x > 1 else 0.05):
            told = at + 6 * 3_600_000
            if BEGAN + 15 * DAY < told < BEGAN + 25 * DAY:
                told = BEGAN + 25 * DAY + number  # the feed was down, and all come at once
            labels.append({"id": f"t{number}", "fraud": "true", "ts": told})
    labels.sort(key=lambda label: label["ts"])
    summary = replay(LATE_LABELS % {"wait": "2d"}, tx=rows, cb=labels)
    counts = summary["operators"]["m"]["labels"]
    assert counts["joined"] == len(labels)
    assert counts.get("late", 0) == 0 and counts.get("orphan", 0) == 0
    assert summary["operators"]["m"]["labels_silences"] > 0
    by_day = {}
    for number, row in enumerate(rows_of("out")):
        if 1.2 < row["x"] < 1.8:
            by_day.setdefault(number * 600_000 // DAY, []).append(row["score"])
    outage = [sum(scores) / len(scores) for day, scores in by_day.items() if 17 <= day < 25]
    assert len(outage) == 8 and min(outage) > 0.5  # learned as absent they fall to 0.03


def test_a_label_that_comes_twice_is_learned_once(folder):
    rows, labels = purchases(count=500)
    twice = [label for label in labels for _ in range(2)]
    counts = replay(LATE_LABELS % {"wait": "7d"}, tx=rows, cb=twice)["operators"]["m"]
    assert counts["labels"]["joined"] == 50 and counts["labels"]["duplicate"] == 50
    assert counts["model_updates"] == 50


def test_a_file_that_is_not_in_the_order_of_its_times_is_named(folder):
    rows, labels = purchases()
    rows.reverse()
    done = replay(LATE_LABELS % {"wait": "7d"}, tx=rows, cb=labels)
    assert done["late_rows"]["tx"] > 1900
    text = invoke("replay", "p.yaml").stdout
    assert "tx.csv is not in the order of its times" in text
    assert "Sort it by `ts`" in text


# --- identifiers

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


def test_long_ids_as_texts_are_three_orders(folder):
    rows, labels = orders()
    replay(IDS % {"type": "text"}, orders=rows, returns=labels)
    assert [(row["id"], row["label"]) for row in rows_of("out")] == [
        (str(label["id"]), label["returned"] == "true") for label in labels]


# --- categories and texts

def test_categories_that_come_and_go_make_room_for_each_other(folder):
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


def test_long_texts_that_differ_at_their_end_are_different_keys(folder):
    rows = [{"k": "x" * 5000 + str(i % 3), "n": i} for i in range(30)]
    replay("""\
version: 1
pipeline: texts
sources: { in: { type: file, path: in.csv, fields: { k: text, n: number } } }
operators: { f: { type: features, input: in, key: k, aggregates: { seen: { count: true } } } }
sinks: { out: { type: file, path: out.ndjson, input: f, fields: [n, seen] } }
""", **{"in": rows})
    assert [row["seen"] for row in rows_of("out")] == [i // 3 for i in range(30)]


# --- words about what cannot work

@pytest.mark.parametrize("topic, said", [
    ("my events", "the name of a topic has letters"), ("", "the name of a topic is empty"),
    ("a/b", "the name of a topic has letters"), ("..", "no topic can have the name"),
    ("^events.*", "patterns are not available"), ("a" * 250, "the name of a topic"),
])
def test_a_topic_that_kafka_refuses_is_a_mistake_of_check(folder, topic, said):
    assert said in refused(f"""\
version: 1
pipeline: c
kafka: {{ bootstrap.servers: "localhost:9092" }}
sources:
  in: {{ type: kafka, topic: {json.dumps(topic)}, fields: {{ a: number }} }}
sinks: {{ out: {{ type: kafka, topic: out, input: in }} }}
""")


@pytest.mark.parametrize("source, sink", [("c.dead-letters", "out"), ("in", "weir.c.epochs"),
                                          ("in", "weir.c.snapshots"), ("in", "c.dead-letters"),
                                          ("weir.c.control", "out")])
def test_a_loop_through_topics_of_weir_itself_is_a_mistake_of_check(folder, source, sink):
    said = refused(f"""\
version: 1
pipeline: c
kafka: {{ bootstrap.servers: "localhost:9092" }}
sources: {{ in: {{ type: kafka, topic: {source}, fields: {{ a: number }} }} }}
sinks: {{ out: {{ type: kafka, topic: {sink}, input: in }} }}
""")
    assert f"`{source if sink == 'out' else sink}`" in said


def test_a_detector_that_can_never_fire_is_a_mistake_of_check(folder):
    assert "the smallest p-value of 20 against 5 values is 3.8e-05" in refused("""\
version: 1
pipeline: never
sources: { in: { type: file, path: in.csv, fields: { v: number } } }
operators:
  d:
    type: drift
    input: in
    fields: [v]
    detector: { ks_test: { reference: 20, window: 5, alpha: 1e-6 } }
sinks: { out: { type: file, path: out.ndjson, input: d } }
""")


@pytest.mark.parametrize("written, said", [
    ("x is null", "missing(x)"), ("flag && x > 1", "and"), ("x == None", "missing(x)"),
    ("x > 1 ? 2 : 3 > 1", "if("), ("x BETWEEN 1 AND 2", "and"),
    ("word LIKE 'a%'", "starts_with"), ("!flag", "not"), ("x <> 1", "!="),
])
def test_words_of_other_languages_are_answered_with_the_right_form(folder, written, said):
    text = refused(f"""\
version: 1
pipeline: words
sources:
  in: {{ type: file, path: in.csv, fields: {{ x: number, word: text, flag: boolean }} }}
operators: {{ f: {{ type: filter, input: in, when: {json.dumps(written)} }} }}
sinks: {{ out: {{ type: file, path: out.ndjson, input: f }} }}
""")
    assert said in text.split("error: ", 1)[1].splitlines()[0]


def test_a_field_that_never_comes_fails_and_says_so(folder):
    said = replay("""\
version: 1
pipeline: misspelled
sources: { in: { type: file, path: in.ndjson, fields: { amout: number, y: boolean } } }
operators:
  m:
    type: model
    input: in
    features: [amout]
    target: y
    fallback: 0.1
    steps: [standard_scaler, logistic_regression]
sinks: { out: { type: file, path: out.ndjson, input: m, fields: [score] } }
""".replace("in.ndjson", "in.csv").replace("amout: number", "amout: { number: { required: false } }"),
                  status=1, **{"in": [{"amount": 1, "y": 1, "amout": ""}] * 5})
    assert "served no row but its fallback" in said


# --- figures

def test_roc_auc_of_rare_events_is_the_same_over_rows_time_and_all(folder):
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

"""Clocks and labels that people reported of neighbouring programs, tried on weir."""

import random

import pytest
from offline import BEGAN, DAY, replay, rows_of
from weir import invoke

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
def test_a_device_with_its_clock_in_2100_ends_no_wait(empty_folder, far):
    rows, labels = purchases(far)
    summary = replay(LATE_LABELS % {"wait": "7d"}, tx=rows, cb=labels)
    counts = summary["operators"]["m"]["labels"]
    assert counts["joined"] == 200
    assert counts.get("orphan", 0) == 0 and counts.get("absent", 0) == 0
    assert summary["far_rows"]["tx"] == {"believed": 0, "refused": len(far)}
    assert summary["late_rows"] == {}


def test_a_device_with_its_clock_in_1970_is_late_and_moves_nothing(empty_folder):
    rows, labels = purchases([100, 900], far_time=1000)
    summary = replay(LATE_LABELS % {"wait": "7d"}, tx=rows, cb=labels)
    assert summary["operators"]["m"]["labels"]["joined"] == 200
    assert summary["late_rows"] == {"tx": 2}


def test_a_label_with_its_clock_in_2100_ends_no_wait(empty_folder):
    rows, labels = purchases()
    labels[20]["ts"] = 4_102_444_800_000
    summary = replay(LATE_LABELS % {"wait": "7d"}, tx=rows, cb=labels)
    counts = summary["operators"]["m"]["labels"]
    assert counts["joined"] == 200 and counts.get("absent", 0) == 0


def test_a_night_without_rows_is_no_wrong_clock(empty_folder):
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


def test_ten_days_without_labels_are_not_learned_as_absent(empty_folder):
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


def test_a_label_that_comes_twice_is_learned_once(empty_folder):
    rows, labels = purchases(count=500)
    twice = [label for label in labels for _ in range(2)]
    counts = replay(LATE_LABELS % {"wait": "7d"}, tx=rows, cb=twice)["operators"]["m"]
    assert counts["labels"]["joined"] == 50 and counts["labels"]["duplicate"] == 50
    assert counts["model_updates"] == 50


def test_a_file_that_is_not_in_the_order_of_its_times_is_named(empty_folder):
    rows, labels = purchases()
    rows.reverse()
    done = replay(LATE_LABELS % {"wait": "7d"}, tx=rows, cb=labels)
    assert done["late_rows"]["tx"] > 1900
    text = invoke("replay", "p.yaml").stdout
    assert "tx.csv is not in the order of its times" in text
    assert "Sort it by `ts`" in text

"""The JSON Schema that an editor uses takes just the files that `weir check` takes.

Each file differs in one place from a file that both take: a value that the schema allows stands
there, one just beyond its bounds, or one of another kind. Only `check` can refuse unknown names,
fields of the wrong type, and options that contradict each other.
"""

import concurrent.futures
import json
import re
import subprocess

import pytest
from schema_files import DELETED, Schema
from weir import PROGRAM, invoke

BASE = {
    "version": 1,
    "pipeline": "all",
    "kafka": {"bootstrap.servers": "localhost:9092"},
    "sources": {
        "rows": {
            "type": "kafka",
            "topic": "rows",
            "time": "at",
            "fields": {"id": "text", "at": "time", "x": "number", "y": "number", "flag": "boolean"},
        },
        "file": {
            "type": "file",
            "path": "file.csv",
            "time": "at",
            "fields": {"id": "text", "y": "boolean", "at": "time"},
        },
        "made": {
            "type": "generate",
            "of": "cards",
            "fields": {"tx_id": "text", "amount": "number", "ts": "time"},
            "time": "ts",
        },
    },
    "operators": {
        "once": {"type": "dedupe", "input": "rows", "key": "id", "within": 100},
        "more": {
            "type": "features",
            "input": "once",
            "key": "id",
            "aggregates": {"mean_x": {"mean": "x", "over": 10}},
            "values": {"z": "x + 1"},
        },
        "some": {"type": "filter", "input": "more", "when": "x > 0"},
        "fit": {
            "type": "model",
            "input": "some",
            "features": ["x", "y", "z"],
            "target": "flag",
            "steps": ["standard_scaler", "logistic_regression"],
        },
        "watch": {"type": "drift", "input": "some", "fields": ["x"], "detector": "page_hinkley"},
        "quality": {
            "type": "evaluate",
            "input": "fit.outcomes",
            "metrics": ["log_loss"],
            "window": 100,
        },
    },
    "sinks": {
        "served": {"type": "kafka", "topic": "served", "input": "fit"},
        "figures": {"type": "file", "path": "figures.ndjson", "input": "quality"},
        "rows_kept": {"type": "file", "path": "rows.ndjson", "input": "file"},
        "made_kept": {"type": "file", "path": "made.csv", "input": "made"},
        "drifts": {"type": "file", "path": "drifts.ndjson", "input": "watch"},
    },
}

# What `check` alone refuses, by what it says.
BY_CHECK_ALONE = re.compile(
    "|".join(
        [
            # names
            r"has no field",
            r"no field `",
            r"there is no (source|operator|metric|topic)",
            r"no column is named",
            r"librdkafka has no property",
            r"cannot begin the name",
            r"nothing reads",
            # types of fields, and what they allow
            r"compares",
            r"needs a field of type",
            r"needs numbers",
            r"is of type",
            r"is a (time|text|boolean|number)[;,: ]",
            r"must be number, not",
            r"learns \w+ targets",
            r"must be a (boolean|text|number), as the target is",
            r"is a probability",
            r"needs a target that is",
            r"use concat",
            # one option and another
            r"needs `",
            r"needs a `",
            r"not both",
            r"belongs to",
            r"must both be",
            r"of `window`",
            r"has no window",
            r"must be at least `",
            r"has no effect beside",
            r"is the separator too",
            r"must be a character in a sink",
            r"outside the record's value",
            r"a column (is found|has one name)",
            r"an aggregate needs one of",
            r"must be a mapping from names",
            r"must be the last step",
            r"the last step must be",
            r"is never reached",
            r"costs reference times window",
            # texts with a grammar of their own: expressions, times, names of topics
            r"the expression",
            r"must be earliest, latest, a time",
            r"hours and minutes ahead of UTC",
            r"needs a year",
            r"the name of a topic",
            r"bootstrap.servers` is empty",
        ]
    )
)


@pytest.fixture(scope="module")
def schema():
    return Schema(invoke("schema").stdout)


def refusal(file):
    """What `weir check` says about a file that it refuses; None: it takes it."""
    done = subprocess.run(
        [PROGRAM, "check", file], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode in (0, 78), f"{file.read_text()}: {done.returncode}\n{done.stderr}"
    if done.returncode == 0:
        return None
    return [line.split("error: ", 1)[1] for line in done.stderr.splitlines() if "error: " in line]


def disagreement(schema, file, document):
    taken = schema.takes(document)
    file.write_text(json.dumps(document))
    said = refusal(file)
    file.unlink()
    if taken == (said is None):
        return None
    if said is None:
        return "the schema refuses, check takes"
    if any(BY_CHECK_ALONE.search(one) for one in said):
        return None
    return f"the schema takes, check says: {said}"


def test_schema_takes_just_the_files_that_check_takes(schema, tmp_path):
    assert schema.takes(BASE)
    assert disagreement(schema, tmp_path / "base.yaml", BASE) is None
    seen = set()

    def files():
        for path, value, document in schema.files(BASE, seed=1):
            # What all sources take is tried with one of them, what all fields take with one.
            named = (None, *path)
            place = tuple("*" if i == 1 or before == "fields" else step
                          for i, (before, step) in enumerate(zip(named, path)))
            case = (place, "" if value is DELETED else json.dumps(value))
            if case not in seen:
                seen.add(case)
                yield path, value, document, tmp_path / f"{len(seen)}.yaml"

    def one(case):
        path, value, document, file = case
        wrong = disagreement(schema, file, document)
        shown = "left out" if value is DELETED else json.dumps(value)
        return wrong and f"{'.'.join(map(str, path))} = {shown}: {wrong}"

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        wrong = [text for text in pool.map(one, files()) if text]
    assert len(seen) > 3000
    assert not wrong, f"{len(wrong)} of {len(seen)}:\n" + "\n".join(wrong[:100])

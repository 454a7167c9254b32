"""A running pipeline that is told something, and one that is watched by an auditor."""

import itertools
import json
import signal
import subprocess

import pytest
import topics
import weir as program
from broker import end_with_parent, wait_until


@pytest.fixture
def days(broker, run):
    """The weather pipeline on topics of its own; writes part by part."""
    topics.create(broker, "told")
    weir = run("weather.yaml", {
        "pipeline": "told", "sources.days.topic": "told",
        "sinks.predictions.topic": "told-predictions", "sinks.quality.topic": "told-quality",
        "sinks.drifts.topic": "told-drifts"})
    rows = enumerate(itertools.cycle(map(topics.typed, topics.stream("weather"))))

    def produce(count):
        topics.produce(broker, "told", (
            (None, {"id": str(i), **day, "target": day["target"] == 1})
            for i, day in itertools.islice(rows, count)))

    return weir, produce


def test_a_model_is_frozen_and_unfrozen_while_an_auditor_follows(days, reader, tmp_path):
    weir, produce = days
    weir.start().wait_ready()
    produce(1_000)
    predictions = reader("told-predictions")
    predictions.read(1_000)
    audit_log = (tmp_path / "audit.log").open("w")
    audit = subprocess.Popen(
        [program.PROGRAM, "verify", weir.pipeline, "--follow", "--json", *weir.settings()],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=audit_log, text=True,
        preexec_fn=end_with_parent)
    audit_told = lambda: (tmp_path / "audit.log").read_text()

    def frozen():
        return weir.metrics("weir_model_frozen")[0][1]

    model = next(labels["operator"] for labels, _ in weir.metrics("weir_model_frozen"))
    assert frozen() == 0
    told = json.loads(program.invoke("freeze", weir.pipeline, model, "--json",
                                     *weir.settings()).stdout)
    assert told == {"topic": "weir.told.control", "partition": 0, "offset": 0}
    wait_until("the model is frozen", lambda: frozen() == 1, 10)
    produce(1_000)
    rows = topics.rows(predictions.read(2_000))
    assert sorted(row["updates"] for row in rows)[1_000:] == [1_000] * 1_000
    assert "offset 1" in program.invoke("unfreeze", weir.pipeline, model, *weir.settings()).stdout
    wait_until("the model learns", lambda: frozen() == 0, 10)
    produce(1_000)
    rows = topics.rows(predictions.read(3_000))
    assert max(row["updates"] for row in rows) == 1_999
    wait_until("the auditor has come so far", lambda: "3000 rows: equal so far" in audit_told(), 30)
    audit.send_signal(signal.SIGTERM)
    report = json.loads(audit.communicate(timeout=30)[0])
    assert audit.returncode == 0, audit_told()
    assert report["equal"] and report["rows"] == 3_000 and report["outputs_unknown"] == 0
    assert report["outputs_found"] >= 3_000
    weir.stop()  # it was not fenced
    weir.verify()


def test_what_cannot_be_frozen_is_said(run):
    weir = run("weather.yaml")
    settings = weir.settings()
    assert "no such operator" in program.invoke("freeze", weir.pipeline, "nobody", *settings,
                                                status=2).stderr
    other = program.invoke("freeze", weir.pipeline, "temperature", *settings, status=2).stderr
    assert "only a model learns" in other
    assert "weir freeze fraud.yaml fraud" in program.invoke("freeze", "--help").stdout

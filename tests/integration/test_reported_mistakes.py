"""Files that cannot work, and that people reported neighbouring programs to take: `weir check` says
so."""

import json

import pytest
from offline import refused, replay


@pytest.mark.parametrize("topic, said", [
    ("my events", "the name of a topic has letters"), ("", "the name of a topic is empty"),
    ("a/b", "the name of a topic has letters"), ("..", "no topic can have the name"),
    ("^events.*", "patterns are not available"), ("a" * 250, "the name of a topic"),
])
def test_a_topic_that_kafka_refuses_is_a_mistake_of_check(empty_folder, topic, said):
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
def test_a_loop_through_topics_of_weir_itself_is_a_mistake_of_check(empty_folder, source, sink):
    said = refused(f"""\
version: 1
pipeline: c
kafka: {{ bootstrap.servers: "localhost:9092" }}
sources: {{ in: {{ type: kafka, topic: {source}, fields: {{ a: number }} }} }}
sinks: {{ out: {{ type: kafka, topic: {sink}, input: in }} }}
""")
    assert f"`{source if sink == 'out' else sink}`" in said


def test_a_detector_that_can_never_fire_is_a_mistake_of_check(empty_folder):
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
def test_words_of_other_languages_are_answered_with_the_right_form(empty_folder, written, said):
    text = refused(f"""\
version: 1
pipeline: words
sources:
  in: {{ type: file, path: in.csv, fields: {{ x: number, word: text, flag: boolean }} }}
operators: {{ f: {{ type: filter, input: in, when: {json.dumps(written)} }} }}
sinks: {{ out: {{ type: file, path: out.ndjson, input: f }} }}
""")
    assert said in text.split("error: ", 1)[1].splitlines()[0]


def test_a_field_that_never_comes_fails_and_says_so(empty_folder):
    said = replay("""\
version: 1
pipeline: misspelled
sources: { in: { type: file, path: in.csv, fields: { amout: number, y: boolean } } }
operators:
  m:
    type: model
    input: in
    features: [amout]
    target: y
    fallback: 0.1
    steps: [standard_scaler, logistic_regression]
sinks: { out: { type: file, path: out.ndjson, input: m, fields: [score] } }
""", status=1, **{"in": [{"amount": 1, "y": 1, "amout": ""}] * 5})
    assert "served no row but its fallback" in said

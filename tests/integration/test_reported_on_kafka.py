"""What people reported of neighbouring programs on Kafka, tried on weir: deletes of a change-data
topic, and the clock of a producer."""

import json
import time

import topics
from broker import wait_until
from confluent_kafka import Producer


def total(weir, name, **wanted):
    """The sum of a counter over what has these labels."""
    return sum(value for labels, value in weir.metrics(name)
               if all(labels.get(key) == text for key, text in wanted.items()))


def test_deletes_of_a_change_data_topic_are_skipped_and_counted(broker, rows):
    weir = rows.weir({"sources.rows.format": "{ json: { nulls: skip } }"}).start().wait_ready()
    for _ in range(3):
        rows.produce(100)
        topics.produce(broker, rows.name, [(f"c{number}", None) for number in range(50)])
    rows.wait_predicted()
    wait_until("the deletes are counted",
               lambda: total(weir, "weir_skipped_total", reason="tombstone") == 150, 30)
    assert total(weir, "weir_dead_letters_total") == 0
    weir.stop()
    weir.verify()
    rows.check_predicted_once()


def test_a_producer_with_its_clock_in_2100_ends_no_wait(broker, run):
    settings = {"pipeline": "clocks", "operators.model.labels.wait": "7d",
                "operators.model.labels.absent": "false"}
    for name in ("rows", "labels"):
        settings[f"sources.{name}.topic"] = f"clocks-{name}"
    for name in ("predictions", "outcomes"):
        settings[f"sinks.{name}.topic"] = f"clocks-{name}"
    topics.create(broker, "clocks-rows", "clocks-labels")
    producer = Producer({"bootstrap.servers": broker.bootstrap, "log_level": 0})
    began = int(time.time() * 1000) - 3 * 86_400_000
    for number in range(1000):  # one a minute; the clock of one producer wrote both of its times
        at = 4_102_444_800_000 if number == 100 else began + number * 60_000
        row = {"id": f"r{number}", "card": f"c{number % 9}", "x": 1, "ts": at}
        producer.produce("clocks-rows", json.dumps(row), row["id"], timestamp=at)
    for number in range(0, 1000, 10):  # an hour later
        at = began + number * 60_000 + 3_600_000
        label = {"id": f"r{number}", "y": True, "ts": at}
        producer.produce("clocks-labels", json.dumps(label), label["id"], timestamp=at)
    producer.flush(30)

    weir = run("waiting.yaml", settings).start().wait_ready()
    wait_until(lambda: f"every label has found its row: {weir.metrics('weir_labels_total')}",
               lambda: total(weir, "weir_labels_total", outcome="joined") == 100, 60)
    wait_until("the wrong row is counted",
               lambda: total(weir, "weir_far_rows_total", outcome="refused") == 1, 60)
    assert total(weir, "weir_labels_total", outcome="absent") == 0
    assert total(weir, "weir_labels_total", outcome="orphan") == 0
    weir.stop()
    weir.verify()

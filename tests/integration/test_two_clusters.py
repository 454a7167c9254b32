"""A source of another cluster: its rows are read there, everything else is written here."""

import collections

import topics
from broker import Broker


def test_rows_of_another_cluster_are_predicted_once(broker, run, reader):
    far = Broker()
    try:
        topics.create(far.start(), "far-rows")
        weir = run("rows.yaml", {
            "pipeline": "two-clusters", "sources.rows.topic": "far-rows",
            "sources.rows.kafka.bootstrap.servers": far.bootstrap,
            "sinks.predictions.topic": "far-predictions"})

        def produce(first, count):
            return topics.produce(far, "far-rows", (
                (None, {"id": f"r{i}", "card": f"c{i % 7}", "x": 1.0 + i % 97, "y": i % 97 > 40})
                for i in range(first, first + count)))

        produce(0, 500)
        weir.start().wait_ready()
        predictions = reader("far-predictions")
        predictions.read(500)
        weir.kill()
        produce(500, 500)
        weir.start().wait_ready()
        predictions.read(1_000)
        weir.stop()
        found = collections.Counter(row["id"] for row in topics.rows(predictions.read_all()))
        assert found == collections.Counter(f"r{i}" for i in range(1_000))
        weir.verify()
    finally:
        far.close()

"""What weir's promises cost, on a real broker, each as figures of one run.

    delivery   exactly_once beside at_least_once, with epochs of 100 ms, in turn
    latency    from a producer to a reader of committed records, at 2,000 events a second with
               epochs of 25 ms; beside it the same without weir in between
    recovery   killed, its snapshots taken away: rows replayed a second

Usage: tests/benchmark/run costs [delivery] [latency] [recovery]
                                 [--records N] [--rounds N] [--seconds N]
One line of JSON each.
"""

import argparse
import json
import pathlib
import re
import shutil
import statistics
import sys
import tempfile
import threading
import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

import kafka_to_kafka as benchmark
from kafka_to_kafka import topics, programs
from broker import Broker, wait_until

PIPELINE = pathlib.Path(__file__).with_name("kafka_to_kafka.yaml")
RATE = 2_000  # events a second, for the latency
EVERY = 0.005  # s between the batches of the producer


def say(text):
    print(text, file=sys.stderr, flush=True)


def delivery(broker, folder, options):
    rates = {"at_least_once": [], "exactly_once": []}
    admin = broker.admin()  # must outlive its answers
    for turn in range(options.rounds + 1):  # the first warms the broker up, uncounted
        for kind, found in rates.items():
            settings = {"engine.delivery": kind, "engine.epoch": "100ms"}
            rate, topic, _ = benchmark.learn(broker, options.records,
                                          f"{kind.replace('_', '-')}-{turn}", folder, settings)
            say(f"{kind} {rate:,.0f} rows/s" + ("" if turn else " (warm-up, not counted)"))
            if turn:
                found.append(rate)
            admin.delete_topics([topic])[topic].result(30)
    medians = {kind: round(statistics.median(found)) for kind, found in rates.items()}
    return {**medians, "ratio": round(medians["exactly_once"] / medians["at_least_once"], 3)}


class Receipts(threading.Thread):
    """Reads a topic's committed records as they come; when each `id` came, s."""

    def __init__(self, broker, topic):
        super().__init__()
        self.at = {}
        self._consumer = Consumer({
            "bootstrap.servers": broker.bootstrap, "group.id": "latency",
            "enable.auto.commit": False, "isolation.level": "read_committed",
            "fetch.wait.max.ms": 10, "fetch.error.backoff.ms": 1, "log_level": 0,
        })
        ends = topics.Reader(broker, topic)
        found = wait_until(f"the ends of {topic}", lambda: self._ask(ends), 30)
        self._consumer.assign([TopicPartition(topic, part, end) for part, end in found.items()])
        ends.close()
        self._ended = threading.Event()

    @staticmethod
    def _ask(ends):
        try:
            return ends.ends()
        except KafkaException:  # a new topic has no leader for a moment
            return None

    def run(self):
        while not self._ended.is_set():
            message = self._consumer.poll(0.05)
            if message is None or message.error():
                continue
            now = time.time()
            self.at[json.loads(message.value())["id"]] = now

    def close(self):
        self._ended.set()
        self.join()
        self._consumer.close()


def send(broker, seconds, head):
    """RATE events a second, evenly; when each `id` was handed to the producer, s."""
    producer = Producer({"bootstrap.servers": broker.bootstrap, "linger.ms": 0, "log_level": 0})
    each = round(RATE * EVERY)
    sent = {}
    began = time.time()
    for batch in range(round(seconds / EVERY)):
        time.sleep(max(0, began + batch * EVERY - time.time()))
        for number in range(batch * each, (batch + 1) * each):
            name = f"{head}-{number}"
            value = f'{{"id":"{name}","a":1.5,"b":0.25,"c":{number % 7},"d":-1,"target":true}}'
            sent[name] = time.time()
            producer.produce("paced", value, partition=number % topics.PARTITIONS)
        producer.poll(0)
    producer.flush(30)
    return sent


def measure_latency(broker, topic, seconds, head):
    """Milliseconds from the producer to the reader, after five seconds that are not counted."""
    reader = Receipts(broker, topic)
    reader.start()
    try:
        send(broker, 5, f"{head}-warm")
        sent = send(broker, seconds, head)
        wait_until("every event", lambda: sent.keys() <= reader.at.keys(), 30)
    finally:
        reader.close()
    late = sorted((reader.at[name] - at) * 1000 for name, at in sent.items())
    return {f"p{share}": round(late[len(late) * share // 100], 1) for share in (50, 99)} | {
        "max": round(late[-1], 1)}


def latency(broker, folder, options):
    topics.create(broker, "paced", "paced-out", "paced-drifts")
    found = {"without_weir_ms": measure_latency(broker, "paced", min(10, options.seconds), "raw")}
    (folder / "latency").mkdir()
    weir = programs.Weir(PIPELINE, broker, folder / "latency", {
        "pipeline": "latency", "sources.events.topic": "paced",
        "sinks.predictions.topic": "paced-out", "sinks.drifts.topic": "paced-drifts",
        "engine.epoch": "25ms"})
    try:
        weir.start().wait_ready()
        found["ms"] = measure_latency(broker, "paced-out", options.seconds, "weir")
        weir.stop()
    finally:
        weir.close()
    return found


def recovery(broker, folder, options):
    settings = {"pipeline": "recovery", "sinks.predictions.topic": "recovery-out",
                "sinks.drifts.topic": "recovery-drifts"}
    (folder / "recovery").mkdir()
    topics.create(broker, "recovery-out")
    weir = programs.Weir(PIPELINE, broker, folder / "recovery", settings)
    try:
        weir.start()
        wait_until("every row", lambda: weir.check_alive() or sum(
            value for labels, value in weir.metrics("weir_sink_rows_total")
            if labels["sink"] == "predictions") >= options.records, 600, every=0.2)
        weir.kill()
        for shard in (folder / "recovery" / "state").rglob("shard-*"):
            shutil.rmtree(shard)
        snapshots = "weir.recovery.snapshots"
        admin = broker.admin()
        admin.delete_topics([snapshots])[snapshots].result(30)
        weir.log.unlink()
        began = time.monotonic()
        weir.start().wait_ready(600)
        seconds = time.monotonic() - began
        told = re.findall(r"replayed (\d+) rows up to epoch (\d+) of \2 \((\d+) rows/s\)",
                          weir.log.read_text())
        weir.stop()
    finally:
        weir.close()
    rows, epochs, rate = map(int, told[-1])
    assert rows == options.records, told
    return {"rows": rows, "epochs": epochs, "rows_per_second": rate,
            "ready_seconds": round(seconds, 2)}


def main():
    kinds = {"delivery": delivery, "latency": latency, "recovery": recovery}
    options = argparse.ArgumentParser(description=__doc__,
                                      formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("kinds", nargs="*", choices=[*kinds, []], metavar="KIND")
    options.add_argument("--records", type=int, default=2_000_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seconds", type=int, default=30, help="of the latency")
    options = options.parse_args()
    broker = Broker().start()
    try:
        with tempfile.TemporaryDirectory(prefix="weir-costs-") as folder:
            wanted = options.kinds or list(kinds)
            if wanted != ["latency"]:
                topics.create(broker, "events")
                say(f"producing {options.records} records")
                topics.produce(broker, "events", benchmark.events(options.records))
            for name in wanted:
                measured = kinds[name](broker, pathlib.Path(folder), options)
                print(json.dumps({name: measured}), flush=True)
    finally:
        broker.close()


if __name__ == "__main__":
    main()

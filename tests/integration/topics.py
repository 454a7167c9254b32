"""Topics of the broker under test: created, written by confluent-kafka or kcat, read committed."""

import csv
import gzip
import json
import subprocess
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import NewTopic

from broker import ROOT, wait_until

PARTITIONS = 3


def create(broker, *names, partitions=PARTITIONS, config=None):
    wanted = [NewTopic(name, partitions, 1, config=config or {}) for name in names]
    admin = broker.admin()  # must outlive its answers
    for made in admin.create_topics(wanted).values():
        made.result(30)


def stream(name):
    """The rows of a stream of tests/data as dicts of texts."""
    with gzip.open(ROOT / "tests" / "data" / f"{name}.csv.gz", "rt", newline="") as file:
        yield from csv.DictReader(file)


def typed(row, texts=()):
    """A row with numbers where the stream has numbers."""
    return {key: value if key in texts else float(value) for key, value in row.items()}


def produce(broker, topic, records, partition=None):
    """Writes (key, value[, headers]) with confluent-kafka; every record is acknowledged.

    `partition`: all go there; without it by key, or in turn when there is none.
    """
    failed = []
    producer = Producer({"bootstrap.servers": broker.bootstrap, "linger.ms": 5,
                         "message.max.bytes": 32_000_000, "log_level": 0})

    def delivered(error, _):
        if error:
            failed.append(error)

    count = 0
    for key, value, *headers in records:
        place = {} if partition is None else {"partition": partition}
        if partition is None and key is None:
            place = {"partition": count % PARTITIONS}
        if isinstance(value, dict):
            value = json.dumps(value)
        while True:
            try:
                producer.produce(topic, value, key, headers=headers[0] if headers else None,
                                 on_delivery=delivered, **place)
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
        count += 1
    assert producer.flush(60) == 0 and not failed, failed[:3]
    return count


def produce_by_kcat(broker, topic, records):
    """Writes (key, dict) with kcat, one line a record."""
    lines = "".join(f"{key}\t{json.dumps(value)}\n" for key, value in records)
    command = ["kcat", "-P", "-b", broker.bootstrap, "-t", topic, "-K", "\t", "-p", "-1"]
    subprocess.run([*command, "-X", "acks=all"], input=lines, text=True, check=True, timeout=120)
    return lines.count("\n")


class Reader:
    """Reads a topic from its beginning, committed records only, each once."""

    def __init__(self, broker, topic):
        self.records = []
        self._seen = {}  # the end last reached, by partition
        self._consumer = Consumer({
            "bootstrap.servers": broker.bootstrap,
            "group.id": "tests",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "auto.offset.reset": "error",
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 20,
            "fetch.message.max.bytes": 32_000_000,
            "log_level": 0,
        })
        wait_until(f"topic {topic} exists", lambda: self._partitions(topic), 30)
        self._topic = topic
        parts = [TopicPartition(topic, number, 0) for number in self._partitions(topic)]
        self._consumer.assign(parts)

    def _partitions(self, topic):
        found = self._consumer.list_topics(topic, timeout=10).topics.get(topic)
        return list(found.partitions) if found and not found.error else []

    def read(self, count, seconds=60):
        """Reads on until there are `count` records; returns all so far. Fails at the deadline."""
        deadline = time.monotonic() + seconds
        while len(self.records) < count:
            self._consume(0.2)
            assert time.monotonic() < deadline, (
                f"{self._topic}: {len(self.records)} of {count} records within {seconds} s")
        return self.records

    def ends(self):
        """The high watermark by partition."""
        return {part: self._end(part) for part in self._partitions(self._topic)}

    def _end(self, part):
        answer = {}

        def asked():  # a new topic may have no leader yet
            try:
                answer["end"] = self._consumer.get_watermark_offsets(
                    TopicPartition(self._topic, part), timeout=5)[1]
                return True
            except KafkaException as error:
                answer["error"] = error
                return False

        wait_until(lambda: f"the end of {self._topic}[{part}]: {answer.get('error')}", asked, 30)
        return answer["end"]

    def read_all(self):
        """Reads on until every partition's end is reached; returns all so far."""
        ends = self.ends()

        def read_to_end():
            self._consume(0.1)
            return all(self._seen.get(part, -1) >= end for part, end in ends.items())

        wait_until(f"the end of {self._topic}", read_to_end, 60, every=0)
        return self.records

    def _consume(self, seconds):
        for message in self._consumer.consume(10_000, seconds):
            if not message.error():
                self.records.append(message)
            elif message.error().code() == KafkaError._PARTITION_EOF:
                self._seen[message.partition()] = message.offset()  # past control records too
            else:
                raise RuntimeError(message.error())

    def close(self):
        self._consumer.close()


def rows(records):
    """The JSON objects of records; a name twice in one of them is an error."""

    def once(pairs):
        names = [name for name, _ in pairs]
        assert len(names) == len(set(names)), names
        return dict(pairs)

    return [json.loads(record.value(), object_pairs_hook=once) for record in records]

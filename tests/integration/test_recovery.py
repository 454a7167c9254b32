"""A real kill -9, ten times, under load: nothing lost, nothing doubled, the same state as a clean replay."""

import itertools
import random
import threading
import time

import topics
from broker import wait_until


class Load:
    """Writes weather rows, with ids that count up, until it is told to stop."""

    def __init__(self, broker, topic, rate):
        self.sent = 0
        self._arguments = broker, topic, rate
        self._stop = threading.Event()
        self._failure = None
        self._thread = threading.Thread(target=self._write)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self._stop.set()
        self._thread.join()
        assert not self._failure, self._failure

    def _write(self):
        broker, topic, rate = self._arguments
        days = list(map(topics.typed, topics.stream("weather")))
        for day in days:
            day["target"] = day["target"] == 1
        days = itertools.cycle(days)
        try:
            while not self._stop.wait(0.05):
                chunk = list(itertools.islice(days, int(rate * 0.05)))
                numbered = ((None, {"id": str(self.sent + i), **day}) for i, day in enumerate(chunk))
                topics.produce(broker, topic, numbered)
                self.sent += len(chunk)
        except Exception as failure:  # told by stop(), in the test's own thread
            self._failure = failure


def committed(broker, topic):
    """The sum of the ends of the topic's partitions: grows with every epoch."""
    reader = topics.Reader(broker, topic)
    try:
        return sum(reader.ends().values())
    finally:
        reader.close()


def test_ten_kills_under_load_lose_nothing_double_nothing_and_keep_the_bits(broker, run, reader):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    topics.create(broker, "kills")
    weir = run("weather.yaml", {
        "pipeline": "kills", "sources.days.topic": "kills",
        "sinks.predictions.topic": "kills-predictions", "sinks.quality.topic": "kills-quality",
        "sinks.drifts.topic": "kills-drifts", "engine.snapshot_every": "1s"})
    weir.start().wait_ready()
    with Load(broker, "kills", rate=5_000) as load:
        for kill in range(10):
            before = committed(broker, "kills-predictions")
            wait_until(f"work goes on after {kill} kills",
                       lambda: weir.check_alive() or committed(broker, "kills-predictions") > before,
                       60)
            time.sleep(chance.uniform(0, 0.6))  # the fault's own moment
            weir.kill()
            weir.start()
        load.stop()
        sent = load.sent
    predictions = reader("kills-predictions")
    predictions.read(sent, seconds=120)
    weir.stop()

    ids = [int(row["id"]) for row in topics.rows(predictions.read_all())]
    assert len(ids) == sent and set(ids) == set(range(sent))
    updates = sorted(row["updates"] for row in topics.rows(predictions.records))
    assert updates == list(range(sent)), "the model saw every row once, in one history"
    check_epochs(topics.rows(reader("weir.kills.epochs").read_all()), sent)
    weir.verify()


def check_epochs(records, rows):
    """Epoch numbers have no gap; their runs cover every record once, in order."""
    assert [record["epoch"] for record in records] == list(range(len(records)))
    owners = [record["owner"] for record in records if record.get("owner")]
    assert len(owners) >= 5, "owners change with the kills that came after a commit"
    read, last = 0, {}
    for record in records:
        for source, partition, count, first, end in record.get("runs", []):
            assert first > last.get((source, partition), -1)
            last[source, partition] = end
            read += count
    assert read == rows


def test_a_stopped_pipeline_goes_on_where_it_was(broker, run, reader):
    days = list(itertools.islice(map(topics.typed, topics.stream("weather")), 6_000))
    events = [{"id": str(i), **day, "target": day["target"] == 1} for i, day in enumerate(days)]
    topics.create(broker, "stops")
    weir = run("weather.yaml", {
        "pipeline": "stops", "sources.days.topic": "stops",
        "sinks.predictions.topic": "stops-predictions", "sinks.quality.topic": "stops-quality",
        "sinks.drifts.topic": "stops-drifts"})
    for part in range(3):
        chunk = events[part * 2_000 : (part + 1) * 2_000]
        weir.start().wait_ready()
        topics.produce(broker, "stops", ((None, event) for event in chunk))
        reader("stops-predictions").read((part + 1) * 2_000)
        weir.stop()
    rows = topics.rows(reader("stops-predictions").read_all())
    assert sorted(row["updates"] for row in rows) == list(range(6_000))
    weir.verify()

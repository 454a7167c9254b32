"""What happens while something breaks: purchases at a steady rate, their answers late, one record
in a hundred bad; copies of weir; and, in the end, the account of every record."""

import collections
import contextlib
import heapq
import itertools
import json
import pathlib
import random
import threading
import time
import types

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

import topics
from broker import ROOT, wait_until
from proxy import Proxy
from weir import Weir

PIPELINE = ROOT / "tests" / "integration" / "pipelines" / "purchases.yaml"
CHUNK = 0.05  # seconds
BAD = (b'{"id":"cut', b"", b"[1]", b'{"id":"x","card":"c","amount":"many"}', b"\xff\xfe",
       b'{"card":"c1"}')


class Load:
    """Writes purchases and their answers until it is told to stop.

    Of the answers six in ten come within the wait of 3 s, one in ten after it, one in ten twice,
    the rest never. Its producer outlives a broker that is away for minutes.
    """

    def __init__(self, broker, purchases, answers, rate, seed):
        self._purchases, self._answers, self._rate = purchases, answers, rate
        self._chance = random.Random(seed)
        self._numbers = itertools.count()
        self._due = []  # (when, bytes, card): a heap
        self._failure = None
        self._stop = threading.Event()
        self._producer = Producer({
            "bootstrap.servers": broker.bootstrap, "linger.ms": 5, "enable.idempotence": True,
            "message.timeout.ms": 600_000, "reconnect.backoff.max.ms": 1_000, "log_level": 0,
            "queue.buffering.max.messages": 1_000_000})
        self._thread = threading.Thread(target=self._write, daemon=True)

    def start(self):
        self._thread.start()

    def check(self):
        assert not self._failure, self._failure

    def stop(self):
        self._stop.set()
        self._thread.join()
        self.check()
        assert self._producer.flush(60) == 0

    def _write(self):
        try:
            begun, made = time.monotonic(), 0
            while not self._stop.wait(CHUNK):
                wanted = int((time.monotonic() - begun) * self._rate)
                for _ in range(wanted - made):
                    self._purchase()
                made = wanted
                self._answer(time.time())
                self._producer.poll(0)
        except Exception as failure:  # told by check(), in the caller's own thread
            self._failure = failure

    def _purchase(self):
        number, now = next(self._numbers), time.time()
        if self._chance.random() < 0.01:
            self._send(self._purchases, self._chance.choice(BAD), f"bad-{number}")
            return
        card, amount = f"c{self._chance.randrange(500)}", round(self._chance.expovariate(0.02), 2)
        row = {"id": f"p{number}", "card": card, "amount": amount, "at": int(now * 1000)}
        self._send(self._purchases, json.dumps(row), card)
        kind = self._chance.random()
        if kind >= 0.8:
            return
        wait = self._chance.uniform(4, 6) if kind < 0.1 else self._chance.uniform(0.1, 2)
        answer = {"id": row["id"], "card": card, "fraud": amount > 100,
                  "at": row["at"] + int(wait * 1000)}
        heapq.heappush(self._due, (now + wait, json.dumps(answer), card))
        if kind > 0.7:
            heapq.heappush(self._due, (now + wait + 0.2, json.dumps(answer), card))

    def _answer(self, now):
        while self._due and self._due[0][0] <= now:
            _, answer, card = heapq.heappop(self._due)
            self._send(self._answers, answer, card)

    def _send(self, topic, value, key):
        self._producer.produce(topic, value, key, on_delivery=self._delivered)

    def _delivered(self, error, _):
        if error:
            self._failure = RuntimeError(error)


class Scene:
    """A broker with the pipeline's topics under names of their own, load, and copies of weir.

    Used as a block: the load runs within it, and no process outlives it.
    """

    def __init__(self, broker, name, folder, rate=2_000, settings=None, seed=1):
        self.broker, self.name = broker, name
        self.chance = random.Random(seed)
        self._folder = pathlib.Path(folder)
        self._settings = {
            "pipeline": name, "engine.snapshot_every": "1s",
            **{f"sources.{each}.topic": f"{name}-{each}" for each in ("purchases", "answers")},
            **{f"sinks.{each}.topic": f"{name}-{each}"
               for each in ("predictions", "outcomes", "quality", "drifts")},
            **(settings or {})}
        self._made = []
        self._watch = None
        self._proxy = None
        topics.create(broker, f"{name}-purchases", f"{name}-answers")
        self.load = Load(broker, f"{name}-purchases", f"{name}-answers", rate, seed)

    def __enter__(self):
        self.load.start()
        return self

    def __exit__(self, *_):
        for weir in self._made:
            weir.close()
        if self._watch:
            self._watch.close()
        if self._proxy:
            self._proxy.close()

    @property
    def proxy(self):
        """The proxy before the broker, for copies of weir whose bootstrap it is."""
        if not self._proxy:
            self._proxy = Proxy(self.broker)
        return self._proxy

    def weir(self, settings=None):
        """One more copy, with a state folder of its own."""
        folder = self._folder / f"{self.name}-{len(self._made)}"
        folder.mkdir()
        settings = {**self._settings, **(settings or {})}
        self._made.append(Weir(PIPELINE, self.broker, folder, settings))
        return self._made[-1]

    def committed(self):
        """The end of the epochs topic: two more with every epoch, its record and its marker. Asks
        shortly: a client that met a broken broker is thrown away, it need not find back soon."""
        topic, shards = f"weir.{self.name}.epochs", int(self._settings.get("engine.shards", 1))
        if not self._watch:
            self._watch = Consumer({"bootstrap.servers": self.broker.bootstrap, "group.id": "watch",
                                    "isolation.level": "read_committed", "log_level": 0})
        try:
            return sum(self._watch.get_watermark_offsets(TopicPartition(topic, shard), timeout=1)[1]
                       for shard in range(shards))
        except KafkaException:
            self._watch.close()
            self._watch = None
            raise

    def shard_ends(self):
        """The end of each shard's partition of the epochs topic."""
        self.committed()
        topic, shards = f"weir.{self.name}.epochs", int(self._settings.get("engine.shards", 1))
        return [self._watch.get_watermark_offsets(TopicPartition(topic, shard), timeout=1)[1]
                for shard in range(shards)]

    def wait_all_shards(self, weir, count=20, seconds=60):
        """Waits until every shard has committed so many more epochs, whoever runs it."""
        before = self.shard_ends()
        wait_until(lambda: f"all shards of {self.name} go on ({weir.told()})",
                   lambda: all(now >= then + 2 * count
                               for now, then in zip(self.shard_ends(), before)), seconds, 0.02)

    @contextlib.contextmanager
    def gaps(self):
        """Within the block: the longest time that a shard went without a commit, in `longest`."""
        found, over = types.SimpleNamespace(longest=0.0), threading.Event()
        topic, shards = f"weir.{self.name}.epochs", int(self._settings.get("engine.shards", 1))

        def look():
            watch = Consumer({"bootstrap.servers": self.broker.bootstrap, "group.id": "gaps",
                              "isolation.level": "read_committed", "log_level": 0})
            ends, since = [0] * shards, [time.monotonic()] * shards
            while not over.wait(0.02):
                for shard in range(shards):
                    end = watch.get_watermark_offsets(TopicPartition(topic, shard), timeout=5)[1]
                    now = time.monotonic()
                    found.longest = max(found.longest, now - since[shard])
                    if end != ends[shard]:
                        ends[shard], since[shard] = end, now
            watch.close()

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield found
        finally:
            over.set()
            thread.join()

    def wait_epochs(self, weir, count=1, seconds=60):
        """Waits until `weir` has committed so many more epochs, all the time alive; returns after
        how many seconds. The broker may still be on its way up."""
        started, before = time.monotonic(), None

        def there():
            nonlocal before
            weir.check_alive()
            self.load.check()
            try:
                before = self.committed() if before is None else before
                return self.committed() >= before + 2 * count
            except KafkaException:
                return False

        wait_until(lambda: f"{self.name} goes on ({weir.told()})", there, seconds, 0.01)
        return time.monotonic() - started

    def finish(self, weir, seconds=180):
        """Ends the load, waits until every record is accounted for, stops `weir`, and checks that
        none was lost or doubled and that `weir verify` finds the same bits. Returns the counts."""
        self.load.stop()
        given = self._read("purchases")
        good = collections.Counter(
            json.loads(each.value())["id"] for each in given if not each.key().startswith(b"bad-"))
        bad = collections.Counter(each.key() for each in given if each.key().startswith(b"bad-"))
        readers = {each: topics.Reader(self.broker, each) for each in (
            f"{self.name}-predictions", f"{self.name}-outcomes", f"{self.name}.dead-letters")}
        predictions, outcomes, letters = readers.values()
        try:
            letters.read(bad.total(), seconds)
            predictions.read(good.total(), seconds)
            outcomes.read(good.total(), seconds)
            weir.stop()
            account(good, ids(predictions.read_all()), "predictions")
            account(good, ids(outcomes.read_all()), "outcomes")
            account(bad, collections.Counter(each.key() for each in letters.read_all()), "letters")
        finally:
            for each in readers.values():
                each.close()
        answers = len(self._read("answers"))
        epochs, owners = self.check_epochs({"purchases": len(given), "answers": answers})
        weir.verify()
        return {"records": len(given) + answers, "bad": bad.total(), "epochs": epochs,
                "owners": owners}

    def check_epochs(self, records):
        """The numbers have no gap and none is listed twice (an epoch has one owner), and the runs
        cover every record of every source once, in order. Returns how many epochs there are, and of
        how many processes."""
        records_of = self._read_topic(f"weir.{self.name}.epochs")
        for shard in {each.partition() for each in records_of}:
            of_shard = topics.rows([each for each in records_of if each.partition() == shard])
            assert [each["epoch"] for each in of_shard] == list(range(len(of_shard)))
        epochs = topics.rows(records_of)
        read, last = collections.Counter(), {}
        for source, partition, count, first, end in (
                run for each in epochs for run in each.get("runs", [])):
            assert first > last.get((source, partition), -1)
            last[source, partition] = end
            read[source] += count
        assert read == records
        return len(epochs), len({each["owner"]["pid"] for each in epochs if "owner" in each})

    def _read(self, topic):
        return self._read_topic(f"{self.name}-{topic}")

    def _read_topic(self, topic):
        reader = topics.Reader(self.broker, topic)
        try:
            return reader.read_all()
        finally:
            reader.close()


def ids(records):
    return collections.Counter(row["id"] for row in topics.rows(records))


def account(given, found, what):
    """Both hold the same, each as often."""
    lost, doubled = given - found, found - given
    assert not lost and not doubled, (
        f"{what}: {lost.total()} lost ({list(lost)[:3]}), "
        f"{doubled.total()} doubled ({list(doubled)[:3]})")

"""weir beside a raw transactional copy: the same records, the same broker, in turn.

A rate is records over the time between the first and the last output record's own time stamps, for
both alike: start-up, recovery and the last commit are left out of both.
"""

import argparse
import json
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))

from confluent_kafka import Consumer, TopicPartition  # noqa: E402

import topics  # noqa: E402
import weir as programs  # noqa: E402
from broker import Broker, wait_until  # noqa: E402

BENCHMARKS = ROOT / "build" / "release" / "tests" / "benchmark"


def events(count):
    """JSON records of 130 bytes: four features, the target a noisy linear rule of them."""
    chance = random.Random(1)
    for number in range(count):
        a, b, c, d = (chance.gauss(0, 1) for _ in range(4))
        target = "true" if a - 2 * b + 0.5 * c + chance.gauss(0, 0.5) > 0 else "false"
        head = f'{{"id":"event-{number:08}","a":{a:.6f},"b":{b:.6f},"c":{c:.6f},"d":{d:.6f},'
        head += f'"target":{target},"note":"'
        yield None, head + "x" * (128 - len(head)) + '"}'


def seconds_between(broker, topic):
    """From the first to the last record of a topic, by their time stamps."""
    consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "benchmark",
                         "isolation.level": "read_committed", "enable.partition.eof": True})
    stamps = []
    for part in range(topics.PARTITIONS):
        end = consumer.get_watermark_offsets(TopicPartition(topic, part))[1]
        for start in (0, max(0, end - 5)):  # the last offsets may be control records
            consumer.assign([TopicPartition(topic, part, start)])
            while (message := consumer.poll(10)) and not message.error():
                stamps.append(message.timestamp()[1])
                if start == 0:
                    break
    consumer.close()
    return (max(stamps) - min(stamps)) / 1000


def copy(broker, records, turn):
    topic = f"copy-{turn}"
    topics.create(broker, topic)
    command = [BENCHMARKS / "stream_copy", broker.bootstrap, "events", topic, str(records)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return records / seconds_between(broker, topic), topic


def learn(broker, records, turn, folder):
    topic = f"predictions-{turn}"
    names = {"pipeline": f"benchmark-{turn}", "sinks.predictions.topic": topic,
             "sinks.drifts.topic": f"drifts-{turn}"}
    (folder / str(turn)).mkdir()
    weir = programs.Weir(ROOT / "tests" / "benchmark" / "kafka_to_kafka.yaml", broker,
                         folder / str(turn), names)
    topics.create(broker, topic)
    reader = topics.Reader(broker, topic)
    try:
        weir.start()
        # A progress of the broker's own; rows are counted by weir once it is over.
        wait_until("all predictions", lambda: weir.check_alive() or
                   sum(reader.ends().values()) >= records, 600, every=0.2)
        wait_until("all rows", lambda: sum(
            value for labels, value in weir.metrics("weir_sink_rows_total")
            if labels["sink"] == "predictions") == records, 60)
        weir.stop()
    finally:
        reader.close()
        weir.close()
    return records / seconds_between(broker, topic), topic


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--records", type=int, default=2_000_000)
    options.add_argument("--rounds", type=int, default=3)
    options = options.parse_args()
    broker = Broker().start()
    try:
        topics.create(broker, "events")
        print(f"producing {options.records} records", file=sys.stderr)
        topics.produce(broker, "events", events(options.records))
        rates = {"copy": [], "weir": []}
        with tempfile.TemporaryDirectory(prefix="weir-benchmark-") as folder:
            for turn in range(options.rounds):
                runs = {
                    "copy": lambda: copy(broker, options.records, turn),
                    "weir": lambda: learn(broker, options.records, turn, pathlib.Path(folder)),
                }
                for name, measure in runs.items():
                    rate, topic = measure()
                    rates[name].append(rate)
                    print(f"{name} {rate:,.0f} records/s", file=sys.stderr)
                    admin = broker.admin()
                    admin.delete_topics([topic])[topic].result(30)
        medians = {name: int(statistics.median(found)) for name, found in rates.items()}
        ratio = statistics.median(rates["weir"]) / statistics.median(rates["copy"])
        print(json.dumps({**medians, "ratio": round(ratio, 3)}))
    finally:
        broker.close()



if __name__ == "__main__":
    main()

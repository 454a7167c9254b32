"""weir beside a raw transactional copy: the same records, the same broker, in turn.

Both rates count from the end of the first transaction: start-up, recovery and a first transaction's
coordinator look-ups are left out of both.
"""

import argparse
import json
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))

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


def epochs_rate(broker, pipeline):
    """Rows a second from the first epoch with rows to the last, by the times of their records."""
    reader = topics.Reader(broker, f"weir.{pipeline}.epochs")
    records = reader.read_all()
    reader.close()
    epochs = [(record.timestamp()[1], sum(run[2] for run in row.get("runs", [])))
              for record, row in zip(records, topics.rows(records))]
    epochs = [(stamp, rows) for stamp, rows in epochs if rows]
    seconds = (epochs[-1][0] - epochs[0][0]) / 1000
    return sum(rows for _, rows in epochs[1:]) / seconds


def copy(broker, records, turn):
    topic = f"copy-{turn}"
    topics.create(broker, topic)
    command = [BENCHMARKS / "stream_copy", broker.bootstrap, "events", topic, str(records)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    print(f"copy says {told.stdout.decode().strip()}", file=sys.stderr)
    return json.loads(told.stdout)["records_per_second"], topic


class Memory:
    """The resident memory of a process, looked at a few times a second; MB."""

    def __init__(self):
        self.seen = []

    def look(self, process):
        status = pathlib.Path(f"/proc/{process}/status").read_text()
        self.seen.append(int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024)

    def __str__(self):
        shown = [self.seen[len(self.seen) * part // 10] for part in range(10)] + [self.seen[-1]]
        figures = " ".join(f"{each:.0f}" for each in shown)
        return f"{figures} MB from first to last, {max(self.seen):.0f} at most"


def processor_seconds(process):
    """The processor time of a process so far, in user mode and in the kernel."""
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def learn(broker, records, turn, folder, settings=None):
    """Rows a second, the topic of predictions, processor seconds of a million rows."""
    topic = f"predictions-{turn}"
    names = {"pipeline": f"benchmark-{turn}", "sinks.predictions.topic": topic,
             "sinks.drifts.topic": f"drifts-{turn}", **(settings or {})}
    (folder / str(turn)).mkdir()
    weir = programs.Weir(ROOT / "tests" / "benchmark" / "kafka_to_kafka.yaml", broker,
                         folder / str(turn), names)
    topics.create(broker, topic)
    reader = topics.Reader(broker, topic)
    try:
        weir.start()
        memory = Memory()

        def all_predicted():  # a progress of the broker's own; weir counts rows once it is over
            weir.check_alive()
            ends = sum(reader.ends().values())
            if ends > 0:  # it has begun
                memory.look(weir.process_id())
            return ends >= records

        wait_until("all predictions", all_predicted, 600, every=0.2)
        print(f"weir's memory: {memory}", file=sys.stderr)
        wait_until("all rows", lambda: sum(
            value for labels, value in weir.metrics("weir_sink_rows_total")
            if labels["sink"] == "predictions") == records, 60)
        seconds = processor_seconds(weir.process_id()) / records * 1e6
        print(f"weir's processor time: {seconds:.3f} s a million rows", file=sys.stderr)
        weir.stop()
    finally:
        reader.close()
        weir.close()
    return epochs_rate(broker, names["pipeline"]), topic, seconds


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
            for turn in range(options.rounds + 1):  # the first warms the broker up, uncounted
                runs = {
                    "copy": lambda: copy(broker, options.records, turn),
                    "weir": lambda: learn(broker, options.records, turn, pathlib.Path(folder))[:2],
                }
                for name, measure in runs.items():
                    rate, topic = measure()
                    if turn > 0:
                        rates[name].append(rate)
                    note = "" if turn > 0 else " (warm-up, not counted)"
                    print(f"{name} {rate:,.0f} records/s{note}", file=sys.stderr)
                    admin = broker.admin()
                    admin.delete_topics([topic])[topic].result(30)
        medians = {name: int(statistics.median(found)) for name, found in rates.items()}
        ratio = statistics.median(rates["weir"]) / statistics.median(rates["copy"])
        print(json.dumps({**medians, "ratio": round(ratio, 3)}))
    finally:
        broker.close()


if __name__ == "__main__":
    main()

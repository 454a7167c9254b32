"""What only another pipeline name can mend (pipeline/LANGUAGE.md, "Another pipeline name")."""

import datetime
import time

from confluent_kafka import Producer
from confluent_kafka.admin import NewPartitions

import topics
from broker import wait_until

FAR = 4_102_444_800_000  # 2100


def ids(rows, topic):
    return sorted(int(row["id"][1:]) for row in topics.rows(rows.read(topic)))


def give(broker, rows, count, partitions, at=None):
    """More rows, evenly into the partitions; `at`: their event times, else the record's own."""
    for partition in range(partitions):
        made = []
        for number in range(rows.given, rows.given + count // partitions):
            row = {"id": f"r{number}", "card": f"c{number % 50}", "x": 1.0 + number % 97,
                   "y": number % 97 > 40}
            made.append((row["card"], row if at is None else {**row, "at": at(number)}))
        rows.given += topics.produce(broker, rows.name, made, partition)


def give_of_the_future(broker, rows, count, clock):
    """Rows whose records are stamped with their event times too, as a wrong clock does: else they
    would be dead letters (`time_ahead`)."""
    producer = Producer({"bootstrap.servers": broker.bootstrap})
    for number in range(rows.given, rows.given + count):
        row = (f'{{"id":"r{number}","card":"c{number % 50}","x":1,"y":true,"at":{clock(number)}}}')
        producer.produce(rows.name, row, f"c{number % 50}", 0, timestamp=clock(number))
    assert producer.flush(30) == 0
    rows.given += count


def test_partitions_that_were_added_are_read_under_another_name(broker, rows):
    weir = rows.weir().start().wait_ready()
    give(broker, rows, 300, 3)
    rows.wait_predicted()
    admin = broker.admin()
    for done in admin.create_partitions([NewPartitions(rows.name, 5)]).values():
        done.result(30)
    told = "source rows has 5 partitions now, it had 3 when this pipeline began"
    wait_until("the new partitions are reported", lambda: told in weir.log.read_text(), 60)
    wait_until("and counted", lambda: [
        value for _, value in weir.metrics("weir_partitions_unread")] == [2], 30)
    weir.stop()
    assert weir.log.read_text().count(told) == 1
    weir.start()
    assert weir.wait_end() == 1
    assert "Start under another pipeline name" in weir.told()

    stopped = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
    cold = rows.weir({"pipeline": f"{rows.name}-2", "sources.rows.start": stopped,
                      "sinks.predictions.topic": f"{rows.name}-cold"}).start().wait_ready()
    warm = rows.weir({"pipeline": f"{rows.name}-3",
                      "sinks.predictions.topic": f"{rows.name}-warm"}).start().wait_ready()
    give(broker, rows, 500, 5)
    rows.read(f"{rows.name}-cold", 500)
    rows.read(f"{rows.name}-warm", 800)
    for each in (cold, warm):
        each.stop()
        each.verify()
    assert ids(rows, f"{rows.name}-cold") == list(range(300, 800))
    assert ids(rows, f"{rows.name}-warm") == list(range(800))


def test_a_clock_that_ran_ahead_is_set_back_under_another_name(broker, rows):
    now = int(time.time() * 1000) - 86_400_000
    times = {"sources.rows.time": "at", "sources.rows.fields.at": "time",
             "sources.rows.ahead": "1h"}

    def clock(number):
        return FAR + number if 300 <= number < 330 else now + number * 60_000

    def delay(weir):
        found = [value for _, value in weir.metrics("weir_watermark_delay_seconds")]
        return found[0] if found else 0

    weir = rows.weir(times).start().wait_ready()
    give(broker, rows, 300, 1, clock)
    rows.wait_predicted()
    give_of_the_future(broker, rows, 30, clock)
    give(broker, rows, 100, 1, clock)
    rows.wait_predicted()
    wait_until("the watermark is in the future", lambda: delay(weir) < -1e9, 30)
    weir.stop()
    weir.start("--reset-state", "model", "--reset-state", "features").wait_ready()
    wait_until("nor is it set back by a reset", lambda: delay(weir) < -1e9, 30)
    weir.stop()

    right = rows.weir({**times, "pipeline": f"{rows.name}-2", "sources.rows.confirm": 100,
                       "sinks.predictions.topic": f"{rows.name}-right"}).start().wait_ready()
    rows.read(f"{rows.name}-right", 430)
    wait_until("the watermark is that of the right rows", lambda: 0 < delay(right) < 1e6, 30)
    right.stop()
    right.verify()
    assert ids(rows, f"{rows.name}-right") == list(range(430))

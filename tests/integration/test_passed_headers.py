"""`headers: pass`: what weir writes has the headers of the record that its row comes from."""

import pytest

import topics
from broker import wait_until


def headers_of(number):
    """None, or names twice, no value, an empty one, bytes that are no text, the row's own."""
    if number % 5 == 0:
        return None
    return [("trace", f"00-{number:032x}-01".encode()), ("n", b"1"), ("none", None), ("n", b"2"),
            ("empty", b""), ("bytes", b"\0\xff\xfe"), ("caf\u00e9", "\u00e9".encode())]


def produce(broker, rows, count, headers=headers_of):
    made = []
    for number in range(rows.given, rows.given + count):
        row = {"id": f"r{number}", "card": f"c{number % 50}", "x": 1.0 + number % 97,
               "y": number % 97 > 40}
        made.append((None, row, headers(number)))
    rows.given += topics.produce(broker, rows.name, made)


def passed(rows):
    """The headers of each prediction by the number of its row; a row may be there again."""
    found = {}
    for record, row in zip(records := rows.read(f"{rows.name}-predictions"), topics.rows(records)):
        found.setdefault(int(row["id"][1:]), []).append(record.headers())
    return found


@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
def test_headers_come_through_a_kill_and_a_restart_as_they_were_sent(broker, rows, delivery):
    weir = rows.weir({"sinks.predictions.headers": "pass", "engine.delivery": delivery,
                      "engine.epoch": "20ms"}).start().wait_ready()
    produce(broker, rows, 1_500)
    rows.read(f"{rows.name}-predictions", 400)
    weir.kill()
    produce(broker, rows, 500)
    weir.start().wait_ready()
    produce(broker, rows, 500)
    wait_until("every row is predicted", lambda: len(passed(rows)) == 2_500, 60)
    weir.stop()
    for number, all_of_it in passed(rows).items():
        assert len(all_of_it) == 1 or delivery == "at_least_once", number
        assert all(one == headers_of(number) for one in all_of_it), (number, all_of_it)
    weir.verify()


def test_more_headers_than_are_passed_on_are_left_out_and_counted(broker, rows):
    weir = rows.weir({"sinks.predictions.headers": "pass"}).start().wait_ready()

    def many(number):
        return [("n", b"v")] * (256 + number % 2)

    produce(broker, rows, 100, many)
    rows.wait_predicted()
    for number, (found,) in passed(rows).items():
        assert found == (None if number % 2 else many(number)), number

    def dropped():
        return sum(count for labels, count in weir.metrics("weir_headers_dropped_total")
                   if labels["sink"] == "predictions")

    wait_until(lambda: f"50 are counted, {dropped()}", lambda: dropped() == 50, 30)
    weir.stop()
    weir.verify()


def test_a_sink_that_does_not_pass_headers_writes_none(broker, rows):
    weir = rows.weir().start().wait_ready()
    produce(broker, rows, 100)
    rows.wait_predicted()
    assert all(found == [None] for found in passed(rows).values())
    assert not weir.metrics("weir_headers_dropped_total")
    weir.stop()

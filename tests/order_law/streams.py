"""The rows that `hashes` gives each pipeline: the same bytes in every run, on every machine.

A stream of tests/data as its source wrote it, or rows drawn from splitmix64: in and out of order,
late, with missing values, texts, keys, labels before and after their row, and every kind of wrong.
"""

import calendar
import csv
import gzip
import itertools
import json
import time
import zlib

DAY = 86_400_000
BEGAN = 1_704_067_200_000  # 2024-01-01, in ms
COUNTRIES = ("DE", "FR", "US", "IN", "BR", "JP", "NG", "Österreich", "")


class Draws:
    """splitmix64; nothing of Python's own, which may draw differently one day."""

    def __init__(self, seed):
        self._state = seed

    def bits(self):
        self._state = (self._state + 0x9E3779B97F4A7C15) % 2**64
        z = self._state
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
        return z ^ z >> 31

    def below(self, count):
        return self.bits() % count

    def one_in(self, count):
        return self.below(count) == 0

    def number(self, lowest, highest, step=0.001):
        """Sums of three are enough of a bell; a decimal, so that its text is short."""
        span = round((highest - lowest) / step)
        thirds = sum(self.below(span + 1) for _ in range(3))
        return round(lowest + thirds * step / 3, 4)


WRONG_LINES = ("", "{", "not json", "[]", "null", '{"id":"w"', '"text"', "{}", '{"id":7}',
               '{"id":"\\ud800"}', "\ufeff{}", '{"id":"\udcff"}',
               '{"id":"w","ts":"yesterday","at":"","date":[]}')


def spoiled(row, draw):
    """A row with one value missing, null or of a type that it must not have."""
    row = dict(row)
    name = list(row)[draw.below(len(row))]
    wrong = draw.below(6)
    if wrong == 0:
        del row[name]
    else:
        row[name] = (None, "12.5", [], {"deep": True}, 99999.5)[wrong - 1]
    return row


def json_lines(rows, seed):
    """One line a row; of forty one is spoiled, and of a hundred one is no row at all."""
    draw = Draws(seed)
    for row in rows:
        if draw.one_in(100):
            yield WRONG_LINES[draw.below(len(WRONG_LINES))]
        if draw.one_in(40):
            row = spoiled(row, draw)
        text = json.dumps(row, ensure_ascii=draw.one_in(2), separators=(",", ":"))
        yield text if draw.below(8) else text.replace('":', '" : ')


def csv_lines(rows, seed):
    """A header line and one line a row; some have a cell too few, none in it, or a wrong one."""
    draw = Draws(seed)
    for number, row in enumerate(rows):
        if number == 0:
            yield ",".join(row)
        cells = [str(cell) for cell in row.values()]
        if draw.one_in(40):
            cells[draw.below(len(cells))] = ("", "wrong", '"1"', "nan", "99999.5")[draw.below(5)]
        elif draw.one_in(100):
            cells.pop()
        yield ",".join(cells)


def data(tree, name):
    """The rows of a stream of tests/data as dicts of texts."""
    with gzip.open(tree / "tests" / "data" / f"{name}.csv.gz", "rt", newline="") as file:
        yield from csv.DictReader(file)


def numbers(row, texts=()):
    return {name: cell if name in texts else float(cell) for name, cell in row.items()}


def jittered(number, apart, draw):
    """Event time of row `number`: one in ten is up to 30 rows late, some up to two days."""
    at = BEGAN + number * apart
    if draw.one_in(10):
        at -= draw.below(30) * apart
    if draw.one_in(300):
        at -= draw.below(2 * DAY)
    return at


def electricity(_, count):
    """Half-hours whose price leans on the one before; after the middle all is dearer."""
    draw, price = Draws(1), 0.06
    for number in range(count):
        price = round(0.9 * price + draw.number(0, 0.02, 0.0001), 6)
        dearer = 0.05 if number > count // 2 else 0
        nsw = round(price + dearer, 6)
        yield {"period": number % 48, "nswprice": nsw, "nswdemand": draw.number(0, 1),
               "vicprice": draw.number(0, 0.01), "vicdemand": draw.number(0, 1),
               "transfer": draw.number(0, 1), "target": int(nsw > 0.09 + dearer / 2)}


def sea(_, count):
    draw = Draws(2)
    for number in range(count):
        one, two, three = (draw.number(0, 10) for _ in range(3))
        line = (8, 9, 7, 9.5)[number * 4 // count]
        yield {"attrib1": one, "attrib2": two, "attrib3": three, "target": int(one + two <= line)}


def bananas(_, count):
    draw = Draws(3)
    for _ in range(count):
        x, y = draw.number(-3, 3), draw.number(-3, 3)
        yield {"x1": x, "x2": y, "target": int(y > x * x - 2)}


def transactions(_, count):
    """Of 100 cards, every 200 s; what they cost doubles in the last quarter."""
    draw = Draws(4)
    for number in range(count):
        amount = draw.number(1, 200, 0.01) * (2 if number > count * 3 // 4 else 1)
        row = {"tx_id": f"t{number}", "card": f"c{draw.below(100)}", "amount": amount,
               "country": COUNTRIES[draw.below(len(COUNTRIES))],
               "home": COUNTRIES[draw.below(3)], "ts": jittered(number, 200_000, draw)}
        if draw.one_in(50):  # a time may be a text
            row["ts"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(row["ts"] // 1000))
        yield row


def chargebacks(_, count):
    """Of some of the transactions: before them, within the week, after it, twice, of no row.
    The last transactions go on waiting for theirs."""
    draw, found = Draws(5), []
    for number in range(count):
        if draw.below(4):
            continue
        at = BEGAN + number * 200_000 + draw.below(9 * DAY) - DAY
        name = f"t{number}" if draw.below(30) else f"none{number}"
        row = {"tx_id": name, "card": f"c{draw.below(100)}", "fraud": draw.below(3) > 0, "ts": at}
        found += [row] * (1 if draw.below(20) else 2)
    end = BEGAN + count * 200_000
    yield from sorted((row for row in found if row["ts"] < end), key=lambda row: row["ts"])


def events(_, count, target="target"):
    draw = Draws(6)
    for number in range(count):
        a, b, c, d = (draw.number(-2, 2) for _ in range(4))
        a += 1 if number > count * 2 // 3 else 0
        yield {"id": f"e-{number}", "a": a, "b": b, "c": c, "d": d,
               target: a * b + c - d + draw.number(-1, 1) > 0}


def flights(tree, count):
    for number, row in enumerate(itertools.islice(data(tree, "flights_20k"), count)):
        at = calendar.timegm(time.strptime(row["date"], "%Y/%m/%d %H:%M")) * 1000
        yield {"id": f"f{number}", "date": at, "distance": float(row["distance"]),
               "origin": row["origin"], "destination": row["destination"],
               "target": row["target"] == "1"}


def connections(tree, count):
    for number, row in enumerate(itertools.islice(data(tree, "kdd99_20k"), count)):
        yield {"id": f"k{number}", **numbers(row, ("protocol_type", "service", "flag"))}


def throughput(tree, count):
    return events(tree, count, "bought")


def answers(tree, count):
    draw = Draws(7)
    for row in connections(tree, count):
        if draw.below(20):
            yield {"id": row["id"], "target": row["target"] == 1}
        if draw.one_in(50):
            yield {"id": f"none-{row['id']}", "target": False}


def days(tree, count):
    """Weather with event times, one day in eleven a day or two early or late."""
    for number, row in enumerate(itertools.islice(data(tree, "weather"), count)):
        late = (number * 7919) % 5 - 2 if number % 11 == 0 else 0
        yield {"id": str(number), "ts": 600_000_000_000 + (number + late) * DAY,
               **{name: float(row[name]) for name in ("feat_1", "feat_2", "feat_3")},
               "target": row["target"] == "1"}


def payments(_, count):
    draw = Draws(8)
    for number in range(count):
        amount = draw.number(1, 500, 0.01)
        yield {"id": f"p{number}", "card": f"c{draw.below(50)}", "payment": {"amount": amount},
               "at": jittered(number, 1000, draw), "fraud": amount > 300}


def purchases(_, count):
    draw = Draws(9)
    for number in range(count):
        yield {"id": f"p{number}", "card": f"c{draw.below(40)}",
               "amount": draw.number(1, 100, 0.01) + (40 if number > count // 2 else 0),
               "at": BEGAN + number * 20 - (draw.below(500) if draw.one_in(5) else 0)}


def purchase_answers(_, count):
    draw = Draws(10)
    found = []
    for number in range(count):
        if draw.below(3):
            at = BEGAN + number * 20 + draw.below(5000) - 1500
            found.append({"id": f"p{number}", "card": f"c{draw.below(40)}",
                          "fraud": draw.one_in(4), "at": at})
    end = BEGAN + count * 20
    yield from sorted((row for row in found if row["at"] < end), key=lambda row: row["at"])


def small_rows(_, count):
    draw = Draws(11)
    for number in range(count):
        x = draw.number(-5, 90, 0.5)
        yield {"id": f"r{number}", "card": f"c{draw.below(50)}", "x": x, "y": x > 40}


def waiting_rows(_, count):
    draw = Draws(15)
    for number in range(count):
        yield {"id": f"r{number}", "card": f"c{draw.below(20)}", "x": draw.number(1, 97, 0.5),
               "ts": BEGAN + number * 1_000}


def waiting_labels(_, count):
    draw = Draws(16)
    for number in range(0, count, 2):
        yield {"id": f"r{number}", "y": draw.one_in(3), "ts": BEGAN + number * 1_000 + 5_000}


def secure(_, count):
    draw = Draws(12)
    for number in range(count):
        x = draw.number(-1, 1)
        yield {"id": f"s{number}", "x": x, "y": x > draw.number(-1, 1)}


def weather(tree, count):
    for number, row in enumerate(itertools.islice(data(tree, "weather"), count)):
        yield {"id": f"d{number}", **numbers(row), "target": row["target"] == "1"}


def everything(_, count):
    """Rows of 200 cards in 12 shops, ten seconds apart; ids come again, some rows twice."""
    draw, before = Draws(13), None
    for number in range(count):
        amount = draw.number(-10, 100, 0.01) + (30 if number * 3 // count == 1 else 0)
        row = {"id": f"{'x' if draw.one_in(60) else 'e'}{number}", "card": f"c{draw.below(200)}",
               "shop": {"name": ("Bäckerei", "shop", "a b", "Tankstelle", "?")[draw.below(5)]
                        + ("" if draw.below(4) else str(draw.below(12)))},
               "amount": amount if draw.below(30) else ("none", str(amount))[draw.below(2)],
               "weight": draw.number(-0.2, 2), "strong": draw.below(3) == 0,
               "kind": ("food", "fuel", "other", "toys")[draw.below(4)],
               "at": jittered(number, 10_000, draw) // 1000,
               "opened": "2020-02-29 12:30" if draw.one_in(9) else BEGAN - draw.below(900 * DAY)}
        if before and draw.one_in(40):
            row["id"] = before["id"]
        yield row
        before = row if draw.below(5) == 0 else before


def everything_answers(_, count):
    draw, found = Draws(14), []
    for number in range(count):
        if draw.one_in(4):
            continue
        at = BEGAN + number * 10_000 + draw.below(8) * draw.below(3_600_000) - 900_000
        row = {"of": f"e{number}" if draw.below(25) else f"none{number}",
               "bad": ("true", "false", "0", "1")[draw.below(4)],
               "kind": ("food", "fuel", "other", "toys", "")[draw.below(5)],
               "cost": draw.number(0, 40) if draw.below(30) else "", "at": at}
        found += [row] * (1 if draw.below(15) else 2)
    end = BEGAN + count * 10_000
    yield from sorted((row for row in found if row["at"] < end), key=lambda row: row["at"])


PIPELINES = {
    "deploy/examples/electricity.yaml": {"market.csv": electricity},
    "deploy/examples/fraud.yaml": {"transactions.ndjson": transactions,
                                   "chargebacks.ndjson": chargebacks},
    "deploy/examples/throughput.yaml": {"events.ndjson": throughput},
    "tests/benchmark/kafka_to_kafka.yaml": {"events.ndjson": events},
    "tests/benchmark/pipelines/bananas.yaml": {"s.csv": bananas},
    "tests/benchmark/pipelines/elec2.yaml": {"s.csv": electricity},
    "tests/benchmark/pipelines/sea_40k.yaml": {"s.csv": sea},
    "tests/integration/pipelines/flights.yaml": {"flights.ndjson": flights},
    "tests/integration/pipelines/kdd.yaml": {"connections.ndjson": connections,
                                             "answers.ndjson": answers},
    "tests/integration/pipelines/ordered.yaml": {"days.ndjson": days},
    "tests/integration/pipelines/payments.yaml": {"payments.ndjson": payments},
    "tests/integration/pipelines/purchases.yaml": {"purchases.ndjson": purchases,
                                                   "answers.ndjson": purchase_answers},
    "tests/integration/pipelines/rows.yaml": {"rows.ndjson": small_rows},
    "tests/integration/pipelines/secure.yaml": {"rows.ndjson": secure},
    "tests/integration/pipelines/waiting.yaml": {"rows.ndjson": waiting_rows,
                                                 "labels.ndjson": waiting_labels},
    "tests/integration/pipelines/weather.yaml": {"days.ndjson": weather},
    "tests/order_law/everything.yaml": {"events.ndjson": everything,
                                        "answers.csv": everything_answers},
}


def streams(tree, pipeline, count):
    """{SOURCE.csv or .ndjson: lines} for a pipeline, a path in the tree; None if it is unknown."""
    if pipeline not in PIPELINES:  # named after a stream of tests/data
        name = pipeline.rpartition("/")[2].removesuffix(".yaml").replace("kdd99", "kdd99_20k")
        path = tree / "tests" / "data" / f"{name}.csv.gz"
        if not pipeline.startswith("tests/benchmark/pipelines/") or not path.exists():
            return None
        with gzip.open(path, "rt", newline="") as file:
            return {"s.csv": file.read().splitlines()[:count + 1]}
    made = {}
    for file, rows in PIPELINES[pipeline].items():
        seed = zlib.crc32(f"{pipeline} {file}".encode())
        spoil = csv_lines if file.endswith(".csv") else json_lines
        made[file] = spoil(rows(tree, count), seed)
    return made

"""Every kind of bad record goes to the dead letters with its reason and origin; others pass on."""

import collections
import time

import pytest

import topics
from broker import wait_until

NOW = int(time.time() * 1000)


def payment(number, **other):
    row = {"id": f"p{number}", "card": f"c{number % 7}", "payment": {"amount": number % 50},
           "at": NOW, "fraud": number % 5 == 0}
    return {**row, **other}


def text(**other):
    """The JSON of a payment whose values `other` are written as given."""
    row = {"id": '"x"', "card": '"c1"', "payment": '{"amount": 5}', "at": str(NOW),
           "fraud": "false", **other}
    return "{" + ",".join(f'"{k}":{v}' for k, v in row.items() if v is not None) + "}"


BAD = {  # what is wrong: (the record's bytes, reason, field)
    "cut off": (text()[:-4], "json", None),
    "no JSON at all": ("hello", "json", None),
    "two values": (text() + text(), "json", None),
    "an array": ("[1, 2]", "format", None),
    "too deep": ('{"deep":' + "[" * 200 + "]" * 200 + "," + text()[1:], "depth", None),
    "a text for a number": (text(payment='{"amount": "many"}'), "type", "amount"),
    "a number in quotes": (text(payment='{"amount": "5"}'), "type", "amount"),
    "an object for a number": (text(payment='{"amount": {}}'), "type", "amount"),
    "a number for a boolean": (text(fraud="7"), "type", "fraud"),
    "a boolean for a text": (text(card="true"), "type", "card"),
    "no required field": (text(id=None), "missing", "id"),
    "no key": (text(card="null"), "missing", "card"),
    "no time": (text(at=None), "missing", "at"),
    "NaN": (text(payment='{"amount": NaN}'), "range", "amount"),
    "framed JSON": (b"\0\0\0\0\5" + text().encode(), "format", None),
    "a number too large": (text(payment='{"amount": 1e999}'), "range", "amount"),
    "no time's text": (text(at='"yesterday"'), "time", "at"),
    "a time in the year 9000": (text(at='"9000-01-01T00:00:00Z"'), "time", "at"),
    "a time two hours ahead": (text(at=str(NOW + 7_200_000)), "time_ahead", "at"),
    "nothing": ("", "empty", None),
    "a null value": (None, "null", None),
    "invalid UTF-8": (text().replace('"x"', '"\xff\xfe"').encode("latin-1"), "utf8", None),
    "ten megabytes": (text(payment='{"amount": 5, "note": "' + "x" * 10_000_000 + '"}'),
                      "too_large", None),
}


@pytest.fixture(scope="module")
def dead_letters(broker, tmp_path_factory):
    """What a run made of the bad records among good ones: (predictions, letters by number)."""
    import weir as programs

    topics.create(broker, "payments", config={"max.message.bytes": "20000000"})
    folder = tmp_path_factory.mktemp("payments")
    file = programs.ROOT / "tests" / "integration" / "pipelines" / "payments.yaml"
    weir = programs.Weir(file, broker, folder).start()
    try:
        good = 0
        for number, (value, _, _) in enumerate(BAD.values()):
            rows = [(f"c{i % 7}", payment(i)) for i in range(good, good + 100)]
            good += topics.produce(broker, "payments", rows)
            topics.produce(broker, "payments", [(f"bad-{number}", value)], partition=number % 3)
        predictions = topics.Reader(broker, "payments-predictions")
        letters = topics.Reader(broker, "payments.dead-letters")
        predictions.read(good)
        letters.read(len(BAD))
        wait_until("the letters are counted", lambda: sum(
            count for _, count in weir.metrics("weir_dead_letters_total")) >= len(BAD), 30)
        counted = weir.metrics("weir_dead_letters_total")
        weir.stop()
        weir.verify()
        by_key = {record.key(): record for record in letters.read_all()}
        found = topics.rows(predictions.read_all()), by_key, counted, good
        predictions.close()
        letters.close()
        return found
    finally:
        weir.close()


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_record_goes_to_the_dead_letters_with_its_reason_and_origin(dead_letters, kind):
    number = list(BAD).index(kind)
    value, reason, field = BAD[kind]
    letter = dead_letters[1][f"bad-{number}".encode()]
    headers = dict(letter.headers())
    error = headers["weir-error"].decode()
    assert error.split(":")[0] == reason, error
    if field:
        assert error.split(":")[1].strip() == field, error
    assert headers["weir-source-topic"] == b"payments"
    assert int(headers["weir-source-partition"]) == number % 3
    assert int(headers["weir-source-offset"]) >= 0
    if value is None:
        assert letter.value() is None
        return
    value = value.encode() if isinstance(value, str) else value
    assert value.startswith(letter.value() or b"")
    if len(value) > 256 * 1024:
        assert int(headers["weir-bytes"]) == len(value)
    else:
        assert (letter.value() or b"") == value


def test_good_records_among_bad_ones_are_all_served(dead_letters):
    predictions, letters, _, good = dead_letters
    assert sorted(row["id"] for row in predictions) == sorted(f"p{i}" for i in range(good))
    assert len(letters) == len(BAD)


def test_bad_records_are_counted_by_reason(dead_letters):
    _, letters, counted, _ = dead_letters
    reasons = collections.Counter(
        dict(letter.headers())["weir-error"].decode().split(":")[0] for letter in letters.values())
    assert {labels["reason"]: count for labels, count in counted if count} == reasons

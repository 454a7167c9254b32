"""Files and values as other programs write them: read as asked, or named in a sentence."""

import json

import pytest

from weir import invoke

MODEL = """\
version: 1
pipeline: texts
sources:
  in: { type: file, path: in.%(end)s, %(format)s fields: { id: text, a: number, y: boolean } }
operators:
  m:
    type: model
    input: in
    features: [a]
    target: y
    steps: [standard_scaler, logistic_regression]
sinks:
  out: { type: file, path: out.ndjson, input: m, fields: [id, a, y] }
"""

VALUES = """\
version: 1
pipeline: texts
sources:
  in: { type: file, path: in.%(end)s, %(format)s fields: { %(fields)s } }
operators:
  f: { type: features, input: in, values: { seen: "1" } }
sinks:
  out: { type: file, path: out.ndjson, input: f, fields: [%(names)s] }
"""


@pytest.fixture
def replay(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(pipeline, end, data, status=0, **words):
        words = {"format": "", **words}
        (tmp_path / "p.yaml").write_text(pipeline % {"end": end, **words})
        (tmp_path / f"in.{end}").write_bytes(data if isinstance(data, bytes) else data.encode())
        done = invoke("replay", "p.yaml", "--json", status=status)
        if status:
            return done.stderr
        rows = (tmp_path / "out.ndjson").read_text().splitlines()
        return json.loads(done.stdout), [json.loads(row) for row in rows]

    return run


@pytest.mark.parametrize("end, data, said", [
    ("json", '[{"id":"1","a":2.5,"y":true},{"id":"2","a":3.5,"y":false}]', "jq -c '.[]'"),
    ("json", '[\n  {\n    "id": "1"\n  }\n]\n', "is a JSON array"),
    ("json", '{\n  "id": "1",\n  "a": 2.5\n}\n', "is JSON spread over several lines"),
    ("csv", "id,a,y\r1,2.5,true\r2,3.5,false\r", "lines that end with CR alone"),
    ("csv", "id,a,y\n1,2.5,true\n".encode("utf-16"), "iconv -f UTF-16"),
    ("csv", "id,a,y,Gr\u00f6\u00dfe\n1,2.5,true,3\n".encode("latin-1"), "is not UTF-8"),
    ("csv", "id;a;y\n1;2,5;true\n", 'csv: { separator: ";" }'),
    ("csv", "id\ta\ty\n1\t2.5\ttrue\n", 'csv: { separator: "\\t" }'),
    ("csv", "# comment\nid,a,y\n1,2.5,true\n", "the first line is: `# comment`"),
    ("csv", "\nid,a,y\n1,2.5,true\n", "the first line is empty"),
    ("csv", "id, a, y\n1, 2.5, true\n", "did you mean ` a`?"),
    ("csv", "ID,A,Y\n1,2.5,true\n", "no column `y` (did you mean `Y`?)"),
])
def test_a_file_that_cannot_be_read_is_named_with_what_converts_it(replay, end, data, said):
    assert said in replay(MODEL, end, data, status=1)


@pytest.mark.parametrize("form, data", [
    ('{ separator: ";", decimal: "," }', "id;a;y\n1;2,5;true\n2;3,5;false\n"),
    ("{ separator: tab }", "id\ta\ty\n1\t2.5\ttrue\n2\t3.5\tfalse\n"),
    ("{ header: false }", "1,2.5,true\n2,3.5,false\n"),
    ('{ quote: "\'" }', "id,a,y\n'1',2.5,true\n'2','3.5',false\n"),
])
def test_a_dialect_of_csv_is_read_by_its_options(replay, form, data):
    _, rows = replay(MODEL, "csv", data, format="format: { csv: %s }," % form)
    assert rows == [{"id": "1", "a": 2.5, "y": True}, {"id": "2", "a": 3.5, "y": False}]


def test_times_as_real_producers_write_them(replay):
    instant = 1721046896000  # 2024-07-15T12:34:56Z
    good = {"2024-07-15T12:34:56Z": 0, "2024-07-15T12:34:56.123456Z": 123,
            "2024-07-15T12:34:56,123Z": 123, "2024-07-15T12:34:56.123+0000": 123,
            "2024-07-15T12:34:56+00": 0, "2024-07-15 12:34:56+00": 0,
            "2024-07-15 12:34:56 +00:00": 0, "2024-07-15 12:34:56 UTC": 0,
            "2024-07-15T12:34:56.123 Z": 123, "2024-07-15T12:34:56+05:30": -19_800_000,
            "2024-07-15": -45_296_000, "1721046896000": 0}
    bad = ["2024-02-30T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
           "15/07/2024 12:34:56", "07/15/2024 12:34", "2024-W29-1T00:00:00Z", "NaT", ""]
    fields = {"fields": "t: { time: { lenient: true } }", "names": "t"}
    summary, rows = replay(VALUES, "ndjson", "".join(json.dumps({"t": t}) + "\n"
                                                     for t in [*good, *bad]), **fields)
    assert [row["t"] - instant for row in rows] == list(good.values())
    assert sum(summary["dead_letters"].values()) == len(bad)
    _, rows = replay(VALUES, "csv", "t\n" + "".join(f'"{t}"\n' for t in good), **fields)
    assert [row["t"] - instant for row in rows] == list(good.values())


@pytest.mark.parametrize("unit, number", [("s", "1721054790"), ("s", "1721054790.123"),
                                          ("us", "1721054790123456"),
                                          ("ns", "1721054790123456789")])
def test_numbers_are_times_in_their_unit(replay, unit, number):
    _, rows = replay(VALUES, "ndjson", '{"t":%s}\n' % number, names="t",
                     fields="t: { time: { unit: %s } }" % unit)
    assert rows == [{"t": 1721054790123 if len(number) > 10 else 1721054790000}]


def test_csv_of_pandas_r_and_excel(replay):
    fields = {"fields": "x: { number: { lenient: true } }, ok: { boolean: { lenient: true } }",
              "names": "x, ok"}
    words = {"True": True, "False": False, "TRUE": True, "FALSE": False, "T": True, "F": False,
             "yes": True, "no": False, "true": True}
    _, rows = replay(VALUES, "csv", "x,ok\n" + "".join(f"+1.5,{word}\n" for word in words)
                     + "nan,\n", **fields)
    assert rows == [*({"x": 1.5, "ok": ok} for ok in words.values()), {"x": None, "ok": None}]


def test_json_of_python_and_of_exchanges(replay):
    data = ('{"x":NaN,"ok":"true"}\n{"x":-Infinity,"ok":1.0}\n{"x":"1.5","ok":"No"}\n'
            '{"x":"","ok":true}\n')
    lenient = {"fields": "x: { number: { lenient: true } }, ok: { boolean: { lenient: true } }",
               "names": "x, ok"}
    summary, rows = replay(VALUES, "ndjson", data, **lenient)
    assert rows == [{"x": None, "ok": True}, {"x": None, "ok": True}, {"x": 1.5, "ok": False}]
    assert summary["dead_letters"] == {"type": 1}
    strict = {"fields": "x: number, ok: boolean", "names": "x, ok"}
    summary, rows = replay(VALUES, "ndjson", data + '{"x":1,"ok":true}\n', **strict)
    assert rows == [{"x": 1, "ok": True}]
    assert summary["dead_letters"] == {"range": 2, "type": 2}


def test_names_with_dots_and_elements_of_arrays(replay):
    data = '{"http.code":200,"items":[{"price":3},{"price":4}]}\n{"http":{"code":1},"items":[]}\n'
    _, rows = replay(VALUES, "ndjson", data, names="code, price",
                     fields='code: { number: { path: ["http.code"] } }, '
                            'price: { number: { path: [items, 1, price] } }')
    assert rows == [{"code": 200, "price": 4}, {"code": None, "price": None}]


def test_changes_of_debezium_are_rows_and_deletes_are_skipped(replay):
    data = ('{"schema":{},"payload":{"before":null,"after":{"id":1,"x":12.5},"op":"c"}}\n'
            '{"schema":{},"payload":{"before":{"id":1},"after":null,"op":"d"}}\n'
            '{"before":null,"after":{"id":2,"x":7},"op":"u"}\n{"id":3,"x":1}\n')
    summary, rows = replay(VALUES, "ndjson", data, names="id, x",
                           format="format: { json: { unwrap: debezium } },",
                           fields="id: text, x: number")
    assert rows == [{"id": "1", "x": 12.5}, {"id": "2", "x": 7}]
    assert summary["skipped"] == {"deleted": 1}
    assert summary["dead_letters"] == {"format": 1}


def test_records_framed_by_a_schema_registry(replay):
    data = b'\0\0\0\0\5{"id":"a","x":1}\n'
    words = {"names": "id, x", "fields": "id: text, x: number"}
    summary, rows = replay(VALUES, "ndjson", data + b'{"id":"b","x":2}\n', **words)
    assert rows == [{"id": "b", "x": 2}] and summary["dead_letters"] == {"format": 1}
    _, rows = replay(VALUES, "ndjson", data, format="format: { json: { framed: true } },", **words)
    assert rows == [{"id": "a", "x": 1}]

"""The files of `weir replay`: what may not be written over, and what stdout is for."""

import json
import subprocess

import pytest

from weir import PROGRAM, invoke

PIPELINE = """\
version: 1
pipeline: numbers
sources:
  rows: { type: file, path: %(folder)s/rows.csv, fields: { a: number } }
operators:
  large: { type: filter, input: rows, when: a > 1 }
sinks:
  all:   { type: file, path: %(folder)s/all.ndjson, input: rows }
  large: { type: file, path: %(folder)s/large.ndjson, input: large }
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "p.yaml").write_text(PIPELINE % {"folder": tmp_path})
    (tmp_path / "rows.csv").write_text("a\n1\n2\n3\n")
    return tmp_path


def replay(folder, *options, status=0):
    return invoke("replay", folder / "p.yaml", *options, status=status)


def test_what_cannot_begin_leaves_old_results(folder):
    replay(folder)
    old = (folder / "all.ndjson").read_text()
    assert len(old.splitlines()) == 3
    (folder / "other.csv").write_text("b\n1\n")
    for wrong, status in [(("--input", f"rows={folder}/typo.csv"), 1),
                          (("--input", f"rows={folder}/other.csv"), 1),
                          (("--output", f"typo={folder}/t.csv"), 2),
                          (("--output", f"large={folder}/no/such/folder.csv"), 1)]:
        replay(folder, *wrong, status=status)
        assert (folder / "all.ndjson").read_text() == old, wrong


def test_a_missing_input_makes_no_output(folder):
    replay(folder, "--input", f"rows={folder}/typo.csv", status=1)
    assert not (folder / "all.ndjson").exists()


@pytest.mark.parametrize("sink, path, said", [
    ("large", "all.ndjson", "9:3: error: sinks `all` and `large` would both write {}: give each "
                            "its own file"),
    ("large", "./link/all.ndjson", "9:3: error: sinks `all` and `large` would both write {}: give "
                                   "each its own file"),
    ("all", "rows.csv", "8:3: error: sink `all` would overwrite {}, which source `rows` reads"),
])
def test_a_file_that_two_would_destroy_is_refused(folder, sink, path, said):
    (folder / "link").symlink_to(folder)
    path = f"{folder}/{path}"
    said = said.format(path)
    told = replay(folder, "--output", f"{sink}={path}", status=2).stderr
    assert told == f"weir: {said.partition(': error: ')[2]}\n"
    assert (folder / "rows.csv").read_text() == "a\n1\n2\n3\n"
    file = folder / "p.yaml"
    file.write_text(file.read_text().replace(f"{folder}/{sink}.ndjson", path))
    told = invoke("check", file, status=78).stderr
    assert told.startswith(f"{file}:{said}\n"), told


def test_a_file_is_known_by_other_links_to_it(folder):
    (folder / "twin.csv").hardlink_to(folder / "rows.csv")
    told = replay(folder, "--output", f"all={folder}/twin.csv", status=2).stderr
    assert "which source `rows` reads" in told
    (folder / "link").symlink_to("all.ndjson")  # which is not there yet
    told = replay(folder, "--output", f"large={folder}/link", status=2).stderr
    assert "sinks `all` and `large` would both write" in told


def test_stdout_by_another_name_has_the_rows_and_nothing_else(folder):
    for name in ("/dev/stdout", f"{folder}/out.ndjson"):
        with open(folder / "out.ndjson", "w") as out:
            subprocess.run([PROGRAM, "replay", folder / "p.yaml", "--output", f"all={name}"],
                           stdout=out, stderr=subprocess.PIPE, check=True)
        assert (folder / "out.ndjson").read_text() == '{"a":1}\n{"a":2}\n{"a":3}\n'


def test_two_sources_cannot_both_read_stdin(folder):
    file = folder / "p.yaml"
    file.write_text(file.read_text().replace(
        "operators:", "  more: { type: file, path: '-', fields: { a: number } }\noperators:")
        .replace("input: rows }", "input: [rows, more] }"))
    told = replay(folder, "--input", "rows=-", status=2).stderr
    assert "sources `more` and `rows` would both read stdin" in told


def test_devices_are_shared(folder):
    replay(folder, "--output", "all=/dev/null", "--output", "large=/dev/null")


def test_a_sink_on_stdout_has_it_for_itself(folder):
    file = folder / "p.yaml"
    file.write_text(file.read_text().replace(f"{folder}/large.ndjson", '"-"'))
    done = replay(folder)
    assert [json.loads(row) for row in done.stdout.splitlines()] == [{"a": 2}, {"a": 3}]
    assert "3 rows in" in done.stderr
    told = replay(folder, "--json", status=2).stderr
    assert "sink `large` writes to stdout, which --json needs" in told
    json.loads(replay(folder, "--json", "--output", f"large={folder}/large.ndjson").stdout)


def test_a_run_in_which_every_record_was_lost_fails_and_says_why(folder):
    (folder / "rows.csv").write_text("a\none\ntwo\n")
    done = replay(folder, status=1)
    assert f"2 type, all of field a; the first is row 1 of {folder}/rows.csv: a: " in done.stdout
    assert done.stderr.endswith("weir: no record could be used\n")
    (folder / "rows.csv").write_text("a\none\n2\n")
    done = replay(folder)
    assert f"1 type, all of field a; the first is row 1 of {folder}/rows.csv: a: " in done.stdout

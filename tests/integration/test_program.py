"""The program as a person at a shell meets it: commands, exit codes, the demo, how it is built."""

import datetime
import json
import pathlib
import re
import signal
import subprocess
import time

import jsonschema
import pytest
import yaml

import weir
from broker import end_with_parent, wait_until
from weir import PROGRAM, ROOT, invoke, planted

FRAUD = ROOT / "deploy" / "examples" / "fraud.yaml"
WRONG = ROOT / "tests" / "pipeline" / "graph" / "wrong"

# What libm may still be asked for: results that IEEE 754 rounds exactly, and long double, which x87
# computes the same way on every processor.
EXACT_LIBM = set(
    "ceil fabs floor fma fmax fmin fmod frexp ldexp llround llrint lrint lround modf nearbyint "
    "nextafter remainder rint round sqrt trunc scalbn copysign".split()
)


@pytest.mark.parametrize(
    "arguments, status",
    [
        (["--help"], 0),
        (["version"], 0),
        (["--version"], 0),
        (["list", "--json"], 0),
        (["describe", "ks_test"], 0),
        (["check", FRAUD], 0),
        (["graph", FRAUD, "--format", "dot"], 0),
        ([], 2),
        (["runn"], 2),
        (["check"], 2),
        (["describe", "no_such_thing"], 2),
        (["check", FRAUD, "--set", "nonsense"], 2),
        (["check", FRAUD, "--set", "engine.batch_rows=none"], 78),
        (["replay", FRAUD, "--input", "nobody=x.csv"], 2),
        (["replay", FRAUD], 2),
        (["demo", "--events", "0"], 2),
        (["demo", "--events", "100000001"], 2),
        (["check", "/no/such/file.yaml"], 1),
        (["check", "/"], 1),
        (["check", "/dev/null"], 78),
    ],
)
def test_exit_code_says_how_a_command_ended(arguments, status):
    invoke(*arguments, status=status)


def test_the_flag_version_prints_what_the_command_does():
    assert invoke("--version").stdout == invoke("version").stdout


@pytest.mark.parametrize("arguments", [["version"], ["--help"], ["check", FRAUD, "--json"]])
def test_what_cannot_be_printed_is_a_failure(arguments):
    with open("/dev/full", "w") as full:
        done = subprocess.run([PROGRAM, *arguments], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr == "weir: cannot write to stdout: No space left on device\n"


def test_every_command_has_an_example_in_its_help():
    commands = re.findall(r"^  (\w+)  +\S", invoke("--help").stdout, re.M)
    assert len(commands) >= 10
    for command in commands:
        _, example = invoke(command, "--help").stdout.split("Example:\n")
        assert example.startswith(f"  weir {command}"), example


def test_an_empty_file_is_answered_as_any_wrong_file(tmp_path):
    file = tmp_path / "empty.yaml"
    file.touch()
    said = invoke("check", file, status=78).stderr
    assert said == (WRONG / "empty-file.txt").read_text().replace("empty-file.yaml", str(file))


def test_run_says_that_the_broker_cannot_be_reached(tmp_path):
    done = invoke(
        "run", FRAUD, "--set", "kafka.bootstrap.servers=127.0.0.1:1", "--set",
        f"engine.state_dir={tmp_path}", "--set", "http.listen=off", status=69,
    )
    assert "127.0.0.1:1" in done.stderr


def test_run_names_a_sink_that_is_a_file_before_it_does_anything(tmp_path):
    file = tmp_path / "p.yaml"
    kept, alerts = FRAUD.read_text().split("  alerts: ")
    alerts = alerts.replace("kafka", "file").replace("topic: alerts", "path: alerts.csv")
    file.write_text(f"{kept}  alerts: {alerts}")
    invoke("check", file)
    done = invoke("run", file, "--set", "kafka.bootstrap.servers=127.0.0.1:1", "--set",
                  f"engine.state_dir={tmp_path}/state", status=78)
    assert "error: sink `alerts` writes a file, which works in `weir replay` only" in done.stderr
    assert not (tmp_path / "state").exists()


def test_schema_accepts_the_example_and_refuses_an_unknown_word():
    schema = json.loads(invoke("schema").stdout)
    # PyYAML reads YAML 1.1, where `1e-4` is a text.
    example = yaml.safe_load(re.sub(r"\b1e-", "1.0e-", FRAUD.read_text()))
    jsonschema.validate(example, schema)
    example["operators"]["fraud"]["treshold"] = 0.5
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(example, schema)


@pytest.mark.parametrize("clock_ahead", [None, -200_000_000],
                         ids=["today", "story_ahead_of_the_clock"])
def test_demo_finds_both_planted_drifts(clock_ahead):
    clock = {**planted("clock_jumps"), "WEIR_CLOCK_AHEAD": str(clock_ahead)} if clock_ahead else {}
    # Not as fast as possible: where a backlog grows, labels and rows are joined in another order,
    # and a false alarm just before the change hides it until the detector's next reference.
    report = json.loads(invoke("demo", "--events", 200_000, "--rate", 40_000, "--json",
                               environment=clock).stdout)
    assert [one["drift"] for one in report["planted"]] == ["amount_shift", "concept_change"]
    for one in report["planted"]:
        assert one["found"], one
        assert one["found"]["transaction"] > one["transaction"]
    # Labels take up to seven days, 28,000 transactions; amounts need none.
    assert report["planted"][0]["found"]["transaction"] < 60_000 + 3_000
    assert report["planted"][1]["found"]["transaction"] < 120_000 + 35_000


def test_demo_leaves_a_pipeline_that_replays(tmp_path):
    invoke("demo", "--write", tmp_path)
    done = invoke(
        "replay", tmp_path / "fraud.yaml",
        "--input", f"transactions={tmp_path}/transactions.ndjson",
        "--input", f"chargebacks={tmp_path}/chargebacks.ndjson", "--drain", "--json",
    )
    summary = json.loads(done.stdout)
    assert summary["operators"]["features"]["rows_in"] == 2000
    labels = summary["operators"]["fraud"]["labels"]
    # Half a day of a wait of seven: nothing says of a row without label that it will have none.
    assert labels["joined"] + labels["unheard"] == 2000
    assert summary["operators"]["fraud"]["labels_waiting"] == 0


class Demo:
    """A demo without end, in a folder of its own; ends with the block."""

    def __init__(self, folder, *options):
        self._log = folder / "demo.log"
        self._out = folder / "demo.out"
        self._options = options

    def __enter__(self):
        with self._log.open("w") as log, self._out.open("w") as out:
            self.process = subprocess.Popen([PROGRAM, "demo", *self._options],
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=log,
                                            preexec_fn=end_with_parent)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(timeout=30)

    def out(self):
        return self._out.read_text()

    def statuses(self, least):
        """The times of its status lines, once there are so many."""
        def times():
            assert self.process.poll() is None, self._log.read_text()
            found = re.findall(r"time=(\S+)Z .*/s\)", self._log.read_text())
            return len(found) >= least and list(map(datetime.datetime.fromisoformat, found))

        return wait_until(lambda: f"{least} status lines: {self._log.read_text()}", times, 60)


@pytest.mark.parametrize("rate", [[], ["--rate", "1"]])
def test_demo_ends_at_a_signal_and_reports(tmp_path, rate):
    with Demo(tmp_path, *rate, "--set", "http.listen=127.0.0.1:0") as demo:
        demo.statuses(1)
        demo.process.send_signal(signal.SIGINT)
        assert demo.process.wait(timeout=60) == 0
        assert "records in" in demo.out()


def test_status_lines_do_not_catch_up_on_a_time_without_them(tmp_path):
    with Demo(tmp_path, "--rate", "1000", "--set", "http.listen=off") as demo:
        demo.statuses(1)
        demo.process.send_signal(signal.SIGSTOP)
        before = len(demo.statuses(1))
        time.sleep(6.5)  # three lines long
        demo.process.send_signal(signal.SIGCONT)
        first, second = demo.statuses(before + 2)[before : before + 2]
        assert (second - first).total_seconds() > 1.5


def test_replay_gives_the_same_bits_on_another_processor(tmp_path):
    invoke("demo", "--write", tmp_path)
    command = [
        PROGRAM, "replay", tmp_path / "fraud.yaml", "--json", "--drain",
        "--input", f"transactions={tmp_path}/transactions.ndjson",
        "--input", f"chargebacks={tmp_path}/chargebacks.ndjson",
    ]
    hashes = set()
    for tunables in ("", "glibc.cpu.hwcaps=-FMA,-AVX2,-FMA4"):
        out = subprocess.run(
            command, env={"GLIBC_TUNABLES": tunables}, capture_output=True, text=True, check=True
        ).stdout
        summary = json.loads(out)
        hashes.add((summary["output_hash"], summary["state_hash"]))
    assert len(hashes) == 1


def test_libm_is_asked_only_for_what_is_exact_everywhere():
    imports = subprocess.run(
        ["nm", "-D", "--undefined-only", PROGRAM], capture_output=True, text=True, check=True
    ).stdout
    libm = next(iter(re.findall(r"libm\.so\.6 => (\S+)", subprocess.run(
        ["ldd", PROGRAM], capture_output=True, text=True, check=True).stdout)))
    defined = subprocess.run(
        ["nm", "-D", "--defined-only", libm], capture_output=True, text=True, check=True
    ).stdout
    wanted = {line.split()[-1].split("@")[0] for line in imports.splitlines()}
    of_libm = {line.split()[-1].split("@")[0] for line in defined.splitlines() if line.split()}
    left = {name for name in wanted & of_libm if not name.endswith("l") or name == "ceil"}
    assert left <= EXACT_LIBM, left - EXACT_LIBM


def test_program_is_hardened():
    headers = subprocess.run(
        ["readelf", "-hldW", PROGRAM], capture_output=True, text=True, check=True
    ).stdout
    assert re.search(r"Type:\s+DYN", headers), "position independent"
    assert "GNU_RELRO" in headers
    assert "BIND_NOW" in headers or re.search(r"FLAGS.*NOW", headers)
    symbols = subprocess.run(
        ["nm", "-D", "--undefined-only", PROGRAM], capture_output=True, text=True, check=True
    ).stdout
    assert "__stack_chk_fail" in symbols


def test_secrets_are_not_printed(tmp_path):
    file = tmp_path / "p.yaml"
    file.write_text(FRAUD.read_text().replace(
        "kafka:   ", "kafka:\n  sasl.password: ${SECRET}\n  nonsense.option: 1 #", 1))
    done = subprocess.run(
        [PROGRAM, "check", file], env={"SECRET": "hunter2"}, capture_output=True, text=True
    )
    assert done.returncode == 78
    assert "hunter2" not in done.stdout + done.stderr


def test_a_file_is_written_as_its_name_tells_and_reads_back(tmp_path):
    file = tmp_path / "p.yaml"
    read = "rows: { type: %s, fields: { id: text, x0: number } }"
    made = "generate, of: classification, features: 2, events: 50"
    file.write_text("version: 1\npipeline: p\nsources:\n  " + read % made + "\nsinks:\n"
                    f"  a: {{ type: file, input: rows, path: {tmp_path}/a.csv }}\n"
                    f"  b: {{ type: file, input: rows, path: {tmp_path}/b.csv, format: json }}\n"
                    f"  c: {{ type: file, input: rows, path: {tmp_path}/c.ndjson }}\n"
                    f"  d: {{ type: file, input: rows, path: {tmp_path}/d.csv.gz }}\n")
    invoke("replay", file)
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert lines[0] == "id,x0" and len(lines) == 51
    for name in ("b.csv", "c.ndjson"):
        rows = [json.loads(line) for line in (tmp_path / name).read_text().splitlines()]
        assert len(rows) == 50 and list(rows[0]) == ["id", "x0"]
    again = tmp_path / "again.yaml"
    again.write_text("version: 1\npipeline: p\nsources:\n  "
                     + read % f"file, path: {tmp_path}/d.csv.gz"
                     + f"\nsinks:\n  e: {{ type: file, input: rows, path: {tmp_path}/e.csv }}\n")
    invoke("replay", again)
    assert (tmp_path / "e.csv").read_text().splitlines() == lines


def test_a_file_of_variables_may_have_the_line_ends_of_windows(tmp_path):
    file, variables = tmp_path / "p.yaml", tmp_path / "variables"
    file.write_text(FRAUD.read_text().replace("idle: 30s", "idle: ${IDLE}", 1))
    variables.write_bytes(b"# of the sparse topic\r\n\r\nIDLE=30s\r\n")
    invoke("check", file, "--env-file", variables)


FLAT = """\
version: 1
pipeline: flat
sources:
  rows:
    type: generate
    of: classification
    features: 4
    events: 2000000
    fields: { x0: number, x1: number, x2: number, x3: number, y: boolean }
operators:
  model:
    type: model
    input: rows
    features: [x0, x1, x2, x3]
    target: y
    steps: [standard_scaler, logistic_regression]
  quality: { type: evaluate, input: model.outcomes, metrics: [accuracy, roc_auc], window: 10000 }
  drift: { type: drift, input: rows, fields: [x1], detector: ks_test }
sinks:
  predictions: { type: kafka, input: model, topic: p, fields: [x1, prediction, score] }
"""


def test_resident_memory_is_flat_over_two_million_events(tmp_path):
    file = tmp_path / "flat.yaml"
    file.write_text(FLAT)
    replay = subprocess.Popen([PROGRAM, "replay", file, "--json"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    kilobytes = []
    while True:
        try:
            assert replay.wait(timeout=0.02) == 0
            break
        except subprocess.TimeoutExpired:
            status = pathlib.Path(f"/proc/{replay.pid}/status").read_text()
            kilobytes += map(int, re.findall(r"VmRSS:\s+(\d+)", status))
    assert len(kilobytes) >= 9
    third = len(kilobytes) // 3
    assert max(kilobytes[-third:]) - max(kilobytes[:third]) < 1024, kilobytes


def test_what_is_installed_is_whole(tmp_path):
    subprocess.run(["cmake", "--install", PROGRAM.parents[2], "--prefix", tmp_path], check=True,
                   stdout=subprocess.DEVNULL)
    share = tmp_path / "share" / "weir"
    schema_now = json.loads(invoke("schema").stdout)
    examples = sorted((share / "examples").glob("*.yaml"))
    assert len(examples) >= 3
    for example in examples:
        schema = re.match(r"# yaml-language-server: \$schema=(\S+)\n", example.read_text())[1]
        assert json.loads((example.parent / schema).read_text()) == schema_now
    assert (share / "grafana" / "weir.json").exists()
    assert (share / "prometheus" / "prometheus.yml").exists()
    assert (tmp_path / "bin" / "weir").exists()


def test_what_is_planted_works_where_a_path_has_spaces(tmp_path, monkeypatch):
    build = PROGRAM.resolve().parents[2]
    (tmp_path / "a b").symlink_to(build)
    monkeypatch.setattr(weir, "PROGRAM", tmp_path / "a b" / PROGRAM.resolve().relative_to(build))
    library = weir.planted.__wrapped__("clock_jumps")
    assert invoke("version", environment=library).stderr == ""

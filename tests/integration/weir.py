"""The weir program as its user runs it: `weir run FILE` as a process, watched from outside."""

import atexit
import functools
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request

from broker import ROOT, end_with_parent, free_ports, wait_until

PROGRAM = pathlib.Path(
    os.environ.get("WEIR_PROGRAM", ROOT / "build" / "release" / "deploy" / "weir" / "weir")
)


@functools.cache
def planted(library):
    """A library of this folder that changes what the program does, loaded before its own. A copy of
    it: the loader splits the variable at spaces, which the path of the build may have."""
    folder = tempfile.mkdtemp(prefix="weir-planted-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return {"LD_PRELOAD": shutil.copy(PROGRAM.parent / "../../tests" / f"lib{library}.so", folder)}


def invoke(*arguments, status=0, timeout=300, environment=None):
    """Runs a command of weir to its end; returns the finished process, its output as text.
    `environment`: variables beside those of the tests."""
    done = subprocess.run(
        [PROGRAM, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, **(environment or {})},
    )
    told = f"weir {' '.join(map(str, arguments))}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert done.returncode == status, told
    return done


class Weir:
    """`weir run` of one pipeline file against one broker; may be killed and started again."""

    def __init__(self, pipeline, broker, folder, settings=None, environment=None):
        self.pipeline = pathlib.Path(pipeline)
        self.folder = pathlib.Path(folder)
        self.http = f"127.0.0.1:{free_ports(1)[0]}"
        self.log = self.folder / "weir.log"
        self.hashes = None  # of state and outputs, as told at the last stop
        self._process = None
        self.environment = environment or {}  # variables for the next start
        self._settings = {
            "kafka.bootstrap.servers": broker.bootstrap,
            "engine.state_dir": self.folder / "state",
            "http.listen": self.http,
            **(settings or {}),
        }

    def settings(self):
        return [word for item in self._settings.items() for word in ("--set", "%s=%s" % item)]

    def set(self, name, value):
        """Changes a setting, for the next start."""
        self._settings[name] = value

    def start(self, *options):
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                [PROGRAM, "run", self.pipeline, *self.settings(), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
                preexec_fn=end_with_parent,
            )
        return self

    def wait_ready(self, seconds=30):
        wait_until(lambda: f"weir is ready ({self.told()})", self.is_ready, seconds)
        return self

    def is_ready(self):
        self.check_alive()
        return self.get("/readyz")[0] == 200

    def check_alive(self):
        status = self._process.poll()
        assert status is None, f"weir ended with {status}: {self.told()}"

    def get(self, path):
        """Status and text of a GET; status 0 while nobody answers."""
        try:
            with urllib.request.urlopen(f"http://{self.http}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def metrics(self, name):
        """The samples of one metric: (labels, value)."""
        found = []
        for line in self.get("/metrics")[1].splitlines():
            sample = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)(?: \d+)?", line)
            if sample and sample[1] == name:
                labels = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', sample[2] or ""))
                found.append((labels, float(sample[3])))
        return found

    def told(self):
        """The last words of the log."""
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""

    def status(self):
        """The status it ended with, less than 0 by a signal; none while it runs."""
        return self._process.poll()

    def process_id(self):
        return self._process.pid

    def kill(self):
        self.check_alive()
        self._process.kill()
        self._process.wait(timeout=30)

    def limit(self, what, most):
        """Sets a limit of the process (resource.RLIMIT_...)."""
        resource.prlimit(self._process.pid, what, (most, resource.RLIM_INFINITY))

    def freeze(self):
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self._process.send_signal(signal.SIGCONT)

    def wait_end(self, seconds=30):
        """Waits until it ends by itself; returns its status."""
        return self._process.wait(timeout=seconds)

    def stop(self):
        """SIGTERM: it must finish its epoch and leave with status 0."""
        self.check_alive()
        self._process.terminate()
        status = self._process.wait(timeout=60)
        assert status == 0, f"weir ended with {status}: {self.told()}"
        told = re.findall(r"shard (\d+) stopped after epoch \d+: state hash (\w{16}), "
                          r"output hash (\w{16})", self.log.read_text())
        self.hashes = {int(shard): (state, output) for shard, state, output in told}

    def close(self):
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait(timeout=30)

    def verify(self):
        """Replays the whole recorded order with `weir verify`, which exits 0 only when every
        epoch's bytes are the same; state and outputs must be those that `stop` left. Returns its
        report, of the first shard."""
        done = invoke("verify", self.pipeline, "--json", *self.settings(),
                      environment=self.environment)
        reports = [json.loads(line) for line in done.stdout.splitlines()]
        assert all(each["equal"] is True for each in reports)
        found = {each["shard"]: (each["state_hash"], each["output_hash"]) for each in reports}
        assert found == self.hashes
        return reports[0]

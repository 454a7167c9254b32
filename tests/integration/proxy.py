"""The proxy of tests/faults between a broker's clients and its listener PROXIED, for tests to
drive."""

import os
import pathlib
import re
import subprocess
import threading

from broker import end_with_parent
from weir import PROGRAM

PROXY = pathlib.Path(
    os.environ.get("WEIR_FAULT_PROXY", PROGRAM.parent / "../../tests/faults/fault_proxy")
)
PRODUCE, FETCH, METADATA = 0, 1, 3
INIT_PRODUCER, ADD_PARTITIONS, ADD_OFFSETS, END_TXN = 22, 24, 25, 26


class Proxy:
    """Ends with the block. `bootstrap` is where clients are to go; `command` takes the words of
    tests/faults/proxy.h."""

    def __init__(self, broker):
        self.bootstrap = broker.proxied
        ports = broker.proxied.split(":")[1], broker.address("PROXIED").split(":")[1]
        self._said = []
        self._heard = threading.Condition()
        self._process = subprocess.Popen(
            [PROXY, *ports],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=end_with_parent,
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._wait(r"ready$", 0, 10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._process.stdin.close()
        self._process.wait(timeout=10)
        self._listener.join()
        self._process.stdout.close()

    def _listen(self):
        for line in self._process.stdout:
            with self._heard:
                self._said.append(line.rstrip("\n"))
                self._heard.notify_all()

    def command(self, word, **numbers):
        """Gives a command and waits until it holds; returns the place before what it will cause."""
        line = " ".join([word, *(f"{name}={number}" for name, number in numbers.items())])
        with self._heard:
            place = len(self._said)
        print(line, file=self._process.stdin, flush=True)
        answer = self._wait(f"(done|wrong) {re.escape(line)}(: |$)", place, 10)
        assert answer.startswith("done"), answer
        return place

    def wait_fired(self, place, what="fired", seconds=60):
        """Waits for a line that begins with `what`, said after `place`; returns it."""
        return self._wait(re.escape(what), place, seconds)

    def fired(self, what="fired"):
        """How many lines that begin with `what` were said."""
        with self._heard:
            return sum(line.startswith(what) for line in self._said)

    def _wait(self, pattern, place, seconds):
        def found():
            return next((line for line in self._said[place:] if re.match(pattern, line)), None)

        with self._heard:
            assert self._heard.wait_for(found, seconds), (
                f"no {pattern} within {seconds} s: {self._said}")
            return found()

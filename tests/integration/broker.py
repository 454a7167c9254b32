"""A real Apache Kafka for tests: one KRaft process on free ports, its jars by Maven.

As a program (`python tests/integration/broker.py`) it starts one, prints the bootstrap address and
runs until it is ended.
"""

import ctypes
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

ROOT = pathlib.Path(__file__).resolve().parents[2]
JARS = ROOT / "build" / "kafka-3.9"
PR_SET_PDEATHSIG = 1

PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{client},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{client}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={logs}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=8
group.initial.rebalance.delay.ms=0
"""


def end_with_parent():
    """Run in the child: a test run that is killed leaves no process behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def free_ports(count):
    """Ports that nobody listens on; held open together so that they differ."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def wait_until(what, condition, seconds, every=0.05):
    """Polls `condition` until it is true; returns its value. Raises TimeoutError naming `what`, a
    text or what makes one then."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(every)


def fetch_jars():
    """Puts the broker's jars beside the build, once."""
    done = JARS / ".complete"
    if done.exists():
        return
    pom = pathlib.Path(__file__).parent / "kafka" / "pom.xml"
    command = ["mvn", "--batch-mode", "--quiet", "--file", pom, "dependency:copy-dependencies"]
    subprocess.run([*command, f"-DoutputDirectory={JARS}"], check=True, stdout=sys.stderr)
    done.touch()


class Broker:
    """One broker with its own folder; it can be stopped, killed, frozen and started again."""

    def __init__(self):
        fetch_jars()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-broker-"))
        client, controller = free_ports(2)
        self.bootstrap = f"127.0.0.1:{client}"
        self.log = self.folder / "broker.log"
        self._process = None
        self._properties = self.folder / "broker.properties"
        self._properties.write_text(
            PROPERTIES.format(client=client, controller=controller, logs=self.folder / "logs")
        )
        cluster = self._java("kafka.tools.StorageTool", "random-uuid")
        cluster = subprocess.check_output(cluster, text=True).strip()
        format_logs = ["format", "-t", cluster, "-c", self._properties]
        format_logs = self._java("kafka.tools.StorageTool", *format_logs)
        subprocess.run(format_logs, check=True, stdout=subprocess.DEVNULL)

    def _java(self, main, *arguments):
        options = ["-Xmx768m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
        return ["java", *options, "-cp", f"{JARS}/*", main, *arguments]

    def start(self):
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                self._java("kafka.Kafka", self._properties),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=end_with_parent,
            )
        wait_until(f"a broker that answers ({self.log})", self._answers, 60)
        return self

    def _answers(self):
        if self._process.poll() is not None:
            raise RuntimeError(f"the broker ended: {self.log.read_text()[-2000:]}")
        try:
            return bool(self.admin().list_topics(timeout=1).brokers)
        except KafkaException:
            return False

    def admin(self):
        return AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})

    def stop(self):
        """Ends it as an operator would."""
        self._process.terminate()
        self._process.wait(timeout=60)

    def kill(self):
        self._process.kill()
        self._process.wait(timeout=60)

    def freeze(self):
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self._process.send_signal(signal.SIGCONT)

    def close(self):
        """Ends it for good and removes its folder."""
        if self._process and self._process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    broker = Broker()
    try:
        broker.start()
        print(broker.bootstrap, flush=True)
        signal.pause()
    except KeyboardInterrupt:
        pass
    finally:
        broker.close()


if __name__ == "__main__":
    os.chdir(ROOT)
    main()

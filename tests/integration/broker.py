"""A real Apache Kafka for tests: one KRaft process on free ports, its jars by Maven.

Clients meet it at `bootstrap`, at `proxied` when a Proxy (proxy.py) stands there, and at listeners
that a test adds.

As a program (`python tests/integration/broker.py`) it starts one, prints the bootstrap address and
runs until it is ended.
"""

import base64
import ctypes
import dataclasses
import fcntl
import os
import pathlib
import random
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
VERSIONS = {"3.9": "3.9.1", "4.1": "4.1.0"}
QUICK = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]  # for what ends soon
PR_SET_PDEATHSIG = 1

PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners={listeners},CONTROLLER://127.0.0.1:{controller}
advertised.listeners={advertised}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,{protocols}
log.dirs={logs}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=8
group.initial.rebalance.delay.ms=0
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
"""


@dataclasses.dataclass
class Listener:
    """One more way into the broker: its security protocol, and properties, whose names are written
    after `listener.name.<name>.`."""

    protocol: str = "PLAINTEXT"
    properties: dict = dataclasses.field(default_factory=dict)


def end_with_parent():
    """Run in the child: a test run that is killed leaves no process behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def free_ports(count):
    """Ports that nobody listens on, below those that the system gives to connections: what is down
    for a moment finds its port free when it comes back."""
    ports = set()
    while len(ports) < count:
        port = random.SystemRandom().randrange(10_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                ports.add(port)
            except OSError:
                pass
    return list(ports)


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


def fetch_jars(version):
    """Puts the jars of a broker beside the build, once; returns their folder."""
    jars = ROOT / "build" / f"kafka-{version}"
    done = jars / ".complete"
    if done.exists():
        return jars
    with (ROOT / "build" / "kafka.lock").open("w") as lock:  # tests run two at a time
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            pom = pathlib.Path(__file__).parent / "kafka" / "pom.xml"
            command = ["mvn", "--batch-mode", "--quiet", "--file", pom,
                       "dependency:copy-dependencies", f"-Dkafka.version={VERSIONS[version]}",
                       f"-DoutputDirectory={jars}"]
            subprocess.run(command, check=True, stdout=sys.stderr)
            done.touch()
    return jars


class Broker:
    """One broker with its own folder; it can be stopped, killed, frozen and started again.

    `listeners`: more ways in, by name. `format_options`: for the tool that makes the log folder
    (users of SCRAM stand in it).
    """

    def __init__(self, version="3.9", listeners=None, format_options=()):
        self._jars = fetch_jars(version)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-broker-"))
        listeners = {"PLAINTEXT": Listener(), "PROXIED": Listener(), **(listeners or {})}
        controller, proxy, *ports = free_ports(2 + len(listeners))
        self._ports = dict(zip(listeners, ports))
        self.bootstrap = self.address("PLAINTEXT")
        self.proxied = f"127.0.0.1:{proxy}"  # where clients of PROXIED are sent
        self.log = self.folder / "broker.log"
        self._process = None
        self._properties = self.folder / "broker.properties"
        self._properties.write_text(self._settings(listeners, controller))
        cluster = base64.urlsafe_b64encode(b"weir" + os.urandom(12)).decode().rstrip("=")
        format_logs = ["format", "-t", cluster, "-c", self._properties, *format_options]
        format_logs = self._java("kafka.tools.StorageTool", *format_logs, options=QUICK)
        subprocess.run(format_logs, check=True, stdout=subprocess.DEVNULL)

    def address(self, listener):
        return f"127.0.0.1:{self._ports[listener]}"

    def _settings(self, listeners, controller):
        places = {name: f"{name}://{self.address(name)}" for name in listeners}
        settings = PROPERTIES.format(
            controller=controller,
            logs=self.folder / "logs",
            listeners=",".join(places.values()),
            advertised=",".join({**places, "PROXIED": f"PROXIED://{self.proxied}"}.values()),
            protocols=",".join(f"{name}:{each.protocol}" for name, each in listeners.items()),
        )
        own = (f"listener.name.{name.lower()}.{option}={value}\n"
               for name, each in listeners.items() for option, value in each.properties.items())
        return settings + "".join(own)

    def _java(self, main, *arguments, options=()):
        options = ["-Xmx768m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", *options]
        return ["java", *options, "-cp", f"{self._jars}/*", main, *arguments]

    def start(self):
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                self._java("kafka.Kafka", self._properties),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=end_with_parent,
            )
        client = self.admin()  # one for all questions: on a busy machine its connection takes long
        wait_until(lambda: f"a broker that answers: {self._told()}",
                   lambda: self._answers(client), 120)
        return self

    def _told(self):
        """The last words of the log."""
        return self.log.read_text(errors="replace")[-3000:]

    def _answers(self, client):
        if self._process.poll() is not None:
            raise RuntimeError(f"the broker ended: {self._told()}")
        try:
            return bool(client.list_topics(timeout=1).brokers)
        except KafkaException:
            return False

    def admin(self, bootstrap=None):
        return AdminClient({"bootstrap.servers": bootstrap or self.bootstrap,
                            "reconnect.backoff.max.ms": 200, "log_level": 0})

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

"""Debian's Prometheus, unpacked beside the build: no daemon, nothing installed."""

import json
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request

from broker import ROOT, end_with_parent, free_ports, wait_until

FOLDER = ROOT / "build" / "prometheus"
PROGRAM = pathlib.Path("usr/bin/prometheus")  # in it
SCRAPE = ROOT / "deploy" / "prometheus" / "prometheus.yml"


def fetch_program():
    """The program; it is there whole, or not at all."""
    if not (FOLDER / PROGRAM).exists():
        FOLDER.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="prometheus-", dir=FOLDER.parent) as folder:
            folder = pathlib.Path(folder)
            download(folder)
            package = next(folder.glob("prometheus_*.deb"))
            subprocess.run(["dpkg", "-x", package, folder / "whole"], check=True)
            shutil.rmtree(FOLDER, ignore_errors=True)
            (folder / "whole").rename(FOLDER)
    return FOLDER / PROGRAM


def download(folder):
    command = ["apt-get", "-q", "download", "prometheus"]
    if subprocess.run(command, cwd=folder, stdout=sys.stderr).returncode == 0:
        return
    as_root = [] if os.geteuid() == 0 else ["sudo"]
    subprocess.run([*as_root, "apt-get", "-q", "update"], check=True, stdout=sys.stderr)
    subprocess.run(command, cwd=folder, check=True, stdout=sys.stderr)


class Prometheus:
    """Scrapes one weir with the project's own scrape configuration, every second."""

    def __init__(self, target, folder):
        program = fetch_program()
        config = SCRAPE.read_text()
        assert "127.0.0.1:8080" in config and "scrape_interval: 5s" in config
        config = config.replace("127.0.0.1:8080", target)
        config = config.replace("scrape_interval: 5s", "scrape_interval: 1s")
        (folder / "prometheus.yml").write_text(config)
        self.address = f"127.0.0.1:{free_ports(1)[0]}"
        self._log = (folder / "prometheus.log").open("a")
        self._process = subprocess.Popen(
            [program, f"--config.file={folder}/prometheus.yml",
             f"--storage.tsdb.path={folder}/tsdb", f"--web.listen-address={self.address}"],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log,
            preexec_fn=end_with_parent)
        wait_until(f"Prometheus scrapes ({folder}/prometheus.log)", self._scrapes, 60)

    def _scrapes(self):
        assert self._process.poll() is None, "Prometheus ended"
        try:
            return self.query("up == 1")
        except OSError:
            return []

    def query(self, query):
        """The samples of an instant query: (labels, value). A wrong query raises ValueError."""
        url = f"http://{self.address}/api/v1/query?" + urllib.parse.urlencode({"query": query})
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                found = json.load(answer)["data"]["result"]
        except urllib.error.HTTPError as error:
            if error.code != 400:
                raise
            raise ValueError(f"{query}: {error.read().decode()}") from None
        return [(sample["metric"], float(sample["value"][1])) for sample in found]

    def finite(self, query):
        """Whether the query has data and all of it is finite."""
        found = self.query(query)
        return bool(found) and all(math.isfinite(value) for _, value in found)

    def close(self):
        self._process.kill()
        self._process.wait(timeout=30)
        self._log.close()

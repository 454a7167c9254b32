import pathlib
import re
import sys

import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "faults"))

import topics
import weir
from broker import Broker
from rows import Rows
from scene import Scene


@pytest.fixture(scope="session")
def broker():
    broker = Broker()
    try:
        yield broker.start()
    finally:
        broker.close()


@pytest.fixture
def empty_folder(tmp_path, monkeypatch):
    """An empty folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(broker, tmp_path):
    """Makes a Weir for a pipeline file of this folder; ended with the test."""
    made = []

    def make(pipeline, settings=None):
        file = weir.ROOT / "tests" / "integration" / "pipelines" / pipeline
        file = file if file.exists() else weir.ROOT / "deploy" / "examples" / pipeline
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(weir.Weir(file, broker, folder, settings))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def reader(broker):
    """Makes a reader of a topic, committed records only; closed with the test."""
    made = []

    def make(topic):
        made.append(topics.Reader(broker, topic))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def scene(broker, tmp_path, request):
    """The pipeline under load (tests/faults/scene.py), its topics named after the test; settings of
    weir may be the parameter."""
    name = request.node.name.split("[")[0].replace("_", "-")[5:60]
    with Scene(broker, name, tmp_path, settings=getattr(request, "param", None)) as scene:
        yield scene


@pytest.fixture
def rows(broker, run, request):
    """The small pipeline and its rows (rows.py), its topics named after the test."""
    return Rows(broker, run, re.sub(r"[^a-z]+", "-", request.node.name.lower())[5:90].strip("-"))

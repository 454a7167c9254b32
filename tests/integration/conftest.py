import pytest

import topics
import weir
from broker import Broker


@pytest.fixture(scope="session")
def broker():
    broker = Broker()
    try:
        yield broker.start()
    finally:
        broker.close()


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

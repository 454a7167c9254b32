"""What the program tells the person who starts it for the first time, and after that."""

import json
import re
import socket

import topics
from broker import ROOT, wait_until
from weir import invoke


def test_the_first_steps_of_the_readme_say_their_way_out_and_work_in_its_order(
        broker, tmp_path, run):
    rain = tmp_path / "rain.yaml"
    rain.write_text(re.search(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.S)[1])
    weir = run(rain, {"sources.weather.topic": "rain-weather",
                      "sinks.predictions.topic": "rain-predictions"})
    before = invoke("verify", rain, *weir.settings(), status=1).stderr
    assert "pipeline rain has not run on this broker" in before
    assert weir.start().wait_end() == 1
    assert "source weather: topic rain-weather does not exist: create it" in weir.told()

    topics.create(broker, "rain-weather")
    event = {"temperature": 19.5, "pressure": 1012.3, "rain": False}
    topics.produce(broker, "rain-weather", [(None, event)], partition=1)
    weir.start().wait_ready()
    reader = topics.Reader(broker, "rain-predictions")
    assert topics.rows(reader.read(1))[0].keys() == {"rain", "prediction", "score"}
    reader.close()
    weir.stop()
    weir.verify()


def test_a_port_that_is_taken_is_answered_with_the_way_out(broker, rows):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        weir = rows.weir({"http.listen": f"127.0.0.1:{taken.getsockname()[1]}"}).start()
        assert weir.wait_end() == 1
        assert "Address already in use; choose another port with --set http.listen=127.0.0.1:" in (
            weir.told())


def test_records_that_are_all_bad_are_explained_and_a_start_says_where_it_begins(broker, rows):
    weir = rows.weir().start().wait_ready()
    first = weir.log.read_text()
    assert "level=info msg=\"shard 0: begins at rows[0] 0, rows[1] 0, rows[2] 0\"" in first
    topics.produce(broker, rows.name, [(None, "no JSON")] * 20)
    wait_until(lambda: f"the explanation: {weir.told()}",
               lambda: "dead letters 20 | records in, none out: all went to the dead letters"
               in weir.told(), 10)

    assert weir.get("/livez") == (200, "ok\n")
    version = json.loads(weir.get("/version")[1])
    assert version == json.loads(invoke("version", "--json").stdout)
    graph = invoke("graph", weir.pipeline, *weir.settings()).stdout
    assert weir.get("/graph") == (200, graph)

    rows.produce(2_000)
    rows.wait_predicted()
    weir.stop()
    weir.log.unlink()
    weir.start().wait_ready()
    assert re.search(r'level=info msg="shard 0: uses the snapshot of epoch \d+, \d+ s old \(',
                     weir.log.read_text()), weir.told()
    status = wait_until("a status line",
                        lambda: re.search(r"rows (\d+) \((.*?)/s\)", weir.told()), 10)
    assert status.groups() == ("2000", "0")

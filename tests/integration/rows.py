"""A small pipeline (pipelines/rows.yaml) and its rows, for tests of what befalls it."""

import collections

import topics

DEADLY = 666.0  # the x that ends a process in which deadly_log.cc is loaded


class Rows:
    """The pipeline on topics named after a test, and the rows that it is given."""

    def __init__(self, broker, run, name, config=None):
        self.name = name
        self.given = 0
        self.deadly, self.lost = [], []  # ids of rows that are not to be predicted
        self._broker, self._run = broker, run
        topics.create(broker, name, config=config)

    def weir(self, settings=None):
        """A copy of weir, with a state folder of its own."""
        return self._run("rows.yaml", {
            "pipeline": self.name, "sources.rows.topic": self.name,
            "sinks.predictions.topic": f"{self.name}-predictions", **(settings or {})})

    def produce(self, count, deadly=(), cards=50):
        """Writes so many more rows; of these, those at the places `deadly` are."""
        rows = []
        for place, number in enumerate(range(self.given, self.given + count)):
            row = {"id": f"r{number}", "card": f"c{number % cards}", "x": 1.0 + number % 97,
                   "y": number % 97 > 40}
            if place in deadly:
                row["x"] = DEADLY
                self.deadly.append(row["id"])
            rows.append((None, row))
        self.given += topics.produce(self._broker, self.name, rows)

    def read(self, topic, count=None):
        """The committed records of a topic; waits until there are `count`."""
        reader = topics.Reader(self._broker, topic)
        try:
            return reader.read_all() if count is None else reader.read(count)
        finally:
            reader.close()

    def epochs(self):
        return topics.rows(self.read(f"weir.{self.name}.epochs"))

    def letters(self):
        return self.read(f"{self.name}.dead-letters")

    def predictions(self):
        return topics.rows(self.read(f"{self.name}-predictions"))

    def wait_predicted(self):
        """Waits until there are as many predictions as there must be."""
        self.read(f"{self.name}-predictions", self.given - len(self.deadly) - len(self.lost))

    def check_predicted_once(self):
        """Every row has one prediction, but for those that are not to have any."""
        wanted = {f"r{number}" for number in range(self.given)}.difference(self.deadly, self.lost)
        found = collections.Counter(row["id"] for row in self.predictions())
        assert found == collections.Counter(wanted)

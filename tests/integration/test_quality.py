"""A model learned by weir beside the same one learned by scikit-learn, on rows both make themselves."""

import json

import numpy
from sklearn.linear_model import SGDClassifier

import weir

ROWS, HELD_OUT, FEATURES, SEED, NOISE = 1_000_000, 200_000, 100, 3, 0.1
CHUNK = 50_000

PIPELINE = """
version: 1
pipeline: generated
sources:
  rows:
    type: generate
    of: classification
    seed: %(seed)d
    events: %(rows)d
    features: %(features)d
    noise: %(noise)g
    fields: { id: number, y: boolean, %(fields)s }
operators:
  line:
    type: model
    input: rows
    features: { all: true, except: [id] }
    target: y
    learn_when: id < %(learned)d
    steps: [logistic_regression: { learning_rate: { initial: 0.1, decay: 1e-4 } }]
    fallback: 0.5
  held_out:
    type: filter
    input: line
    when: id >= %(learned)d
sinks:
  predictions: { type: file, input: held_out, path: "%(output)s", fields: [id, y, prediction] }
"""


def draws(first, count):
    """Draws of splitmix64 as numbers in [0, 1), from the given one on."""
    with numpy.errstate(over="ignore"):
        z = numpy.uint64(SEED) + (numpy.arange(first, first + count, dtype=numpy.uint64)
                                  + numpy.uint64(1)) * numpy.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        z ^= z >> numpy.uint64(31)
    return (z >> numpy.uint64(11)).astype(numpy.float64) * 2.0**-53


def rows(first, count):
    """Rows of the recipe in connectors/generate/classification.h, made by numpy: x, y."""
    weights = draws(0, FEATURES) * 2 - 1
    u = draws(FEATURES + first * (FEATURES + 1), count * (FEATURES + 1)).reshape(count, -1)
    x = (numpy.floor(u[:, :FEATURES] * 20001) - 10000) / 10000
    sums = numpy.zeros(count)
    for j in range(FEATURES):  # in the recipe's order: every bit counts
        sums += weights[j] * x[:, j]
    return x, (sums > 0) != (u[:, FEATURES] < NOISE)


def test_a_million_generated_rows_are_learned_as_well_as_by_scikit_learn(tmp_path):
    learned = ROWS - HELD_OUT
    reference = SGDClassifier(loss="log_loss", shuffle=False, random_state=1)
    for first in range(0, learned, CHUNK):
        reference.partial_fit(*rows(first, CHUNK), classes=[False, True])
    x, y = rows(learned, HELD_OUT)
    wanted = (reference.predict(x) == y).mean()

    file = tmp_path / "generated.yaml"
    output = tmp_path / "predictions.ndjson"
    fields = ", ".join(f"x{j}: number" for j in range(FEATURES))
    file.write_text(PIPELINE % {"seed": SEED, "rows": ROWS, "features": FEATURES, "noise": NOISE,
                                "learned": learned, "fields": fields, "output": output})
    weir.invoke("replay", file, "--output", f"predictions={output}")
    served = [json.loads(line) for line in output.read_text().splitlines()]

    assert [row["id"] for row in served] == list(range(learned, ROWS))
    assert [row["y"] for row in served] == y.tolist(), "both make the same rows"
    reached = sum(row["prediction"] == row["y"] for row in served) / HELD_OUT
    print(f"weir {reached:.4f}, scikit-learn {wanted:.4f}, best {1 - NOISE}")
    assert reached > wanted - 0.002

"""River's linear models over one stream, predict then learn: the peer of tests/benchmark/quality.

Usage: build/river/bin/python tests/benchmark/river_peer.py STREAM FILE
       (pip install river==0.26.1)
Prints one JSON object of metrics. Each text column becomes whole numbers in order of first
appearance, known before the row is predicted; a blank is 0; rows without a target are left out.
"""

import csv
import gzip
import json
import math
import sys

import river
from river import linear_model, preprocessing


def is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True


def moment(date):
    """`2001/01/01 00:47` as hour with its minutes, and month * 31 + day."""
    month, day = int(date[5:7]), int(date[8:10])
    return int(date[11:13]) + int(date[14:16]) / 60, month * 31 + day


def rows(path):
    """Features by name, target as text. A column is a text when its first cell is one."""
    with (gzip.open if path.endswith(".gz") else open)(path, "rt", newline="") as file:
        cells = csv.reader(file)
        names = next(cells)[:-1]
        codes = None
        for row in cells:
            if row[-1] in ("", "NA"):
                continue
            if codes is None:
                codes = [None if is_number(cell) or not cell.strip() else {} for cell in row[:-1]]
            x = {}
            for name, code, cell in zip(names, codes, row):
                if name == "date":
                    x["hour"], x["day"] = moment(cell)
                elif code is not None:
                    x[name] = code.setdefault(cell, len(code))
                else:
                    x[name] = float(cell) if cell.strip() else 0.0
            yield x, row[-1]


def loss(p):
    return -math.log(min(max(p, 2.0**-52), 1 - 2.0**-52))


def roc_auc(scored):
    """The share of pairs in the right order, ties half; from (score, label)."""
    scored.sort()
    rank_sum, positive, i = 0.0, 0, 0
    while i < len(scored):
        j = i
        while j < len(scored) and scored[j][0] == scored[i][0]:
            j += 1
        hits = sum(label for _, label in scored[i:j])
        rank_sum += hits * (i + j + 1) / 2
        positive += hits
        i = j
    return (rank_sum - positive * (positive + 1) / 2) / (positive * (len(scored) - positive))


def agreement(pairs):
    """Accuracy, and kappa (what chance does not explain); `pairs`: rows by (y, guess)."""
    n = sum(pairs.values())
    right = sum(count for (y, guess), count in pairs.items() if y == guess) / n
    labels, guesses = {}, {}
    for (y, guess), count in pairs.items():
        labels[y] = labels.get(y, 0) + count
        guesses[guess] = guesses.get(guess, 0) + count
    chance = sum(labels[y] * guesses.get(y, 0) for y in labels) / n**2
    return right, (right - chance) / (1 - chance)


def classify(stream, model, binary):
    """A row before which no class is known (softmax: the first) is learned, but not counted."""
    n, total, same, last, scored, pairs = 0, 0.0, 0, None, [], {}
    for x, y in stream:
        label = y == "1" if binary else y
        p = model.predict_proba_one(x)
        if p:
            guess = max(p, key=p.get)
            pairs[label, guess] = pairs.get((label, guess), 0) + 1
            total += loss(p.get(label, 0.0))
            same += label == last
        if binary:
            scored.append((p[True], label))
        last = label
        n += 1
        model.learn_one(x, label)
    counted = sum(pairs.values())
    accuracy, kappa = agreement(pairs)
    found = {"rows": n, "accuracy": accuracy, "kappa": kappa,
             "kappa_temporal": 1 - (1 - accuracy) / (1 - same / counted),
             "log_loss": total / counted}
    return {**found, "roc_auc": roc_auc(scored)} if binary else found


def regress(stream, model):
    n, absolute, squared, mean, spread = 0, 0.0, 0.0, 0.0, 0.0
    for x, y in stream:
        y = float(y)
        error = model.predict_one(x) - y
        n += 1
        absolute += abs(error)
        squared += error * error
        off = y - mean
        mean += off / n
        spread += off * (y - mean)
        model.learn_one(x, y)
    return {"rows": n, "mae": absolute / n, "rmse": math.sqrt(squared / n),
            "r2": 1 - squared / spread}


def main():
    name, path = sys.argv[1:]
    scaler = preprocessing.StandardScaler()
    if name in ("bike_hour", "beijing_pm25", "fried", "trump_approval"):
        found = regress(rows(path), scaler | linear_model.LinearRegression())
    elif name == "covtype_15k":
        found = classify(rows(path), scaler | linear_model.SoftmaxRegression(), False)
    else:
        found = classify(rows(path), scaler | linear_model.LogisticRegression(), True)
    print(json.dumps({"river": river.__version__, **found}))


if __name__ == "__main__":
    main()

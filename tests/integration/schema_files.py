"""Pipeline files made from the JSON Schema: at each place of a file the values that the schema
takes, values just beyond its bounds, and values of other kinds."""

import copy
import json
import random

import jsonschema

DELETED = object()  # instead of a value: the option is left out
OF_OTHER_KINDS = [None, True, "no_such_word", "", -1, 0.5, 1e300]
OF_OTHER_KINDS += [[], ["a", "b"], [[1]], {}, {"no_such": 1}]
DURATIONS = ["1h", "0ms", "0s", "3d", "1w", "1.5h", "-1h", "1 h", "1H", "h", 7, 0]


class Schema:
    def __init__(self, text):
        self.whole = json.loads(text)
        self._class = jsonschema.validators.validator_for(self.whole)
        self._validator = self._class(self.whole)

    def takes(self, document):
        return self._validator.is_valid(document)

    def files(self, document, seed):
        """Pairs of a place and a file that differs from the document there only."""
        for path, value in self._changes(self.whole, document, (), random.Random(seed)):
            yield path, value, changed(document, path, value)

    def _takes(self, schema, value):
        return self._class({**schema, "$defs": self.whole["$defs"]}).is_valid(value)

    def _forms(self, schema):
        """The forms that a value may have, references to the environment aside."""
        if "$ref" in schema:
            return
        if "anyOf" in schema and "type" not in schema:
            for one in schema["anyOf"]:
                yield from self._forms(one)
        elif "allOf" in schema:
            for one in schema["allOf"]:
                if "not" not in one:
                    yield from self._forms(one)
        else:
            yield schema

    def _values(self, schema, chance):
        for form in self._forms(schema):
            kind = form.get("type")
            if "const" in form:
                yield form["const"]
            if "enum" in form:
                yield from form["enum"]
            if kind in ("number", "integer"):
                yield from numbers(form)
            if kind == "string" and "[0-9]" in form.get("pattern", ""):
                yield from DURATIONS
            if kind == "boolean":
                yield from [True, False, "yes", "TRUE"]
            if kind == "array":
                yield from ([one] for one in list(self._values(form["items"], chance))[:40])
            if kind == "object" and form.get("maxProperties") == 1:
                for name, options in form["properties"].items():
                    yield from ({name: one} for one in self._blocks(options, chance))
        yield from chance.sample(OF_OTHER_KINDS, 4)

    def _blocks(self, schema, chance):
        """A component's options: none, each alone with each of its values, some together."""
        for form in self._forms(schema):
            if form.get("type") != "object" or "properties" not in form:
                yield from self._values(form, chance)
                continue
            options = form["properties"]
            needed = {name: self._one(options[name], chance) for name in form.get("required", [])}
            yield needed
            for name, option in options.items():
                yield from ({**needed, name: one} for one in self._values(option, chance))
            for _ in range(10 * (len(options) > 1)):
                yield self._one(form, chance)
            yield {**needed, "no_such": 1}

    def _one(self, schema, chance):
        """Any value that the schema takes."""
        form = chance.choice(list(self._forms(schema)))
        if form.get("type") == "object" and "properties" in form:
            options = form["properties"]
            names = list(form.get("required", []))
            if form.get("maxProperties") == 1:
                names = [chance.choice(list(options))]
            else:
                names += [one for one in options if one not in names and chance.random() < 0.5]
            return {name: self._one(options[name], chance) for name in names}
        if form.get("type") == "array":
            return [self._one(form["items"], chance)]
        takes = [one for one in self._values(form, chance) if self._takes(form, one)]
        return chance.choice(takes) if takes else "1h"

    def _changes(self, schema, value, path, chance):
        for other in self._values(schema, chance):
            yield path, other
        if isinstance(value, dict):
            yield from self._changes_of_mapping(schema, value, path, chance)
        if isinstance(value, list):
            for form in self._forms(schema):
                if form.get("type") == "array" and self._takes(form, value):
                    for at, item in enumerate(value):
                        yield from self._changes(form["items"], item, (*path, at), chance)

    def _changes_of_mapping(self, schema, value, path, chance):
        form = next((one for one in self._forms(schema)
                     if "object" in one.get("type", "") and self._takes(one, value)), {})
        options = form.get("properties", {})
        others = form.get("additionalProperties")
        for name, option in options.items():
            if name in value:
                yield from self._changes(option, value[name], (*path, name), chance)
            else:
                yield from (((*path, name), one) for one in self._values(option, chance))
        if isinstance(others, dict):
            for name in value:
                if name not in options:
                    yield from self._changes(others, value[name], (*path, name), chance)
        for name in value:
            yield (*path, name), DELETED
        yield (*path, "no_such"), 1


def numbers(form):
    for bound in (form.get("minimum"), form.get("maximum")):
        if bound is not None:
            bound = int(bound) if bound == int(bound) and abs(bound) < 1e15 else bound
            yield from [bound, bound - 1, bound + 1]
            if isinstance(bound, int):
                yield bound + 0.5
    yield from [2, 1_000_000]


def changed(document, path, value):
    if not path:
        return value
    document = copy.deepcopy(document)
    place = document
    for step in path[:-1]:
        place = place[step]
    if value is DELETED:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document

#!/usr/bin/env python3
"""Runs every YAML block of the documents through `weir check`.

Usage: yaml_blocks.py PROGRAM [DOCUMENT ...]   (default: every .md file of the repository)

A block with a line `version:` is a whole pipeline file. Every other block is a fragment of the last
whole file above it in its document, or of deploy/examples/fraud.yaml if there is none:
  - an entry of a section that has a `type:` is new, or replaces the entry of that name; an entry
    without one changes only the options it names;
  - entries of the whole file that the fragment reads are added;
  - an entry that nothing reads gets a sink.

The info string says what must happen:
  yaml         the check passes and prints no warning
  yaml wrong   the check fails; every line of the next block must appear in its output
  yaml warns   the check passes; every line of the next block must appear in its output

Prints a line for each block that does not hold. GTEST_OUTPUT=xml:PATH writes JUnit results.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "deploy" / "examples" / "fraud.yaml"
SECTIONS = ("sources", "operators", "sinks")
FEWEST_BLOCKS = 20  # fewer mean that this file no longer finds them
WRONG_FILE = 78  # weir's exit status for a pipeline file that is wrong


def documents():
    folders = (path for path in ROOT.iterdir() if path.name not in (".git", "build"))
    found = (path.rglob("*.md") if path.is_dir() else [path] for path in sorted(folders))
    return [path for paths in found for path in sorted(paths) if path.suffix == ".md"]


def fenced_blocks(text):
    """(line number, info string, text) of each fenced block of a document."""
    blocks, start = [], None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("```"):
            if start:
                start[2].append(line)
        elif start:
            blocks.append((start[0], start[1], "\n".join(start[2])))
            start = None
        else:
            start = (number, line[3:].strip(), [])
    return blocks


def parts(lines, indent):
    """Splits lines into {name: lines} at the keys with that indentation, in order; without
    comments and empty lines."""
    key = re.compile(rf" {{{indent}}}([A-Za-z_][\w-]*):")
    found, name = {}, None
    for line in lines:
        match = key.match(line)
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if match:
            name = match[1]
            found[name] = []
        if name:
            found[name].append(line)
    return found


def split(text):
    """A pipeline file as {section: {entry: lines}}; a section that is not one of SECTIONS, or is
    written on one line, has its lines under the name None."""
    sections = {}
    for name, lines in parts(text.splitlines(), 0).items():
        entries = parts(lines, 2) if name in SECTIONS else {}
        sections[name] = entries or {None: lines}
    return sections


def is_whole_entry(lines):
    return any(re.search(r"(^ {4}|\{ *)type:", line) for line in lines)


def merged(entry, change):
    """An entry of the whole file with the options of a fragment in place of its own."""
    options = parts(entry[1:], 4)
    options.update(parts(change[1:], 4))
    return entry[:1] + [line for lines in options.values() for line in lines]


def names_read(lines):
    """The sources and operators that an entry reads."""
    text = "\n".join(re.sub(r"#.*", "", line) for line in lines)
    lists = re.findall(r"\binput: *(\[[^\]]*\]|[\w.-]+)", text)
    return {name.split(".")[0] for one in lists for name in re.findall(r"[\w.-]+", one)}


def add_what_is_read(chosen, base):
    """Adds the entries of `base` that those chosen read, directly or through others."""
    missing = True
    while missing:
        read = set().union(*(names_read(e) for s in SECTIONS for e in chosen[s].values()), set())
        missing = {(section, name) for section in ("sources", "operators") for name in read
                   if name not in chosen[section] and name in base.get(section, {})}
        for section, name in missing:
            chosen[section][name] = base[section][name]


def completed(fragment, base):
    """The text of a whole pipeline file that contains the fragment."""
    own = split(fragment)
    chosen = {section: {} for section in SECTIONS}
    for section in SECTIONS:
        for name, lines in own.get(section, {}).items():
            known = base.get(section, {}).get(name)
            change = known and not is_whole_entry(lines)
            chosen[section][name] = merged(known, lines) if change else lines
    if not any(chosen.values()):
        chosen = {section: dict(base.get(section, {})) for section in SECTIONS}
    add_what_is_read(chosen, base)
    read = set().union(*(names_read(e) for s in SECTIONS for e in chosen[s].values()), set())
    for section in ("sources", "operators"):
        for name in chosen[section]:
            if name not in read:
                line = f"  all-{name}: {{ type: kafka, input: {name}, topic: all-{name} }}"
                chosen["sinks"][f"all-{name}"] = [line]
    text = ["version: 1", "pipeline: example"]
    for section, entries in own.items():
        if section not in SECTIONS and section not in ("version", "pipeline"):
            text += entries[None]
    for section in SECTIONS:
        lines = [line for entry in chosen[section].values() for line in entry]
        text += [f"{section}:"] + lines if lines else []
    return "\n".join(text) + "\n"


def complaint(program, info, text, expected):
    """What is wrong with a block, or None."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "pipeline.yaml"
        file.write_text(text)
        variables = {name: "value" for name in re.findall(r"\$\{(\w+)\}", text)}
        done = subprocess.run([program, "check", file], env=os.environ | variables, cwd=folder,
                              capture_output=True, text=True, timeout=60)
    answer = done.stderr.replace(str(file), "pipeline.yaml")
    wanted = WRONG_FILE if info == "yaml wrong" else 0
    if done.returncode != wanted:
        return f"exit status {done.returncode} instead of {wanted}\n{answer}"
    if info == "yaml" and answer:
        return f"passes with a warning\n{answer}"
    if info == "yaml":
        return None
    lines = [line.strip() for line in expected.splitlines() if line.strip()]
    absent = [line for line in lines if line not in answer]
    if absent:
        return f"the program does not print {absent}\n{answer}"
    return None if lines else "the next block must hold the lines that are printed"


def check_document(program, path):
    """(name, complaint or None) of each YAML block of a document."""
    results = []
    base = split(EXAMPLE.read_text())
    blocks = fenced_blocks(path.read_text())
    for at, (line, info, text) in enumerate(blocks):
        if info.split(" ")[0] != "yaml":
            continue
        name = f"{path.relative_to(ROOT)}:{line}"
        if info not in ("yaml", "yaml wrong", "yaml warns"):
            results.append((name, f"unknown info string `{info}`"))
            continue
        whole = re.search(r"^version:", text, re.MULTILINE) is not None
        expected = blocks[at + 1][2] if at + 1 < len(blocks) else ""
        file = text + "\n" if whole else completed(text, base)
        wrong = complaint(program, info, file, expected)
        results.append((name, f"{wrong}\n--- the file checked\n{file}" if wrong else None))
        if whole and info == "yaml":
            base = split(text)
    return results


def write_results(results):
    output = os.environ.get("GTEST_OUTPUT", "")
    if not output.startswith("xml:"):
        return
    suite = xml.Element("testsuite", name="yaml_blocks")
    for name, wrong in results:
        case = xml.SubElement(suite, "testcase", classname="yaml_blocks", name=name)
        if wrong:
            xml.SubElement(case, "failure").text = wrong
    xml.ElementTree(suite).write(output[len("xml:"):], encoding="unicode")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program = pathlib.Path(sys.argv[1]).resolve()
    paths = [pathlib.Path(path).resolve() for path in sys.argv[2:]] or documents()
    results = [result for path in paths for result in check_document(program, path)]
    if len(sys.argv) == 2 and len(results) < FEWEST_BLOCKS:
        results.append(("blocks", f"only {len(results)} YAML blocks were found"))
    write_results(results)
    failed = [(name, wrong) for name, wrong in results if wrong]
    for name, wrong in failed:
        print(f"{name}: {wrong}")
    print(f"{len(results) - len(failed)} YAML blocks hold, {len(failed)} do not")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

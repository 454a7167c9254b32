#!/usr/bin/env python3
"""Holds the rules of the house that no compiler keeps: sizes, names, documents, tests that mirror.

  check.py             prints `file:line: what is wrong; what to do`; exits 1 if there is any
  check.py --table     the largest file, function and classes, as a table

First it shows on small trees with a planted fault that every rule finds its own (planted.py). With
GTEST_OUTPUT=xml:FILE it also writes its results as the other test programs do.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import xml.etree.ElementTree as xml

sys.dont_write_bytecode = True  # a test leaves nothing in the tree
import planted  # noqa: E402
import rules  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]


def tree_of(root):
    """The project's text files: those that git knows or would take; without git, all but builds."""
    listed = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard"],
                            capture_output=True, text=True)
    names = listed.stdout.splitlines()
    if listed.returncode != 0:
        names = [path.relative_to(root).as_posix() for path in root.rglob("*")
                 if path.is_file() and not {"build", ".git", "__pycache__"} & set(path.parts)]
    files = {}
    for name in names:
        try:
            files[name] = (root / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            pass  # data; deleted, but not in git yet; a link to a folder
    return rules.Tree(files)


def table(tree):
    """Rows of Markdown: what HOUSE wants small, of the product and of the tests."""
    rows = ["| what | where | size |", "|---|---|---|"]
    for of, wanted in (("product", False), ("tests", True)):
        code = [path for path in tree.code() if rules.of_tests(path) == wanted]
        path = max(code, key=lambda path: len(tree.lines(path)))
        rows.append(f"| largest file, {of} | {path} | {len(tree.lines(path))} lines |")
        path, longest = max(((path, each) for path in code for each in tree.cpp(path).functions),
                            key=lambda found: found[1].last - found[1].line)
        rows.append(f"| longest function, {of} | {path}: {longest.name} | "
                    f"{longest.last - longest.line + 1} lines |")
        if not wanted:
            rows += classes(tree, code)
    return rows


def classes(tree, code):
    """The five classes of most private functions and fields, with the .cc files they are in."""
    found = [(path, each) for path in code for each in tree.cpp(path).types]
    found.sort(key=lambda each: -len(each[1].fields) - len(each[1].private_functions))
    for place, (path, each) in enumerate(found[:5], 1):
        functions = [(source, function) for source in code
                     for function in tree.cpp(source).functions if function.owner == each.name]
        lines = sum(function.last - function.line + 1 for _, function in functions)
        yield (f"| class {place} | {path}: {each.name} | {len(each.private_functions)} private "
               f"functions, {len(each.fields)} fields, {lines} lines of functions in "
               f"{len({source for source, _ in functions})} .cc |")


def write_results(results, path):
    """JUnit: {name: what failed} as Google Test writes it."""
    suite = xml.Element("testsuite", name="architecture")
    for name, failure in results.items():
        case = xml.SubElement(suite, "testcase", classname="Architecture", name=name)
        if failure:
            xml.SubElement(case, "failure").text = failure
    xml.ElementTree(suite).write(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--table", action="store_true", help="print the sizes and end")
    parser.add_argument("--root", type=pathlib.Path, default=ROOT, help="of the project")
    options = parser.parse_args()
    tree = tree_of(options.root.resolve())
    if options.table:
        print("\n".join(table(tree)))
        return 0

    results = planted.results()
    for rule in rules.ALL:
        found = sorted(set(rule(tree)))
        results[rule.__name__] = "".join(f"{path}:{line}: {text}\n" for path, line, text in found)
    for failure in results.values():
        print(failure, end="")
    output = os.environ.get("GTEST_OUTPUT", "")
    if output.startswith("xml:"):
        write_results(results, output.removeprefix("xml:"))
    failed = sum(1 for failure in results.values() if failure)
    print(f"{len(results) - failed} rules and checks of rules hold, {failed} do not",
          file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

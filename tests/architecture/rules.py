"""The rules of the house that no compiler keeps. Each is a function of a Tree that yields findings:
(path, line, what is wrong and what to do)."""

import functools
import pathlib
import posixpath
import re

import cpp

LONGEST_SOURCE = 400  # lines
LONGEST_HEADER = 200
LONGEST_LINE = 100  # characters
LONGEST_FUNCTION = 80  # lines
LONGEST_README = 40  # lines, of a folder; the project's own is longer
MOST_FIELDS = 30
MOST_SOURCES = 2  # .cc files that define the functions of one class
GLOSSARY = pathlib.Path(__file__).with_name("glossary.txt")


class Tree:
    """The files of a project: {path from the root: text}."""

    def __init__(self, files):
        self.files = files

    def paths(self, *ends):
        return [path for path in sorted(self.files) if path.endswith(ends)]

    @functools.cache
    def cpp(self, path):
        return cpp.read(self.files[path])

    @functools.cache
    def parts(self, path):
        return cpp.parts(self.files[path])

    def lines(self, path):
        return self.files[path].splitlines()

    def sources(self):
        """What people write as code, in whatever language; not documents, data or test inputs."""
        scripts = [path for path, text in sorted(self.files.items()) if text.startswith("#!")]
        return sorted({*self.paths(".cc", ".h", ".py", ".def", ".cmake", "CMakeLists.txt"),
                       *scripts})

    def code(self):
        return self.paths(".cc", ".h")

    def called(self, path, function):
        """The first arguments of a CMake function's calls: (line, argument)."""
        for number, line in enumerate(self.lines(path) if path in self.files else [], 1):
            found = re.match(rf"\s*{function}\(([\w/]+)", line)
            if found:
                yield number, found.group(1)

    def rooms(self):
        """The libraries of the house: (line of the root's CMakeLists.txt, folder)."""
        return list(self.called("CMakeLists.txt", "add_folder"))


def of_tests(path):
    return path.startswith("tests/")


def pascal(name):
    return "".join(part.capitalize() for part in name.split("_"))


def files_are_short(tree):
    for path in tree.sources():
        count = len(tree.lines(path))
        most = LONGEST_HEADER if path.endswith(".h") else LONGEST_SOURCE
        if count > most:
            yield path, most + 1, (f"{count} lines, more than {most}: a second idea is in it; give "
                                   "it a file of its own")


def lines_are_short(tree):
    for path in tree.sources():
        if path.endswith(".def"):  # a table: a row a line
            continue
        for number, line in enumerate(tree.lines(path), 1):
            if len(line) > LONGEST_LINE:
                yield path, number, f"{len(line)} columns, more than {LONGEST_LINE}: break the line"


def functions_are_short(tree):
    for path in tree.code():
        for function in tree.cpp(path).functions:
            count = function.last - function.line + 1
            if count > LONGEST_FUNCTION:
                yield path, function.line, (f"{function.name} has {count} lines, more than "
                                            f"{LONGEST_FUNCTION}: name its steps as functions")


def type_names_are_defined_once(tree):
    """Two types of one name in one namespace are undefined behaviour as soon as both are in one
    program: the linker keeps one of each pair of their functions."""
    seen = {}
    for path in tree.code():
        source = tree.cpp(path)
        defined = [(each.line, each.namespace, each.name) for each in source.types
                   if not each.hidden and not each.nested]
        if path.endswith(".h"):
            defined += [(line, namespace, name) for name, namespace, line in source.aliases]
        for line, namespace, name in defined:
            if not namespace.startswith("weir") or "(" in namespace:
                continue
            first = seen.setdefault((namespace, name), (path, line))
            if first[0] != path:
                yield path, line, (f"{namespace}::{name} is defined in {first[0]}:{first[1]} too: "
                                   "rename one (what one .cc alone needs: unnamed namespace)")


def classes_are_small(tree):
    for path in tree.code():
        for each in tree.cpp(path).types:
            if len(each.fields) > MOST_FIELDS:
                yield path, each.line, (f"{each.name} has {len(each.fields)} fields, more than "
                                        f"{MOST_FIELDS}: those used together are a class")


def classes_have_few_sources(tree):
    known = {each.name: (path, each.line) for path in tree.paths(".h")
             for each in tree.cpp(path).types if not each.hidden}
    sources = {}
    for path in tree.paths(".cc"):
        source = tree.cpp(path)
        own = {each.name for each in source.types}
        for function in source.functions:
            if function.owner in known and function.owner not in own:
                sources.setdefault(function.owner, set()).add(path)
    for name, paths in sorted(sources.items()):
        if len(paths) > MOST_SOURCES:
            path, line = known[name]
            yield path, line, (f"the functions of {name} are in {len(paths)} files, more than "
                               f"{MOST_SOURCES} ({', '.join(sorted(paths))}): each file is a class "
                               "that has no walls yet")


def no_source_is_included(tree):
    for path in tree.code():
        for number, line in enumerate(tree.lines(path), 1):
            if re.match(r'\s*#\s*include\s*[<"].*\.cc[">]', line):
                yield path, number, "includes a .cc: declare what it needs in a header"


def documents_exist(tree):
    """Documents that code names (from the root, or in the file's folder or one above it) and files
    that documents link to."""
    for path in tree.sources():
        for number, line in enumerate(tree.lines(path), 1):
            for name in re.findall(r"(?<![\w/.*{}-])/?[\w][\w/.-]*\.md\b", line):
                if not cited(tree, path, name.lstrip("/")):
                    yield path, number, (f"names {name}, which is not there: write its path from "
                                         "the root, or say here what it says")
    for path in tree.paths(".md"):
        for number, line in enumerate(tree.lines(path), 1):
            for name in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", line):
                target = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
                if not any(each == target or each.startswith(target + "/") for each in tree.files):
                    yield path, number, f"links to {name}, which is not there: mend the link"


def cited(tree, path, name):
    folder = posixpath.dirname(path)
    while True:
        if posixpath.normpath(posixpath.join(folder, name)) in tree.files:
            return True
        if not folder:
            return False
        folder = posixpath.dirname(folder)


def readmes_are_short(tree):
    for path in tree.paths("README.md"):
        count = len(tree.lines(path))
        if "/" in path and count > LONGEST_README:
            yield path, LONGEST_README + 1, (f"{count} lines, more than {LONGEST_README}: keep "
                                             "what a newcomer needs first")


def rooms_have_a_readme(tree):
    for line, room in tree.rooms():
        if f"{room}/README.md" not in tree.files:
            yield "CMakeLists.txt", line, (f"{room} has no README.md: what the room holds, its "
                                           "files, and its decisions with their reasons")


def tests_mirror_rooms(tree):
    rooms = tree.rooms()
    if not rooms:
        yield "CMakeLists.txt", 1, "no add_folder(...) found: this rule does not know the rooms"
    programs = {folder for _, folder in tree.called("tests/CMakeLists.txt", "add_folder_tests")}
    tests = [path for path in tree.paths("_test.cc") if of_tests(path)]
    for line, room in rooms:
        if not any(path.startswith(f"tests/{room}/") for path in tests):
            yield "CMakeLists.txt", line, f"{room} has no test: write tests/{room}/*_test.cc"
        elif not any(room == folder or room.startswith(folder + "/") for folder in programs):
            yield "tests/CMakeLists.txt", 1, (f"no add_folder_tests({room} ...): a room, or the "
                                              "folder that it is in, has a test program")
    folders = {posixpath.dirname(path) for path in tree.files if not of_tests(path)}
    folders |= {posixpath.dirname(folder) for folder in folders}
    for path in tests:
        tested = posixpath.dirname(path).removeprefix("tests/")
        if tested not in folders:
            yield path, 1, f"there is no folder {tested}: move the test to where what it tests is"


ROW = re.compile(r'[{(]\s*(?:\.name = )?"([a-z][a-z0-9_]*)",\s*(?:\.doc = )?"')


def components(text):
    """The rows of a registry that name something which makes them: (line, name)."""
    starts, code = cpp.line_starts(text), cpp.without_comments(text)
    for found in ROW.finditer(text):
        depth, end = 1, found.start() + 1
        while depth and end < len(code):
            depth += (code[end] in "{(") - (code[end] in "})")
            end += 1
        row = re.sub(r"\b\w+::\w+|\bk[A-Z]\w*|\.\w+ =|\bnullptr\b|\btrue\b|\bfalse\b", "",
                     code[found.start():end])
        if re.search(r"[a-z]\w", row):
            yield cpp.line_of(starts, found.start()), found.group(1)


def suites(tree, folder):
    """The names that tests of a folder have: of their files and of their suites."""
    for path in tree.paths("_test.cc"):
        if path.startswith(f"tests/{folder}/"):
            yield pascal(posixpath.basename(path).removesuffix("_test.cc"))
            yield from re.findall(r"^TEST(?:_F|_P)?\((\w+),", tree.files[path], re.MULTILINE)


def components_are_tested(tree):
    for path in tree.paths("registry.cc"):
        found = list(components(tree.files[path]))
        names = {pascal(name) for _, name in found}
        folder = path.split("/")[0] if path.count("/") < 3 else posixpath.dirname(path)
        tested = set()
        for suite in suites(tree, folder):  # of `kappa` and `kappa_temporal` the longer one
            tested.add(max((name for name in names if suite.startswith(name)), key=len, default=""))
        for line, name in found:
            if pascal(name) not in tested:
                yield path, line, (f"{name} has no test of its name: write TEST({pascal(name)}, "
                                   f"...) in tests/{folder}, {name}_test.cc")


def components_conform(tree):
    """Each table of a registry feeds a conformance suite, so that a new row is in it by itself."""
    fed = "".join(tree.files[path] for path in tree.paths("conformance_test.cc"))
    for path in tree.paths("registry.cc"):
        for number, line in enumerate(tree.lines(path), 1):
            table = re.match(r"std::span<const \w+> (\w+_types)\(\)", line)
            if table and not re.search(rf"\b{table.group(1)}\(\)", fed):
                yield path, number, (f"no *conformance_test.cc runs over the rows of "
                                     f"{table.group(1)}(): a new row must be in a suite by itself")


@functools.cache
def glossary():
    """(where, pattern, what to write) a line of the glossary."""
    entries = []
    for line in GLOSSARY.read_text().splitlines():
        if line and not line.startswith("#"):
            pattern, _, write = line.partition(" -> ")
            where = "code" if pattern.startswith("code: ") else "text"
            entries.append((where, re.compile(pattern.removeprefix("code: "), re.IGNORECASE),
                            write))
    return entries


def glossary_is_kept(tree):
    """In doc comments, in headers of tests too, and in messages: texts of several words."""
    for path in tree.paths(".cc", ".h", ".def"):
        comments, texts = tree.parts(path)
        said = [] if path.endswith(".cc") else list(comments)
        said += [] if of_tests(path) else [(line, text) for line, text in texts if " " in text]
        code = enumerate(cpp.without_comments(tree.files[path]).splitlines(), 1)
        for where, lines in (("text", said), ("code", code)):
            for line, text in lines:
                for _, pattern, write in (each for each in glossary() if each[0] == where):
                    found = pattern.search(text)
                    if found:
                        yield path, line, f"says `{found.group()}`: write: {write}"


ALL = (files_are_short, lines_are_short, functions_are_short, type_names_are_defined_once,
       classes_are_small, classes_have_few_sources, no_source_is_included, documents_exist,
       readmes_are_short, rooms_have_a_readme, tests_mirror_rooms, components_are_tested,
       components_conform, glossary_is_kept)

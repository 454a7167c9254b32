"""Shows that the rules find what they are for: each on a small tree with one fault planted, and on
the same tree without it, of which no rule says anything."""

import rules

SOUND = {  # keeps every rule
    "CMakeLists.txt": "add_folder(pipeline/core LIBRARIES fmt::fmt)\nadd_folder(models)\n",
    "tests/CMakeLists.txt": "add_folder_tests(pipeline/core)\nadd_folder_tests(models)\n",
    "README.md": "# weir\n" * 90 + "See [models](models/README.md#adding) and [tests](tests/).\n",
    "models/README.md": "# models\n",
    "pipeline/core/README.md": "# core\n",
    "pipeline/core/batch.h": """\
#pragma once
// Rows by column; README.md says why.
namespace weir {
enum class Kind { number, text };
/// Continues after the last offset.
template <class T>
class Batch final : public Rows<T(int)> {
 public:
  explicit Batch(int rows) : rows_{rows}, sum_(0) {}
  int rows() const { return rows_; }
  struct Column { int a = 1 << 3, b; void (*make)(int); };

 private:
  bool empty() const;
  int rows_;
  static constexpr int kMost = 3;
  std::map<int, int> sum_{};
};
}  // namespace weir
""",
    "pipeline/core/batch.cc": """\
#include "pipeline/core/batch.h"
namespace weir {
namespace { struct Kept { const char* text = R"(} { // "no comment)"; }; }
bool Batch::empty() const { return [] { return '{' == 0 && 1'000 > 0; }(); }
void fail() { throw std::runtime_error("the topic was created again; goes"); }
}  // namespace weir
""",
    "models/tree.cc": "namespace weir {\nnamespace {\nstruct Kept {};\n}\n}  // namespace weir\n",
    "models/registry.cc": """\
namespace weir {
constexpr LearnerType kAll[] = {
    {"naive_bayes", "naive Bayes for counts of words", "", 1, linear<NaiveBayes>},
    {"tree", "splits", "learners", Task::classes, nullptr},
    later("forest", "many trees", kNot),
};
std::span<const LearnerType> learner_types() { return kAll; }
}  // namespace weir
""",
    "tests/models/naive_bayes_test.cc": "TEST(NaiveBayes, CountsWords) {}\n",
    "tests/models/conformance_test.cc": "for (const LearnerType& type : learner_types()) {}\n",
    "tests/pipeline/core/batch_test.cc": "TEST(Batch, HasRows) {}\n",
    "tests/run": "#!/bin/sh\nexit\n",
}

LINES = "int x;\n"


def function(lines):
    return "namespace weir {\nint f(int a) {\n" + "  ++a;\n" * (lines - 2) + "}\n}\n"


def fields(count):
    return "class Wide {\n" + "".join(f"  int field_{i}_;\n" for i in range(count)) + "};\n"


# (rule, what is planted, where the finding is, part of what it says); a text in place of a file
# stands for it, "+" in front: is added to what is there; None takes a file away.
FAULTS = (
    (rules.files_are_short, {"models/a.cc": LINES * 401}, "models/a.cc:401", "401 lines"),
    (rules.files_are_short, {"models/a.h": LINES * 201}, "models/a.h:201", "201 lines"),
    (rules.files_are_short, {"tests/run": "#!/bin/sh\n" * 401}, "tests/run:401", "401 lines"),
    (rules.lines_are_short, {"models/a.cc": "\n//" + "x" * 99}, "models/a.cc:2", "101 columns"),
    (rules.lines_are_short, {"tests/run": "#!/bin/sh " + "x" * 99}, "tests/run:1", "109 columns"),
    (rules.functions_are_short, {"models/a.cc": function(81)}, "models/a.cc:2", "f has 81 lines"),
    (rules.functions_are_short,
     {"models/a.cc": function(81).replace("int f(int a) {", "A::A(int a)\n    : B{1}, c_(a) {")},
     "models/a.cc:2", "A::A has 82 lines"),
    (rules.functions_are_short,
     {"models/a.cc": function(81).replace("int f(int a) {", "TEST(A, Works) {")},
     "models/a.cc:2", "TEST(A, Works) has 81 lines"),
    (rules.type_names_are_defined_once, {"models/a.h": "namespace weir {\nenum class Kind {};\n}"},
     "pipeline/core/batch.h:4", "weir::Kind is defined in models/a.h:2 too"),
    (rules.type_names_are_defined_once, {"models/a.h": "namespace weir {\nusing Kind = int;\n}"},
     "pipeline/core/batch.h:4", "weir::Kind is defined in models/a.h:2 too"),
    (rules.type_names_are_defined_once,
     {"models/tree.cc": "namespace weir {\nstruct Batch {};\n}\n"},
     "pipeline/core/batch.h:6", "weir::Batch is defined in models/tree.cc:2 too"),
    (rules.classes_are_small, {"models/a.h": fields(31)}, "models/a.h:1", "31 fields"),
    (rules.classes_are_small, {"models/a.cc": "namespace {\n" + fields(31) + "}"},
     "models/a.cc:2", "31 fields"),
    (rules.classes_have_few_sources,
     {f"pipeline/core/{name}.cc": f"int Batch::{name}() {{ return 1; }}\n" for name in "abc"},
     "pipeline/core/batch.h:6", "Batch are in 4 files"),
    (rules.no_source_is_included, {"models/a.cc": '\n#include "models/tree.cc"\n'},
     "models/a.cc:2", "includes a .cc"),
    (rules.documents_exist, {"models/a.h": "/// As LANGUAGE" ".md says.\n"},
     "models/a.h:1", "names LANGUAGE"),
    (rules.documents_exist, {"models/a.h": "/// As pipeline/README" ".md says.\n"},
     "models/a.h:1", "names pipeline/README"),
    (rules.documents_exist, {"models/README.md": "see\n[it](gone.h)\n"},
     "models/README.md:2", "gone.h"),
    (rules.readmes_are_short, {"models/README.md": "# line\n" * 41}, "models/README.md:41", "41"),
    (rules.rooms_have_a_readme, {"models/README.md": None, "README.md": ""},
     "CMakeLists.txt:2", "models has no README.md"),
    (rules.tests_mirror_rooms, {"tests/pipeline/core/batch_test.cc": None},
     "CMakeLists.txt:1", "pipeline/core has no test"),
    (rules.tests_mirror_rooms, {"tests/CMakeLists.txt": "add_folder_tests(models)\n"},
     "tests/CMakeLists.txt:1", "no add_folder_tests(pipeline/core"),
    (rules.tests_mirror_rooms, {"tests/pipeline/engine/batch_test.cc": "TEST(Batch, IsMoved) {}\n"},
     "tests/pipeline/engine/batch_test.cc:1", "no folder pipeline/engine"),
    (rules.tests_mirror_rooms, {"CMakeLists.txt": "project(weir)\n"},
     "CMakeLists.txt:1", "does not know the rooms"),
    (rules.components_are_tested, {"tests/models/naive_bayes_test.cc": None},
     "models/registry.cc:3", "naive_bayes has no test of its name"),
    (rules.components_are_tested,
     {"models/registry.cc": '{"naive", "x", make_naive},\n{"naive_bayes", "x", make_naive_bayes}'},
     "models/registry.cc:1", "naive has no test of its name"),
    (rules.components_conform, {"tests/models/conformance_test.cc": "TEST(Model, Learns) {}\n"},
     "models/registry.cc:7", "learner_types()"),
    (rules.glossary_is_kept, {"models/a.h": "/// It goes\n/// on. Scoring goes on.\n"},
     "models/a.h:2", "`goes on`: write: continue"),
    (rules.glossary_is_kept, {"models/a.cc": 'int f() { throw Error("it is told of"); }\n'},
     "models/a.cc:1", "`is told`"),
    (rules.glossary_is_kept, {"models/a.cc": "int a = 1;\nbool b = c == Stopped::no;\n"},
     "models/a.cc:2", "write: StopReason::none"),
)


def changed(files, planted):
    return {path: text for path, text in {**files, **planted}.items() if text is not None}


def fault_found(rule, planted, place, part):
    """What is wrong with a rule's findings of a planted fault; nothing if they are it alone."""
    found = [f"{path}:{line}: {text}" for path, line, text in
             rule(rules.Tree(changed(SOUND, planted)))]
    if len(found) == 1 and found[0].startswith(f"{place}: ") and part in found[0]:
        return ""
    return (f"tests/architecture/planted.py:1: {rule.__name__} should say `{place}: ...{part}...` "
            f"and says {found}\n")


def results():
    """{what is shown: what is wrong, or nothing}"""
    shown, tree = {}, rules.Tree(SOUND)
    for rule in rules.ALL:
        found = list(rule(tree))
        shown[f"{rule.__name__} finds nothing in a sound tree"] = "".join(
            f"tests/architecture/planted.py:1: {rule.__name__} says {each}\n" for each in found)
        if not any(fault[0] is rule for fault in FAULTS):
            shown[f"{rule.__name__} is shown to find a fault"] = (
                f"tests/architecture/planted.py:1: no fault is planted for {rule.__name__}\n")
    for number, fault in enumerate(FAULTS, 1):
        name = f"{fault[0].__name__} finds planted fault {number}, {fault[3]}"
        shown[name] = fault_found(*fault)
    return shown

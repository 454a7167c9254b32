"""As much of C++ as the rules of this folder ask for: which types and functions a file defines,
where they begin and end, and what a class holds. It reads this code's style, not every C++."""

import bisect
import dataclasses
import re

COMMENT_OR_TEXT = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'", re.DOTALL)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", re.MULTILINE)
TOKEN = re.compile(r"[A-Za-z_]\w*|::|->|<<|&&|\|\||[<>=!]=|\d[\w.']*|[^\s\w]")
ACCESS = ("public", "protected", "private")
TYPES = ("class", "struct", "union", "enum")
NO_FIELD = ("using", "typedef", "friend", "static", "static_assert", "template", "extern", "enum",
            "class", "struct", "union")


@dataclasses.dataclass
class Type:
    name: str  # with the types around it: Service::Worker
    namespace: str  # weir::engine_test; with an unnamed one in it: not seen from outside
    line: int
    last: int = 0
    kind: str = "class"
    fields: list = dataclasses.field(default_factory=list)
    private_functions: list = dataclasses.field(default_factory=list)
    nested: bool = False

    @property
    def hidden(self):
        return "(unnamed)" in self.namespace or "(function)" in self.namespace


@dataclasses.dataclass
class Function:
    name: str  # as written: Runner::work, TEST(Runner, Works)
    line: int
    last: int = 0
    owner: str = ""  # of a member that is defined outside of its class: Runner


@dataclasses.dataclass
class Source:
    types: list
    functions: list
    aliases: list  # (name, namespace, line) of `using NAME = ...;` outside of types and functions


def blank(text):
    """Spaces for all but the ends of lines."""
    return re.sub(r"[^\n]", " ", text)


def without_comments(text):
    """The text with blanks for comments, texts and directives: the same lines and columns."""
    def hide(found):
        part = found.group()
        if part[0] in "\"'R" and not part.startswith(("//", "/*")):
            return '"' + blank(part[1:-1]) + '"'
        return blank(part)
    return DIRECTIVE.sub(lambda found: blank(found.group()), COMMENT_OR_TEXT.sub(hide, text))


def parts(text):
    """(comments, texts): each a list of (line, what is in it)."""
    starts = line_starts(text)
    comments, texts = [], []
    for found in COMMENT_OR_TEXT.finditer(text):
        part, line = found.group(), line_of(starts, found.start())
        if part.startswith("//"):
            comments.append((line, part[2:]))
        elif part.startswith("/*"):
            comments += [(line + i, each) for i, each in enumerate(part[2:-2].split("\n"))]
        elif part[0] in '"R':
            texts += [(line + i, each) for i, each in enumerate(part.split("\n"))]
    return comments, texts


def line_starts(text):
    return [0, *(found.end() for found in re.finditer("\n", text))]


def line_of(starts, offset):
    return bisect.bisect_right(starts, offset)


class Reader:
    """Walks over the brackets of a file; what stands before a `{` says what it opens."""

    def __init__(self, text):
        clean = without_comments(text)
        starts = line_starts(clean)
        self._tokens = [(found.group(), line_of(starts, found.start()))
                        for found in TOKEN.finditer(clean)]
        self._at = 0
        self.source = Source([], [], [])

    def read(self):
        self._scope("", None)
        return self.source

    def _scope(self, namespace, owner):
        """The statements of a namespace or, with `owner`, of a type, to its closing bracket."""
        access = "private" if owner and owner.kind == "class" else "public"
        head = []  # the tokens of the statement so far
        while self._at < len(self._tokens):
            token, line = self._tokens[self._at]
            self._at += 1
            if token == "}":
                return line
            if token == ";":
                self._statement(head, namespace, owner, access)
                head = []
            elif token == ":" and len(head) == 1 and head[0][0] in ACCESS:
                access, head = head[0][0], []
            elif token == "(":
                head += [(token, line), *self._group("(", ")")]
            elif token == "{":
                head = self._opened(head, line, namespace, owner, access)
            else:
                head.append((token, line))
        return self._tokens[-1][1] if self._tokens else 1

    def _group(self, opening, closing):
        """The tokens up to the bracket that closes; what stands in brackets says nothing here."""
        first, depth = self._at, 1
        while depth and self._at < len(self._tokens):
            token = self._tokens[self._at][0]
            depth += (token == opening) - (token == closing)
            self._at += 1
        return self._tokens[first:self._at]

    def _opened(self, head, line, namespace, owner, access):
        """What a `{` behind `head` opens; returns what is left of the statement behind it."""
        words = [token for token, _ in without_template(head)]
        first = head[0][1] if head else line
        if not words or words == ['extern', '"', '"']:  # a bare block; extern "C"
            self._scope(namespace, owner)
            return []
        if "namespace" in words[:2]:
            name = "".join(words[words.index("namespace") + 1:]) or "(unnamed)"
            self._scope(f"{namespace}::{name}" if namespace else name, None)
            return []
        kind = type_kind(words)
        if kind:
            self._type(words, kind, first, namespace, owner)
            return [("(type)", line)]  # `} name;` declares a field
        if is_function(head) and not in_initializers(head):
            function = Function(function_name(head), first)
            function.owner = function.name.rpartition("::")[0]
            self._group("{", "}")
            function.last = self._tokens[self._at - 1][1]
            self.source.functions.append(function)
            if owner and access == "private" and not owner_is_made(owner, function.name):
                owner.private_functions.append(function.name)
            return []
        self._group("{", "}")  # an initializer
        return [*head, ("{}", line)]

    def _type(self, words, kind, first, namespace, owner):
        name = type_name(words)
        found = Type(name, namespace, first, kind=kind)
        if owner:
            found.name, found.nested = f"{owner.name}::{name}", True
        if kind == "enum":
            self._group("{", "}")
            found.last = self._tokens[self._at - 1][1]
        else:
            found.last = self._scope(namespace, found)
        if name:
            self.source.types.append(found)

    def _statement(self, head, namespace, owner, access):
        """A statement without a body."""
        words = [token for token, _ in without_template(head)]
        if not words:
            return
        if not owner:
            if words[0] == "using" and "=" in words:
                self.source.aliases.append((words[1], namespace, head[0][1]))
            return
        if is_function(head):
            name = function_name(head)
            kept = words[-1] not in ("delete", "default") and words[0] not in ("using", "friend")
            if access == "private" and kept and not owner_is_made(owner, name):
                owner.private_functions.append(name)
            return
        if words[0] == "(type)":
            words = words[1:] and ["int", *words[1:]]
        if words and words[0] not in NO_FIELD and "static" not in words[:3]:
            owner.fields += declared(words)


def owner_is_made(owner, name):
    """Whether a function of a class makes or ends its objects."""
    return name.lstrip("~") == owner.name.rpartition("::")[2]


def without_template(head):
    """Without `template <...>`, `requires (...)` and attributes in front."""
    i = 0
    while i < len(head):
        token = head[i][0]
        if token == "template":
            i = after_angle(head, i + 1)
        elif token == "requires" and i + 1 < len(head) and head[i + 1][0] == "(":
            i = after_round(head, i + 1)
        elif token == "[" and i + 1 < len(head) and head[i + 1][0] == "[":
            while head[i][0] != "]" or head[i + 1][0] != "]":
                i += 1
            i += 2
        else:
            return head[i:]
    return []


def after_angle(head, i):
    depth = 0
    while i < len(head):
        depth += {"<": 1, ">": -1}.get(head[i][0], 0)
        i += 1
        if depth <= 0:
            return i
    return i


def after_round(head, i):
    depth = 0
    while i < len(head):
        depth += {"(": 1, ")": -1}.get(head[i][0], 0)
        i += 1
        if depth == 0:
            return i
    return i


def type_kind(words):
    """class, struct, union or enum where `words` begin the definition of one."""
    words = [word for word in words if word not in ("typedef", "static", "const", "constexpr")]
    if not words or words[0] not in TYPES or "=" in words:
        return None
    depth = 0
    for word in without_alignas(words):
        depth += {"<": 1, ">": -1}.get(word, 0)
        if word == "(" and depth == 0:
            return None
    return words[0]


def without_alignas(words):
    if "alignas" not in words:
        return words
    at = words.index("alignas")
    return words[:at] + words[words.index(")", at) + 1:]


def type_name(words):
    words = without_alignas(words)
    at = next(i for i, word in enumerate(words) if word in TYPES) + 1
    if at < len(words) and words[at] in ("class", "struct"):  # enum class
        at += 1
    while at + 1 < len(words) and words[at] == "[":  # [[nodiscard]]
        at = words.index("]", at) + 2
    name = ""
    while at < len(words) and (re.match(r"\w", words[at]) or words[at] == "::"):
        if words[at] in ("final",):
            break
        name, at = name + words[at], at + 1
    return name


def parameters(head):
    """Where the parameters of a function begin in `head`: its first `(` outside of `<...>` and
    before any `=`; None if it is no function."""
    words = [token for token, _ in head]
    i, depth = len(head) - len(without_template(head)), 0
    while i < len(words):
        if words[i] == "operator":
            i += 2 if words[i + 1:i + 2] != ["("] else 3  # operator()
            while i < len(words) and words[i] != "(":
                i += 1
            return i if i < len(words) else None
        if words[i] == "<":
            depth += 1
        elif words[i] == ">":
            depth -= 1
        elif words[i] == "=" and depth == 0:
            return None
        elif words[i] in ("decltype", "alignas", "noexcept", "explicit") and \
                words[i + 1:i + 2] == ["("]:
            i = after_round(head, i + 1) - 1
        elif words[i] == "(" and depth == 0:
            pointer = words[i + 1:i + 2] == ["*"]  # a field that is a pointer to a function
            return i if i > 0 and re.match(r"[\w>]", words[i - 1]) and not pointer else None
        elif words[i] == "(":
            i = after_round(head, i) - 1
        i += 1
    return None


def is_function(head):
    return parameters(head) is not None


def in_initializers(head):
    """Whether a `{` behind `head` begins a member's value: `A::A() : a_{`."""
    end = after_round(head, parameters(head))
    rest = [token for token, _ in head[end:]]
    return ":" in rest and re.match(r"[\w>]", rest[-1]) is not None


def function_name(head):
    at = parameters(head)
    words = [token for token, _ in head]
    begin = words.index("operator") if "operator" in words[:at] else at - 1
    if begin == at - 1 and words[begin] == ">":  # a specialisation
        depth = 0
        while begin >= 0:
            depth += {">": 1, "<": -1}.get(words[begin], 0)
            begin -= 1
            if depth == 0:
                break
    if begin > 0 and words[begin - 1] == "~":
        begin -= 1
    while begin > 1 and words[begin - 1] == "::" and re.match(r"[\w>]", words[begin - 2]):
        begin -= 2
    name = "".join(words[begin:at])
    if name in ("TEST", "TEST_F", "TEST_P"):
        end = after_round(head, at)
        name += "".join(words[at:end]).replace(",", ", ")
    return name


def declared(words):
    """The names that a declaration of fields declares."""
    names, depth, last = [], 0, ""
    value = False  # behind = or in {}, where no name stands
    for i, word in enumerate([*words, ","]):
        if word == "(" and words[i + 1:i + 2] == ["*"] and depth == 0 and not value:
            last = words[i + 2]  # a pointer to a function
        if word in "<([":
            depth += 1
        elif word in ">)]":
            depth -= 1
        elif depth > 0:
            continue
        elif word == ",":
            names += [last] if last else []
            last, value = "", False
        elif word in ("=", "{}", ":"):
            value = True
        elif not value and re.match(r"[A-Za-z_]", word):
            last = word
    return names


def read(text):
    return Reader(text).read()

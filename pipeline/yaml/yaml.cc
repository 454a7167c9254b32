#include "pipeline/yaml/yaml.h"

#include <fmt/format.h>
#include <libfyaml.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <utility>

namespace weir {
namespace {

struct Stop {};  // the mistake has been reported

Place place_of(const fy_mark* mark) {
  if (mark == nullptr || mark->line < 0) return {};
  return {static_cast<std::uint32_t>(mark->line + 1), static_cast<std::uint32_t>(mark->column + 1)};
}

void no_output(fy_diag*, void*, const char*, std::size_t) {}

/// libfyaml's parser over one text, event by event.
class Events {
 public:
  explicit Events(std::string_view text) {
    fy_diag_cfg diag_config;
    fy_diag_cfg_default(&diag_config);
    diag_config.fp = nullptr;
    diag_config.output_fn = no_output;
    diag_.reset(fy_diag_create(&diag_config));
    fy_diag_set_collect_errors(diag_.get(), true);
    fy_parse_cfg config{};
    config.flags = static_cast<fy_parse_cfg_flags>(FYPCF_QUIET | FYPCF_COLLECT_DIAG |
                                                   FYPCF_DEFAULT_VERSION_1_2);
    config.diag = diag_.get();
    parser_.reset(fy_parser_create(&config));
    fy_parser_set_string(parser_.get(), text.data(), text.size());
  }

  /// The next event, which lives until the one after it is asked for; null at the end.
  fy_event* next() {
    event_ = Event(fy_parser_parse(parser_.get()), FreeEvent{parser_.get()});
    return event_.get();
  }

  bool failed() const { return fy_parser_get_stream_error(parser_.get()); }

  /// The first error: libfyaml's own words and its place.
  std::pair<Place, std::string> error() const {
    void* at = nullptr;
    const fy_diag_error* error = fy_diag_errors_iterate(diag_.get(), &at);
    if (error == nullptr) return {{}, "cannot be read"};
    const Place place = error->line > 0 ? Place{static_cast<std::uint32_t>(error->line),
                                                static_cast<std::uint32_t>(error->column)}
                                        : Place{};
    return {place, error->msg};
  }

 private:
  struct FreeEvent {
    fy_parser* parser;
    void operator()(fy_event* event) const { fy_parser_event_free(parser, event); }
  };
  struct FreeParser {
    void operator()(fy_parser* parser) const { fy_parser_destroy(parser); }
  };
  struct FreeDiag {
    void operator()(fy_diag* diag) const { fy_diag_destroy(diag); }
  };
  using Event = std::unique_ptr<fy_event, FreeEvent>;

  std::unique_ptr<fy_diag, FreeDiag> diag_;
  std::unique_ptr<fy_parser, FreeParser> parser_;
  Event event_{nullptr, FreeEvent{nullptr}};
};

std::string token_text(fy_token* token) {
  if (token == nullptr) return {};
  std::size_t size = 0;
  const char* text = fy_token_get_text(token, &size);
  return text == nullptr ? std::string() : std::string(text, size);
}

/// Builds the tree; recursion is bounded by the limit on depth.
class Builder {
 public:
  Builder(std::string_view text, Problems& problems, std::optional<Place> argument,
          const YamlLimits& limits)
      : text_(text), events_(text), problems_(problems), argument_(argument), limits_(limits) {}

  std::optional<YamlNode> document() {
    std::optional<YamlNode> root;
    while (fy_event* event = next()) {
      if (event->type == FYET_STREAM_END) break;
      if (event->type == FYET_DOCUMENT_START && root)
        stop(place(event), "a pipeline file is one document: `---` begins a second one");
      if (event->type == FYET_STREAM_START || event->type == FYET_DOCUMENT_START ||
          event->type == FYET_DOCUMENT_END)
        continue;
      root = node(event, {1, 1}, 1);
    }
    return root;
  }

 private:
  fy_event* next() {
    fy_event* event = events_.next();
    if (event == nullptr && events_.failed()) {
      const auto [at, message] = events_.error();
      stop(argument_.value_or(at), yaml_hint(text_, at, message));
    }
    return event;
  }

  fy_event* inside() {
    fy_event* event = next();
    if (event == nullptr) stop({}, "YAML: ends too early");
    return event;
  }

  [[noreturn]] void stop(Place place, std::string message) {
    problems_.error(place, std::move(message));
    throw Stop{};
  }

  Place place(fy_event* event) const {
    return argument_.value_or(place_of(fy_event_start_mark(event)));
  }

  /// `before`: where the key or list stands, for an empty scalar has no place of its own.
  YamlNode node(fy_event* event, Place before, std::size_t depth) {
    Place at = place(event);
    if (at.line == 0) at = argument_.value_or(before);
    if (depth > limits_.depth) stop(at, fmt::format("nested deeper than {} levels", limits_.depth));
    count(at, 1);
    if (event->type == FYET_ALIAS) return alias(event, at, depth);
    if (fy_event_get_tag_token(event) != nullptr)
      problems_.error(at, "tags (!name) have no meaning here: remove them");
    const std::string anchor = token_text(fy_event_get_anchor_token(event));
    YamlNode made = event->type == FYET_SCALAR           ? scalar(event, at)
                    : event->type == FYET_SEQUENCE_START ? list(event, at, depth)
                                                         : map(event, at, depth);
    if (!anchor.empty()) anchors_[anchor] = made;
    return made;
  }

  void count(Place at, std::size_t nodes) {
    nodes_ += nodes;
    if (nodes_ > limits_.nodes)
      stop(at, fmt::format("more than {} values (aliases count as what they stand for)",
                           limits_.nodes));
  }

  YamlNode alias(fy_event* event, Place at, std::size_t depth) {
    const std::string name = token_text(fy_event_get_token(event));
    const auto found = anchors_.find(name);
    if (found == anchors_.end())
      stop(at,
           "no anchor of this name comes before the alias (a text that begins with `*` needs "
           "quotes)");
    count(at, size(found->second));
    if (depth + height(found->second) > limits_.depth)
      stop(at, fmt::format("nested deeper than {} levels", limits_.depth));
    return found->second;
  }

  static std::size_t size(const YamlNode& node) {
    std::size_t sum = 1;
    for (const YamlNode& item : node.items) sum += size(item);
    for (const YamlEntry& entry : node.entries) sum += size(entry.value);
    return sum;
  }

  static std::size_t height(const YamlNode& node) {
    std::size_t most = 0;
    for (const YamlNode& item : node.items) most = std::max(most, 1 + height(item));
    for (const YamlEntry& entry : node.entries) most = std::max(most, 1 + height(entry.value));
    return most;
  }

  YamlNode scalar(fy_event* event, Place at) {
    YamlNode made;
    made.place = at;
    fy_token* token = fy_event_get_token(event);
    made.text = token_text(token);
    made.plain = token == nullptr || fy_token_scalar_style(token) == FYSS_PLAIN;
    const fy_mark* end = fy_event_end_mark(event);
    if (made.plain && !argument_ && end != nullptr)
      check_continuation(made, static_cast<std::uint32_t>(end->line + 1));
    return made;
  }

  // `- x` indented deeper than the `- ` before it is not an item to YAML but more of its text.

  void check_continuation(YamlNode& scalar, std::uint32_t last_line) {
    const Place from = scalar.place;
    if (from.line == 0 || last_line <= from.line) return;
    std::string_view rest = text_;
    for (std::uint32_t line = 1; line <= last_line && !rest.empty(); ++line) {
      const std::string_view here = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), here.size() + 1));
      const std::size_t text = here.find_first_not_of(' ');
      if (line <= from.line || text == std::string_view::npos) continue;
      if (!here.substr(text).starts_with("- ")) continue;
      problems_.error({line, static_cast<std::uint32_t>(text + 1)},
                      "YAML reads this line as part of the text above: indent all items of a list "
                      "the same");
      scalar.text.resize(std::min(scalar.text.size(), scalar.text.find(" - ")));
      return;
    }
  }

  YamlNode list(fy_event* event, Place at, std::size_t depth) {
    YamlNode made;
    made.kind = YamlNode::Kind::list;
    made.place = at;
    made.flow = fy_event_get_node_style(event) == FYNS_FLOW;
    for (event = inside(); event->type != FYET_SEQUENCE_END; event = inside())
      made.items.push_back(node(event, at, depth + 1));
    return made;
  }

  YamlNode map(fy_event* event, Place at, std::size_t depth) {
    YamlNode made;
    made.kind = YamlNode::Kind::map;
    made.place = at;
    made.flow = fy_event_get_node_style(event) == FYNS_FLOW;
    std::map<std::string, Place> seen;
    for (event = inside(); event->type != FYET_MAPPING_END; event = inside()) {
      Place key_place = place(event);
      if (key_place.line == 0) key_place = at;
      if (event->type != FYET_SCALAR) stop(key_place, "a key must be a name");
      Written key{token_text(fy_event_get_token(event)), key_place};
      event = inside();
      YamlNode value = node(event, key_place, depth + 1);
      const auto [first, is_new] = seen.emplace(key.text, key_place);
      if (is_new) {
        made.entries.push_back({std::move(key), std::move(value)});
      } else {
        problems_.error(key_place, fmt::format("`{}` is written twice; first on line {}", key.text,
                                               first->second.line));
      }
    }
    return made;
  }

  std::string_view text_;
  Events events_;
  Problems& problems_;
  std::optional<Place> argument_;
  YamlLimits limits_;
  std::map<std::string, YamlNode> anchors_;
  std::size_t nodes_ = 0;
};

/// Length of the UTF-8 character that `text` begins with, or 0.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t size = byte(0) < 0x80              ? 1
                           : (byte(0) >> 5) == 0b110   ? 2
                           : (byte(0) >> 4) == 0b1110  ? 3
                           : (byte(0) >> 3) == 0b11110 ? 4
                                                       : 0;
  if (size == 0 || size > text.size()) return 0;
  std::uint32_t code = size == 1 ? byte(0) : byte(0) & (0xffu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    code = (code << 6) | (byte(i) & 0x3fu);
  }
  constexpr std::array<std::uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[size] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return 0;
  return size;
}

// libfyaml takes bytes that are not text for the end of a value; report them first.
bool is_text(std::string_view text, Problems& problems, std::optional<Place> argument) {
  Place at{1, 1};
  while (!text.empty()) {
    const std::size_t size = utf8_length(text);
    const unsigned char c = static_cast<unsigned char>(text[0]);
    if (size == 0) {
      problems.error(argument.value_or(at), fmt::format("byte 0x{:02x} is not UTF-8", c));
      return false;
    }
    if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f) {
      problems.error(argument.value_or(at), fmt::format("control character 0x{:02x}", c));
      return false;
    }
    at = c == '\n' ? Place{at.line + 1, 1} : Place{at.line, at.column + 1};
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace

bool YamlNode::null() const {
  return scalar() && plain &&
         (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL");
}

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const YamlEntry& entry : entries)
    if (entry.key.text == key) return &entry.value;
  return nullptr;
}

YamlNode* YamlNode::find(std::string_view key) {
  return const_cast<YamlNode*>(std::as_const(*this).find(key));
}

std::optional<YamlNode> parse_yaml(std::string_view text, Problems& problems,
                                   std::optional<Place> argument, const YamlLimits& limits) {
  if (text.size() > limits.bytes) {
    problems.error({}, fmt::format("larger than {} bytes", limits.bytes));
    return std::nullopt;
  }
  if (!is_text(text, problems, argument)) return std::nullopt;
  try {
    std::optional<YamlNode> root = Builder(text, problems, argument, limits).document();
    if (root) mend_cut_expressions(*root, problems);
    return root;
  } catch (const Stop&) {
    return std::nullopt;
  }
}

}  // namespace weir

#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "connectors/formats/cells.h"
#include "connectors/formats/debezium.h"
#include "connectors/formats/json.h"
#include "connectors/formats/json_depth.h"
#include "connectors/formats/json_tree.h"
#include "connectors/formats/look.h"
#include "connectors/formats/text.h"

namespace weir {
namespace {

namespace ondemand = simdjson::ondemand;

/// Without the blanks behind a token; other control characters are part of it, and wrong.
std::string_view trim_end(std::string_view token) {
  if (!token.empty() && token.back() > ' ') [[likely]]
    return token;
  return token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
}

/// Takes the frame of a schema registry off: a zero byte and the schema's id.
bool take_frame(std::string_view& value) {
  constexpr std::size_t kFrame = 5;
  if (value.size() < kFrame || value[0] != 0) return false;
  value.remove_prefix(kFrame);
  return true;
}

class JsonDecoder final : public Decoder {
 public:
  JsonDecoder(std::vector<FieldSpec> fields, JsonForm form)
      : cells_(std::move(fields)), form_(form) {
    if (form_.debezium) {
      const PathStep payload{"payload", {}}, after{"after", {}}, op{"op", {}};
      for (const std::vector<PathStep>& above : {std::vector<PathStep>{}, {payload}}) {
        add_fields(with(above, after));
        root_.at(with(above, after)).role = Role::image;
        root_.at(with(above, op)).role = Role::operation;
        root_.inside(with(above, op));  // only entries with an inside are asked for their role
      }
    } else {
      add_fields({});
    }
  }

  bool decode(const Record& record, Arena& arena, std::span<const MutableColumn> columns,
              std::size_t row, BadRecord& bad) override {
    if (!record.has_value && (form_.skip_nulls || form_.debezium))
      return bad_record(bad, Reason::tombstone, "no value (a tombstone)");
    if (!has_value(record, bad)) return false;
    std::string_view value = record.value;
    if (form_.framed && !take_frame(value))
      return bad_record(bad, Reason::format,
                        "no frame of a schema registry (a zero byte and a schema's id) in front");
    ++record_;
    arena_ = &arena;
    if (form_.debezium) change_.begin();
    cells_.begin(record, arena, columns, row);
    const std::string_view json = arena.copy(value, simdjson::SIMDJSON_PADDING);
    end_ = json.data() + json.size();
    if (const simdjson::error_code error = read_record(json)) return broken(error, json, bad);
    if (form_.debezium && !change_.leaves_row(bad)) return false;
    return cells_.finish(bad);
  }

 private:
  using Entry = JsonTree::Entry;
  using Role = JsonTree::Role;

  static std::vector<PathStep> with(std::vector<PathStep> above, const PathStep& step) {
    above.push_back(step);
    return above;
  }

  void add_fields(const std::vector<PathStep>& above) {
    JsonTree& tree = above.empty() ? root_ : root_.inside(above);
    for (std::size_t i = 0; i < cells_.fields().size(); ++i) {
      const FieldSpec& spec = cells_.fields()[i];
      if (spec.read && spec.from == FieldSpec::From::value)
        tree.at(steps_of(spec)).fields.push_back(i);
    }
  }

  simdjson::error_code read_record(std::string_view json) {
    ondemand::document document;
    if (auto error =
            parser_.iterate(json.data(), json.size(), json.size() + simdjson::SIMDJSON_PADDING)
                .get(document))
      return error;
    if (too_deep(json)) return simdjson::DEPTH_ERROR;
    ondemand::object object;
    if (auto error = document.get_object().get(object)) return error;
    if (auto error = read_object(root_, object)) return error;
    const bool at_end = document.current_location().error() == simdjson::OUT_OF_BOUNDS;
    return at_end ? simdjson::SUCCESS : simdjson::TRAILING_CONTENT;
  }

  simdjson::error_code read_object(JsonTree& tree, ondemand::object object) {
    std::size_t position = 0;
    for (auto result : object) {
      ondemand::field field;
      if (auto error = std::move(result).get(field)) return error;
      Entry* entry = nullptr;
      if (auto error = entry_of(tree, field, position++, entry)) return error;
      if (entry == nullptr) continue;
      if (auto error = read_value(*entry, field.value())) return error;
    }
    return simdjson::SUCCESS;
  }

  simdjson::error_code entry_of(JsonTree& tree, ondemand::field& field, std::size_t position,
                                Entry*& entry) {
    const char* const raw = field.key().raw();
    if (position < tree.order.size()) {
      const JsonTree::Guess& guess = tree.order[position];
      const std::size_t size = guess.raw.size();
      if (size < static_cast<std::size_t>(end_ - raw) && raw[size] == '"' &&
          std::memcmp(raw, guess.raw.data(), size) == 0) {
        entry = guess.entry;
        return simdjson::SUCCESS;
      }
    }
    const char* close = raw;
    while (*close != '"') close += *close == '\\' ? 2 : 1;
    const std::string_view name(raw, static_cast<std::size_t>(close - raw));
    if (name.find('\\') == std::string_view::npos) {
      entry = tree.find(name);
    } else {
      std::string_view unescaped;
      if (auto error = field.unescaped_key().get(unescaped)) return error;
      entry = tree.find(unescaped);
    }
    tree.remember(position, name, entry);
    return simdjson::SUCCESS;
  }

  // These four are inlined where objects are read, which is where all the time goes: arrays, which
  // read them too, would else keep the compiler from it.
  [[gnu::always_inline]] inline simdjson::error_code read_value(Entry& entry,
                                                                ondemand::value value) {
    const std::string_view token = trim_end(value.raw_json_token());
    if (entry.inside) {
      if (entry.seen == record_) put_everywhere(*entry.inside, nullptr);  // the last one counts
      entry.seen = record_;
      if (entry.role == Role::image) change_.note_image(token);
      if (entry.role == Role::operation) change_.note_operation(token);
    }
    switch (token.front()) {
      case '"':
        return read_text(entry, value, token);
      case '{':
      case '[':
        for (std::size_t field : entry.fields) put_wrong(field, token);
        if (!entry.inside) return simdjson::SUCCESS;
        return token.front() == '{' ? read_members(*entry.inside, value, token)
                                    : read_elements(*entry.inside, value, token);
      default:
        return read_scalar(entry, token);
    }
  }

  simdjson::error_code read_members(JsonTree& tree, ondemand::value value,
                                    std::string_view token) {
    put_all(tree.elements, &token);
    if (tree.members.empty()) return simdjson::SUCCESS;
    ondemand::object object;
    if (auto error = value.get_object().get(object)) return error;
    return read_object(tree, object);
  }

  simdjson::error_code read_elements(JsonTree& tree, ondemand::value value,
                                     std::string_view token) {
    put_all(tree.members, &token);
    if (tree.elements.empty()) return simdjson::SUCCESS;
    ondemand::array array;
    if (auto error = value.get_array().get(array)) return error;
    auto next = tree.elements.begin();
    std::size_t index = 0;
    for (auto result : array) {
      ondemand::value element;
      if (auto error = std::move(result).get(element)) return error;
      if (next == tree.elements.end() || (*next)->index != index++) continue;
      if (auto error = read_value(**next++, element)) return error;
    }
    return simdjson::SUCCESS;
  }

  [[gnu::always_inline]] inline simdjson::error_code read_text(Entry& entry, ondemand::value value,
                                                               std::string_view token) {
    std::string_view text = token.substr(1, token.size() - 2);
    if (text.find('\\') != std::string_view::npos) {
      if (auto error = value.get_string().get(text)) return error;
      text = arena_->copy(text);
    }
    for (std::size_t field : entry.fields) put_text(field, text, token);
    return wrong_inside(entry, token);
  }

  [[gnu::always_inline]] inline simdjson::error_code read_scalar(Entry& entry,
                                                                 std::string_view token) {
    if (token == "null") {
      for (std::size_t field : entry.fields) cells_.put_missing(field);
      return simdjson::SUCCESS;
    }
    const bool is_true = token == "true";
    if (is_true || token == "false") {
      for (std::size_t field : entry.fields) {
        if (cells_.type(field) == Type::boolean)
          cells_.put_number(field, is_true ? 1 : 0);
        else
          put_wrong(field, token);
      }
      return wrong_inside(entry, token);
    }
    double number = 0;
    const Parsed parsed = parse_json_number(token, number);
    if (parsed == Parsed::malformed) [[unlikely]] {
      if (!is_not_finite(token)) return simdjson::NUMBER_ERROR;
      for (std::size_t field : entry.fields) cells_.put_not_finite(field, token);
      return wrong_inside(entry, token);
    }
    for (std::size_t field : entry.fields) put_number(field, parsed, number, token);
    return wrong_inside(entry, token);
  }

  [[gnu::always_inline]] inline void put_text(std::size_t field, std::string_view text,
                                              std::string_view token) {
    const FieldSpec& spec = cells_.fields()[field];
    if (cells_.lists_missing(field))
      for (const std::string& missing : spec.missing)
        if (text == missing) return cells_.put_missing(field);
    if (cells_.type(field) == Type::text) return cells_.put_text(field, text);
    if (spec.lenient) return put_lenient(field, text);
    if (cells_.type(field) != Type::time) return put_wrong(field, token);
    cells_.put_time(field, text, token);
  }

  // Quotes do not make a number missing: `""` stays wrong.
  void put_lenient(std::size_t field, std::string_view text) {
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
      return put_wrong(field, "an empty text");
    cells_.put_characters(field, text);
  }

  void put_number(std::size_t field, Parsed parsed, double number, std::string_view token) {
    const Type type = cells_.type(field);
    if (type == Type::text) return cells_.put_text(field, token);
    if (parsed == Parsed::ok) return cells_.put_checked(field, number, token);
    cells_.put_wrong(field, type == Type::time ? Reason::time : Reason::range, token);
  }

  void put_wrong(std::size_t field, std::string_view token) {
    cells_.put_wrong(field, Reason::type, token);
  }

  /// A value that is no object, where somebody reads inside.
  simdjson::error_code wrong_inside(Entry& entry, std::string_view token) {
    if (entry.inside) [[unlikely]]
      put_everywhere(*entry.inside, &token);
    return simdjson::SUCCESS;
  }

  /// Makes every field below wrong, or missing when there is no token.
  void put_everywhere(JsonTree& tree, const std::string_view* token) {
    put_all(tree.members, token);
    put_all(tree.elements, token);
  }

  void put_all(const JsonTree::Entries& entries, const std::string_view* token) {
    for (const auto& entry : entries) {
      for (std::size_t field : entry->fields) {
        if (token == nullptr)
          cells_.put_missing(field);
        else
          put_wrong(field, *token);
      }
      if (entry->inside) put_everywhere(*entry->inside, token);
    }
  }

  static bool broken(simdjson::error_code error, std::string_view json, BadRecord& bad) {
    if (error == simdjson::DEPTH_ERROR)
      return bad_record(bad, Reason::depth, "nested deeper than 32");
    std::string look = foreign_look(json);
    if (look.empty()) look = frame_look(json);
    if (look.empty() && error != simdjson::UTF8_ERROR) look = json_look(json);
    if (!look.empty()) return bad_record(bad, Reason::format, look);
    switch (error) {
      case simdjson::UTF8_ERROR:
        return bad_record(bad, Reason::utf8, "not UTF-8");
      case simdjson::EMPTY:
        return bad_record(bad, Reason::empty, "only blanks");
      case simdjson::INCORRECT_TYPE:
        return is_broken_scalar(json) ? bad_record(bad, Reason::json, "not JSON")
                                      : bad_record(bad, Reason::type, "not a JSON object");
      default:
        return bad_record(bad, Reason::json, simdjson::error_message(error));
    }
  }

  /// Whether what is no object is not JSON either (as far as its first token tells).
  static bool is_broken_scalar(std::string_view json) {
    const std::size_t first = json.find_first_not_of(" \t\r\n");
    const std::string_view token = trim_end(json.substr(first));
    if (token.front() == '"' || token.front() == '[') return false;
    double number = 0;
    return token != "null" && token != "true" && token != "false" &&
           parse_json_number(token, number) == Parsed::malformed;
  }

  Cells cells_;
  const JsonForm form_;
  JsonTree root_;
  DebeziumChange change_;
  ondemand::parser parser_;
  std::uint64_t record_ = 0;
  Arena* arena_ = nullptr;
  const char* end_ = nullptr;
};

}  // namespace

std::unique_ptr<Decoder> make_json_decoder(std::vector<FieldSpec> fields, JsonForm form) {
  return std::make_unique<JsonDecoder>(std::move(fields), form);
}

}  // namespace weir

#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <unordered_map>
#include <utility>

#include "connectors/formats/cells.h"
#include "connectors/formats/json.h"
#include "connectors/formats/text.h"

namespace weir {
namespace {

namespace ondemand = simdjson::ondemand;

/// Names of one object that somebody reads, as a tree along the paths.
struct ObjectReader {
  struct Entry {
    std::string name;
    std::vector<std::size_t> fields;       // those that read the value itself
    std::unique_ptr<ObjectReader> inside;  // those that read inside of it
    std::uint64_t seen = 0;                // number of the last record that had it
  };
  /// What stood at this position in the record before: records mostly repeat their order.
  struct Guess {
    std::string raw;  // the name as it stands between its quotes
    Entry* entry;     // nullptr: nobody reads it
  };

  std::vector<std::unique_ptr<Entry>> entries;
  std::unordered_map<std::string_view, Entry*> by_name;
  std::vector<Guess> order;

  Entry* find(std::string_view name) const {
    const auto found = by_name.find(name);
    return found == by_name.end() ? nullptr : found->second;
  }

  void add(std::string_view path, std::size_t field) {
    const std::size_t dot = path.find('.');
    const std::string_view name = path.substr(0, dot);
    Entry* entry = find(name);
    if (entry == nullptr) {
      entries.push_back(std::make_unique<Entry>());
      entry = entries.back().get();
      entry->name = name;
      by_name[entry->name] = entry;
    }
    if (dot == std::string_view::npos) {
      entry->fields.push_back(field);
      return;
    }
    if (!entry->inside) entry->inside = std::make_unique<ObjectReader>();
    entry->inside->add(path.substr(dot + 1), field);
  }
};

/// Without the blanks behind a token; other control characters are part of it, and wrong.
std::string_view trim_end(std::string_view token) {
  return token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
}

/// Whether the record is nested too deeply. Brackets inside texts make the first, quick count too
/// high; only then is it counted properly. (simdjson's on-demand parser does not limit the depth of
/// what it skips.)
bool too_deep(std::string_view json) {
  std::size_t open = 0;
  for (char bracket : {'{', '['}) {
    const char* at = json.data();
    const char* const end = at + json.size();
    while (open <= kMaxJsonDepth &&
           (at = static_cast<const char*>(
                std::memchr(at, bracket, static_cast<std::size_t>(end - at)))) != nullptr) {
      ++open;
      ++at;
    }
  }
  if (open <= kMaxJsonDepth) return false;

  std::size_t depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_text) {
      if (c == '\\') ++i;
      if (c == '"') in_text = false;
    } else if (c == '"') {
      in_text = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxJsonDepth) return true;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

class JsonDecoder final : public Decoder {
 public:
  explicit JsonDecoder(std::vector<FieldSpec> fields) : cells_(std::move(fields)) {
    for (std::size_t i = 0; i < cells_.fields().size(); ++i) {
      const FieldSpec& spec = cells_.fields()[i];
      if (spec.read && spec.from == FieldSpec::From::value) root_.add(spec.path, i);
    }
  }

  bool decode(const Record& record, Arena& arena, std::span<const MutableColumn> columns,
              std::size_t row, BadRecord& bad) override {
    if (!has_value(record, bad)) return false;
    ++record_;
    arena_ = &arena;
    cells_.begin(record, arena, columns, row);
    const std::string_view json = arena.copy(record.value, simdjson::SIMDJSON_PADDING);
    end_ = json.data() + json.size();
    if (const simdjson::error_code error = read_record(json)) return broken(error, json, bad);
    return cells_.finish(bad);
  }

 private:
  using Entry = ObjectReader::Entry;

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

  simdjson::error_code read_object(ObjectReader& reader, ondemand::object object) {
    std::size_t position = 0;
    for (auto result : object) {
      ondemand::field field;
      if (auto error = std::move(result).get(field)) return error;
      Entry* entry = nullptr;
      if (auto error = entry_of(reader, field, position++, entry)) return error;
      if (entry == nullptr) continue;
      if (auto error = read_value(*entry, field.value())) return error;
    }
    return simdjson::SUCCESS;
  }

  simdjson::error_code entry_of(ObjectReader& reader, ondemand::field& field, std::size_t position,
                                Entry*& entry) {
    const char* const raw = field.key().raw();
    if (position < reader.order.size()) {
      const ObjectReader::Guess& guess = reader.order[position];
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
      entry = reader.find(name);
    } else {
      std::string_view unescaped;
      if (auto error = field.unescaped_key().get(unescaped)) return error;
      entry = reader.find(unescaped);
    }
    remember(reader, position, name, entry);
    return simdjson::SUCCESS;
  }

  static void remember(ObjectReader& reader, std::size_t position, std::string_view name,
                       Entry* entry) {
    constexpr std::size_t kRemembered = 256;  // names of one object, or twice those that are read
    constexpr std::size_t kLongestName = 256;  // both bound the memory
    if (name.size() > kLongestName) return;
    if (position == reader.order.size() &&
        position < std::max(kRemembered, 2 * reader.entries.size()))
      reader.order.push_back({std::string(name), entry});
    if (position >= reader.order.size()) return;
    reader.order[position].raw.assign(name);  // keeps its memory
    reader.order[position].entry = entry;
  }

  simdjson::error_code read_value(Entry& entry, ondemand::value value) {
    const std::string_view token = trim_end(value.raw_json_token());
    if (entry.inside) {
      if (entry.seen == record_) put_everywhere(*entry.inside, nullptr);  // the last one counts
      entry.seen = record_;
    }
    switch (token.front()) {
      case '"':
        return read_text(entry, value, token);
      case '{':
      case '[':
        for (std::size_t field : entry.fields) put_wrong(field, token);
        if (!entry.inside) return simdjson::SUCCESS;
        if (token.front() == '[') return wrong_inside(entry, token);
        return read_inside(*entry.inside, value);
      default:
        return read_scalar(entry, token);
    }
  }

  simdjson::error_code read_inside(ObjectReader& reader, ondemand::value value) {
    ondemand::object object;
    if (auto error = value.get_object().get(object)) return error;
    return read_object(reader, object);
  }

  simdjson::error_code read_text(Entry& entry, ondemand::value value, std::string_view token) {
    std::string_view text = token.substr(1, token.size() - 2);
    if (text.find('\\') != std::string_view::npos) {
      if (auto error = value.get_string().get(text)) return error;
      text = arena_->copy(text);
    }
    for (std::size_t field : entry.fields) put_text(field, text, token);
    return wrong_inside(entry, token);
  }

  simdjson::error_code read_scalar(Entry& entry, std::string_view token) {
    if (token == "null") {
      for (std::size_t field : entry.fields) cells_.put_missing(field);
      return simdjson::SUCCESS;
    }
    const bool is_true = token == "true";
    if (is_true || token == "false") {
      for (std::size_t field : entry.fields) {
        if (cells_.fields()[field].field.type == Type::boolean)
          cells_.put_number(field, is_true ? 1 : 0);
        else
          put_wrong(field, token);
      }
      return wrong_inside(entry, token);
    }
    double number = 0;
    const Parsed parsed = parse_json_number(token, number);
    if (parsed == Parsed::malformed) return simdjson::NUMBER_ERROR;
    for (std::size_t field : entry.fields) put_number(field, parsed, number, token);
    return wrong_inside(entry, token);
  }

  void put_text(std::size_t field, std::string_view text, std::string_view token) {
    const FieldSpec& spec = cells_.fields()[field];
    for (const std::string& missing : spec.missing)
      if (text == missing) return cells_.put_missing(field);
    if (spec.field.type == Type::text) return cells_.put_text(field, text);
    if (spec.lenient) return put_lenient(field, text);
    if (spec.field.type != Type::time) return put_wrong(field, token);
    double ms = 0;
    if (parse_time(text, ms) == Parsed::ok) return cells_.put_number(field, ms);
    cells_.put_wrong(field, Reason::time, token);
  }

  // Quotes do not make a number missing: `""` stays wrong.
  void put_lenient(std::size_t field, std::string_view text) {
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
      return put_wrong(field, "an empty text");
    cells_.put_characters(field, text);
  }

  void put_number(std::size_t field, Parsed parsed, double number, std::string_view token) {
    const Type type = cells_.fields()[field].field.type;
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
  void put_everywhere(ObjectReader& reader, const std::string_view* token) {
    for (const auto& entry : reader.entries) {
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
    switch (error) {
      case simdjson::UTF8_ERROR:
        return bad_record(bad, Reason::utf8, "not UTF-8");
      case simdjson::DEPTH_ERROR:
        return bad_record(bad, Reason::depth, "nested deeper than 32");
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
  ObjectReader root_;
  ondemand::parser parser_;
  std::uint64_t record_ = 0;
  Arena* arena_ = nullptr;
  const char* end_ = nullptr;
};

}  // namespace

std::unique_ptr<Decoder> make_json_decoder(std::vector<FieldSpec> fields) {
  return std::make_unique<JsonDecoder>(std::move(fields));
}

}  // namespace weir

#include "tests/operators/json_options.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace weir {
namespace {

class JsonOptions final : public OptionVisitor {
 public:
  using Json = nlohmann::ordered_json;

  JsonOptions(const Json& json, std::vector<std::string>& mistakes)
      : json_(json), alone_(!json.is_object() && !json.is_null()), mistakes_(mistakes) {}

  ~JsonOptions() override {
    if (!json_.is_object()) return;
    for (const auto& [key, value] : json_.items())
      if (std::find(known_.begin(), known_.end(), key) == known_.end())
        mistakes_.push_back("unknown option " + key);
  }

  bool block(std::string_view name, const Rule& rule, const Inside& inside) override {
    const Json* json = take(name, rule);
    if (!json) return false;
    JsonOptions options(*json, mistakes_);
    inside(options);
    return true;
  }

  void entries(std::string_view name, const Rule& rule, const Entry& entry) override {
    const Json* json = take(name, rule);
    if (!json) return;
    if (json->is_primitive()) {
      const Json nothing = Json::object();
      JsonOptions options(nothing, mistakes_);
      return entry(Written{text_of(*json), {}}, options);
    }
    for (const auto& [key, value] : json->items()) {
      JsonOptions options(value, mistakes_);
      entry(Written{key, {}}, options);
    }
  }

  bool component(std::string_view name, std::span<const Choice> choices, const Rule& rule,
                 const Entry& chosen) override {
    const Json* json = take(name, rule);
    if (json) choose(*json, choices, chosen);
    return json != nullptr;
  }

  bool component_for(std::string_view name, std::span<const Choice> choices, const Rule& rule,
                     const EntryFor& chosen) override {
    const Json* json = take(name, rule);
    if (!json) return false;
    const auto is_choice = [&](std::string_view key) {
      return std::ranges::any_of(choices, [&](const Choice& one) { return one.name == key; });
    };
    const auto choose_for = [&](const Written& owner, const Json& one) {
      choose(one, choices, [&](const Written& component, OptionVisitor& inside) {
        chosen(owner, component, inside);
      });
    };
    if (!json->is_object() || json->empty() || is_choice(json->begin().key()))
      choose_for(Written{}, *json);
    else
      for (const auto& [key, value] : json->items()) choose_for(Written{key, {}}, value);
    return true;
  }

  void components(std::string_view name, std::span<const Choice> choices, const Rule& rule,
                  const Entry& chosen) override {
    const Json* json = take(name, rule);
    if (!json) return;
    if (!json->is_array()) return choose(*json, choices, chosen);
    for (const Json& one : *json) choose(one, choices, chosen);
  }

  void fail(std::string_view name, const std::string& message) override {
    mistakes_.push_back(std::string(name) + ": " + message);
  }

  bool reading() const override { return true; }

 protected:
  bool scalar(std::string_view name, Slot slot, const Rule& rule, bool) override {
    const Json* json = take(name, rule);
    if (!json) return false;
    std::visit([&](auto* value) { read(name, *json, *value, rule); }, slot);
    return true;
  }

 private:
  /// The JSON of an option, or null when it was not written; the first may be written alone.
  const Json* take(std::string_view name, const Rule& rule) {
    known_.emplace_back(name);
    const Json* json = nullptr;
    if (alone_ && known_.size() == 1)
      json = &json_;
    else if (json_.is_object() && json_.contains(name))
      json = &json_[std::string(name)];
    if (!json && rule.required) mistakes_.push_back(std::string(name) + " is missing");
    if (json && !rule.later.empty()) {
      mistakes_.push_back(std::string(name) + " is not available yet");
      return nullptr;
    }
    return json;
  }

  void choose(const Json& json, std::span<const Choice> choices, const Entry& chosen) {
    const std::string name =
        json.is_object() && !json.empty() ? json.begin().key() : json.get<std::string>();
    const auto choice = std::find_if(choices.begin(), choices.end(),
                                     [&](const Choice& one) { return one.name == name; });
    if (choice == choices.end()) return mistakes_.push_back("unknown component " + name);
    const Json options = json.is_object() ? json.begin().value() : Json();
    JsonOptions inside(options, mistakes_);
    chosen(Written{name, {}}, inside);
  }

  void range(std::string_view name, double value, const Rule& rule) {
    if (!(value >= rule.min && value <= rule.max))
      mistakes_.push_back(std::string(name) + " is out of range");
  }
  static std::string text_of(const Json& json) {
    return json.is_string() ? json.get<std::string>() : json.dump();
  }
  static std::int64_t ms_of(const std::string& text) {
    std::size_t unit = 0;
    const double number = std::stod(text, &unit);
    const std::string_view name = std::string_view(text).substr(unit);
    const double ms = name == "ms"  ? 1
                      : name == "s" ? 1e3
                      : name == "m" ? 6e4
                      : name == "h" ? 3.6e6
                      : name == "d" ? 8.64e7
                                    : 0;
    return static_cast<std::int64_t>(number * ms);
  }

  void read(std::string_view name, const Json& json, double& value, const Rule& rule) {
    range(name, value = json.get<double>(), rule);
  }
  void read(std::string_view name, const Json& json, std::size_t& value, const Rule& rule) {
    range(name, json.get<double>(), rule);
    value = json.get<std::size_t>();
  }
  void read(std::string_view, const Json& json, bool& value, const Rule&) {
    value = json.get<bool>();
  }
  void read(std::string_view name, const Json& json, std::string& value, const Rule& rule) {
    value = text_of(json);
    if (!rule.choices.empty() &&
        ("|" + std::string(rule.choices) + "|").find("|" + value + "|") == std::string::npos)
      mistakes_.push_back(std::string(name) + " is not one of " + std::string(rule.choices));
  }
  void read(std::string_view name, const Json& json, Duration& value, const Rule& rule) {
    value.ms = ms_of(json.get<std::string>());
    range(name, static_cast<double>(value.ms), rule);
  }
  void read(std::string_view name, const Json& json, Extent& value, const Rule& rule) {
    if (json.is_number())
      value = {Extent::Unit::rows, json.get<std::int64_t>()};
    else if (json == "all")
      value = {Extent::Unit::all, 0};
    else
      value = {Extent::Unit::time, ms_of(json.get<std::string>())};
    if (value.unit != Extent::Unit::all) range(name, static_cast<double>(value.value), rule);
  }
  void read(std::string_view, const Json& json, Literal& value, const Rule&) {
    if (json.is_boolean()) value.value = json.get<bool>();
    if (json.is_number()) value.value = json.get<double>();
    if (json.is_string()) value.value = json.get<std::string>();
  }
  void read(std::string_view, const Json& json, Written& value, const Rule&) {
    value = {text_of(json), {}};
  }
  void read(std::string_view, const Json& json, std::vector<Written>& values, const Rule&) {
    values.clear();
    if (!json.is_array()) return values.push_back({text_of(json), {}});
    for (const Json& one : json) values.push_back({text_of(one), {}});
  }

  const Json& json_;
  bool alone_;
  std::vector<std::string>& mistakes_;
  std::vector<std::string> known_;
};

}  // namespace

std::vector<std::string> read_options(std::string_view json,
                                      const std::function<void(OptionVisitor&)>& describe) {
  std::vector<std::string> mistakes;
  const auto written = JsonOptions::Json::parse(json);
  {
    JsonOptions options(written, mistakes);
    describe(options);
  }  // which tells of unknown options
  return mistakes;
}

}  // namespace weir

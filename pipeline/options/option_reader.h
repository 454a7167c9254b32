#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/core/options.h"
#include "pipeline/options/option_slot.h"
#include "pipeline/options/option_tree.h"
#include "pipeline/yaml/problems.h"
#include "pipeline/yaml/yaml.h"

namespace weir {

/// One mapping of the file while and after it is read: which keys it takes and which it was given
/// that nobody has named. Kept until all is read, so that a misplaced key is reported with its
/// place.
struct OptionScope {
  std::string what;  // for messages: `operator 'fraud'`, `'labels'`
  OptionScope* parent = nullptr;
  std::vector<std::string> names;
  std::vector<Written> unknown;
  std::vector<std::unique_ptr<OptionScope>> children;
  /// Describes the same mapping: what its blocks that were not written would take.
  std::function<std::vector<OptionTree>()> described;

  OptionScope& child(std::string name);
};

bool any_unknown_key(const OptionScope& scope);

/// Reports every unknown key of the scope and those inside it, with the level where it belongs or
/// the nearest valid name.
void report_unknown_keys(const OptionScope& scope, Problems& problems);

/// Fills options from one value of the file, and keeps what holds after defaults as JSON.
class OptionReader final : public OptionVisitor {
 public:
  /// `node`: the mapping, or a value alone for the main option, or null when nothing was written.
  /// `place`: for what is missing.
  OptionReader(const YamlNode* node, Place place, OptionScope& scope, Problems& problems)

      : node_(node),
        place_(place),
        scope_(scope),
        problems_(problems),
        errors_before_(problems.errors()) {}

  bool block(std::string_view name, const Rule& rule, const Inside& inside) override;
  void entries(std::string_view name, const Rule& rule, const Entry& entry) override;
  bool component(std::string_view name, std::span<const Choice> choices, const Rule& rule,
                 const Entry& chosen) override;

  bool component_for(std::string_view name, std::span<const Choice> choices, const Rule& rule,
                     const EntryFor& chosen) override;
  void components(std::string_view name, std::span<const Choice> choices, const Rule& rule,
                  const Entry& chosen) override;
  void fail(std::string_view name, const std::string& message) override;
  bool reading() const override { return true; }

  /// Counts `name` as known and returns its value, or null when it was not written.
  const YamlNode* section(std::string_view name) { return find(name); }

  /// To be called once everything was named: notes the keys that nobody knows.
  void finish();

  /// The same, when the keys cannot be known: what they belong to was wrong.
  void ignore_unknown() { own_value_ = true; }

  /// The options after defaults, in the order of their naming.
  const Json& resolved() const { return resolved_; }

 protected:
  bool scalar(std::string_view name, Slot slot, const Rule& rule, bool has_default) override;

 private:
  const YamlNode* find(std::string_view name);
  /// The value of an option, or null: not written, not available yet, or wrong and reported.
  const YamlNode* wanted(std::string_view name, const Rule& rule);

  /// Reads a name that stands alone where names with options may stand (`match: tx_id`). False when
  /// an entry needs more than its name.
  bool name_alone(const YamlNode& node, OptionScope& scope, const Entry& entry);
  bool read_value(std::string_view name, const YamlNode& node, Slot slot, const Rule& rule);
  void record(std::string_view name, Json value);
  void wrong(std::string_view name, Place place, const std::string& message);
  /// Reads one component; returns its JSON, null when it was wrong.
  Json read_component(std::string_view name, const YamlNode& node, std::span<const Choice> choices,
                      const Entry& chosen);

  const YamlNode* node_;
  Place place_;
  OptionScope& scope_;
  Problems& problems_;
  std::size_t errors_before_;
  bool own_value_ = false;  // the value itself was read, under the name ""
  Json resolved_ = Json::object();
};

}  // namespace weir

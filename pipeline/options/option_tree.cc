#include "pipeline/options/option_tree.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "pipeline/options/option_slot.h"

namespace weir {
namespace {

constexpr std::size_t kDeepest = 12;  // a component may hold others of its own kind

class Describer final : public OptionVisitor {
 public:
  Describer(std::vector<OptionTree>& out, std::size_t depth) : out_(out), depth_(depth) {}

  bool block(std::string_view name, const Rule& rule, const Inside& inside) override {
    OptionTree& option = add(name, OptionTree::Kind::block, rule);
    if (depth_ < kDeepest) {
      std::vector<OptionTree> options;
      Describer describer(options, depth_ + 1);
      inside(describer);
      option.options = std::move(options);
    }
    return false;
  }

  void entries(std::string_view name, const Rule& rule, const Entry& entry) override {
    OptionTree& option = add(name, OptionTree::Kind::entries, rule);
    if (depth_ >= kDeepest) return;
    Describer describer(option.options, depth_ + 1);
    entry({"*", {}}, describer);
  }

  bool component(std::string_view name, std::span<const Choice> choices, const Rule& rule,
                 const Entry& chosen) override {
    describe_choices(add(name, OptionTree::Kind::component, rule), choices, chosen);
    return false;
  }

  bool component_for(std::string_view name, std::span<const Choice> choices, const Rule& rule,
                     const EntryFor& chosen) override {
    OptionTree& option = add(name, OptionTree::Kind::component, rule);
    option.per_name = true;
    describe_choices(option, choices, [&](const Written& one, OptionVisitor& inside) {
      chosen(Written{}, one, inside);
    });
    return false;
  }

  void components(std::string_view name, std::span<const Choice> choices, const Rule& rule,
                  const Entry& chosen) override {
    describe_choices(add(name, OptionTree::Kind::components, rule), choices, chosen);
  }

  void fail(std::string_view, const std::string&) override {}
  bool reading() const override { return false; }

 protected:
  bool scalar(std::string_view name, Slot slot, const Rule& rule, bool has_default) override {
    OptionTree& option = add(name, static_cast<OptionTree::Kind>(slot.index()), rule);
    if (has_default && !rule.required) option.default_value = json_text(slot_json(slot));
    return false;
  }

 private:
  OptionTree& add(std::string_view name, OptionTree::Kind kind, const Rule& rule) {
    OptionTree option;
    option.name = name;
    option.kind = kind;
    option.doc = rule.doc;
    option.min = rule.min;
    option.max = rule.max;
    for (const std::string_view word : split_words(rule.choices)) option.words.emplace_back(word);
    option.pattern = rule.pattern;
    option.required = rule.required;
    option.later = rule.later;
    option.example = rule.example;
    out_.push_back(std::move(option));
    return out_.back();
  }

  void describe_choices(OptionTree& option, std::span<const Choice> choices, const Entry& chosen) {
    for (const Choice& choice : choices) {
      ChoiceTree tree{
          std::string(choice.name), std::string(choice.doc), std::string(choice.later), {}};
      if (choice.later.empty() && depth_ < kDeepest) {
        Describer describer(tree.options, depth_ + 1);
        chosen({tree.name, {}}, describer);
      }
      option.choices.push_back(std::move(tree));
    }
  }

  std::vector<OptionTree>& out_;
  std::size_t depth_;
};

}  // namespace

std::vector<OptionTree> describe_options(const OptionVisitor::Inside& describe) {
  std::vector<OptionTree> out;
  Describer describer(out, 0);
  describe(describer);
  return out;
}

bool takes_all(const std::vector<std::string_view>& forms) {
  return forms.empty() || std::find(forms.begin(), forms.end(), "all") != forms.end();
}

std::vector<std::string_view> split_words(std::string_view words) {
  std::vector<std::string_view> out;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find('|'), words.size());
    out.push_back(words.substr(0, end));
    words.remove_prefix(std::min(words.size(), end + 1));
  }
  return out;
}

}  // namespace weir

#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "pipeline/core/options.h"

namespace weir {

/// Gives options the values of a map of texts; enough for flat options.
class OptionValues final : public OptionVisitor {
 public:
  explicit OptionValues(std::map<std::string, std::string> values) : values_(std::move(values)) {}

  /// Names given that no option has, each followed by a blank.
  std::string unknown() const {
    std::string names;
    for (const auto& [name, value] : values_)
      if (!known_.contains(name)) names += name + " ";
    return names;
  }

  bool block(std::string_view, const Rule&, const Inside&) override { return false; }
  void entries(std::string_view, const Rule&, const Entry&) override {}
  bool component(std::string_view, std::span<const Choice>, const Rule&, const Entry&) override {
    return false;
  }
  void components(std::string_view, std::span<const Choice>, const Rule&, const Entry&) override {}
  void fail(std::string_view name, const std::string& message) override {
    failed_ += std::string(name) + ": " + message + "\n";
  }
  bool reading() const override { return true; }

 protected:
  bool scalar(std::string_view name, Slot slot, const Rule&, bool) override {
    known_.insert(std::string(name));
    const auto value = values_.find(std::string(name));
    if (value == values_.end()) return false;
    if (auto* number = std::get_if<double*>(&slot)) **number = std::stod(value->second);
    if (auto* count = std::get_if<std::size_t*>(&slot)) **count = std::stoull(value->second);
    if (auto* text = std::get_if<std::string*>(&slot)) **text = value->second;
    return true;
  }

 private:
  std::map<std::string, std::string> values_;
  std::set<std::string> known_;
  std::string failed_;
};

}  // namespace weir

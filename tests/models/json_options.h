#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/core/options.h"

namespace weir {

/// Reads the options of a component from JSON, for tests: the form of the pipeline file (a name
/// alone, a main option alone) without its places and rules.
class JsonOptions final : public OptionVisitor {
 public:
  JsonOptions(nlohmann::json value, std::vector<std::string>& mistakes)
      : value_(std::move(value)), mistakes_(mistakes) {}

  bool block(std::string_view name, const Rule&, const Inside& inside) override {
    const nlohmann::json* found = find(name);
    if (!found) return false;
    JsonOptions block(*found, mistakes_);
    inside(block);
    return true;
  }

  void entries(std::string_view, const Rule&, const Entry&) override {}

  bool component(std::string_view, std::span<const Choice>, const Rule&, const Entry&) override {
    return false;
  }

  void components(std::string_view name, std::span<const Choice>, const Rule&,
                  const Entry& chosen) override {
    const nlohmann::json* found = find(name);
    if (!found) return;
    std::uint32_t line = 0;
    for (const nlohmann::json& item : *found) {
      ++line;
      const bool alone = item.is_string();
      JsonOptions inside(alone ? nlohmann::json() : item.begin().value(), mistakes_);
      const std::string called = alone ? item.get<std::string>() : item.begin().key();
      chosen({.text = called, .place = {.line = line, .column = 1}}, inside);
    }
  }

  void fail(std::string_view name, const std::string& message) override {
    mistakes_.push_back(std::string(name) + ": " + message);
  }

  bool reading() const override { return true; }

 protected:
  bool scalar(std::string_view name, Slot slot, const Rule&, bool) override {
    const nlohmann::json* found = find(name);
    if (!found) return false;
    std::visit([&](auto* target) { read(*found, *target); }, slot);
    return true;
  }

 private:
  const nlohmann::json* find(std::string_view name) {
    const bool main = std::exchange(first_, false);
    if (value_.is_null()) return nullptr;
    if (!value_.is_object()) return main ? &value_ : nullptr;
    const auto found = value_.find(std::string(name));
    return found == value_.end() ? nullptr : &*found;
  }

  template <class T>
  static void read(const nlohmann::json& from, T& to) {
    if constexpr (requires { from.get_to(to); }) from.get_to(to);
  }
  static void read(const nlohmann::json& from, std::vector<Written>& to) {
    to.clear();
    for (const nlohmann::json& item : from)
      to.push_back({.text = item.get<std::string>(), .place = {}});
  }
  static void read(const nlohmann::json& from, Literal& to) {
    if (from.is_string()) to.value = from.get<std::string>();
    if (from.is_boolean()) to.value = from.get<bool>();
    if (from.is_number()) to.value = from.get<double>();
  }

  nlohmann::json value_;
  std::vector<std::string>& mistakes_;
  bool first_ = true;
};

}  // namespace weir

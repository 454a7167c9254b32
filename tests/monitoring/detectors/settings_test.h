#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "pipeline/core/options.h"

namespace weir {

/// Writes texts and numbers into options by name, and checks every option's default against its own
/// rule.
class Settings final : public OptionVisitor {
 public:
  explicit Settings(std::map<std::string, std::string> written = {})
      : written_(std::move(written)) {}
  ~Settings() override { EXPECT_TRUE(written_.empty()) << "no option " << written_.begin()->first; }

  bool block(std::string_view, const Rule&, const Inside&) override { return false; }
  void entries(std::string_view, const Rule&, const Entry&) override {}
  bool component(std::string_view, std::span<const Choice>, const Rule&, const Entry&) override {
    return false;
  }
  void components(std::string_view, std::span<const Choice>, const Rule&, const Entry&) override {}
  void fail(std::string_view name, const std::string& message) override {
    ADD_FAILURE() << name << ": " << message;
  }
  bool reading() const override { return true; }

 protected:
  bool scalar(std::string_view name, Slot slot, const Rule& rule, bool has_default) override {
    EXPECT_FALSE(rule.doc.empty()) << name;
    const auto text = written_.find(std::string(name));
    const bool written = text != written_.end();
    const auto set = [&](auto& value, auto read) {
      if (written) value = read(text->second);
      if (!written && !has_default) return;
      EXPECT_GE(static_cast<double>(value), rule.min) << name;
      EXPECT_LE(static_cast<double>(value), rule.max) << name;
    };
    if (auto* const* real = std::get_if<double*>(&slot)) {
      set(**real, [](const std::string& s) { return std::stod(s); });
    } else if (auto* const* whole = std::get_if<std::size_t*>(&slot)) {
      set(**whole, [](const std::string& s) { return std::stoul(s); });
    } else if (auto* const* word = std::get_if<std::string*>(&slot)) {
      if (written) **word = text->second;
      const std::string choices = "|" + std::string(rule.choices) + "|";
      EXPECT_NE(choices.find("|" + **word + "|"), std::string::npos) << name << " " << **word;
    }
    if (written) written_.erase(text);
    return written;
  }

 private:
  std::map<std::string, std::string> written_;
};

}  // namespace weir

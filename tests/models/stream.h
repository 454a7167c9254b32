#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <charconv>
#include <cmath>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "models/model.h"

namespace weir {

/// A stream of tests/data, whole in memory. Rows whose target is NA are left out.
class DataStream {
 public:
  /// A column whose cells are all numbers, blank or NA is a number; blank and NA are missing.
  explicit DataStream(const std::string& name) {
    const auto lines = read_lines(std::string(WEIR_SOURCE_DIR) + "/tests/data/" + name);
    const auto names = cells_of(lines.at(0));
    const std::size_t features = names.size() - 1;
    std::vector<bool> text(features);
    for (std::size_t i = 1; i < lines.size(); ++i) {
      cells_.push_back(cells_of(lines[i]));
      if (is_blank(cells_.back()[features])) {
        cells_.pop_back();
        continue;
      }
      for (std::size_t j = 0; j < features; ++j)
        if (!is_blank(cells_.back()[j]) && std::isnan(number_of(cells_.back()[j]))) text[j] = true;
    }
    for (std::size_t j = 0; j < features; ++j)
      features_.push_back({names[j], text[j] ? FeatureKind::text : FeatureKind::number});
    for (const auto& cells : cells_) {
      Line line{.numbers = {}, .texts = {}, .target = number_of(cells[features])};
      for (std::size_t j = 0; j < features; ++j) {
        const bool blank = is_blank(cells[j]);
        if (text[j])
          line.texts.push_back(blank ? std::string_view() : std::string_view(cells[j]));
        else
          line.numbers.push_back(number_of(cells[j]));
      }
      lines_.push_back(std::move(line));
    }
  }
  DataStream(const DataStream&) = delete;
  DataStream& operator=(const DataStream&) = delete;

  const std::vector<Feature>& features() const { return features_; }
  std::size_t size() const { return lines_.size(); }
  Features row(std::size_t i) const { return {lines_[i].numbers, lines_[i].texts}; }
  double target(std::size_t i) const { return lines_[i].target; }

 private:
  struct Line {
    std::vector<double> numbers;
    std::vector<std::string_view> texts;
    double target;
  };

  static bool is_blank(const std::string& cell) {
    return cell == "NA" || cell.find_first_not_of(' ') == std::string::npos;
  }

  static double number_of(const std::string& cell) {
    double value = 0;
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    const bool whole = error == std::errc() && end == cell.data() + cell.size();
    return whole ? value : std::nan("");
  }

  static std::vector<std::string> cells_of(const std::string& line) {
    std::vector<std::string> cells(1);
    for (const char c : line) {
      if (c == ',')
        cells.emplace_back();
      else if (c != '\r')
        cells.back() += c;
    }
    return cells;
  }

  static std::vector<std::string> read_lines(const std::string& path) {
    std::vector<std::string> lines(1);
    gzFile file = gzopen(path.c_str(), "rb");
    EXPECT_NE(file, nullptr) << path;
    char buffer[1 << 16];
    for (int n = 0; file && (n = gzread(file, buffer, sizeof buffer)) > 0;) {
      for (const char c : std::string_view(buffer, static_cast<std::size_t>(n))) {
        if (c == '\n')
          lines.emplace_back();
        else
          lines.back() += c;
      }
    }
    if (file) gzclose(file);
    if (lines.back().empty()) lines.pop_back();
    return lines;
  }

  std::vector<std::vector<std::string>> cells_;
  std::vector<Feature> features_;
  std::vector<Line> lines_;
};

}  // namespace weir

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/core/options.h"

namespace weir {

/// Everything wrong with a pipeline file, gathered so that all of it can be shown at once.
class Problems {
 public:
  struct Problem {
    Place place;
    bool error = true;
    std::string message;
  };

  /// `file`: the name to print; `text`: the file itself, for the lines shown.
  Problems(std::string file, std::string text);

  void error(Place place, std::string message);
  void warning(Place place, std::string message);

  bool any_error() const { return errors_ > 0; }
  const std::vector<Problem>& all() const { return problems_; }

  /// `file:line:column: error: message`, the source line and a caret for each, in the order of the
  /// file; a place without a line prints the file's name alone. Lines that hold a value taken from
  /// the environment show what was written, never the value.
  std::string render() const;

 private:
  std::string file_;
  std::string text_;
  std::vector<Problem> problems_;
  std::size_t errors_ = 0;
};

}  // namespace weir

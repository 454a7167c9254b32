#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/core/options.h"

namespace weir {

/// Whether the name of a property for librdkafka says that its value must never be printed.
bool is_secret(std::string_view property);

/// Everything wrong with a pipeline file, collected so that all of it can be shown at once.
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

  /// A place for what was written on the command line (`--set engine.shards=2`): printed instead of
  /// file, line and column.
  Place argument(std::string text);

  /// From now on `value` is printed as `written` (`${PASSWORD}`) wherever it appears as a separate
  /// token: a message made elsewhere may quote it.
  void hide(std::string value, std::string written);

  /// From now on a line is printed only up to `place`, an argument up to its `=`: what follows may
  /// be something that must never be printed.
  void cut(Place place);

  /// From now on every line is printed only as far as the first name with a dot: where the file
  /// cannot be read, it may be a misspelled property.
  void cut_properties() { properties_ = true; }

  bool any_error() const { return errors_ > 0; }
  std::size_t errors() const { return errors_; }
  const std::vector<Problem>& all() const { return problems_; }

  /// `file:line:column: error: message`, the source line and a caret for each, in the order of the
  /// file; a place without a line prints the file's name alone. Lines that hold a value taken from
  /// the environment show what was written, never the value; those of a secret property end with
  /// its name, also where the file could not be read.
  std::string render() const;

 private:
  struct Hidden {
    std::string value;
    std::string written;
  };

  void add(Place place, bool error, std::string message);
  void render(const Problem& problem, std::string& out) const;
  std::string masked(std::string text) const;
  std::string shown_line(std::uint32_t line) const;

  std::string file_;
  std::string text_;
  std::vector<Problem> problems_;
  std::vector<std::string> arguments_;
  std::vector<Hidden> hidden_;
  std::vector<Place> cuts_;
  bool properties_ = false;
  std::size_t errors_ = 0;
};

}  // namespace weir

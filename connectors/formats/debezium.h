#pragma once

#include <string_view>

#include "pipeline/core/record.h"

namespace weir {

/// What an envelope of Debezium (`{"before":..,"after":..,"op":..}`, alone or as `payload`) says of
/// the row after the change. Used again for each record.
class DebeziumChange {
 public:
  void begin() {
    image_ = Image::none;
    operation_ = '\0';
  }
  /// `token`: the beginning of the value as JSON.
  void note_image(std::string_view token) {
    image_ = token == "null" ? Image::null : Image::there;
  }
  void note_operation(std::string_view token) { operation_ = token.size() == 3 ? token[1] : '\0'; }

  /// Whether the change leaves a row; else why there is none: Reason::deleted, or Reason::format
  /// when the record is no envelope.
  bool leaves_row(BadRecord& bad) const;

 private:
  enum class Image : unsigned char { none, null, there };

  Image image_ = Image::none;
  char operation_ = '\0';
};

}  // namespace weir

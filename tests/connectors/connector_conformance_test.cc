// What every source and sink of the tables must do, wherever its records come from or go.
#include <gtest/gtest.h>

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/registry.h"
#include "pipeline/options/option_tree.h"
#include "tests/harness/contradictions.h"
#include "tests/harness/read_options.h"

namespace weir {
namespace {

using Sentences = std::vector<std::string>;

/// Describes the options of a spec.
template <class Spec>
auto describing(Spec& spec) {
  return [&spec](OptionVisitor& option) { spec.describe(option); };
}

/// The options that must be written, each with its example or the first text it may be, as YAML.
template <class Type>
std::string least_options(const Type& type) {
  const auto spec = type.make();
  std::string text;
  for (const OptionTree& option : describe_options(describing(*spec)))
    if (option.required)
      text += option.name + ": " +
              (option.example.empty() ? option.words.at(0) : option.example) + "\n";
  return text;
}

/// A spec that has read its least options.
template <class Type>
auto made(const Type& type) {
  auto spec = type.make();
  EXPECT_EQ(read_options(least_options(type), describing(*spec)), Sentences{});
  return spec;
}

template <class Type>
void expect_a_table(std::span<const Type> table) {
  std::set<std::string_view> names;
  for (const Type& row : table) {
    SCOPED_TRACE(row.name);
    EXPECT_TRUE(names.insert(row.name).second);
    EXPECT_FALSE(row.doc.empty());
    EXPECT_EQ(row.make == nullptr, !row.later.empty());
    if (!row.make) continue;
    const auto spec = row.make();
    EXPECT_EQ(contradictions(describing(*spec)), Sentences{});
  }
}

TEST(SourceTable, NamesEachSourceOnceWithDefaultsThatObeyTheirRules) {
  expect_a_table(source_types());
}

TEST(SinkTable, NamesEachSinkOnceWithDefaultsThatObeyTheirRules) { expect_a_table(sink_types()); }

TEST(SourceTable, HasATopicOrAPathOrAReaderInEachSource) {
  for (const SourceType& row : source_types()) {
    if (!row.make) continue;
    SCOPED_TRACE(row.name);
    const auto source = made(row);
    const bool of_log = !source->topic().empty(), of_file = !source->path().empty();
    EXPECT_FALSE(of_log && of_file);
    if (of_log) {
      EXPECT_EQ(source->open(), nullptr);
      EXPECT_TRUE(source->timed());
    }
    if (!of_log && !of_file) {
      EXPECT_NE(source->open(), nullptr);
      EXPECT_NE(source->format(), "");
    }
  }
}

TEST(SinkTable, HasATopicOrAPathInEachSink) {
  for (const SinkType& row : sink_types()) {
    if (!row.make) continue;
    const auto sink = made(row);
    EXPECT_NE(sink->topic().empty(), sink->path().empty()) << row.name;
  }
}

template <class Type>
void expect_known_formats(std::span<const Type> table) {
  std::set<std::string_view> known = {""};
  for (const FormatType& row : format_types()) known.insert(row.name);
  for (const Type& row : table) {
    if (!row.make) continue;
    EXPECT_TRUE(known.contains(made(row)->format())) << row.name;
  }
}

TEST(SourceTable, DecidesOnFormatsThatAreThere) { expect_known_formats(source_types()); }

TEST(SinkTable, DecidesOnFormatsThatAreThere) { expect_known_formats(sink_types()); }

}  // namespace
}  // namespace weir

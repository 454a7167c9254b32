#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "pipeline/config/part_reader.h"
#include "pipeline/options/option_values.h"

namespace weir {
namespace {

constexpr std::array<Choice, 6> kFieldTypes = {{
    {"number", "a double, finite or missing"},
    {"boolean", "true or false"},
    {"text", "UTF-8; for identifiers too, even if they consist of digits"},
    {"time", "RFC 3339, or whole milliseconds since 1970 UTC"},
    {"bag", "names with numbers", "later"},
    {"numbers", "several columns of numbers, such as an embedding", "later"},
}};

void describe_field_options(OptionVisitor& option, FieldSpec& field) {
  std::optional<std::string> path;
  std::string from = "value";
  std::string unit = "ms";
  std::vector<Written> missing;
  option("path", path,
         {.doc = "where it is in the record; dots go into objects; default: the field's name",
          .example = "payload.card"});
  option("from", from,
         {.doc = "the part of the record that holds it", .choices = "value|key|header"});
  option("required", field.required, {.doc = "a record without it goes to the dead letters"});
  if (field.field.type == Type::number)
    option("lenient", field.lenient, {.doc = "accept a number in quotes"});
  if (field.field.type == Type::time)
    option("unit", unit, {.doc = "the unit of a whole number", .choices = "ms|s"});
  option("missing", missing,
         {.doc = "texts that stand for a missing value", .example = "[NA, '-']"});
  if (path) field.path = *path;
  field.from = from == "key"      ? FieldSpec::From::key
               : from == "header" ? FieldSpec::From::header
                                  : FieldSpec::From::value;
  field.unit_ms = unit == "s" ? 1000 : 1;
  for (const Written& text : missing) field.missing.push_back(text.text);
}

void describe_fields(OptionVisitor& option, SourceConfig& source) {
  const Rule rule{.doc = "the fields to read from each record, with their types",
                  .required = true,
                  .example = "{ card: text, amount: number, ts: time }"};
  option.entries("fields", rule, [&](const Written& name, OptionVisitor& inside) {
    FieldSpec field;
    field.field.name = name.text;
    field.path = name.text;
    const Rule type_rule{.doc = "the field's type", .required = true};
    inside.component("", kFieldTypes, type_rule, [&](const Written& type, OptionVisitor& options) {
      field.field.type = type_of_name(type.text).value_or(Type::number);
      describe_field_options(options, field);
    });
    source.fields.push_back(std::move(field));
    source.field_places.push_back(name.place);
  });
}

bool is_start(std::string_view start) {
  if (start == "earliest" || start == "latest" || parse_date_or_time(start)) return true;
  return start.starts_with('-') && parse_duration(start.substr(1));
}

}  // namespace

Schema SourceConfig::schema() const {
  Schema schema;
  for (const FieldSpec& field : fields) schema.fields.push_back(field.field);
  return schema;
}

void describe_source(OptionVisitor& option, SourceConfig& source, const Vocabulary& vocabulary) {
  describe_format(option, source.format_name, source.format, vocabulary);
  option("key", source.key,
         {.doc = "the fields of the record key: they decide the partition and so the shard",
          .example = "card"});
  option("time", source.time,
         {.doc = "the field of the event time; default: the record's timestamp", .example = "ts"});
  option("lateness", source.lateness,
         {.doc = "how much later than newer rows a row may arrive and still be on time"});
  option("idle", source.idle,
         {.doc = "after this long without records a partition no longer holds back the watermark"});
  option("ahead", source.ahead,
         {.doc = "an event time more than this after the record's timestamp is wrong; one more "
                 "than this after the shard's newest row counts as the newest until others "
                 "confirm it"});
  option("confirm", source.confirm,
         {.doc = "rows in a row that it takes to move the clock by more than `ahead`; 1: each row "
                 "moves it",
          .min = 1,
          .max = 1000});
  option("start", source.start,
         {.doc = "where the first start begins: earliest, latest, a time, or how long ago (-7d)",
          .example = "-7d"});
  if (option.reading() && !is_start(source.start))
    option.fail("start", fmt::format("must be earliest, latest, a time such as 2026-01-31T12:00Z, "
                                     "or how long ago, such as -7d, not `{}`",
                                     source.start));
  describe_fields(option, source);
}

std::vector<OptionTree> source_options(const SourceType& type, const Vocabulary& vocabulary) {
  return describe_options([&](OptionVisitor& option) {
    SourceConfig source;
    describe_source(option, source, vocabulary);
    describe_kafka(option, source.kafka, {});
    if (type.make != nullptr) type.make()->describe(option);
  });
}

SourceConfig read_source(const YamlEntry& entry, ConfigReading& reading) {
  SourceConfig source;
  const Json resolved = read_part(source, entry, "source", reading.vocabulary.sources,
                                  describe_source, source_options, reading);

  for (std::size_t i = 0; i < source.fields.size(); ++i)
    check_field_name({source.fields[i].field.name, source.field_places[i]}, reading.problems);

  const std::string_view own = source.spec ? source.spec->format() : std::string_view{};
  source.resolved = dumped(with_default_format(
      resolved, source.format_name, own.empty() ? kDefaultFormat : own, source.format, reading));
  return source;
}

}  // namespace weir

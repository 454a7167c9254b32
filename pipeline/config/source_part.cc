#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "pipeline/config/part_reader.h"
#include "pipeline/core/json.h"
#include "pipeline/core/time_pattern.h"
#include "pipeline/core/time_text.h"
#include "pipeline/options/option_values.h"

namespace weir {
namespace {

constexpr std::array<Choice, 6> kFieldTypes = {{
    {"number", "a double, finite or missing"},
    {"boolean", "true or false"},
    {"text", "UTF-8; for identifiers too, even if they consist of digits"},
    {"time", "RFC 3339, a number since 1970 UTC, or as a pattern says"},
    {"bag", "names with numbers", "later"},
    {"numbers", "several columns of numbers, such as an embedding", "later"},
}};

std::string_view lenient_doc(Type type) {
  switch (type) {
    case Type::number:
      return "accept a number in quotes, and take NaN and Infinity as missing";
    case Type::boolean:
      return "accept true, false, yes, no, on, off, t, f, y, n in any case, in quotes too";
    default:
      return "accept a number in quotes";
  }
}

void describe_time_options(OptionVisitor& option, FieldSpec& field) {
  std::string unit = "ms";
  std::optional<std::string> pattern, offset;
  option("unit", unit, {.doc = "the unit of a number", .choices = "ms|s|us|ns"});
  option("pattern", pattern,
         {.doc = "how the time is written, as strptime has it; default: RFC 3339 or a number",
          .example = "'%d/%m/%Y %H:%M'"});
  option("offset", offset,
         {.doc = "how far a time without a zone is ahead of UTC; default: it is UTC",
          .example = "'+02:00'"});
  field.unit_ms = unit == "s" ? 1000 : unit == "us" ? 1e-3 : unit == "ns" ? 1e-6 : 1;
  field.pattern = pattern.value_or("");
  if (offset) field.offset_ms = read_offset(*offset).value_or(0);
  if (!option.reading()) return;
  if (offset && !read_offset(*offset))
    option.fail("offset", fmt::format("must be hours and minutes ahead of UTC, such as +02:00, not "
                                      "`{}`",
                                      *offset));
  if (!pattern) return;
  if (const std::string wrong = wrong_pattern(*pattern); !wrong.empty())
    option.fail("pattern", wrong);
  if (unit != "ms") option.fail("unit", "has no effect beside `pattern`: remove one of them");
}

/// `path` is kept as text, which is what fingerprints and messages show.
void place(FieldSpec& field, const RecordPath& path) {
  field.path = path.dotted;
  field.steps = path.steps;
  if (path.steps.empty()) return;
  Json list = Json::array();
  for (const PathStep& step : path.steps)
    list.push_back(step.index ? Json(*step.index) : Json(step.name));
  field.path = dumped(list);
}

void describe_field_options(OptionVisitor& option, FieldSpec& field) {
  std::optional<RecordPath> path;
  std::string from = "value";
  std::vector<Written> missing;
  option("path", path,
         {.doc = "where it is in the record; dots go into objects; a list holds names with dots "
                 "and the indices of arrays; default: the field's name",
          .example = "payload.card"});
  option("from", from,
         {.doc = "the part of the record that holds it", .choices = "value|key|header"});
  option("required", field.required, {.doc = "a record without it goes to the dead letters"});
  if (field.field.type != Type::text)
    option("lenient", field.lenient, {.doc = lenient_doc(field.field.type)});
  if (field.field.type == Type::time) describe_time_options(option, field);
  option("missing", missing,
         {.doc = "texts that stand for a missing value", .example = "[NA, '-']"});
  if (path) place(field, *path);
  field.from = from == "key"      ? FieldSpec::From::key
               : from == "header" ? FieldSpec::From::header
                                  : FieldSpec::From::value;
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

/// Reports fields that stand where no record of the source's format has anything.
void check_places(const SourceConfig& source, Problems& problems) {
  for (std::size_t i = 0; i < source.fields.size(); ++i) {
    const FieldSpec& field = source.fields[i];
    std::string wrong;
    if (field.from != FieldSpec::From::value) {
      if (field.steps.size() > 1 || (!field.steps.empty() && field.steps[0].index))
        wrong = "outside the record's value `path` is one name";
    } else if (source.format) {
      wrong = source.format->wrong_place(field);
    }
    if (!wrong.empty())
      problems.error(source.field_places[i], fmt::format("`{}`: {}", field.field.name, wrong));
  }
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
  describe_format(option, source.format_name, source.format, false, vocabulary);
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
      resolved, source.format_name, own.empty() ? kDefaultFormat : own, source.format, false,
      reading));
  check_places(source, reading.problems);
  return source;
}

}  // namespace weir

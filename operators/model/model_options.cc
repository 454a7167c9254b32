#include "operators/model/model_options.h"

#include <utility>

namespace weir {

void ModelOptions::describe(OptionVisitor& option) {
  option("input", input, {.doc = "the rows", .required = true});
  std::vector<Written> key;
  option("key", key, {.doc = "one model per key", .later = "later"});
  option.block("features",
               {.doc = "the fields it learns from, in this order; or { all: true, except: [...] }",
                .required = true,
                .example = "[amount, country]"},
               [&](OptionVisitor& inside) {
                 inside("fields", features.fields, {.doc = "names of fields"});
                 inside("all", features.all, {.doc = "every field but the target and times"});
                 inside("except", features.except, {.doc = "fields that `all` leaves out"});
               });
  option("target", target,
         {.doc = "what it learns: a boolean, a text (classes) or a number; a field of the row, or "
                 "with `labels:` the label's"});
  steps->describe(option);
  LabelsOptions written = labels.value_or(LabelsOptions{});
  const Rule rule{.doc = "where labels come from if they arrive later than the row"};
  if (option.block("labels", rule, [&](OptionVisitor& inside) { written.describe(inside); }))
    labels = std::move(written);
  option("learn_when", learn_when, {.doc = "rows for which this is not true are not learned"});
  option("weight", weight,
         {.doc = "sample weight; a row whose weight is missing or not positive is not learned"});
  option("outliers", outliers,
         {.doc = "rows with a number far outside what its column had before: scored and not "
                 "learned, or learned as any other",
          .choices = "skip|keep"});
  option("threshold", threshold,
         {.doc = "binary: the prediction is score > threshold", .min = 0, .max = 1});
  option("fallback", fallback,
         {.doc = "the score (or class) of a row that the model cannot score; default: none"});
  option("classes", classes, {.doc = "the classes, if no others may be learned"});
  option("max_classes", max_classes,
         {.doc = "most classes learned if `classes` is not given, besides the fallback's; rows of "
                 "others are not learned",
          .min = 2,
          .max = 60'000});
  option("unknown_class", unknown_class,
         {.doc = "what becomes of a record whose label is not among `classes`: not learned, or a "
                 "dead letter",
          .choices = "skip|dead_letter"});
  option("probabilities", probabilities, {.doc = "adds p_CLASS for each of `classes`"});
  option("as", as, {.doc = "prefix of its own fields: NAME_score, ..."});
}

}  // namespace weir

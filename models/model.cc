#include "models/model.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "models/chain.h"
#include "models/registry.h"
#include "pipeline/core/check.h"

namespace weir {
namespace {

/// One entry of `steps:`: a transformer or a learner.
struct Link {
  Written name;
  const TransformerType* transformer = nullptr;
  const LearnerType* learner = nullptr;
  std::unique_ptr<TransformerSpec> transformer_spec;
  std::unique_ptr<LearnerSpec> learner_spec;
};

Link make_link(const Written& name) {
  Link link{.name = name,
            .transformer = find_transformer(name.text),
            .learner = find_learner(name.text),
            .transformer_spec = nullptr,
            .learner_spec = nullptr};
  if (link.transformer && link.transformer->make) link.transformer_spec = link.transformer->make();
  if (link.learner && link.learner->make) link.learner_spec = link.learner->make();
  return link;
}

/// The type of a task's target, as users write it.
std::string_view target_type(Task task) {
  if (task == Task::binary) return "boolean";
  return task == Task::classes ? "text" : "number";
}

/// What to use, without naming every learner that fits: `weir list` does.
std::string learner_of(Task task) {
  return "a learner of " + std::string(target_type(task)) + " targets (see `weir list`)";
}

/// The types of targets that a learner learns: `boolean or text`.
std::string target_types(const Tasks& tasks) {
  std::string types;
  for (const Task task : {Task::binary, Task::classes, Task::regression})
    if (tasks.contains(task))
      types += (types.empty() ? "" : " or ") + std::string(target_type(task));
  return types;
}

using Mistakes = std::vector<ModelSpec::Mistake>;

/// Adds a mistake of a step, at the step's place unless it has one of its own.
void add_mistake(Mistakes& mistakes, const Link& link, const std::string& message,
                 Place place = {}) {
  mistakes.push_back({place.line > 0 ? place : link.name.place, link.name.text + ": " + message});
}

void add_warning(Mistakes& mistakes, const Link& link, const std::string& message) {
  mistakes.push_back({link.name.place, link.name.text + ": " + message, true});
}

bool any_error(const Mistakes& mistakes) {
  return !std::ranges::all_of(mistakes, &ModelSpec::Mistake::warning);
}

std::string_view plural(FeatureKind kind) {
  if (kind == FeatureKind::number) return "numbers";
  return kind == FeatureKind::boolean ? "booleans" : "texts";
}

/// Of parts of a sentence: `a, b and c`.
std::string listed(const std::vector<std::string>& parts) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i)
    text += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
  return text;
}

/// Why a step of these kinds that chose no column has nothing to do.
std::string idle(const std::vector<FeatureKind>& kinds, const Columns& columns) {
  std::vector<std::string> wanted, there;
  for (const FeatureKind kind : kinds) wanted.emplace_back(plural(kind));
  for (const FeatureKind kind : {FeatureKind::number, FeatureKind::boolean, FeatureKind::text}) {
    std::vector<FeatureColumn> of_kind;
    std::ranges::copy_if(columns.named, std::back_inserter(of_kind),
                         [&](const FeatureColumn& one) { return one.kind == kind; });
    if (!of_kind.empty())
      there.push_back(std::string(plural(kind)) + " (" + name_list(of_kind) + ")");
  }
  if (columns.indicators > 0) there.emplace_back("indicator columns");
  return "has nothing to do: it works on " + listed(wanted) + ", and " +
         (there.empty() ? "nothing reaches it" : "what reaches it are " + listed(there));
}

void check_learner(const Link& link, Task task, const Columns& columns, Mistakes& mistakes) {
  if (!link.learner->tasks.contains(task))
    add_mistake(mistakes, link,
                "learns " + target_types(link.learner->tasks) + " targets, and this one is a " +
                    std::string(target_type(task)) + ": use " + learner_of(task));
  for (const std::string& message : unread(link.learner->reads, columns))
    add_mistake(mistakes, link, message);
  if (any_error(mistakes)) return;
  if (const std::string message = unscaled(link.learner->reads, columns); !message.empty())
    add_warning(mistakes, link, message);
}

Columns columns_of(std::span<const Feature> features) {
  Columns columns;
  std::size_t texts = 0;
  for (const Feature& feature : features) {
    const bool text = feature.kind == FeatureKind::text;
    columns.named.push_back({feature.name, feature.kind, text ? texts++ : columns.numbers++});
  }
  return columns;
}

}  // namespace

struct ModelSpec::Chain {
  std::vector<Link> links;
  Columns columns;  // after the last transformer, once bound
  Task task = Task::binary;
};

ModelSpec::ModelSpec() : chain_(std::make_unique<Chain>()) {}
ModelSpec::~ModelSpec() = default;
ModelSpec::ModelSpec(ModelSpec&&) noexcept = default;
ModelSpec& ModelSpec::operator=(ModelSpec&&) noexcept = default;

void ModelSpec::describe(OptionVisitor& option) {
  if (option.reading()) chain_->links.clear();
  const Rule rule{.doc = "scalers, encoders and imputers in order, then one learner",
                  .required = true,
                  .example = "[standard_scaler, logistic_regression]"};
  option.components("steps", step_choices(), rule, [&](const Written& name, OptionVisitor& inside) {
    Link link = make_link(name);
    if (link.transformer_spec) link.transformer_spec->describe(inside);
    if (link.learner_spec) link.learner_spec->describe(inside);
    const bool known = link.transformer_spec || link.learner_spec;
    if (option.reading() && known) chain_->links.push_back(std::move(link));
  });
}

std::vector<ModelSpec::Mistake> ModelSpec::bind(Task task, std::span<const Feature> features) {
  Mistakes mistakes;
  Columns columns = columns_of(features);
  const auto& links = chain_->links;
  for (std::size_t i = 0; i < links.size(); ++i) {
    const Link& link = links[i];
    const bool last = i + 1 == links.size();
    if (link.transformer_spec) {
      Mistakes found;
      const auto chosen = link.transformer_spec->bind(columns, found);
      for (const Mistake& mistake : found)
        add_mistake(mistakes, link, mistake.message, mistake.place);
      if (chosen.empty() && found.empty() && !features.empty())
        add_warning(mistakes, link, idle(link.transformer_spec->kinds(), columns));
      if (last)
        add_mistake(mistakes, link, "the last step must be " + learner_of(task));
    } else if (last) {
      check_learner(link, task, columns, mistakes);
    } else {
      add_mistake(mistakes, link, "a learner must be the last step");
    }
  }
  if (links.empty())
    mistakes.push_back({Place{}, "steps: needs " + learner_of(task)});
  chain_->columns = std::move(columns);
  chain_->task = task;
  return mistakes;
}

std::unique_ptr<Model> ModelSpec::make(std::uint64_t seed) const {
  check(!chain_->links.empty() && chain_->links.back().learner_spec, "the chain ends in a learner");
  std::vector<std::unique_ptr<Transformer>> transformers;
  for (const Link& link : chain_->links)
    if (link.transformer_spec) transformers.push_back(link.transformer_spec->make());
  auto learner = chain_->links.back().learner_spec->make(
      {.columns = chain_->columns, .task = chain_->task, .seed = seed});
  return std::make_unique<weir::Chain>(std::move(transformers), std::move(learner),
                                       chain_->columns);
}

std::uint32_t ModelSpec::logic() const {
  std::uint32_t sum = 1;
  for (const Link& link : chain_->links)
    sum += link.transformer ? link.transformer->logic : link.learner->logic;
  return sum;
}

}  // namespace weir

#include "operators/model/outcome_writer.h"

#include <utility>

namespace weir {

OutcomeWriter::OutcomeWriter(const ModelPlan& plan, std::vector<bool> needed)
    : name_(plan.name), task_(plan.task), at_(plan), rows_(plan.outcomes, std::move(needed)) {}

void OutcomeWriter::emit_outcome(const Outcome& outcome, ServedModel& model, Arena& arena) {
  const Served& served = outcome.served;
  const ServedModel::Quality quality = model.quality(served, outcome.scores, outcome.number);
  rows_.row(outcome.position);

  rows_.number(at_.score(), served.score);
  rows_.text(at_.model(), name_);
  if (rows_.needed(at_.version()))
    rows_.text(at_.version(), model.version_text(served, arena));
  rows_.number(at_.updates(), served.updates);
  for (std::size_t i = 0; i < at_.classes(); ++i)
    if (!outcome.scores.empty())
      rows_.number(at_.probability(i), i < outcome.scores.size() ? outcome.scores[i] : 0);

  if (task_ == Task::classes) {
    rows_.text(at_.prediction(), model.class_text(served.prediction, arena));
    if (rows_.needed(at_.label())) rows_.text(at_.label(), arena.copy(outcome.label.text));
  } else {
    rows_.number(at_.prediction(), served.prediction);
    rows_.number(at_.label(), outcome.label.number);
  }
  rows_.number(at_.label_delay(), outcome.delay);
  rows_.number(at_.error(), quality.error);
  rows_.number(at_.loss(), quality.loss);
  rows_.number(at_.fallback(), served.fallback ? 1 : 0);
}

}  // namespace weir

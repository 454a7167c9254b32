// Any bytes as the state of a model, and a good state with some bytes changed: they are refused
// with a StateError, without allocating more than they could hold, or they load, and what is then
// saved loads again as the same.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/model.h"
#include "pipeline/core/check.h"
#include "pipeline/core/state.h"
#include "pipeline/core/state_visitors.h"
#include "tests/harness/read_options.h"

namespace weir {
namespace {

ModelSpec make_spec(const char* options) {
  ModelSpec spec;
  const std::vector<std::string> mistakes =
      read_options(options, [&](OptionVisitor& option) { spec.describe(option); });
  const Feature features[] = {{"a", FeatureKind::number}, {"b", FeatureKind::text}};
  check(mistakes.empty() && spec.bind(Task::binary, features).empty(), "the steps are right");
  return spec;
}

std::string saved(Model& model) {
  std::string bytes;
  StateWriter writer(bytes);
  model.state(writer);
  return bytes;
}

/// The state of a model that has learned a little.
std::string good_state(const ModelSpec& spec) {
  const auto model = spec.make(1);
  const std::string_view texts[] = {"red", "green", "blue"};
  for (int i = 0; i < 50; ++i) {
    const double number = i * 0.5 - 7;
    const Features features{.numbers = {&number, 1}, .texts = {&texts[i % 3], 1}};
    model->observe_one(features);
    model->learn_one(features, i % 2, 1);
  }
  return saved(*model);
}

/// `changes`: triples of two bytes of place and one to put there.
std::string changed(std::string state, std::string_view changes) {
  for (std::size_t at = 0; at + 3 <= changes.size(); at += 3) {
    const std::size_t place = static_cast<unsigned char>(changes[at]) * 256u +
                              static_cast<unsigned char>(changes[at + 1]);
    state[place % state.size()] = changes[at + 2];
  }
  return state;
}

void load(const ModelSpec& spec, const std::string& bytes) {
  const auto model = spec.make(1);
  StateReader reader(bytes);
  try {
    model->state(reader);
  } catch (const StateError&) {
    return;
  }
  const std::string again = saved(*model);
  const auto copy = spec.make(1);
  StateReader second(again);
  copy->state(second);
  check(second.left() == 0 && saved(*copy) == again, "what was saved loads and saves as the same");
}

}  // namespace
}  // namespace weir

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  static const ModelSpec spec = make_spec(
      "steps: [impute: mean, one_hot: {max: 10}, standard_scaler, logistic_regression]");
  static const std::string good = good_state(spec);
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  load(spec, bytes);
  load(spec, changed(good, bytes));
  return 0;
}

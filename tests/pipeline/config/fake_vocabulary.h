#pragma once

#include "pipeline/config/vocabulary.h"

namespace weir {

/// The tables of components that the tests of the config reader read: as small as they can be, with
/// every kind of option, and with some that are not available yet.
const Vocabulary& fake_vocabulary();

}  // namespace weir

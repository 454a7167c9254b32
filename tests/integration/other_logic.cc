// Loaded before libxxhash (LD_PRELOAD), this makes weir believe that its arithmetic is different:
// what it records then is what another release would have.
#include <dlfcn.h>
#include <xxhash.h>

#include <string_view>

extern "C" XXH64_hash_t XXH3_64bits(const void* data, std::size_t size) {
  using Hash = XXH64_hash_t (*)(const void*, std::size_t);
  static const auto hash = reinterpret_cast<Hash>(::dlsym(RTLD_NEXT, "XXH3_64bits"));
  const std::string_view text(static_cast<const char*>(data), size);
  const std::string_view line = text.substr(0, text.find('\n'));
  const bool is_pipeline = line.find(" arithmetic ") != std::string_view::npos;
  return hash(data, size) ^ (is_pipeline ? 1 : 0);
}

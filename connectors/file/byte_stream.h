#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace weir {

/// The bytes of a file one after another, unpacked where they are packed.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// Reads up to `size` bytes; 0 only at the end. Throws LogFailure (`refused`) when the file
  /// cannot be read or what is packed is broken or cut off.
  virtual std::size_t read(char* to, std::size_t size) = 0;
};

/// Opens a file, or stdin (`-`). gzip is recognised by its first bytes, and so are zstd and bzip2,
/// but not in a pipe. Throws LogFailure (`refused`) when it cannot be read, is a directory, or is
/// not packed as its name says.
std::unique_ptr<ByteStream> open_byte_stream(const std::string& path);

}  // namespace weir

// A file descriptor that closes itself, and the sentence about what went wrong with a file. Never
// for the database or its -shm file while SQLite has them open: closing would drop SQLite's locks.
#pragma once

#include "base/result.h"

#include <string>

namespace runnel::storage {

class FileDescriptor {
 public:
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}

  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  FileDescriptor(FileDescriptor&&) = delete;
  FileDescriptor& operator=(FileDescriptor&&) = delete;
  ~FileDescriptor();

  [[nodiscard]] bool valid() const { return descriptor_ >= 0; }

  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

// "PATH WHAT: what errno says", as Unavailable.
[[nodiscard]] std::unexpected<Error> file_error(const std::string& path, const std::string& what);

}  // namespace runnel::storage

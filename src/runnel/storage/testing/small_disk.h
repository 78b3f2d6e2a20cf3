// A directory on a real file system that really runs full. A tmpfs of its own where this process
// may mount one, as root or in a user namespace; otherwise the kernel's limit on the size of each
// file, which makes the same writes fail. Changes the process that makes it for good (mount
// namespace, resource limit, SIGXFSZ), so it is for a test with a process of its own.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <string>

namespace runnel::storage {

enum class SmallDiskKind {
  Mounted,       // with the limit as the way out
  LimitedFiles,  // only the limit
};

class SmallDisk {
 public:
  static Result<SmallDisk> make(const std::string& directory, SmallDiskKind kind,
                                std::size_t bytes);

  SmallDisk(SmallDisk&& other) noexcept;
  SmallDisk& operator=(SmallDisk&&) = delete;
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk();

  [[nodiscard]] bool is_mounted() const { return mounted_; }

  // The room there is from now on, what is used included. Less than what is used: full.
  Result<void> resize(std::size_t bytes);

  [[nodiscard]] std::size_t used_bytes() const;

 private:
  SmallDisk(std::string directory, bool mounted)
      : directory_(std::move(directory)), mounted_(mounted) {}

  std::string directory_;
  bool mounted_;
};

}  // namespace runnel::storage

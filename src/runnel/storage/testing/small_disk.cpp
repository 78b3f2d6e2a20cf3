#include "runnel/storage/testing/small_disk.h"

#include "runnel/storage/file_descriptor.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <string_view>
#include <utility>

namespace runnel::storage {

namespace {

bool write_text(const char* path, std::string_view text) {
  const FileDescriptor file(::open(path, O_WRONLY | O_CLOEXEC));
  return file.valid() &&
         ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// A mount namespace, so that the mount ends with the process and nobody else sees it.
bool enter_namespace() {
  const std::string user = std::to_string(::getuid());
  const std::string group = std::to_string(::getgid());
  if (::unshare(CLONE_NEWNS) != 0) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    if (!write_text("/proc/self/setgroups", "deny") ||
        !write_text("/proc/self/uid_map", user + " " + user + " 1") ||
        !write_text("/proc/self/gid_map", group + " " + group + " 1")) {
      return false;
    }
  }
  return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

std::string size_option(std::size_t bytes) { return "size=" + std::to_string(bytes); }

Result<void> limit_files(std::size_t bytes) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0) return file_error("RLIMIT_FSIZE", "cannot be read");
  limit.rlim_cur = bytes;
  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return file_error("RLIMIT_FSIZE", "cannot be set");
  return {};
}

}  // namespace

Result<SmallDisk> SmallDisk::make(const std::string& directory, SmallDiskKind kind,
                                  std::size_t bytes) {
  if (kind == SmallDiskKind::Mounted && enter_namespace() &&
      ::mount("runnel-test", directory.c_str(), "tmpfs", 0, size_option(bytes).c_str()) == 0) {
    return SmallDisk(directory, true);
  }
  // Without this the first write above the limit would end the process.
  if (::signal(SIGXFSZ, SIG_IGN) == SIG_ERR) return file_error("SIGXFSZ", "cannot be ignored");
  SmallDisk disk(directory, false);
  RUNNEL_TRY_VOID(disk.resize(bytes));
  return disk;
}

SmallDisk::SmallDisk(SmallDisk&& other) noexcept
    : directory_(std::exchange(other.directory_, {})), mounted_(other.mounted_) {}

SmallDisk::~SmallDisk() {
  if (directory_.empty()) return;
  if (mounted_) {
    // Fails while something is open in there; then it goes with the process.
    static_cast<void>(::umount2(directory_.c_str(), MNT_DETACH));
  } else {
    static_cast<void>(limit_files(RLIM_INFINITY).has_value());
  }
}

Result<void> SmallDisk::resize(std::size_t bytes) {
  if (!mounted_) return limit_files(bytes);
  // A tmpfs is never made smaller than what it holds.
  const std::string option = size_option(std::max(bytes, used_bytes() + 4096));
  if (::mount("runnel-test", directory_.c_str(), "tmpfs", MS_REMOUNT, option.c_str()) != 0) {
    return file_error(directory_, "cannot be mounted with " + option);
  }
  return {};
}

std::size_t SmallDisk::used_bytes() const {
  std::size_t total = 0;
  std::size_t largest = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    const std::size_t size = entry.file_size();
    total += (size + 4095) / 4096 * 4096;
    largest = std::max(largest, size);
  }
  // The limit is one for each file.
  return mounted_ ? total : largest;
}

}  // namespace runnel::storage

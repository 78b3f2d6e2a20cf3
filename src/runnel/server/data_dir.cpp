#include "runnel/server/data_dir.h"

#include "runnel/net/crypto.h"
#include "runnel/server/setting_values.h"

#include "base/read_stream.h"
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

namespace runnel::server {

namespace {

std::string reason() { return std::generic_category().message(errno); }

}  // namespace

Result<void> prepare_data_dir(const std::string& path) {
  std::error_code error;
  const bool existed = std::filesystem::exists(path, error);
  std::filesystem::create_directories(path, error);
  if (error || !std::filesystem::is_directory(path)) {
    return fail(Errc::Unavailable, "the data directory " + path + " cannot be made" +
                                       (error ? ": " + error.message() : std::string()) +
                                       "; choose another one with --data");
  }
  if (!existed) {
    std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
  }
  if (access(path.c_str(), R_OK | W_OK | X_OK) != 0) {
    return fail(Errc::Unavailable, "the data directory " + path + " cannot be written: " +
                                       reason() + "; choose another one with --data");
  }
  return {};
}

Result<DataDirLock> DataDirLock::take(const std::string& data_dir) {
  const std::string path = data_dir + "/" + kLockName;
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) return fail(Errc::Unavailable, path + " cannot be opened: " + reason());
  DataDirLock lock(file);
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 32> holder{};
    const ssize_t count = pread(file, holder.data(), holder.size() - 1, 0);
    const std::string_view pid =
        count > 0 ? trim(std::string_view(holder.data(), static_cast<std::size_t>(count))) : "?";
    return fail(Errc::Conflict, "the data directory " + data_dir + " is in use by process " +
                                    std::string(pid) +
                                    "; stop that one, or choose another directory with --data");
  }
  const std::string pid = std::to_string(getpid()) + "\n";
  // Only for the sentence above: the lock holds without it.
  if (ftruncate(file, 0) != 0 || pwrite(file, pid.data(), pid.size(), 0) < 0) {
    return fail(Errc::Unavailable, path + " cannot be written: " + reason());
  }
  return lock;
}

DataDirLock::DataDirLock(DataDirLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

DataDirLock::~DataDirLock() {
  if (file_ >= 0) close(file_);
}

Result<SocketPath> SocketPath::in(const std::string& data_dir) {
  const int directory = open(data_dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) {
    return fail(Errc::NotFound, "there is no data directory " + data_dir + ": " + reason());
  }
  return SocketPath(directory);
}

SocketPath::SocketPath(SocketPath&& other) noexcept
    : directory_(std::exchange(other.directory_, -1)) {}

SocketPath::~SocketPath() {
  if (directory_ >= 0) close(directory_);
}

std::string SocketPath::text() const {
  return "/proc/self/fd/" + std::to_string(directory_) + "/" + kSocketName;
}

Result<auth::Secret> load_or_make_admin_secret(const std::string& data_dir, RandomSource& random) {
  const std::string path = data_dir + "/" + kAdminSecretName;
  std::ifstream stored(path, std::ios::binary);
  std::string text = read_stream(stored, path).value_or("");
  while (text.ends_with('\n')) text.pop_back();
  if (!text.empty()) return auth::Secret(std::move(text));
  text = net::random_token(random);
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  const std::string line = text + "\n";
  const bool written =
      file >= 0 && write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  if (file >= 0) close(file);
  if (!written) {
    return fail(Errc::Unavailable,
                path + " cannot be written: " + reason() + "; set admin.secret, or free the disk");
  }
  return auth::Secret(std::move(text));
}

}  // namespace runnel::server

#include "runnel/storage/data_files.h"

#include "runnel/storage/database_image.h"
#include "runnel/storage/file_descriptor.h"

#include "base/bytes.h"
#include "base/read_stream.h"
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <system_error>

namespace runnel::storage {

namespace {

constexpr const char* kNextStep =
    "; nothing was changed. Put the right file back, or bring a backup back with `runnel restore`";

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return read_stream(file, path).value_or("");
}

Result<void> mark(const std::string& path, const char* state) {
  const std::string target = path + "-state";
  const std::string temporary = target + ".new";
  {
    const FileDescriptor file(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!file.valid()) return file_error(temporary, "cannot be written");
    const std::string text = std::string(state) + "\n";
    if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::fsync(file.get()) != 0) {
      return file_error(temporary, "cannot be written");
    }
  }
  std::error_code error;
  std::filesystem::rename(temporary, target, error);
  if (error) return fail(Errc::Unavailable, target + " cannot be written: " + error.message());
  return sync_directory_of(path);
}

}  // namespace

std::unexpected<Error> damaged_file(const std::string& path, const std::string& what) {
  return fail(Errc::Corrupt, path + " " + what + kNextStep);
}

Result<void> check_database_files(const std::string& path) {
  namespace fs = std::filesystem;
  const std::string wal = path + "-wal";
  const std::string state = read_text(path + "-state");
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  const bool exists = fs::exists(status);
  const std::uintmax_t wal_size = fs::file_size(wal, error);
  const bool wal_exists = !error;
  if (exists && !fs::is_regular_file(status)) return damaged_file(path, "is not a file");
  const std::uintmax_t size = exists ? fs::file_size(path, error) : 0;
  // Before the first checkpoint everything is in the WAL, and the database file may be empty.
  if (size == 0 && !(wal_exists && wal_size > 0 && exists)) {
    if (!state.empty()) return damaged_file(path, exists ? "is empty" : "is missing");
    if (wal_exists && wal_size > 0)
      return damaged_file(path, "is missing, but its WAL " + wal + " is there");
    return {};
  }
  if (state == "open\n" && !wal_exists) {
    return damaged_file(
        wal,
        "is missing: the server was not stopped cleanly, and its newest updates are in "
        "that file (to go on without them, delete " +
            path + "-state)");
  }
  return check_database_image(path);
}

Result<void> mark_database_open(const std::string& path) { return mark(path, "open"); }

Result<void> mark_database_closed(const std::string& path) { return mark(path, "closed"); }

Result<void> sync_directory_of(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const std::string directory = parent.empty() ? "." : parent.string();
  const FileDescriptor file(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!file.valid()) return file_error(directory, "cannot be opened");
  if (::fsync(file.get()) != 0) return file_error(directory, "cannot be fsynced");
  return {};
}

}  // namespace runnel::storage

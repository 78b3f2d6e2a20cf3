#include "runnel/storage/wal_file.h"

#include "runnel/storage/file_descriptor.h"

#include "base/bytes.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <optional>
#include <utility>

namespace runnel::storage {

namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 20U;

class DiskWalFile final : public WalFile {
 public:
  explicit DiskWalFile(std::string path) : path_(std::move(path)) {}

  Result<void> rewrite() override {
    const FileDescriptor file(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
    if (!file.valid() && errno == ENOENT) return {};
    if (!file.valid()) return file_error(path_, "cannot be opened");
    Bytes piece(kPieceBytes);
    off_t at = 0;
    while (true) {
      const ssize_t got = ::pread(file.get(), piece.data(), piece.size(), at);
      if (got == 0) return {};
      if (got < 0) return file_error(path_, "cannot be read");
      // Short writes are refused: on a file that has these bytes already they mean a failing disk.
      if (::pwrite(file.get(), piece.data(), static_cast<std::size_t>(got), at) != got) {
        return file_error(path_, "cannot be written");
      }
      at += got;
    }
  }

  Result<void> sync() override {
    if (!file_) {
      file_.emplace(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
      if (!file_->valid()) {
        auto missing = file_error(path_, "cannot be opened");
        file_.reset();
        return missing;
      }
    }
    // fdatasync writes the size too, which is all that the WAL needs of its metadata.
    if (::fdatasync(file_->get()) != 0) return file_error(path_, "cannot be fsynced");
    return {};
  }

 private:
  std::string path_;
  std::optional<FileDescriptor> file_;
};

}  // namespace

std::shared_ptr<WalFile> wal_file_of(const std::string& database_path) {
  return std::make_shared<DiskWalFile>(database_path + "-wal");
}

}  // namespace runnel::storage

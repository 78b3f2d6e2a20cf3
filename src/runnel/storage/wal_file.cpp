#include "runnel/storage/wal_file.h"

#include "runnel/storage/file_descriptor.h"

#include <fcntl.h>
#include <unistd.h>

#include <memory>

namespace runnel::storage {

SyncWal sync_wal_of(const std::string& database_path) {
  const std::string path = database_path + "-wal";
  return [path, file = std::shared_ptr<FileDescriptor>()]() mutable -> Result<void> {
    if (!file) {
      auto opened = std::make_shared<FileDescriptor>(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
      if (!opened->valid()) return file_error(path, "cannot be opened");
      file = std::move(opened);
    }
    // fdatasync writes the size too, which is all that the WAL needs of its metadata.
    if (::fdatasync(file->get()) != 0) return file_error(path, "cannot be fsynced");
    return {};
  };
}

}  // namespace runnel::storage

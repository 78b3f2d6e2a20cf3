#include "runnel/storage/file_descriptor.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace runnel::storage {

FileDescriptor::~FileDescriptor() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::unexpected<Error> file_error(const std::string& path, const std::string& what) {
  return fail(Errc::Unavailable, path + " " + what + ": " + std::generic_category().message(errno));
}

}  // namespace runnel::storage

// The data directory as the server and the commands see it: made with rights for its owner alone,
// with the unix socket through which commands reach the server that holds it.
#pragma once

#include "runnel/auth/secret.h"

#include "base/random_source.h"
#include "base/result.h"

#include <string>

namespace runnel::server {

inline constexpr const char* kSocketName = "runnel.sock";
inline constexpr const char* kLockName = "lock";
inline constexpr const char* kAdminSecretName = "admin.secret";

// Makes it if it is missing (0700). Fails with a next step when it cannot be written.
[[nodiscard]] Result<void> prepare_data_dir(const std::string& path);

// The lock on a data directory: one process at a time. It goes with the process, however that ends.
class DataDirLock {
 public:
  // Conflict, with the process that holds it and what to do.
  static Result<DataDirLock> take(const std::string& data_dir);

  DataDirLock(DataDirLock&& other) noexcept;
  DataDirLock& operator=(DataDirLock&&) = delete;
  DataDirLock(const DataDirLock&) = delete;
  DataDirLock& operator=(const DataDirLock&) = delete;
  ~DataDirLock();

 private:
  explicit DataDirLock(int file) : file_(file) {}

  int file_;
};

// A path of the socket that fits into a socket address, however long the directory's is: it leads
// through a descriptor of the directory, which this object keeps open.
class SocketPath {
 public:
  // NotFound when there is no such directory.
  static Result<SocketPath> in(const std::string& data_dir);

  SocketPath(SocketPath&& other) noexcept;
  SocketPath& operator=(SocketPath&&) = delete;
  SocketPath(const SocketPath&) = delete;
  SocketPath& operator=(const SocketPath&) = delete;
  ~SocketPath();

  [[nodiscard]] std::string text() const;

 private:
  explicit SocketPath(int directory) : directory_(directory) {}

  int directory_;
};

// The admin secret that the first start made and wrote into the directory (0600).
[[nodiscard]] Result<auth::Secret> load_or_make_admin_secret(const std::string& data_dir,
                                                             RandomSource& random);

}  // namespace runnel::server

#include "runnel/storage/backup.h"

#include "runnel/storage/data_files.h"
#include "runnel/storage/database.h"
#include "runnel/storage/file_descriptor.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <memory>
#include <system_error>

namespace runnel::storage {

namespace {

constexpr int kPagesPerStep = 1024;  // 4 MB between two calls of the listener

struct BackupFinisher {
  // The result repeats the error of the last step.
  void operator()(sqlite3_backup* backup) const { sqlite3_backup_finish(backup); }
};

std::unexpected<Error> copy_failed(const std::string& target, int code) {
  return fail((code & 0xff) == SQLITE_CORRUPT ? Errc::Corrupt : Errc::Unavailable,
              "copy the database to " + target + ": " + sqlite3_errstr(code));
}

Result<CopyProgress> copy_pages(Database& source, Database& target,
                                const ProgressListener& progress) {
  // One read transaction around all steps: otherwise every commit would start the copy over.
  RUNNEL_TRY_VOID(source.execute("BEGIN; SELECT count(*) FROM sqlite_schema"));
  const std::unique_ptr<sqlite3_backup, BackupFinisher> backup(
      sqlite3_backup_init(target.handle(), "main", source.handle(), "main"));
  if (!backup) return copy_failed(target.path(), sqlite3_errcode(target.handle()));
  CopyProgress done;
  int code = SQLITE_OK;
  while (code == SQLITE_OK) {
    code = sqlite3_backup_step(backup.get(), kPagesPerStep);
    done.pages_total = static_cast<std::uint64_t>(sqlite3_backup_pagecount(backup.get()));
    done.pages_done =
        done.pages_total - static_cast<std::uint64_t>(sqlite3_backup_remaining(backup.get()));
    if (progress) progress(done);
  }
  if (code != SQLITE_DONE) return copy_failed(target.path(), code);
  return done;
}

Result<void> check_integrity(Database& database) {
  Statement check = RUNNEL_TRY(database.prepare("PRAGMA integrity_check(1)"));
  RUNNEL_TRY_VOID(check.step());
  if (check.text(0) == "ok") return {};
  return fail(Errc::Corrupt, database.path() + " is damaged: " + std::string(check.text(0)));
}

Result<void> sync_file(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return file_error(path, "cannot be opened");
  if (::fsync(file.get()) != 0) return file_error(path, "cannot be fsynced");
  return sync_directory_of(path);
}

void remove_files(const std::string& path) {
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm", "-state"}) {
    std::filesystem::remove(path + suffix, ignored);
  }
}

Result<CopyProgress> copy_database(const std::string& source_path, const std::string& target_path,
                                   const ProgressListener& progress) {
  Database source = RUNNEL_TRY(Database::open({.path = source_path, .read_only = true}));
  CopyProgress copied;
  {
    Database target = RUNNEL_TRY(Database::open({.path = target_path, .journal_wal = false}));
    copied = RUNNEL_TRY(copy_pages(source, target, progress));
    RUNNEL_TRY_VOID(check_integrity(target));
  }
  RUNNEL_TRY_VOID(sync_file(target_path));
  return copied;
}

}  // namespace

Result<CopyProgress> backup_database(const std::string& source, const std::string& target,
                                     const ProgressListener& progress) {
  std::error_code error;
  if (std::filesystem::exists(target, error)) {
    return fail(Errc::Conflict, target + " exists already; choose a new name for the backup");
  }
  if (!std::filesystem::exists(source, error)) {
    return fail(Errc::NotFound, source + " does not exist, so there is nothing to back up");
  }
  Result<CopyProgress> copied = copy_database(source, target, progress);
  if (!copied) remove_files(target);
  return copied;
}

Result<void> restore_database(const std::string& backup, const std::string& target, bool replace,
                              const ProgressListener& progress) {
  std::error_code error;
  if (!std::filesystem::exists(backup, error)) {
    return fail(Errc::NotFound, "there is no backup " + backup);
  }
  if (std::filesystem::exists(target, error) && !replace) {
    return fail(Errc::Conflict, target +
                                    " exists already; restore into an empty directory, or move "
                                    "what is there away");
  }
  const std::string temporary = target + ".restoring";
  remove_files(temporary);
  const Result<CopyProgress> copied = copy_database(backup, temporary, progress);
  if (!copied) {
    remove_files(temporary);
    return std::unexpected(copied.error());
  }
  // The old WAL must go before the new database stands there, or SQLite would play it into it. A
  // crash in between leaves a state file that makes the next start say so instead of going on.
  for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(target + suffix, error);
  std::filesystem::rename(temporary, target, error);
  if (error) return fail(Errc::Unavailable, target + " cannot be written: " + error.message());
  return mark_database_closed(target);
}

}  // namespace runnel::storage

#include "runnel/server/verify_data.h"

#include "runnel/server/store_host.h"
#include "runnel/storage/data_files.h"
#include "runnel/storage/database.h"
#include "runnel/storage/verify.h"

#include "ycpp/doc/doc.h"
#include "ycpp/update/merge.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>

namespace runnel::server {

namespace {

constexpr const char* kBackendName = "backend.db";
constexpr std::array<const char*, 2> kDatabases{kDatabaseName, kBackendName};

// More would not be read; the number of the rest is told.
constexpr std::size_t kFindingsShown = 20;

constexpr const char* kNextStep =
    "\nNothing was changed. Keep this directory and restore a backup into a new one with `runnel "
    "restore BACKUP --data NEW`; a room that is damaged stays closed while all others work, and "
    "`runnel rooms rm ROOM` gives it up";

// Whether every byte of it decodes. That it waits for updates which come later in the log, and for
// how much, says nothing about this record.
Result<void> check_update(ByteView update) {
  ycpp::Doc doc;
  Result<void> applied = doc.apply_update_v1(update);
  if (!applied && applied.error().code == Errc::LimitExceeded) return {};
  return applied;
}

// The document as a room that loads makes it. `waiting` counts those with records that refer to
// others which are not there: no damage, for a client may have sent them so.
Result<void> check_document(ByteView snapshot, const std::vector<ByteView>& updates,
                            std::uint64_t& waiting) {
  std::vector<ByteView> all;
  if (!snapshot.empty()) all.push_back(snapshot);
  all.insert(all.end(), updates.begin(), updates.end());
  if (all.empty()) return {};
  const Bytes merged = RUNNEL_TRY(ycpp::merge_updates_compact(all));
  ycpp::Doc doc;
  RUNNEL_TRY_VOID(doc.apply_update_v1(merged));
  if (doc.pending_bytes() > 0) ++waiting;
  return {};
}

std::string sentence(const std::string& path, const storage::Finding& finding) {
  if (!finding.room) return path + ": " + finding.what;
  return path + ": room " + finding.room->name + " (party " + finding.room->party +
         "): " + finding.what;
}

std::unexpected<Error> damaged(const std::string& path,
                               const std::vector<storage::Finding>& findings) {
  std::string text = path + " is damaged";
  const std::size_t shown = std::min(findings.size(), kFindingsShown);
  for (std::size_t i = 0; i < shown; ++i) text += "\n  " + sentence(path, findings[i]);
  if (shown < findings.size()) {
    text += "\n  and " + std::to_string(findings.size() - shown) + " more";
  }
  return fail(Errc::Corrupt, text + kNextStep);
}

Result<std::string> verify_rooms(const std::string& path) {
  std::uint64_t waiting = 0;
  storage::ContentValidators validators;
  validators.update = check_update;
  validators.snapshot = check_update;
  validators.room = [&waiting](ByteView snapshot, const std::vector<ByteView>& updates) {
    return check_document(snapshot, updates, waiting);
  };
  const auto report = storage::verify_database(path, validators);
  if (!report) return fail(report.error().code, to_string(report.error()) + kNextStep);
  if (!report->is_clean()) return damaged(path, report->findings);
  std::string found = std::to_string(report->rooms) + " rooms, " +
                      std::to_string(report->snapshots) + " snapshots, " +
                      std::to_string(report->log_entries) + " log entries, " +
                      std::to_string(report->bytes) + " bytes";
  if (waiting > 0) {
    found += "; " + std::to_string(waiting) + " rooms hold updates that wait for others";
  }
  return found;
}

// The embedded backend's file: what SQLite finds.
Result<void> verify_file(const std::string& path) {
  storage::Database database =
      RUNNEL_TRY(storage::Database::open({.path = path, .read_only = true, .must_exist = true}));
  storage::Statement check = RUNNEL_TRY(database.prepare("PRAGMA integrity_check(20)"));
  std::vector<storage::Finding> findings;
  while (RUNNEL_TRY(check.step())) {
    if (check.text(0) != "ok") findings.push_back({{}, std::string(check.text(0))});
  }
  if (!findings.empty()) return damaged(path, findings);
  return {};
}

}  // namespace

std::vector<std::string> database_names(const std::string& data_dir) {
  std::vector<std::string> names;
  for (const char* const name : kDatabases) {
    std::error_code error;
    if (std::filesystem::exists(data_dir + "/" + name, error)) names.emplace_back(name);
  }
  return names;
}

Result<std::string> verify_data_dir(const std::string& data_dir) {
  const std::filesystem::path folder(data_dir);
  const std::string rooms = (folder / kDatabaseName).string();
  const std::string backend = (folder / kBackendName).string();
  const std::vector<std::string> names = database_names(data_dir);
  RUNNEL_TRY_VOID(storage::check_database_files(rooms));
  RUNNEL_TRY_VOID(storage::check_database_files(backend));
  if (names.empty()) {
    return fail(Errc::NotFound,
                data_dir + " holds no data; name a data directory or a backup with --data");
  }
  if (std::ranges::find(names, kDatabaseName) == names.end()) {
    return fail(Errc::Corrupt, rooms + " is missing" + kNextStep);
  }
  const std::string found = RUNNEL_TRY(verify_rooms(rooms));
  if (names.size() > 1) RUNNEL_TRY_VOID(verify_file(backend));
  return data_dir + " is whole: " + found;
}

}  // namespace runnel::server

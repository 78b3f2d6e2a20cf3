#include "runnel/storage/testing/faulty_vfs_methods.h"

#include "runnel/storage/testing/faulty_vfs.h"

#include <sqlite3.h>

#include <cstring>
#include <new>
#include <string>

namespace runnel::storage {

namespace {

// What SQLite allocates for an open file. `base` comes first, as SQLite demands.
struct Handle {
  sqlite3_file base;
  FaultyVfs* vfs;
  std::uint64_t epoch;  // of the process that opened it
  std::shared_ptr<FaultyVfs::File> file;
  std::shared_ptr<FaultyVfs::SharedMemory> memory;  // stays valid although the process is dead
  unsigned shared_mask;
  unsigned exclusive_mask;

  [[nodiscard]] bool dead() const { return epoch != vfs->epoch(); }
};

Handle& handle_of(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }

FaultyVfs& owner_of(sqlite3_vfs* vfs) { return *static_cast<FaultyVfs*>(vfs->pAppData); }

int unmap_memory(sqlite3_file* file, int /*remove*/);

int close_file(sqlite3_file* file) {
  Handle& handle = handle_of(file);
  unmap_memory(file, 0);
  handle.file->locks.erase(&handle);
  handle.~Handle();
  return SQLITE_OK;
}

int read_file(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
  Handle& handle = handle_of(file);
  if (handle.dead()) return SQLITE_IOERR_READ;
  return handle.vfs->read(*handle.file, static_cast<std::uint8_t*>(to),
                          static_cast<std::size_t>(size), static_cast<std::size_t>(offset));
}

int write_file(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
  Handle& handle = handle_of(file);
  if (handle.dead()) return SQLITE_IOERR_WRITE;
  const ByteView data(static_cast<const std::uint8_t*>(from), static_cast<std::size_t>(size));
  return handle.vfs->write(*handle.file, data, static_cast<std::size_t>(offset));
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  Handle& handle = handle_of(file);
  if (handle.dead()) return SQLITE_IOERR_TRUNCATE;
  return handle.vfs->truncate(*handle.file, static_cast<std::size_t>(size));
}

int sync_file(sqlite3_file* file, int /*flags*/) {
  Handle& handle = handle_of(file);
  if (handle.dead()) return SQLITE_IOERR_FSYNC;
  return handle.vfs->sync(*handle.file);
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  const Handle& handle = handle_of(file);
  if (handle.dead()) return SQLITE_IOERR_FSTAT;
  *size = static_cast<sqlite3_int64>(handle.file->content.size());
  return SQLITE_OK;
}

// The levels of a rollback-mode lock; in WAL mode every connection holds SHARED throughout.
int lock_file(sqlite3_file* file, int level) {
  Handle& handle = handle_of(file);
  if (handle.dead()) return SQLITE_IOERR_LOCK;
  int others = SQLITE_LOCK_NONE;
  for (const auto& [holder, held] : handle.file->locks) {
    if (holder != &handle) others = std::max(others, held);
  }
  if (level == SQLITE_LOCK_SHARED && others >= SQLITE_LOCK_PENDING) return SQLITE_BUSY;
  if (level == SQLITE_LOCK_RESERVED && others >= SQLITE_LOCK_RESERVED) return SQLITE_BUSY;
  if (level == SQLITE_LOCK_EXCLUSIVE && others >= SQLITE_LOCK_SHARED) return SQLITE_BUSY;
  int& held = handle.file->locks[&handle];
  held = std::max(held, level);
  return SQLITE_OK;
}

int unlock_file(sqlite3_file* file, int level) {
  Handle& handle = handle_of(file);
  int& held = handle.file->locks[&handle];
  held = std::min(held, level);
  return SQLITE_OK;
}

int check_reserved_lock(sqlite3_file* file, int* reserved) {
  const Handle& handle = handle_of(file);
  *reserved = 0;
  for (const auto& [holder, held] : handle.file->locks) {
    if (held >= SQLITE_LOCK_RESERVED) *reserved = 1;
  }
  return SQLITE_OK;
}

int control_file(sqlite3_file* /*file*/, int /*operation*/, void* /*argument*/) {
  return SQLITE_NOTFOUND;
}

int sector_size(sqlite3_file* /*file*/) { return 4096; }

// The same promise that SQLite's own VFS for Unix makes for every disk.
int device_characteristics(sqlite3_file* /*file*/) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

int map_memory(sqlite3_file* file, int region, int size, int extend, void volatile** mapped) {
  Handle& handle = handle_of(file);
  *mapped = nullptr;
  if (handle.dead()) return SQLITE_IOERR_SHMMAP;
  if (!handle.memory) {
    if (!handle.file->memory) {
      handle.file->memory = std::make_shared<FaultyVfs::SharedMemory>();
    }
    handle.memory = handle.file->memory;
  }
  auto& regions = handle.memory->regions;
  const auto index = static_cast<std::size_t>(region);
  if (index >= regions.size() && extend == 0) return SQLITE_OK;
  while (regions.size() <= index) {
    regions.push_back(std::make_unique<Bytes>(static_cast<std::size_t>(size)));
  }
  *mapped = regions[index]->data();
  return SQLITE_OK;
}

void release_slot(Handle& handle, std::size_t slot) {
  const unsigned bit = 1U << slot;
  if ((handle.shared_mask & bit) != 0) --handle.memory->shared_locks[slot];
  if ((handle.exclusive_mask & bit) != 0) handle.memory->exclusive_locks[slot] = false;
  handle.shared_mask &= ~bit;
  handle.exclusive_mask &= ~bit;
}

bool slot_is_free(const Handle& handle, std::size_t slot, bool exclusive) {
  const unsigned bit = 1U << slot;
  const int own = (handle.shared_mask & bit) != 0 ? 1 : 0;
  if (handle.memory->exclusive_locks[slot]) return (handle.exclusive_mask & bit) != 0;
  return !exclusive || handle.memory->shared_locks[slot] == own;
}

int lock_memory(sqlite3_file* file, int offset, int count, int flags) {
  Handle& handle = handle_of(file);
  if (handle.dead()) return SQLITE_IOERR_SHMLOCK;
  const auto first = static_cast<std::size_t>(offset);
  const std::size_t end = first + static_cast<std::size_t>(count);
  const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
  if ((flags & SQLITE_SHM_UNLOCK) != 0) {
    for (std::size_t slot = first; slot < end; ++slot) release_slot(handle, slot);
    return SQLITE_OK;
  }
  for (std::size_t slot = first; slot < end; ++slot) {
    if (!slot_is_free(handle, slot, exclusive)) return SQLITE_BUSY;
  }
  for (std::size_t slot = first; slot < end; ++slot) {
    const unsigned bit = 1U << slot;
    if (exclusive) {
      handle.memory->exclusive_locks[slot] = true;
      handle.exclusive_mask |= bit;
    } else if ((handle.shared_mask & bit) == 0) {
      ++handle.memory->shared_locks[slot];
      handle.shared_mask |= bit;
    }
  }
  return SQLITE_OK;
}

void memory_barrier(sqlite3_file* /*file*/) {}

int unmap_memory(sqlite3_file* file, int remove) {
  Handle& handle = handle_of(file);
  if (!handle.memory) return SQLITE_OK;
  for (std::size_t slot = 0; slot < handle.memory->shared_locks.size(); ++slot) {
    release_slot(handle, slot);
  }
  if (remove != 0 && !handle.dead()) handle.file->memory.reset();
  handle.memory.reset();
  return SQLITE_OK;
}

constexpr sqlite3_io_methods kMethods{
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = file_size,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = check_reserved_lock,
    .xFileControl = control_file,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = device_characteristics,
    .xShmMap = map_memory,
    .xShmLock = lock_memory,
    .xShmBarrier = memory_barrier,
    .xShmUnmap = unmap_memory,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  FaultyVfs& owner = owner_of(vfs);
  // Temporary files have no name; nothing of ours needs any.
  if (path == nullptr) return SQLITE_CANTOPEN;
  auto opened = owner.open(path, (flags & SQLITE_OPEN_CREATE) != 0);
  if (!opened) return SQLITE_CANTOPEN;
  // SQLite owns the memory and calls xClose, which ends the object.
  ::new (static_cast<void*>(file)) Handle{.base = {.pMethods = &kMethods},
                                          .vfs = &owner,
                                          .epoch = owner.epoch(),
                                          .file = std::move(opened),
                                          .memory = nullptr,
                                          .shared_mask = 0,
                                          .exclusive_mask = 0};
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* path, int /*sync_directory*/) {
  FaultyVfs& owner = owner_of(vfs);
  if (!owner.exists(path)) return SQLITE_IOERR_DELETE_NOENT;
  owner.remove(path);
  return SQLITE_OK;
}

int access_file(sqlite3_vfs* vfs, const char* path, int /*flags*/, int* result) {
  *result = owner_of(vfs).exists(path) ? 1 : 0;
  return SQLITE_OK;
}

int full_path(sqlite3_vfs* /*vfs*/, const char* path, int size, char* out) {
  const std::size_t length = std::strlen(path);
  if (length >= static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
  std::memcpy(out, path, length + 1);
  return SQLITE_OK;
}

int randomness(sqlite3_vfs* vfs, int size, char* out) {
  owner_of(vfs).fill_random(reinterpret_cast<std::uint8_t*>(out), static_cast<std::size_t>(size));
  return size;
}

int sleep_not(sqlite3_vfs* /*vfs*/, int microseconds) { return microseconds; }

int current_time(sqlite3_vfs* /*vfs*/, double* julian_day) {
  *julian_day = 2461041.5;  // 2026-01-01; nothing that is stored depends on it
  return SQLITE_OK;
}

int last_error(sqlite3_vfs* /*vfs*/, int /*size*/, char* /*out*/) { return 0; }

}  // namespace

std::unique_ptr<sqlite3_vfs> make_vfs(FaultyVfs& owner, const char* name) {
  auto vfs = std::make_unique<sqlite3_vfs>();
  vfs->iVersion = 1;
  vfs->szOsFile = sizeof(Handle);
  vfs->mxPathname = 512;
  vfs->zName = name;
  vfs->pAppData = &owner;
  vfs->xOpen = open_file;
  vfs->xDelete = delete_file;
  vfs->xAccess = access_file;
  vfs->xFullPathname = full_path;
  vfs->xRandomness = randomness;
  vfs->xSleep = sleep_not;
  vfs->xCurrentTime = current_time;
  vfs->xGetLastError = last_error;
  return vfs;
}

}  // namespace runnel::storage

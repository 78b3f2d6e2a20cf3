#include "sim_application.h"

#include "runnel/backend/document_bytes.h"

#include <utility>

namespace runnel::simulation {

namespace {

constexpr Duration kTimeout{2000};

}  // namespace

std::vector<std::int64_t> SimApplication::times(CallKind kind, const RoomId& room) const {
  std::vector<std::int64_t> found;
  for (const Call& call : calls) {
    if (call.kind == kind && call.room == room) found.push_back(call.time_ms);
  }
  return found;
}

SimBackend::SimBackend(SimApplication& application, Executor& loop, Scheduler& scheduler)
    : application_(application), scheduler_(scheduler), fake_(application.model, loop) {}

void SimBackend::note(SimApplication::CallKind kind, const RoomId& room) {
  application_.calls.push_back({kind, room, scheduler_.now_ms(), application_.down});
  fake_.delay = application_.down ? kTimeout : Duration(scheduler_.between(1, 300));
}

void SimBackend::load(const RoomId& room, LoadDone done) {
  note(SimApplication::CallKind::Load, room);
  fake_.load_fault = application_.down ? backend::FakeBackend::LoadFault::Unavailable
                                       : backend::FakeBackend::LoadFault::None;
  fake_.load(room, std::move(done));
}

void SimBackend::save(const RoomId& room, backend::SaveCall call, SaveDone done) {
  note(SimApplication::CallKind::Save, room);
  const auto offered = backend::read_document(*call.update);
  const auto stored = application_.model.rooms.find(room);
  if (!offered) {
    application_.wrongs.push_back("room " + room.name + " is saved as bytes that are no document");
  } else if (stored != application_.model.rooms.end()) {
    const auto had = backend::read_document(stored->second.body);
    if (had && !offered->coverage.covers(had->coverage)) {
      application_.wrongs.push_back("room " + room.name + " would be replaced by less");
    }
  }
  fake_.save_fault = application_.down ? backend::FakeBackend::SaveFault::Unavailable
                                       : backend::FakeBackend::SaveFault::None;
  fake_.save(room, std::move(call), std::move(done));
}

}  // namespace runnel::simulation

#include "ycpp/update/merge.h"

#include "base/check.h"
#include "ycpp/encoding/utf.h"
#include "ycpp/update/convert.h"
#include "ycpp/update/merge_queue.h"
#include "ycpp/update/pass.h"
#include "ycpp/update/struct_joiner.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ycpp {

namespace {

// One update that is being read.
template <class Decoder>
struct Source {
  std::optional<StructReader<Decoder>> reader;  // set once its turn has come
  std::size_t update{0};
  RawStruct current;
  bool has_current{false};

  [[nodiscard]] StructReader<Decoder>& opened() {
    RUNNEL_CHECK(reader.has_value());
    return *reader;
  }
};

template <class Codec>
class Merger {
 public:
  Merger(std::span<const ByteView> updates, bool joins) : updates_(updates), joiner_(joins) {}

  Result<Bytes> run();

 private:
  using Decoder = typename Codec::Decoder;
  using Reader = StructReader<Decoder>;

  void queue_update(std::size_t update);
  void queue_in_full(std::size_t update);
  std::size_t open_source(std::size_t update);
  void close_source(std::size_t source);
  void advance(Source<Decoder>& source);
  void read_deletes(Reader& reader, std::size_t update);
  void merge_from(Source<Decoder>& source);
  bool skip_written(Source<Decoder>& source, ClientId client);
  void continue_client(Source<Decoder>& source);
  void slice(RawStruct& raw, Clock offset);
  void set_error(Error error, std::size_t update);

  std::span<const ByteView> updates_;
  MergeQueue queue_;
  std::vector<std::unique_ptr<Source<Decoder>>> sources_;  // each stays where it is
  std::vector<std::size_t> free_sources_;
  std::vector<DeleteSet::Range> deleted_;
  StructJoiner<typename Codec::Encoder> joiner_;
  std::deque<std::string> sliced_;  // text that had to be cut
  std::optional<Error> error_;
};

template <class Codec>
void Merger<Codec>::set_error(Error error, std::size_t update) {
  if (error_) return;
  error_ = std::move(error);
  if (updates_.size() > 1)
    error_->detail = "update " + std::to_string(update) + ": " + error_->detail;
}

template <class Codec>
void Merger<Codec>::read_deletes(Reader& reader, std::size_t update) {
  if (reader.ok()) reader.read_delete_ranges(deleted_);
  if (!reader.ok()) set_error(reader.error(), update);
}

// Puts an update into the queue by its first struct that is no Skip, or reads its deletes if there
// is none. The reader is opened when its turn comes: keeping one for each update would take more
// memory than the updates.
template <class Codec>
void Merger<Codec>::queue_update(std::size_t update) {
  const ByteView bytes = updates_[update];
  const UpdateStart start = look_at_start(bytes, Codec::kFormat);
  switch (start.kind) {
    case UpdateStart::Kind::Struct:
      queue_.add(start.first, update);
      return;
    case UpdateStart::Kind::Deletes: {
      ByteReader rest{start.deletes, bytes.data()};
      DeleteSet::read_ranges(rest, Codec::kFormat, deleted_);
      if (!rest.ok()) set_error(rest.error(Decoder::kName), update);
      return;
    }
    case UpdateStart::Kind::Unclear:
      return queue_in_full(update);
  }
}

template <class Codec>
void Merger<Codec>::queue_in_full(std::size_t update) {
  Reader reader{updates_[update]};
  RawStruct raw;
  bool found = reader.next(raw);
  while (found && raw.content.kind == BlockKind::Skip) found = reader.next(raw);
  if (found) {
    queue_.add(raw.id, update);
  } else {
    read_deletes(reader, update);
  }
}

template <class Codec>
void Merger<Codec>::advance(Source<Decoder>& source) {
  Reader& reader = source.opened();
  do {
    source.has_current = reader.next(source.current);
  } while (source.has_current && source.current.content.kind == BlockKind::Skip);
  if (!source.has_current) read_deletes(reader, source.update);
}

template <class Codec>
std::size_t Merger<Codec>::open_source(std::size_t update) {
  if (free_sources_.empty()) {
    free_sources_.push_back(sources_.size());
    sources_.push_back(std::make_unique<Source<Decoder>>());
  }
  const std::size_t index = free_sources_.back();
  free_sources_.pop_back();
  Source<Decoder>& source = *sources_[index];
  source.update = update;
  source.reader.emplace(updates_[update]);
  advance(source);
  return index;
}

// Structs that wait to be written are views into the updates, which outlive the merge, or into what
// a decoder had to put together: such a decoder stays.
template <class Codec>
void Merger<Codec>::close_source(std::size_t source) {
  if (!sources_[source]->opened().decoder().owns_views()) free_sources_.push_back(source);
}

// Cuts off the first `offset` units, which are written already.
template <class Codec>
void Merger<Codec>::slice(RawStruct& raw, Clock offset) {
  RawContent& content = raw.content;
  raw.wire = {};
  if (raw.is_item()) {
    raw.info |= kInfoOrigin;
    raw.origin = {.client = raw.id.client, .clock = raw.id.clock + offset - 1};
  }
  raw.id.clock += offset;
  content.length -= offset;
  if (content.kind == BlockKind::String) {
    sliced_.push_back(split_right_utf16(content.text, offset));
    content.text = sliced_.back();
  } else if (content.kind == BlockKind::Any || content.kind == BlockKind::Json) {
    content.values = values_from(content, offset);
  }
}

// Passes over what is written already. Whether the source then still stands where the merge goes
// on.
template <class Codec>
bool Merger<Codec>::skip_written(Source<Decoder>& source, ClientId client) {
  const RawStruct& waiting = joiner_.waiting();
  bool moved = false;
  while (source.has_current && source.current.id.client == waiting.id.client &&
         source.current.end() <= waiting.end()) {
    advance(source);
    moved = true;
  }
  if (!source.has_current || source.current.id.client != client) return false;
  // Another source may have what comes between.
  return !(moved && source.current.id.clock > waiting.end());
}

// Takes what follows the waiting struct without a gap.
template <class Codec>
void Merger<Codec>::continue_client(Source<Decoder>& source) {
  while (source.has_current && source.current.id.client == joiner_.waiting().id.client &&
         source.current.id.clock == joiner_.waiting().end()) {
    joiner_.put(source.current);
    advance(source);
  }
}

template <class Codec>
void Merger<Codec>::merge_from(Source<Decoder>& source) {
  const ClientId client = source.current.id.client;
  if (joiner_.is_waiting() && !skip_written(source, client)) return;
  if (!joiner_.is_waiting() || joiner_.waiting().id.client != client) {
    joiner_.put(source.current);
    advance(source);
  } else if (joiner_.waiting().end() < source.current.id.clock) {
    const Id gap{.client = client, .clock = joiner_.waiting().end()};
    joiner_.put(make_skip(gap, source.current.id.clock - gap.clock));
  } else {
    const Clock known = joiner_.waiting().end() - source.current.id.clock;
    if (known > 0) {
      RawStruct next = source.current;
      slice(next, known);
      if (joiner_.extend_gc(next)) return;
      joiner_.put(next);
    } else {
      if (joiner_.extend_gc(source.current)) return;
      joiner_.put(source.current);
    }
    advance(source);
  }
  continue_client(source);
}

template <class Codec>
Result<Bytes> Merger<Codec>::run() {
  for (std::size_t i = 0; i < updates_.size() && !error_; ++i) queue_update(i);
  queue_.sort();
  while (!queue_.empty() && !error_) {
    const MergeQueue::Ticket ticket = queue_.take();
    const std::size_t index = ticket.moved == 0 ? open_source(ticket.source) : ticket.source;
    // Only an update that cannot be read has no first struct, now that it is looked at in full.
    Source<Decoder>& source = *sources_[index];
    if (source.has_current) merge_from(source);
    if (source.has_current) {
      queue_.put_back(source.current.id, index);
    } else {
      close_source(index);
    }
  }
  if (error_) return std::unexpected(*std::move(error_));
  SectionWriter<typename Codec::Encoder>& writer = joiner_.finish();
  writer.finish_structs();
  DeleteSet::from_ranges(std::move(deleted_)).write(writer.encoder().rest(), Codec::kFormat);
  return writer.finish();
}

}  // namespace

Result<Bytes> merge_updates(std::span<const ByteView> updates, UpdateFormat format) {
  if (updates.size() == 1) return convert_update_format(updates.front(), format, format);
  return format == UpdateFormat::V1 ? Merger<V1Codec>{updates, false}.run()
                                    : Merger<V2Codec>{updates, false}.run();
}

Result<Bytes> merge_updates_compact(std::span<const ByteView> updates, UpdateFormat format) {
  return format == UpdateFormat::V1 ? Merger<V1Codec>{updates, true}.run()
                                    : Merger<V2Codec>{updates, true}.run();
}

}  // namespace ycpp

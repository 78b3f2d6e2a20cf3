// Writes blocks of a document in update format V1, byte for byte as Yjs does.
#pragma once

#include "ycpp/doc/block_store.h"
#include "ycpp/doc/transaction.h"
#include "ycpp/encoding/byte_writer.h"

#include <span>
#include <vector>

namespace ycpp {

// Where the encoding of one client starts; its state is above that.
struct EncodeFrom {
  ClientIndex client{kNone};
  Clock clock{0};
  // Format V2 can stop before the end: blocks that start from here on are left out.
  Clock end{kMaxSafeInteger};
};

// The sections of an update: every block of these clients, in this order, from that clock on.
void write_sections_v1(ByteWriter& writer, const BlockStore& store,
                       std::span<const EncodeFrom> clients);

// A delete set of sorted, joined ranges with clients descending.
void write_deletes(ByteWriter& writer, UpdateFormat format, const BlockStore& store,
                   std::span<const LocalRange> deletes);

// Every deleted range of the document, sorted as write_deletes wants it.
void collect_all_deletes(BlockStore& store, std::vector<LocalRange>& deletes);

// The delete set of the whole document.
void write_all_deletes_v1(ByteWriter& writer, BlockStore& store);

}  // namespace ycpp

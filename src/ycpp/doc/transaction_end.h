// What the end of a transaction does to the blocks: content of deleted blocks is given up (garbage
// collection), and blocks that belong together become one. Which seams are looked at is Yjs's
// choice, because it decides where blocks end in every later encoding.
#pragma once

#include "ycpp/doc/block_store.h"
#include "ycpp/doc/transaction.h"

#include <functional>

namespace ycpp {

// Sorts and joins what the transaction deleted: clients descending, clocks ascending.
void sort_deletes(const BlockStore& store, std::vector<LocalRange>& deletes);

// Replaces the content of what the transaction deleted, except where an undo manager keeps it.
// Needs sorted deletes. `may_collect`, if there is one, is asked about each block.
void collect_garbage(BlockStore& store, const Transaction& transaction,
                     const std::function<bool(BlockIndex)>& may_collect = {});

// Joins blocks at the seams that the transaction touched. Needs sorted deletes, and Touched::after.
void merge_blocks(BlockStore& store, const Transaction& transaction);

// Replaces the content of one deleted block, which is not a type.
void collect_block(BlockStore& store, BlockIndex block);

// Looks at the seams on both sides of a block that was cut out and deleted, and at the one behind
// its right neighbour.
void merge_around(BlockStore& store, ClientIndex client, BlockList::Position position);

}  // namespace ycpp

// How a struct that waits is kept: as the engine reads it, in few bytes and without loss. Values
// keep the form in which they came, text keeps halves of surrogate pairs, and lengths are written
// down, so that looking at a struct again costs nothing that grows with its content.
//
// The bytes never leave the document: clients and roots are named by their places in its tables.
#pragma once

#include "ycpp/doc/incoming.h"
#include "ycpp/encoding/byte_writer.h"

#include <cstddef>
#include <string>

namespace ycpp {

// Appends `item`, whose root, if it has one, must be entered in IncomingNames::root_type.
void write_held(ByteWriter& writer, const IncomingUpdate& update, const IncomingStruct& item);

// Reads the struct at the front of `bytes`, appends it to `update` and returns how many bytes it
// takes. What is read points into `bytes`.
std::size_t read_held(ByteView bytes, Clock clock, IncomingUpdate& update);

// `item` behind its first `known` units, which are fewer than it has. Text that has to be put
// together anew goes to `storage`.
[[nodiscard]] IncomingStruct without_front(ClientIndex client, const IncomingStruct& item,
                                           Clock known, std::string& storage);

// As the encoders of updates want it. A key that is not on the wire leaves no trace, as where Yjs
// merges updates without a document.
[[nodiscard]] RawStruct to_raw(const BlockStore& store, const IncomingUpdate& update,
                               ClientIndex client, const IncomingStruct& item);

}  // namespace ycpp

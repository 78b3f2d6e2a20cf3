// IncomingUpdate: an update taken apart and checked, before anything of it touches a document. Its
// structs point into the bytes of the update, which must outlive it.
#pragma once

#include "ycpp/doc/block.h"
#include "ycpp/doc/block_store.h"
#include "ycpp/doc/large_allocator.h"
#include "ycpp/doc/transaction.h"
#include "ycpp/encoding/raw_struct.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ycpp {

// What a struct says of its place when it has no neighbour, and the names in its content.
struct IncomingNames {
  bool has_root{false};
  std::string_view root;  // name of the parent, if it is a root
  TypeIndex root_type{kNone};
  LocalId parent;  // item of the parent, if it is not
  bool has_key{false};
  std::string_view key;
  std::string_view name;  // node name of a type, key of a format, guid of a subdocument
};

// 64 bytes, because a large update has very many.
struct IncomingStruct {
  Clock clock{0};
  Clock length{0};
  Clock origin_clock{0};
  Clock right_origin_clock{0};
  // By kind: text; the any values; the JSON texts with their lengths; a binary; the value of an
  // embed or format; the options of a subdocument.
  const std::uint8_t* content{nullptr};
  std::uint32_t content_bytes{0};
  std::uint32_t names{kNone};  // position in IncomingUpdate::names
  ClientIndex origin_client{kNone};
  ClientIndex right_origin_client{kNone};
  BlockKind kind{BlockKind::Gc};
  TypeKind type_kind{TypeKind::Untyped};
  ValueForm form{ValueForm::Json};
  bool unicode{false};

  [[nodiscard]] Clock end() const noexcept { return clock + length; }

  [[nodiscard]] LocalId origin() const noexcept { return {origin_client, origin_clock}; }

  [[nodiscard]] LocalId right_origin() const noexcept {
    return {right_origin_client, right_origin_clock};
  }

  void set_origin(LocalId id) noexcept {
    origin_client = id.client;
    origin_clock = id.clock;
  }

  void set_right_origin(LocalId id) noexcept {
    right_origin_client = id.client;
    right_origin_clock = id.clock;
  }
};

// Structs of one client whose clocks follow one another.
struct IncomingSection {
  ClientIndex client{kNone};
  std::size_t begin{0};  // positions in IncomingUpdate::structs
  std::size_t end{0};
};

struct IncomingUpdate {
  std::vector<IncomingStruct, LargeAllocator<IncomingStruct>> structs;
  std::vector<IncomingNames> names;
  std::vector<IncomingSection> sections;
  std::vector<LocalRange> deletes;
  std::size_t content_bytes{0};
  std::size_t deleted_structs{0};  // how many say no more than that something was deleted

  // Makes room for `count` more structs, which is a peer's claim: the caller gives no more of it
  // than `bytes_left` can be trusted to hold.
  void expect_structs(std::uint64_t count, std::size_t bytes_left);

  // Forgets the update, and the memory too if it was a large one.
  void release() {
    constexpr std::size_t kKept = 256;
    if (structs.capacity() > kKept || names.capacity() > kKept || deletes.capacity() > kKept) {
      *this = IncomingUpdate{};
    } else {
      clear();
    }
  }

  void clear() noexcept {
    structs.clear();
    names.clear();
    sections.clear();
    deletes.clear();
    content_bytes = 0;
    deleted_structs = 0;
  }
};

// What of an update depends on what neither the document nor the update has.
struct Waiting {
  bool structs{false};
  std::size_t deletes{0};
};

[[nodiscard]] Waiting find_waiting(const BlockStore& store, const IncomingUpdate& update);

}  // namespace ycpp

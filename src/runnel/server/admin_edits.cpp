#include "runnel/server/admin_edits.h"

#include "runnel/server/admin_document.h"
#include "runnel/server/admin_history.h"
#include "runnel/server/json_body.h"
#include "runnel/server/json_patch.h"
#include "runnel/server/problem.h"
#include "runnel/server/restore_update.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

namespace runnel::server {

namespace {

constexpr std::string_view kPatchType = "application/json-patch+json";

std::string_view content_type(const net::HttpRequest& request) {
  const std::string_view type = request.headers.find("content-type").value_or("");
  return type.substr(0, type.find(';'));
}

// As Yjs draws them: 32 bits.
ycpp::ClientId new_client(Shard& shard) {
  return ycpp::ClientId(shard.random->below(std::uint64_t{1} << 32U));
}

using UseUpdate = std::move_only_function<void(AdminRoomCall call, Bytes update)>;

// The body as an update in V1; who sent something else is told so and nothing happens.
void use_body(AdminRoomCall call, UseUpdate use) {
  Result<Bytes> update = update_to_apply(call.request.body);
  if (update) {
    use(std::move(call), *std::move(update));
  } else {
    call.responder.send(problem(400, to_string(update.error())));
  }
}

void apply_update(Shard& shard, AdminRoomCall call) {
  use_body(std::move(call), [&shard](AdminRoomCall asked, Bytes update) {
    write_update(shard, asked.room, std::move(asked.responder), std::move(update));
  });
}

// An edit that was worked out from the present state; there is nothing to log when it is empty.
void write_edit(Shard& shard, AdminRoomCall call, Bytes update) {
  if (update.empty()) update = Bytes{0, 0};
  write_update(shard, call.room, std::move(call.responder), std::move(update));
}

void apply_patch(Shard& shard, AdminRoomCall call) {
  const std::string_view query = net::split_target(call.request.target).query;
  PatchOptions options{.root = net::query_value(query, "root").value_or(""),
                       .client = new_client(shard)};
  const auto kind = patch_root_of(net::query_value(query, "type").value_or("map"));
  const std::string values = net::query_value(query, "values").value_or("plain");
  if (options.root.empty()) {
    call.responder.send(problem(400, "`root` is needed: the name of the root to patch"));
    return;
  }
  if (!kind) {
    call.responder.send(problem(400, "`type` must be map, array or text"));
    return;
  }
  if (values != "plain" && values != "shared") {
    call.responder.send(problem(400, "`values` must be plain or shared"));
    return;
  }
  options.kind = *kind;
  options.shared_values = values == "shared";
  use_state(shard, std::move(call),
            [&shard, options = std::move(options)](AdminRoomCall asked, ByteView state) {
              auto update = json_patch_update(state, as_text(asked.request.body), options);
              if (update) {
                write_edit(shard, std::move(asked), *std::move(update));
              } else {
                const PatchRefusal& why = update.error();
                asked.responder.send(problem_at(why.status, why.detail, why.pointer));
              }
            });
}

// `target` is V1.
void restore_to(Shard& shard, AdminRoomCall call, Bytes target) {
  use_state(shard, std::move(call),
            [&shard, target = std::move(target)](AdminRoomCall asked, ByteView state) {
              Result<Bytes> update = restore_update(state, target, new_client(shard));
              if (update) {
                write_edit(shard, std::move(asked), *std::move(update));
              } else {
                asked.responder.send(problem(400, to_string(update.error())));
              }
            });
}

}  // namespace

void edit_document(Shard& shard, AdminRoomCall call) {
  const std::string_view type = content_type(call.request);
  if (type == kPatchType) {
    apply_patch(shard, std::move(call));
  } else if (type == "application/json") {
    call.responder.send(
        problem(415,
                "Expected an update, V1 or V2, as application/octet-stream, or a JSON Patch as "
                "application/json-patch+json"));
  } else {
    apply_update(shard, std::move(call));
  }
}

void import_room(Shard& shard, AdminRoomCall call) {
  use_body(std::move(call), [&shard](AdminRoomCall asked, Bytes update) {
    const RoomId room = asked.room;  // the call moves into the callback
    shard.directory->revive(room,
                            [&shard, room, responder = std::move(asked.responder),
                             update = std::move(update)](const Result<void>& revived) mutable {
                              if (revived) {
                                write_update(shard, room, std::move(responder), std::move(update));
                              } else {
                                responder.send(problem(revived.error()));
                              }
                            });
  });
}

void restore(Shard& shard, AdminRoomCall call) {
  if (content_type(call.request) != "application/json") {
    use_body(std::move(call), [&shard](AdminRoomCall asked, Bytes target) {
      restore_to(shard, std::move(asked), std::move(target));
    });
    return;
  }
  const Result<boost::json::object> body = json_body(call.request, {"at"});
  const boost::json::value* at = body ? body->if_contains("at") : nullptr;
  if (at == nullptr || !at->is_int64() || at->get_int64() < 0) {
    call.responder.send(
        problem(400, "Expected {\"at\": position} or a full state as application/octet-stream"));
    return;
  }
  with_past(shard, std::move(call), static_cast<storage::Seq>(at->get_int64()),
            [&shard](AdminRoomCall asked, ByteView state) {
              restore_to(shard, std::move(asked), to_bytes(state));
            });
}

}  // namespace runnel::server

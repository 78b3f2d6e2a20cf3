// PermanentUserData of both engines on the same documents: conformance_users
//
// Reads what users.mjs has written and compares who wrote and who deleted each unit; then a ycpp
// client with a user of its own edits the document, and that is written for users.mjs to compare.
#include "base/random_source.h"
#include "frames.h"
#include "operations.h"
#include "plain.h"
#include "ycpp/doc/doc.h"
#include "ycpp/encoding/byte_reader.h"
#include "ycpp/types/permanent_user_data.h"
#include "ycpp/types/text.h"

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

namespace {

using namespace ycpp;               // NOLINT(google-build-using-namespace): about one library
using namespace ycpp::conformance;  // NOLINT(google-build-using-namespace)

Any name_of(const std::optional<std::string>& user) {
  return user.has_value() ? Any(*user) : Any(nullptr);
}

// Who wrote and who deleted: [client, user, [user of each unit that was deleted]].
Any plain_users(Doc& doc, const PermanentUserData& users) {
  AnyArray list;
  const StateVector vector = doc.state_vector();
  for (auto entry = vector.entries().rbegin(); entry != vector.entries().rend(); ++entry) {
    AnyArray deleted;
    for (Clock clock = 0; clock < entry->clock; ++clock) {
      deleted.push_back(name_of(users.get_user_by_deleted_id({entry->client, clock})));
    }
    list.emplace_back(AnyArray{static_cast<double>(entry->client.value()),
                               name_of(users.get_user_by_client_id(entry->client)),
                               Any(std::move(deleted))});
  }
  return list;
}

void edit(Doc& doc, std::uint64_t seed) {
  runnel::SeededRandom random(seed);
  const Text text = doc.get_text("t");
  for (int step = 0; step < 10; ++step) {
    doc.transact([&](Transaction& /*transaction*/) {
      text.insert(random.below(text.length() + 1), "abc");
      if (random.below(2) == 0) text.delete_text(random.below(text.length()), 2);
    });
  }
}

// Nothing for a document that differs.
std::optional<Any> answer(const Any& frame) {
  const std::uint64_t seed = number_field(frame, "seed");
  Doc doc({.client_id = ClientId{50 + seed}});
  std::unique_ptr<PermanentUserData> users;
  // It learns from events, or from what is there.
  if (seed % 2 == 0) users = std::make_unique<PermanentUserData>(doc);
  const Result<void> applied = doc.apply_update(bytes_field(frame, "update"));
  if (!applied) {
    std::fprintf(stderr, "seed %s: %s\n", std::to_string(seed).c_str(),
                 to_string(applied.error()).c_str());
    return std::nullopt;
  }
  if (!users) users = std::make_unique<PermanentUserData>(doc);
  const Any known = plain_users(doc, *users);
  if (known != field(frame, "users")) {
    std::fprintf(stderr, "seed %s\n  Yjs:  %s\n  ycpp: %s\n", std::to_string(seed).c_str(),
                 show(field(frame, "users")).c_str(), show(known).c_str());
    return std::nullopt;
  }
  users->set_user_mapping(doc.client_id(), "from ycpp");
  edit(doc, seed);
  AnyObject result;
  result.set("seed", static_cast<double>(seed));
  result.set("update", doc.encode_state_as_update());
  result.set("users", plain_users(doc, *users));
  return result;
}

}  // namespace

int main() {
  Bytes bytes;
  while (read_frame(std::cin, bytes)) {
    ByteReader reader(bytes);
    const Any frame = read_any(reader);
    if (!reader.ok()) return EXIT_FAILURE;
    const std::optional<Any> result = answer(frame);
    if (!result.has_value()) return EXIT_FAILURE;
    write_frame(*result);
  }
  return EXIT_SUCCESS;
}

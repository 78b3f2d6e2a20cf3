// PermanentUserData: who wrote and who deleted what, kept in the document itself. A map (root
// `users`) has for each user the ids of the clients they wrote as, and the delete sets of what they
// deleted; replicas of Yjs keep and read the same.
//
// It must not outlive its document.
#pragma once

#include "ycpp/delete_set.h"
#include "ycpp/doc/transaction.h"
#include "ycpp/types/map.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ycpp {

class PermanentUserData {
 public:
  // Whether what a transaction deleted is written down.
  using Filter = std::function<bool(const Transaction&, const DeleteSet&)>;

  explicit PermanentUserData(Doc& doc);
  explicit PermanentUserData(const Map& users);
  PermanentUserData(const PermanentUserData&) = delete;
  PermanentUserData& operator=(const PermanentUserData&) = delete;
  PermanentUserData(PermanentUserData&&) = delete;
  PermanentUserData& operator=(PermanentUserData&&) = delete;
  ~PermanentUserData();

  // Says that the user writes as this client, mostly the document's own, and from now on writes
  // down what is deleted here: in a transaction of its own behind the one that deletes.
  void set_user_mapping(ClientId client, std::string_view user_description, Filter filter = {});

  // Nothing for one that nobody is known by.
  [[nodiscard]] std::optional<std::string> get_user_by_client_id(ClientId client) const;

  // Who deleted a unit; nothing if it is not deleted, or nobody has written down that it was.
  [[nodiscard]] std::optional<std::string> get_user_by_deleted_id(Id id) const;

 private:
  class State;

  std::unique_ptr<State> state_;
};

}  // namespace ycpp

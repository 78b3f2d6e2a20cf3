#include "ycpp/types/permanent_user_data.h"

#include "ycpp/doc/doc.h"
#include "ycpp/types/array.h"
#include "ycpp/types/event.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace ycpp {

namespace {

constexpr std::string_view kIds = "ids";
constexpr std::string_view kDeletions = "ds";

// What others wrote there may be anything.
std::optional<Array> list_of(const Map& user, std::string_view key) {
  const std::optional<Value> value = user.get(key);
  const SharedType* type = value.has_value() ? value->as_type() : nullptr;
  return type == nullptr ? std::nullopt : type->as_array();
}

// Calls `visit` for what an event has inserted.
template <class Visit>
void for_inserted(Event& event, Visit visit) {
  for (const EventOp& op : event.delta()) {
    if (!op.insert.has_value()) continue;
    for (const Value& value : *op.insert) visit(value);
  }
}

}  // namespace

class PermanentUserData::State {
 public:
  explicit State(const Map& users) : users_(users) {
    observe(users_, [this](Event& event, Transaction& /*transaction*/) {
      for (const std::string& user : event.changed_keys()) read_user(user);
      for (Mapping& mapping : mappings_) follow(mapping);
    });
    for (const std::string& user : users_.keys()) read_user(user);
  }

  State(const State&) = delete;
  State& operator=(const State&) = delete;
  State(State&&) = delete;
  State& operator=(State&&) = delete;

  ~State() {
    for (const auto& [type, id] : observers_) type.unobserve(id);
    for (const SubscriptionId id : subscriptions_) users_.doc().unsubscribe(id);
  }

  void map(ClientId client, std::string_view user, Filter filter) {
    Doc& doc = users_.doc();
    if (!find(user).has_value()) {
      users_.set(user, new_map({{std::string(kIds), new_array()},
                                {std::string(kDeletions), new_array()}}));
    }
    const std::optional<Map> found = find(user);
    if (!found.has_value()) return;
    if (const auto ids = list_of(*found, kIds); ids.has_value()) {
      ids->push({static_cast<double>(client.value())});
    }
    const std::size_t number = mappings_.size();
    mappings_.push_back({std::string(user), *found});
    subscriptions_.push_back(doc.on_after_transaction(
        [this, number, filter = std::move(filter)](Transaction& transaction) {
          if (!transaction.local || transaction.deletes.empty()) return;
          const DeleteSet deleted = transaction.delete_set();
          if (!filter || filter(transaction, deleted)) write(mappings_[number].type, deleted);
        }));
  }

  [[nodiscard]] std::optional<std::string> user_of(ClientId client) const {
    const auto found = clients_.find(client);
    if (found == clients_.end()) return std::nullopt;
    return found->second;
  }

  [[nodiscard]] std::optional<std::string> user_who_deleted(Id id) const {
    for (const auto& [user, deleted] : deletions_) {
      if (deleted.contains(id)) return user;
    }
    return std::nullopt;
  }

 private:
  // A user of this replica, and the type that holds what is known of them.
  struct Mapping {
    std::string user;
    Map type;
  };

  [[nodiscard]] std::optional<Map> find(std::string_view user) const {
    const std::optional<Value> value = users_.get(user);
    const SharedType* type = value.has_value() ? value->as_type() : nullptr;
    return type == nullptr ? std::nullopt : type->as_map();
  }

  void observe(const SharedType& type, EventHandler handler) {
    observers_.emplace_back(type, type.observe(std::move(handler)));
  }

  void read_user(const std::string& user) {
    const std::optional<Map> found = find(user);
    if (!found.has_value()) return;
    if (const auto list = list_of(*found, kDeletions); list.has_value()) {
      for (const Value& value : list->to_array()) add_deletions(user, value);
      observe(*list, [this, user](Event& event, Transaction& /*transaction*/) {
        for_inserted(event, [&](const Value& value) { add_deletions(user, value); });
      });
    }
    if (const auto list = list_of(*found, kIds); list.has_value()) {
      for (const Value& value : list->to_array()) add_client(user, value);
      observe(*list, [this, user](Event& event, Transaction& /*transaction*/) {
        for_inserted(event, [&](const Value& value) { add_client(user, value); });
      });
    }
  }

  void add_client(const std::string& user, const Value& value) {
    const double* number = value.as_any() == nullptr ? nullptr : value.as_any()->as_number();
    if (number == nullptr || !(*number >= 0) || *number > kClientMax) return;
    clients_[ClientId{static_cast<std::uint64_t>(*number)}] = user;
  }

  void add_deletions(const std::string& user, const Value& value) {
    const Bytes* bytes = value.as_any() == nullptr ? nullptr : value.as_any()->as_bytes();
    if (bytes == nullptr) return;
    const Result<DeleteSet> deleted = DeleteSet::decode(*bytes, UpdateFormat::V1);
    if (deleted) deletions_of(user).merge(*deleted);
  }

  DeleteSet& deletions_of(const std::string& user) {
    const auto found = std::ranges::find(deletions_, user, &UserDeletions::first);
    if (found != deletions_.end()) return found->second;
    return deletions_.emplace_back(user, DeleteSet()).second;
  }

  // Another replica has made the same user at the same time, and its type took the place of ours:
  // what only ours had is written there.
  void follow(Mapping& mapping) {
    const std::optional<Map> current = find(mapping.user);
    if (!current.has_value() || *current == mapping.type) return;
    mapping.type = *current;
    if (const auto ids = list_of(mapping.type, kIds); ids.has_value()) {
      for (const auto& [client, user] : clients_) {
        if (user == mapping.user) ids->push({static_cast<double>(client.value())});
      }
    }
    const DeleteSet& deleted = deletions_of(mapping.user);
    if (!deleted.empty()) write(mapping.type, deleted);
  }

  static void write(const Map& user, const DeleteSet& deleted) {
    const auto list = list_of(user, kDeletions);
    if (list.has_value()) list->push({deleted.encode(UpdateFormat::V1)});
  }

  using UserDeletions = std::pair<std::string, DeleteSet>;

  static constexpr double kClientMax = static_cast<double>(kMaxSafeInteger);

  Map users_;
  std::map<ClientId, std::string> clients_;
  std::vector<UserDeletions> deletions_;  // in the order in which users became known
  std::vector<Mapping> mappings_;
  std::vector<std::pair<SharedType, ObserverId>> observers_;
  std::vector<SubscriptionId> subscriptions_;
};

PermanentUserData::PermanentUserData(Doc& doc) : PermanentUserData(doc.get_map("users")) {}

PermanentUserData::PermanentUserData(const Map& users) : state_(std::make_unique<State>(users)) {}

PermanentUserData::~PermanentUserData() = default;

void PermanentUserData::set_user_mapping(ClientId client, std::string_view user_description,
                                         Filter filter) {
  state_->map(client, user_description, std::move(filter));
}

std::optional<std::string> PermanentUserData::get_user_by_client_id(ClientId client) const {
  return state_->user_of(client);
}

std::optional<std::string> PermanentUserData::get_user_by_deleted_id(Id id) const {
  return state_->user_who_deleted(id);
}

}  // namespace ycpp

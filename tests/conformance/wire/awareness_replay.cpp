#include "awareness_replay.h"

#include "history_file.h"
#include "ycpp/encoding/json.h"
#include "ycpp/sync/awareness.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <tuple>
#include <utility>

namespace ycpp::conformance {

namespace {

std::vector<ClientId> clients_of(const Any& value) {
  std::vector<ClientId> clients;
  if (const AnyArray* list = value.as_array()) {
    for (const Any& entry : *list) clients.emplace_back(number_of(entry));
  }
  return clients;
}

std::string text_of(const Any& object, std::string_view name) {
  const std::string* text = field(object, name).as_string();
  return text == nullptr ? std::string{} : *text;
}

class AwarenessReplay {
 public:
  explicit AwarenessReplay(const Any& history) : history_(history) {
    for (const ClientId client : clients_of(field(history, "clients"))) peers_.emplace_back(client);
  }

  std::vector<std::string> run() {
    for (const Any& step : *field(history_, "steps").as_array()) {
      check_step(step);
      ++step_;
    }
    return std::move(failures_);
  }

 private:
  void expect(bool holds, std::string_view what) {
    if (holds) return;
    failures_.push_back("seed " + std::to_string(number_of(field(history_, "seed"))) + ", step " +
                        std::to_string(step_) + ": " + std::string(what));
  }

  void check_step(const Any& step) {
    Awareness& peer = peers_.at(number_of(field(step, "peer")));
    const std::chrono::milliseconds now{number_of(field(step, "now"))};
    const std::string kind = text_of(step, "do");
    if (kind == "encode") {
      expect(std::ranges::equal(peer.encode(clients_of(field(step, "clients"))),
                                bytes_of(step, "bytes")),
             "encoding");
      return;
    }
    AwarenessChange change;
    if (kind == "start") change = peer.set_local_state("{}", now);
    if (kind == "set") change = peer.set_local_state(text_of(step, "state"), now);
    if (kind == "remove") change = peer.remove(clients_of(field(step, "clients")), now);
    if (kind == "apply") change = apply(peer, bytes_of(step, "bytes"), now);
    if (kind == "check") change = peer.check_outdated(now);
    // The constructor emits before anybody listens, and the check in two events.
    if (kind == "check") {
      expect(change.removed == clients_of(field(field(step, "change"), "removed")), "timeout");
    } else if (kind != "start") {
      check_events(step, change);
    }
    check_state(step, peer);
  }

  AwarenessChange apply(Awareness& peer, ByteView update, std::chrono::milliseconds now) {
    Result<Awareness::Applied> applied = peer.apply(update, now);
    expect(applied.has_value(), "refused");
    return applied ? std::move(applied->change) : AwarenessChange{};
  }

  void check_events(const Any& step, const AwarenessChange& change) {
    const Any& update = field(step, "update");
    expect(change.added == clients_of(field(update, "added")), "added");
    expect(change.updated == clients_of(field(update, "updated")), "updated");
    expect(change.removed == clients_of(field(update, "removed")), "removed");
    expect(change.changed == clients_of(field(field(step, "change"), "updated")), "changed");
  }

  void check_state(const Any& step, const Awareness& peer) {
    const AnyArray& states = *field(step, "states").as_array();
    const std::vector<ClientId> live = peer.clients();
    expect(live.size() == states.size(), "number of states");
    for (std::size_t i = 0; i < std::min(live.size(), states.size()); ++i) {
      expect(live[i].value() == number_of(field(states[i], "id")), "order of states");
      expect(peer.find(live[i])->state == text_of(states[i], "json"), "state");
    }
    for (const Any& meta : *field(step, "meta").as_array()) {
      const Awareness::Known* known = peer.find(ClientId{number_of(field(meta, "id"))});
      expect(known != nullptr && known->clock == number_of(field(meta, "clock")) &&
                 known->last_updated.count() ==
                     static_cast<std::int64_t>(number_of(field(meta, "lastUpdated"))),
             "meta of " + std::to_string(number_of(field(meta, "id"))));
    }
  }

  const Any& history_;
  std::vector<Awareness> peers_;
  std::vector<std::string> failures_;
  std::size_t step_{0};
};

}  // namespace

std::vector<std::string> replay_awareness(const Any& history) {
  return AwarenessReplay{history}.run();
}

}  // namespace ycpp::conformance

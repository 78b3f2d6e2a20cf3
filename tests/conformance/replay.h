// Replays one history on ycpp and compares every answer with Yjs's.
#pragma once

#include "plain.h"
#include "ycpp/doc/doc.h"
#include "ycpp/types/snapshot.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ycpp::conformance {

struct Mismatch {
  std::size_t step{0};
  std::string what;
  std::string expected;
  std::string actual;
};

// What was counted, over one or many histories.
struct Counts {
  std::size_t histories{0};
  std::size_t equal{0};
  std::size_t comparisons{0};
  // Replicas in which Yjs kept structs waiting that could be integrated: what that
  // replica answers from then on is not compared (docs/formats/yjs-compatibility.md).
  std::size_t stuck_replicas{0};
  // Replicas in which an item met garbage of the same units while both waited.
  std::size_t tied_replicas{0};
  std::size_t exempt_comparisons{0};  // of both
  // Merges of updates that hold the same units once as an item and once as garbage.
  std::size_t tied_merges{0};
};

class ReplayedDoc;

class Replay {
 public:
  // `history` outlives the replay.
  explicit Replay(const Any& history, Counts& counts);
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;
  Replay(Replay&&) = delete;
  Replay& operator=(Replay&&) = delete;
  ~Replay();

  // The first difference, if there is one.
  [[nodiscard]] std::optional<Mismatch> run();

 private:
  void step(const Any& step);
  void edit(ReplayedDoc& replica, const Any& step);
  void deliver(ReplayedDoc& replica, const Any& step);
  void undo(ReplayedDoc& replica, const Any& step);
  void check(ReplayedDoc& replica, const Any& step);
  void check_typed(ReplayedDoc& replica, const Any& step);
  void diff(ReplayedDoc& replica, const Any& step);
  void wire(const Any& step);
  void position(ReplayedDoc& replica, const Any& step);
  void resolve(ReplayedDoc& replica, const Any& step);
  void take_snapshot(ReplayedDoc& replica, const Any& step);
  void restore(ReplayedDoc& replica, const Any& step);
  void load(ReplayedDoc& replica, const Any& step);

  void compare_snapshot_contents(Doc& doc, const Snapshot& wanted, const Any& expected);
  void compare_output(ReplayedDoc& replica, const Any& step);
  void compare(const char* what, const Any& expected, const Any& actual);
  void compare(const char* what, const Any& expected, const Result<Bytes>& actual);
  void fail(const char* what, std::string expected, std::string actual);

  [[nodiscard]] const Bytes& update(std::uint64_t number, bool v2) const;

  const Any& history_;
  Counts& counts_;
  std::vector<std::unique_ptr<ReplayedDoc>> replicas_;
  std::vector<Snapshot> snapshots_;
  std::size_t step_number_{0};
  bool is_exempt_{false};  // the replica of this step
  std::optional<Mismatch> mismatch_;
};

}  // namespace ycpp::conformance

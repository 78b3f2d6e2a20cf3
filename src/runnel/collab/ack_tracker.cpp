#include "runnel/collab/ack_tracker.h"

namespace runnel::collab {

namespace {

// A backend that is away for hours must not cost memory: beyond this many marks neighbours are
// joined, which only makes acknowledgements come later than they could.
constexpr std::size_t kMarksMax = 256;

}  // namespace

void AckTracker::received(storage::Seq seq) {
  ++ack_.received;
  add(durable_, {.count = ack_.received, .seq = seq});
  add(backend_, {.count = ack_.received, .seq = seq});
}

void AckTracker::add(Marks& marks, Mark mark) {
  const bool joins = !marks.empty() && (marks.back().seq >= mark.seq || marks.size() >= kMarksMax);
  if (!joins) {
    marks.push_back(mark);
    return;
  }
  marks.back().count = mark.count;
  if (mark.seq > marks.back().seq) marks.back().seq = mark.seq;
}

void AckTracker::advance(Marks& marks, std::uint64_t& count, storage::Seq seq) {
  std::size_t reached = 0;
  while (reached < marks.size() && marks[reached].seq <= seq) ++reached;
  if (reached == 0) return;
  count = marks[reached - 1].count;
  marks.erase(marks.begin(), marks.begin() + static_cast<std::ptrdiff_t>(reached));
}

std::optional<Ack> AckTracker::take() {
  if (ack_ == taken_) return std::nullopt;
  taken_ = ack_;
  return ack_;
}

}  // namespace runnel::collab

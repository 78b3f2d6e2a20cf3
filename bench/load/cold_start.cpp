#include "cold_start.h"

#include "process_usage.h"

#include <algorithm>
#include <cstdio>

namespace runnel::load {

namespace {

constexpr Duration kGiveUp = std::chrono::seconds{30};
constexpr std::size_t kSeedPiece = 400;  // text of one update, as a paragraph that is pasted

class ColdStart {
 public:
  ColdStart(const Endpoint& endpoint, const ColdStartOptions& options)
      : endpoint_(endpoint), options_(options), random_(now_ns()), loop_(time_) {}

  int run() {
    before_ = usage_of(options_.server_pid);
    loop_.post([this] { next(); });
    loop_.run();
    report();
    return missed_ == 0 ? 0 : 1;
  }

 private:
  void next() {
    client_.reset();
    if (at_ == options_.rooms.size()) {
      loop_.stop();
      return;
    }
    client_ = std::make_unique<LoadClient>(
        loop_, random_, endpoint_, options_.rooms[at_], 0,
        LoadClient::Events{.opened = [] {},
                           .message = [this](ByteView m) { received(m); },
                           .ended = [this] { gave_up(); }});
    ++at_;
    is_waiting_ = true;
    timer_ = loop_.after(kGiveUp, [this] { gave_up(); });
    begin_ns_ = now_ns();
    client_->connect();
  }

  void received(ByteView message) {
    const std::size_t size = client_->wire().sync_step2_bytes(message);
    if (!is_waiting_ || size < options_.bytes_min) return;
    times_ns_.push_back(now_ns() - begin_ns_);
    bytes_ = size;
    go_on();
  }

  void gave_up() {
    if (!is_waiting_) return;
    ++missed_;
    go_on();
  }

  // The client is destroyed outside of its own callback.
  void go_on() {
    is_waiting_ = false;
    loop_.cancel(timer_);
    loop_.post([this] { next(); });
  }

  void report() {
    const ProcessUsage after = usage_of(options_.server_pid);
    std::sort(times_ns_.begin(), times_ns_.end());
    const double p50 =
        times_ns_.empty() ? -1 : static_cast<double>(times_ns_[times_ns_.size() / 2]) / 1e6;
    const double worst = times_ns_.empty() ? -1 : static_cast<double>(times_ns_.back()) / 1e6;
    std::printf(
        "{\"rooms\":%zu,\"missed\":%u,\"bytes\":%zu,\"p50_ms\":%.2f,\"worst_ms\":%.2f,"
        "\"cpu_ms_each\":%.2f,\"rss_mb\":%.1f}\n",
        times_ns_.size(), missed_, bytes_, p50, worst,
        (after.cpu_seconds - before_.cpu_seconds) * 1e3 /
            static_cast<double>(std::max<std::size_t>(options_.rooms.size(), 1)),
        static_cast<double>(after.resident_bytes) / 1e6);
  }

  Endpoint endpoint_;
  ColdStartOptions options_;
  SystemTime time_;
  SeededRandom random_;
  net::EventLoop loop_;
  std::unique_ptr<LoadClient> client_;
  std::size_t at_{0};
  TimerId timer_;
  bool is_waiting_{false};
  std::uint64_t begin_ns_{0};
  std::vector<std::uint64_t> times_ns_;
  std::size_t bytes_{0};
  unsigned missed_{0};
  ProcessUsage before_;
};

// Seeds one room after the other: a writer sends, and a reader counts the marks that arrive.
class Seed {
 public:
  Seed(const Endpoint& endpoint, const std::vector<std::string>& rooms, std::size_t bytes)
      : endpoint_(endpoint),
        rooms_(rooms),
        pieces_(bytes / kSeedPiece + 1),
        random_(now_ns()),
        loop_(time_) {}

  int run() {
    loop_.post([this] { next(); });
    loop_.after(kGiveUp * 4, [this] { loop_.stop(); });
    loop_.run();
    std::printf("{\"seeded\":%zu}\n", seeded_);
    return seeded_ == rooms_.size() ? 0 : 1;
  }

 private:
  void next() {
    writer_.reset();
    reader_.reset();
    if (seeded_ == rooms_.size()) {
      loop_.stop();
      return;
    }
    seen_ = 0;
    opened_ = 0;
    const auto make = [this](unsigned index) {
      return std::make_unique<LoadClient>(
          loop_, random_, endpoint_, rooms_[seeded_], index,
          LoadClient::Events{.opened = [this] { one_opened(); },
                             .message = [this, index](ByteView m) { received(index, m); },
                             .ended = [] {}});
    };
    writer_ = make(1);
    reader_ = make(2);
    writer_->connect();
    reader_->connect();
  }

  void one_opened() {
    if (++opened_ == 2) loop_.after(Duration{200}, [this] { write(0); });
  }

  // Bursts with turns between them, so that no server's queue overflows.
  void write(std::size_t from) {
    for (std::size_t piece = from; piece < std::min(from + 200, pieces_); ++piece) {
      std::string text = make_mark(1, now_ns());
      while (text.size() < kSeedPiece) {
        text.push_back(static_cast<char>('a' + random_.below(26)));
      }
      writer_->send_update(text);
    }
    if (from + 200 < pieces_) loop_.after(Duration{5}, [this, from] { write(from + 200); });
  }

  void received(unsigned index, ByteView message) {
    if (index != 2) return;
    find_marks(message, [this](unsigned, std::uint64_t) { ++seen_; });
    if (seen_ < pieces_) return;
    seen_ = 0;
    ++seeded_;
    loop_.post([this] { next(); });
  }

  Endpoint endpoint_;
  std::vector<std::string> rooms_;
  std::size_t pieces_;
  SystemTime time_;
  SeededRandom random_;
  net::EventLoop loop_;
  std::unique_ptr<LoadClient> writer_;
  std::unique_ptr<LoadClient> reader_;
  std::size_t seeded_{0};
  std::size_t seen_{0};
  int opened_{0};
};

}  // namespace

int run_cold_start(const Endpoint& endpoint, const ColdStartOptions& options) {
  return ColdStart(endpoint, options).run();
}

int run_seed(const Endpoint& endpoint, const std::vector<std::string>& rooms, std::size_t bytes) {
  return Seed(endpoint, rooms, bytes).run();
}

}  // namespace runnel::load

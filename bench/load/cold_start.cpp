#include "cold_start.h"

#include "runnel/load/process_usage.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace runnel::load {

namespace {

constexpr Duration kGiveUp = std::chrono::seconds{30};
constexpr std::size_t kSeedPiece = 400;  // text of one update, as a paragraph that is pasted

class ColdStart {
 public:
  ColdStart(const Endpoint& endpoint, const ColdStartOptions& options)
      : options_(options), random_(now_ns()), loop_(time_), begun_ns_(options.rooms.size()) {
    for (std::size_t at = 0; at < options.rooms.size(); ++at) {
      clients_.push_back(std::make_unique<LoadClient>(
          loop_, random_, endpoint, options.rooms[at], 0,
          LoadClient::Events{.opened = [] {},
                             .message = [this, at](ByteView m) { received(at, m); },
                             .ended = [this, at] { over(at); }}));
    }
  }

  int run() {
    before_ = usage_of(options_.server_pid);
    loop_.post([this] { connect_more(); });
    loop_.after(kGiveUp * 4, [this] { loop_.stop(); });
    loop_.run();
    report();
    return times_ns_.size() == clients_.size() ? 0 : 1;
  }

 private:
  void connect_more() {
    const std::size_t most = options_.together ? clients_.size() : done_ + 1;
    while (begun_ < std::min(most, clients_.size())) {
      begun_ns_[begun_] = now_ns();
      clients_[begun_++]->connect();
    }
    if (done_ == clients_.size()) loop_.stop();
  }

  void received(std::size_t at, ByteView message) {
    const std::size_t size = clients_[at]->wire().sync_step2_bytes(message);
    if (begun_ns_[at] == 0 || size < options_.bytes_min) return;
    times_ns_.push_back(now_ns() - begun_ns_[at]);
    bytes_ = size;
    over(at);
  }

  // It has the document, or never will.
  void over(std::size_t at) {
    if (std::exchange(begun_ns_[at], 0) == 0) return;
    ++done_;
    // The client is destroyed outside of its own callback; nothing more is read for it.
    loop_.post([this, at] {
      if (!options_.together) clients_[at].reset();
      connect_more();
    });
  }

  void report() {
    const ProcessUsage after = usage_of(options_.server_pid);
    std::sort(times_ns_.begin(), times_ns_.end());
    const double p50 =
        times_ns_.empty() ? -1 : static_cast<double>(times_ns_[times_ns_.size() / 2]) / 1e6;
    const double worst = times_ns_.empty() ? -1 : static_cast<double>(times_ns_.back()) / 1e6;
    std::printf(
        "{\"rooms\":%zu,\"missed\":%zu,\"bytes\":%zu,\"p50_ms\":%.2f,\"worst_ms\":%.2f,"
        "\"cpu_ms_each\":%.3f,\"rss_mb\":%.1f}\n",
        times_ns_.size(), clients_.size() - times_ns_.size(), bytes_, p50, worst,
        (after.cpu_seconds - before_.cpu_seconds) * 1e3 /
            static_cast<double>(std::max<std::size_t>(clients_.size(), 1)),
        static_cast<double>(after.resident_bytes) / 1e6);
  }

  ColdStartOptions options_;
  SystemTime time_;
  SeededRandom random_;
  net::EventLoop loop_;
  std::vector<std::unique_ptr<LoadClient>> clients_;
  std::vector<std::uint64_t> begun_ns_;  // 0: over
  std::size_t begun_{0};
  std::size_t done_{0};
  std::vector<std::uint64_t> times_ns_;
  std::size_t bytes_{0};
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
    loop_.after(kGiveUp * 8, [this] { loop_.stop(); });
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
    if (++opened_ == 2) loop_.after(Duration{50}, [this] { write(0); });
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

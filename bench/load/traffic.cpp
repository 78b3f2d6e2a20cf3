#include "traffic.h"

#include "process_usage.h"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace runnel::load {

namespace {

constexpr Duration kTick = std::chrono::milliseconds{1};
constexpr Duration kSettle = std::chrono::milliseconds{700};
constexpr Duration kGiveUp = std::chrono::seconds{30};
constexpr double kNsPerSecond = 1e9;

class Traffic {
 public:
  Traffic(const Endpoint& endpoint, const TrafficOptions& options)
      : options_(options), random_(now_ns()), loop_(time_) {
    const std::string run = std::to_string(random_.below(1'000'000));
    for (unsigned room = 0; room < options.rooms; ++room) {
      for (unsigned member = 0; member < options.clients_per_room; ++member) {
        const auto index = static_cast<unsigned>(clients_.size());
        clients_.push_back(std::make_unique<LoadClient>(
            loop_, random_, endpoint, "bench-" + run + "-" + std::to_string(room), index,
            LoadClient::Events{.opened = [this] { one_opened(); },
                               .message = [this, index](ByteView m) { received(index, m); },
                               .ended = [this] { one_ended(); }}));
      }
    }
  }

  int run() {
    connect_some();
    give_up_ = loop_.after(kGiveUp, [this] { loop_.stop(); });
    loop_.run();
    if (begin_ns_ == 0) {
      std::fprintf(stderr, "only %zu of %zu connections were opened\n", opened_, clients_.size());
      return 1;
    }
    report();
    return ended_ == 0 ? 0 : 1;
  }

 private:
  // Some at a time, so that no server's accept queue overflows: joining is measured elsewhere.
  void connect_some() {
    for (int i = 0; i < 50 && connected_ < clients_.size(); ++i) clients_[connected_++]->connect();
    if (connected_ < clients_.size()) loop_.after(Duration{10}, [this] { connect_some(); });
  }

  void one_opened() {
    if (++opened_ == clients_.size()) loop_.after(kSettle, [this] { begin(); });
  }

  void one_ended() {
    ++ended_;
    // Without all of them nothing is measured; once it runs the others go on.
    if (begin_ns_ == 0) loop_.stop();
  }

  void begin() {
    loop_.cancel(give_up_);
    begin_ns_ = now_ns();
    usage_before_ = usage_of(options_.server_pid);
    const double period_ns = kNsPerSecond / options_.updates_per_second;
    for (const auto& client : clients_) {
      if (client->index() % options_.clients_per_room >= options_.writers_per_room) continue;
      const double phase = static_cast<double>(random_.below(1'000'000)) / 1e6;
      writers_.push_back({client.get(), static_cast<double>(begin_ns_) + phase * period_ns});
    }
    tick();
  }

  void tick() {
    const auto now = static_cast<double>(now_ns());
    const double end = static_cast<double>(begin_ns_) + options_.seconds * kNsPerSecond;
    if (now >= end) {
      writing_seconds_ = (now - static_cast<double>(begin_ns_)) / kNsPerSecond;
      // What is under way still counts, and so does the server's work for it.
      loop_.after(kSettle, [this] { finish(); });
      return;
    }
    const double period_ns = kNsPerSecond / options_.updates_per_second;
    for (Writer& writer : writers_) {
      while (writer.due_ns <= now && writer.client->is_open()) {
        write(*writer.client);
        writer.due_ns += period_ns;
      }
    }
    loop_.after(kTick, [this] { tick(); });
  }

  void write(LoadClient& client) {
    ++written_;
    const std::string mark = make_mark(client.index(), now_ns());
    if (options_.is_awareness) {
      client.send_awareness(R"({"user":{"name":"bench","color":"#30bced"},"cursor":")" + mark +
                            "\"}");
    } else {
      client.send_update(mark);
    }
  }

  void received(unsigned index, ByteView message) {
    ++messages_;
    if (begin_ns_ == 0) return;
    const std::uint64_t now = now_ns();
    find_marks(message, [&](unsigned writer, std::uint64_t time_ns) {
      if (time_ns < begin_ns_) return;
      if (writer == (index & 0xFFFFU)) {
        ++echoed_;
      } else {
        latencies_ns_.push_back(now - time_ns);
      }
    });
  }

  void finish() {
    usage_after_ = usage_of(options_.server_pid);
    loop_.stop();
  }

  [[nodiscard]] double latency_ms(double quantile) {
    if (latencies_ns_.empty()) return -1;
    const auto at =
        static_cast<std::ptrdiff_t>(quantile * static_cast<double>(latencies_ns_.size() - 1));
    std::nth_element(latencies_ns_.begin(), latencies_ns_.begin() + at, latencies_ns_.end());
    return static_cast<double>(latencies_ns_[static_cast<std::size_t>(at)]) / 1e6;
  }

  void report() {
    const double cpu = usage_after_.cpu_seconds - usage_before_.cpu_seconds;
    const auto delivered = static_cast<double>(latencies_ns_.size());
    const double expected = static_cast<double>(written_) * (options_.clients_per_room - 1);
    std::printf(
        "{\"written\":%llu,\"delivered\":%.0f,\"expected\":%.0f,\"echoed\":%llu,\"messages\":%llu,"
        "\"ended\":%u,\"delivered_per_second\":%.0f,\"cpu_seconds\":%.3f,"
        "\"cpu_us_per_delivered\":%.2f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"rss_mb\":%.1f}\n",
        static_cast<unsigned long long>(written_), delivered, expected,
        static_cast<unsigned long long>(echoed_), static_cast<unsigned long long>(messages_),
        ended_, delivered / writing_seconds_, cpu, delivered > 0 ? cpu * 1e6 / delivered : -1.0,
        latency_ms(0.5), latency_ms(0.99), static_cast<double>(usage_after_.resident_bytes) / 1e6);
  }

  struct Writer {
    LoadClient* client;
    double due_ns;
  };

  TrafficOptions options_;
  SystemTime time_;
  SeededRandom random_;
  net::EventLoop loop_;
  std::vector<std::unique_ptr<LoadClient>> clients_;
  std::vector<Writer> writers_;
  std::vector<std::uint64_t> latencies_ns_;
  std::size_t connected_{0};
  std::size_t opened_{0};
  unsigned ended_{0};
  std::uint64_t written_{0};
  std::uint64_t echoed_{0};
  std::uint64_t messages_{0};
  std::uint64_t begin_ns_{0};
  double writing_seconds_{1};
  TimerId give_up_;
  ProcessUsage usage_before_;
  ProcessUsage usage_after_;
};

}  // namespace

int run_traffic(const Endpoint& endpoint, const TrafficOptions& options) {
  return Traffic(endpoint, options).run();
}

}  // namespace runnel::load

#include "runnel/load/traffic.h"

#include "runnel/load/process_usage.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>
#include <vector>

namespace runnel::load {

namespace {

constexpr Duration kTick = std::chrono::milliseconds{1};
constexpr Duration kQuietTime = std::chrono::milliseconds{700};
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

  Result<TrafficReport> run() {
    connect_some();
    give_up_ = loop_.after(kGiveUp, [this] { loop_.stop(); });
    loop_.run();
    if (begin_ns_ == 0) return fail(Errc::Unavailable, why_not_begun());
    return report();
  }

 private:
  // Who was refused may have been connected for a moment: then only the reason says something.
  [[nodiscard]] std::string why_not_begun() const {
    const std::string all = std::to_string(clients_.size());
    if (ended_ > 0) return "not all of " + all + " clients were let in" + first_reason(clients_);
    return "only " + std::to_string(opened_) + " of " + all + " connections were opened in " +
           std::to_string(std::chrono::duration_cast<std::chrono::seconds>(kGiveUp).count()) + " s";
  }

  // Some at a time, so that no server's accept queue overflows: joining is measured elsewhere.
  void connect_some() {
    for (int i = 0; i < 50 && connected_ < clients_.size(); ++i) clients_[connected_++]->connect();
    if (connected_ < clients_.size()) loop_.after(Duration{10}, [this] { connect_some(); });
  }

  void one_opened() {
    if (++opened_ == clients_.size()) loop_.after(kQuietTime, [this] { begin(); });
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
      loop_.after(kQuietTime, [this] { finish(); });
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

  TrafficReport report() {
    TrafficReport out;
    out.written = written_;
    out.delivered = latencies_ns_.size();
    out.expected = written_ * (options_.clients_per_room - 1);
    out.echoed = echoed_;
    out.messages = messages_;
    out.ended = ended_;
    out.seconds = writing_seconds_;
    out.cpu_seconds = usage_after_.cpu_seconds - usage_before_.cpu_seconds;
    out.p50_ms = latency_ms(0.5);
    out.p99_ms = latency_ms(0.99);
    out.resident_mb = static_cast<double>(usage_after_.resident_bytes) / 1e6;
    if (ended_ > 0)
      out.problem = std::to_string(ended_) + " connections ended" + first_reason(clients_);
    return out;
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

double TrafficReport::cpu_us_per_delivered() const {
  return delivered > 0 ? cpu_seconds * 1e6 / static_cast<double>(delivered) : 0;
}

Result<TrafficReport> run_traffic(const Endpoint& endpoint, const TrafficOptions& options) {
  return Traffic(endpoint, options).run();
}

std::string to_json(const TrafficReport& report) {
  std::array<char, 512> text{};
  std::snprintf(text.data(), text.size(),
                "{\"written\":%llu,\"delivered\":%llu,\"expected\":%llu,\"echoed\":%llu,"
                "\"messages\":%llu,\"ended\":%u,\"delivered_per_second\":%.0f,"
                "\"cpu_seconds\":%.3f,\"cpu_us_per_delivered\":%.2f,\"p50_ms\":%.3f,"
                "\"p99_ms\":%.3f,\"rss_mb\":%.1f}",
                static_cast<unsigned long long>(report.written),
                static_cast<unsigned long long>(report.delivered),
                static_cast<unsigned long long>(report.expected),
                static_cast<unsigned long long>(report.echoed),
                static_cast<unsigned long long>(report.messages), report.ended,
                static_cast<double>(report.delivered) / report.seconds, report.cpu_seconds,
                report.cpu_us_per_delivered(), report.p50_ms, report.p99_ms, report.resident_mb);
  return text.data();
}

}  // namespace runnel::load

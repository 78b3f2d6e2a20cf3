#include "runnel/load/idle.h"

#include "runnel/load/process_usage.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

namespace runnel::load {

namespace {

constexpr Duration kSettle = std::chrono::seconds{2};

class Idle {
 public:
  Idle(const Endpoint& endpoint, const IdleOptions& options)
      : options_(options), random_(now_ns()), loop_(time_) {
    const std::string run = std::to_string(random_.below(1'000'000));
    begun_ns_.resize(options.connections);
    for (unsigned index = 0; index < options.connections; ++index) {
      clients_.push_back(std::make_unique<LoadClient>(
          loop_, random_, endpoint, "idle-" + run + "-" + std::to_string(index % options.rooms),
          index,
          LoadClient::Events{.opened = [this, index] { opened(index); },
                             .message = [](ByteView) {},
                             .ended = [this] { lost(); }}));
    }
  }

  Result<IdleReport> run() {
    before_ = usage_of(options_.server_pid);
    start_ns_ = now_ns();
    connect_more();
    loop_.run();
    if (join_ns_.empty())
      return fail(Errc::Unavailable, "nobody could join" + first_reason(clients_));
    return report();
  }

 private:
  void connect_more() {
    while (begun_ < clients_.size() && begun_ - done() < options_.in_flight_max) {
      begun_ns_[begun_] = now_ns();
      clients_[begun_++]->connect();
    }
  }

  [[nodiscard]] std::size_t done() const { return join_ns_.size() + lost_; }

  void opened(unsigned index) {
    const std::uint64_t now = now_ns();
    join_ns_.push_back(now - begun_ns_[index]);
    joined_ns_ = now;
    go_on();
  }

  void lost() {
    ++lost_;
    go_on();
  }

  void go_on() {
    connect_more();
    if (done() != clients_.size() || is_finishing_) return;
    is_finishing_ = true;
    joined_usage_ = usage_of(options_.server_pid);
    loop_.after(kSettle, [this] { loop_.stop(); });
  }

  IdleReport report() {
    const ProcessUsage after = usage_of(options_.server_pid);
    std::sort(join_ns_.begin(), join_ns_.end());
    const auto joined = static_cast<double>(join_ns_.size());
    IdleReport out;
    out.joined = join_ns_.size();
    out.lost = lost_;
    out.joins_per_second = joined * 1e9 / static_cast<double>(joined_ns_ - start_ns_);
    out.join_p99_ms = static_cast<double>(join_ns_[join_ns_.size() * 99 / 100]) / 1e6;
    out.join_cpu_us = (joined_usage_.cpu_seconds - before_.cpu_seconds) * 1e6 / joined;
    out.kb_per_connection =
        (static_cast<double>(after.resident_bytes) - static_cast<double>(before_.resident_bytes)) /
        joined / 1024;
    out.resident_mb = static_cast<double>(after.resident_bytes) / 1e6;
    if (lost_ > 0)
      out.problem = std::to_string(lost_) + " connections were lost" + first_reason(clients_);
    return out;
  }

  IdleOptions options_;
  SystemTime time_;
  SeededRandom random_;
  net::EventLoop loop_;
  std::vector<std::unique_ptr<LoadClient>> clients_;
  std::vector<std::uint64_t> begun_ns_;
  std::vector<std::uint64_t> join_ns_;
  std::size_t begun_{0};
  unsigned lost_{0};
  bool is_finishing_{false};
  std::uint64_t start_ns_{0};
  std::uint64_t joined_ns_{0};
  ProcessUsage before_;
  ProcessUsage joined_usage_;
};

}  // namespace

Result<IdleReport> run_idle(const Endpoint& endpoint, const IdleOptions& options) {
  return Idle(endpoint, options).run();
}

std::string to_json(const IdleReport& report) {
  std::array<char, 320> text{};
  std::snprintf(text.data(), text.size(),
                "{\"joined\":%llu,\"lost\":%u,\"joins_per_second\":%.0f,\"join_p99_ms\":%.1f,"
                "\"join_cpu_us\":%.1f,\"kb_per_connection\":%.2f,\"rss_mb\":%.1f}",
                static_cast<unsigned long long>(report.joined), report.lost,
                report.joins_per_second, report.join_p99_ms, report.join_cpu_us,
                report.kb_per_connection, report.resident_mb);
  return text.data();
}

}  // namespace runnel::load

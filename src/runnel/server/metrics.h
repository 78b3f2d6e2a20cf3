// The server's numbers in Prometheus' text format, named by its conventions: base units, `_total`
// for counters. Sources add their own families; nothing is labelled with a room or a person.
#pragma once

#include "runnel/server/server_stats.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace runnel::server {

enum class MetricKind : std::uint8_t { Counter, Gauge };

struct MetricSample {
  std::string name;  // without the prefix `runnel_`
  std::string help;  // one sentence, with the unit
  MetricKind kind{MetricKind::Counter};
  double value{0};
};

class MetricsSource {
 public:
  using Collect = std::function<void(std::vector<MetricSample>&)>;

  // `collect` is called on any loop at each scrape and reads counters only.
  void add(Collect collect) { sources_.push_back(std::move(collect)); }

  // The whole page.
  [[nodiscard]] std::string exposition(const ServerStats& stats) const;

 private:
  std::vector<Collect> sources_;
};

}  // namespace runnel::server

// A page of metrics in Prometheus' text format. Names follow its conventions: base units, `_total`
// for counters; nothing is labelled with a room or a person.
#pragma once

#include "runnel/storage/metrics.h"

#include "base/counters.h"
#include <prometheus/metric_family.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace runnel::server {

class MetricPage {
 public:
  // `help` is one sentence. A name appears once on a page.
  void counter(std::string name, std::string help, double value);
  void counter(std::string name, std::string help, const Counter& counter);
  void gauge(std::string name, std::string help, double value);
  void gauge(std::string name, std::string help, const Gauge& gauge);

  // One counter for each reason, which is its label.
  void counter_by_reason(std::string name, std::string help,
                         const std::vector<std::pair<std::string, std::uint64_t>>& reasons);

  // Of whole milliseconds.
  void seconds_histogram(std::string name, std::string help,
                         const storage::LogHistogram& histogram);

  // Of whole numbers.
  void count_histogram(std::string name, std::string help, const storage::LogHistogram& histogram);

  [[nodiscard]] std::string text() const;

 private:
  prometheus::MetricFamily& add(std::string name, std::string help, prometheus::MetricType type);

  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace runnel::server

#include "runnel/server/metric_page.h"

#include <prometheus/text_serializer.h>

#include <cmath>

namespace runnel::server {

namespace {

// `upper_bound(i)`: the largest value of bucket i, in the unit of the page; `unit`: of the sum.
template <class UpperBound>
prometheus::ClientMetric::Histogram cumulative(const storage::LogHistogram& histogram, double unit,
                                               UpperBound upper_bound) {
  prometheus::ClientMetric::Histogram shown;
  for (std::size_t i = 0; i < storage::LogHistogram::kBuckets; ++i) {
    shown.sample_count += histogram.bucket(i);
    const bool is_last = i + 1 == storage::LogHistogram::kBuckets;
    shown.bucket.push_back({.cumulative_count = shown.sample_count,
                            .upper_bound = is_last ? INFINITY : upper_bound(i)});
  }
  shown.sample_sum = static_cast<double>(histogram.sum()) * unit;
  return shown;
}

double power_of_two(std::size_t exponent) {
  return static_cast<double>(std::uint64_t{1} << exponent);
}

}  // namespace

prometheus::MetricFamily& MetricPage::add(std::string name, std::string help,
                                          prometheus::MetricType type) {
  prometheus::MetricFamily& family = families_.emplace_back();
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = type;
  return family;
}

void MetricPage::counter(std::string name, std::string help, double value) {
  prometheus::ClientMetric metric;
  metric.counter.value = value;
  add(std::move(name), std::move(help), prometheus::MetricType::Counter).metric.push_back(metric);
}

void MetricPage::counter(std::string name, std::string help, const Counter& counter) {
  this->counter(std::move(name), std::move(help), static_cast<double>(counter.value()));
}

void MetricPage::gauge(std::string name, std::string help, double value) {
  prometheus::ClientMetric metric;
  metric.gauge.value = value;
  add(std::move(name), std::move(help), prometheus::MetricType::Gauge).metric.push_back(metric);
}

void MetricPage::gauge(std::string name, std::string help, const Gauge& gauge) {
  this->gauge(std::move(name), std::move(help), static_cast<double>(gauge.value()));
}

void MetricPage::counter_by_reason(
    std::string name, std::string help,
    const std::vector<std::pair<std::string, std::uint64_t>>& reasons) {
  prometheus::MetricFamily& family =
      add(std::move(name), std::move(help), prometheus::MetricType::Counter);
  for (const auto& [reason, value] : reasons) {
    prometheus::ClientMetric& metric = family.metric.emplace_back();
    metric.label.push_back({.name = "reason", .value = reason});
    metric.counter.value = static_cast<double>(value);
  }
}

// A value of n ms was measured as less than n + 1, so a bucket of values below 2^i ends at 2^i.
void MetricPage::seconds_histogram(std::string name, std::string help,
                                   const storage::LogHistogram& histogram) {
  constexpr double kMillisecond = 1e-3;
  prometheus::ClientMetric metric;
  metric.histogram = cumulative(histogram, kMillisecond,
                                [](std::size_t i) { return power_of_two(i) * kMillisecond; });
  add(std::move(name), std::move(help), prometheus::MetricType::Histogram).metric.push_back(metric);
}

void MetricPage::count_histogram(std::string name, std::string help,
                                 const storage::LogHistogram& histogram) {
  prometheus::ClientMetric metric;
  metric.histogram = cumulative(histogram, 1.0, [](std::size_t i) { return power_of_two(i) - 1; });
  add(std::move(name), std::move(help), prometheus::MetricType::Histogram).metric.push_back(metric);
}

std::string MetricPage::text() const { return prometheus::TextSerializer().Serialize(families_); }

}  // namespace runnel::server

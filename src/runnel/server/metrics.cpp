#include "runnel/server/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <utility>

namespace runnel::server {

namespace {

constexpr double kMillisPerSecond = 1e3;

double number(std::uint64_t value) { return static_cast<double>(value); }

std::vector<MetricSample> samples_of(const ServerStats& stats) {
  using enum MetricKind;
  return {
      {"rooms", "Rooms in memory", Gauge, number(stats.rooms_live)},
      {"rooms_stored", "Rooms on disk", Gauge, number(stats.rooms_stored)},
      {"connections", "Connections to rooms", Gauge, number(stats.connections)},
      {"updates_received_total", "Updates taken from clients", Counter,
       number(stats.updates_received)},
      {"updates_delivered_total", "Updates handed to receivers, one per receiver", Counter,
       number(stats.updates_delivered)},
      {"received_bytes_total", "Bytes read from sockets", Counter, number(stats.bytes_in)},
      {"sent_bytes_total", "Bytes written to sockets", Counter, number(stats.bytes_out)},
      {"commit_p50_seconds", "Median time to commit a group of updates", Gauge,
       number(stats.commit_p50_ms) / kMillisPerSecond},
      {"commit_p99_seconds", "Time in which 99 % of the groups are committed", Gauge,
       number(stats.commit_p99_ms) / kMillisPerSecond},
      {"resident_memory_bytes", "Resident memory of the process", Gauge,
       number(stats.memory_bytes)},
      {"disk_used_bytes", "Size of the database and its log", Gauge, number(stats.disk_bytes)},
      {"disk_free_bytes", "Free on the data directory's file system", Gauge,
       number(stats.disk_free_bytes)},
      {"cpu_seconds_total", "CPU time of the process", Counter,
       number(stats.cpu_ms) / kMillisPerSecond},
      {"backend_saves_waiting", "Snapshots that wait for the backend", Gauge,
       number(stats.backend_waiting)},
      {"backend_oldest_wait_seconds", "Age of the oldest snapshot that waits", Gauge,
       number(stats.backend_oldest_ms) / kMillisPerSecond},
      {"uptime_seconds", "Since the start of the process", Gauge,
       static_cast<double>(stats.uptime_ms) / kMillisPerSecond},
  };
}

prometheus::MetricFamily family_of(MetricSample sample) {
  prometheus::ClientMetric metric;
  prometheus::MetricFamily family;
  family.name = "runnel_" + std::move(sample.name);
  family.help = std::move(sample.help);
  if (sample.kind == MetricKind::Counter) {
    family.type = prometheus::MetricType::Counter;
    metric.counter.value = sample.value;
  } else {
    family.type = prometheus::MetricType::Gauge;
    metric.gauge.value = sample.value;
  }
  family.metric.push_back(metric);
  return family;
}

}  // namespace

std::string MetricsSource::exposition(const ServerStats& stats) const {
  std::vector<MetricSample> samples = samples_of(stats);
  for (const Collect& collect : sources_) collect(samples);
  std::vector<prometheus::MetricFamily> families;
  families.reserve(samples.size());
  for (MetricSample& sample : samples) families.push_back(family_of(std::move(sample)));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace runnel::server

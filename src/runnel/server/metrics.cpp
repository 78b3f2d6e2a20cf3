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
      {"backend_up", "1 unless the backend is not configured or does not answer", Gauge,
       stats.backend == "ok" || stats.backend == "none" ? 1.0 : 0.0},
      {"backend_saves_total", "Snapshots that the backend has taken", Counter,
       number(stats.backend_saves)},
      {"backend_failures_total", "Attempts to save a snapshot that failed", Counter,
       number(stats.backend_failures)},
      {"backend_saves_in_flight", "Snapshots on their way to the backend", Gauge,
       number(stats.backend_in_flight)},
      {"backend_refused_rooms", "Rooms that the backend refuses, as too large or denied", Gauge,
       number(stats.backend_kept_back)},
      {"rooms_pending", "Rooms that wait for what the backend has", Gauge,
       number(stats.rooms_pending)},
      {"rooms_frozen", "Rooms that take no edits", Gauge, number(stats.rooms_frozen)},
      {"messages_refused_total", "Messages that could not be decoded or were over a bound", Counter,
       number(stats.messages_refused)},
      {"edits_refused_total", "Edits of viewers, and in frozen rooms", Counter,
       number(stats.edits_refused)},
      {"slow_connections_closed_total", "Connections closed because they did not drain", Counter,
       number(stats.slow_closed)},
      {"commits_failed_total", "Groups of updates that could not be committed", Counter,
       number(stats.commits_failed)},
      {"draining", "1 while the server is being drained", Gauge, stats.draining ? 1.0 : 0.0},
      {"backend_saves_waiting", "Rooms of which the backend lacks something", Gauge,
       number(stats.backend_waiting)},
      {"backend_oldest_wait_seconds", "Age of the oldest change that the backend lacks", Gauge,
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

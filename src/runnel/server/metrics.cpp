#include "runnel/server/metrics.h"

#include "runnel/net/net_counters.h"
#include "runnel/server/metric_page.h"
#include "runnel/server/process_stats.h"

namespace runnel::server {

namespace {

constexpr double kMillisecond = 1e-3;

double number(std::uint64_t value) { return static_cast<double>(value); }

// Names that Prometheus' own client libraries give to every process.
void add_process(MetricPage& page, const ServerStats& stats) {
  const ProcessStats process = process_stats();
  page.counter("process_cpu_seconds_total", "CPU time of the process, user and system",
               number(process.cpu_ms) * kMillisecond);
  page.gauge("process_resident_memory_bytes", "Resident memory", number(process.resident_bytes));
  page.gauge("process_start_time_seconds", "Start of the process, since 1970",
             number(process.started_s));
  page.gauge("runnel_uptime_seconds", "Since the start of the server",
             static_cast<double>(stats.uptime_ms) * kMillisecond);
  page.gauge("runnel_draining", "1 while the server is being drained", stats.draining ? 1.0 : 0.0);
}

// All loops together.
std::uint64_t total(Shards& shards, Counter net::NetCounters::* counter) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    sum += (shards.at(i).loop.counters().*counter).value();
  }
  return sum;
}

double level(Shards& shards, Gauge net::NetCounters::* gauge) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    sum += (shards.at(i).loop.counters().*gauge).value();
  }
  return static_cast<double>(sum);
}

void add_network(MetricPage& page, Shards& shards) {
  using N = net::NetCounters;
  const auto count = [&shards](Counter N::* counter) { return number(total(shards, counter)); };
  page.counter("runnel_received_bytes_total", "Bytes read from sockets", count(&N::bytes_in));
  page.counter("runnel_sent_bytes_total", "Bytes written to sockets", count(&N::bytes_out));
  page.counter("runnel_socket_writes_total", "System calls that wrote", count(&N::writes));
  page.counter("runnel_tcp_connections_accepted_total", "TCP connections of any kind",
               count(&N::connections_accepted));
  page.gauge("runnel_tcp_connections", "TCP connections of any kind that are open",
             level(shards, &N::connections_open));
  page.gauge("runnel_websockets", "WebSockets that are open", level(shards, &N::websockets_open));
  page.counter("runnel_http_requests_total", "Complete HTTP requests, upgrades included",
               count(&N::requests));
  page.counter("runnel_http_requests_rejected_total",
               "HTTP requests that were malformed, too large or too slow",
               count(&N::requests_rejected));
  page.counter("runnel_websocket_upgrades_total", "Requests that became WebSockets",
               count(&N::upgrades));
  page.counter("runnel_websocket_messages_received_total", "Messages, fragments joined",
               count(&N::messages_in));
  page.counter("runnel_websocket_messages_sent_total", "Frames, control frames included",
               count(&N::messages_out));
  page.counter_by_reason("runnel_handshakes_failed_total",
                         "Connections that ended before their first request was answered",
                         {{"timeout", total(shards, &N::handshake_timeout)},
                          {"malformed", total(shards, &N::handshake_malformed)},
                          {"tls", total(shards, &N::handshake_tls)},
                          {"address_limit", total(shards, &N::handshake_address_limit)}});
  page.counter_by_reason("runnel_websockets_ended_total",
                         "WebSockets that the server ended for what the peer did or did not",
                         {{"protocol_error", total(shards, &N::protocol_errors)},
                          {"too_large", total(shards, &N::too_large)},
                          {"no_pong", total(shards, &N::dead_peers)}});
}

void add_access(MetricPage& page, const auth::AccessCounters& access) {
  page.counter("runnel_connections_admitted_total", "Connections let in", access.admitted);
  page.counter("runnel_connections_resumed_total", "Of these, with the verdict of an earlier one",
               access.resumed);
  page.counter("runnel_connections_refused_total", "Connections that may not enter",
               access.refused);
  page.counter("runnel_connections_refused_unasked_total",
               "Of these, without asking whoever decides", access.refused_unasked);
  page.counter("runnel_connections_undecided_total",
               "Connections sent away because nobody could say whether they may enter",
               access.unknown);
  page.counter("runnel_verifications_total", "Times that a token was verified",
               access.verifications);
  page.counter("runnel_rechecks_total", "Times that the access of somebody connected was checked",
               access.rechecks);
  page.counter("runnel_access_revoked_total", "Connections ended because access was taken",
               access.revoked);
}

void add_rooms(MetricPage& page, const ServerStats& stats, const collab::CollabMetrics& collab) {
  page.gauge("runnel_rooms", "Rooms in memory", number(stats.rooms_live));
  page.gauge("runnel_rooms_stored", "Rooms on disk", number(stats.rooms_stored));
  page.gauge("runnel_rooms_integrated", "Rooms whose document is in memory as a document",
             collab.integrated_rooms);
  page.gauge("runnel_rooms_pending", "Rooms that wait for what the backend has",
             number(stats.rooms_pending));
  page.gauge("runnel_rooms_frozen", "Rooms that take no edits", number(stats.rooms_frozen));
  page.gauge("runnel_connections", "Connections to rooms", number(stats.connections));
  page.counter("runnel_updates_received_total", "Updates taken from clients", collab.updates_in);
  page.counter("runnel_updates_delivered_total", "Updates handed to receivers, one per receiver",
               collab.updates_out);
  page.counter("runnel_awareness_received_total", "Awareness messages taken from clients",
               collab.awareness_in);
  page.counter("runnel_awareness_delivered_total",
               "Awareness messages handed to receivers, one per receiver", collab.awareness_out);
  page.counter("runnel_messages_refused_total",
               "Messages that could not be decoded or were over a bound", collab.malformed);
  page.counter("runnel_edits_refused_total", "Edits of viewers, and in frozen rooms",
               collab.read_only_refused);
  page.counter("runnel_slow_receivers_resynced_total",
               "Receivers that were sent a difference instead of their queue", collab.resyncs);
  page.counter("runnel_slow_connections_closed_total",
               "Connections closed because they did not drain", collab.slow_closed);
  page.counter("runnel_compactions_total", "Room logs folded into a snapshot", collab.compactions);
}

void add_log(MetricPage& page, const storage::StoreMetrics& store) {
  page.seconds_histogram("runnel_commit_seconds", "Time to commit a group of updates",
                         store.commit_ms);
  page.count_histogram("runnel_commit_writes", "Writes in one commit", store.commit_writes);
  page.counter("runnel_commits_failed_total", "Groups of updates that could not be committed",
               store.failed_commits);
  page.seconds_histogram("runnel_sync_seconds", "Time to bring the log to the disk", store.sync_ms);
  page.counter("runnel_syncs_failed_total", "Times that the log could not be brought to the disk",
               store.failed_syncs);
  page.seconds_histogram("runnel_checkpoint_seconds", "Time to move the log into the database",
                         store.checkpoint_ms);
  page.counter("runnel_log_appends_total", "Updates put into logs", store.appends);
  page.counter("runnel_log_appended_bytes_total", "Size of the updates put into logs",
               store.append_bytes);
  page.counter("runnel_writes_refused_total", "Writes refused because too much waited",
               store.refused_writes);
  page.gauge("runnel_writer_queue_bytes", "What waits to be written", store.queue_bytes);
}

void add_disk(MetricPage& page, const ServerStats& stats, const storage::StoreMetrics& store) {
  page.counter("runnel_folds_total", "Rooms moved from the journal into rows of their own",
               store.folds);
  page.counter("runnel_folded_bytes_total", "Size of what was moved", store.fold_bytes);
  page.counter("runnel_consolidations_total", "Runs of small rows rewritten as one",
               store.consolidations);
  page.counter("runnel_snapshot_written_bytes_total", "Size of the snapshots written",
               store.snapshot_bytes);
  page.counter("runnel_store_reads_total", "Documents, values, lists, alarms and records read",
               store.reads);
  page.gauge("runnel_journal_bytes", "Size of the journal", store.journal_bytes);
  page.gauge("runnel_journal_rows", "Commits in the journal", store.journal_rows);
  page.gauge("runnel_rooms_unfolded", "Rooms with updates in the journal", store.unfolded_rooms);
  page.gauge("runnel_wal_pages", "Pages in SQLite's write-ahead log", store.wal_pages);
  page.gauge("runnel_disk_used_bytes", "Size of the database and its log",
             number(stats.disk_bytes));
  page.gauge("runnel_disk_free_bytes", "Free on the data directory's file system",
             number(stats.disk_free_bytes));
}

void add_backend(MetricPage& page, const ServerStats& stats) {
  page.gauge("runnel_backend_up", "1 unless the backend is not configured or does not answer",
             stats.backend == "ok" || stats.backend == "none" ? 1.0 : 0.0);
  page.counter("runnel_backend_saves_total", "Snapshots that the backend has taken",
               number(stats.backend_saves));
  page.counter("runnel_backend_failures_total", "Attempts to save a snapshot that failed",
               number(stats.backend_failures));
  page.gauge("runnel_backend_saves_in_flight", "Snapshots on their way to the backend",
             number(stats.backend_in_flight));
  page.gauge("runnel_backend_saves_waiting", "Rooms of which the backend lacks something",
             number(stats.backend_waiting));
  page.gauge("runnel_backend_oldest_wait_seconds",
             "Age of the oldest change that the backend lacks",
             number(stats.backend_oldest_ms) * kMillisecond);
  page.gauge("runnel_backend_refused_rooms",
             "Rooms that the backend refuses, as too large or denied",
             number(stats.backend_kept_back));
}

}  // namespace

std::string metrics_page(const ServerStats& stats, const MetricsDeps& deps) {
  MetricPage page;
  add_process(page, stats);
  add_network(page, deps.shards);
  add_access(page, deps.access);
  add_rooms(page, stats, deps.collab);
  add_log(page, deps.store);
  add_disk(page, stats, deps.store);
  add_backend(page, stats);
  return page.text();
}

}  // namespace runnel::server

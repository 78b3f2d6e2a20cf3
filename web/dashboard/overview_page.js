// The server at a glance, and its rooms.
import { getJson } from "./api.js";
import { Sparkline } from "./charts.js";
import { fact, failure, h, placeholders, show } from "./dom.js";
import { ago, bytes, count, duration } from "./format.js";

const pageSize = 50;

/** A change that the backend lacks for so long is not only waiting for its turn. */
const lateMs = 60_000;

/** Rates come from totals: the difference between two reports over the time between them. */
class Rates {
  /** @type {any} */
  last = null;
  at = 0;

  /** @param {any} stats @returns {any} per second, or null for the first report */
  of(stats) {
    const now = performance.now();
    const seconds = (now - this.at) / 1000;
    const last = this.last;
    this.last = stats;
    this.at = now;
    if (last === null || seconds <= 0) return null;
    const rate = (/** @type {string} */ key) => Math.max(0, (stats[key] - last[key]) / seconds);
    return { received: rate("updates_received"), delivered: rate("updates_delivered"), out: rate("bytes_out"), cpu: rate("cpu_ms") / 10 };
  }
}

/** @returns {import("./main.js").Page} */
export function overviewPage() {
  const rates = new Rates();
  const charts = {
    connections: new Sparkline("Connections", count),
    received: new Sparkline("Updates in, per second", count),
    delivered: new Sparkline("Updates delivered, per second", count),
    latency: new Sparkline("Commit latency, p99", duration),
    cpu: new Sparkline("CPU, % of one core", (value) => `${value.toFixed(1)} %`),
    memory: new Sparkline("Memory", bytes),
    sent: new Sparkline("Sent, per second", bytes),
    disk: new Sparkline("Disk used", bytes),
    lag: new Sparkline("Backend lag", duration),
  };
  const facts = h("div.facts", {}, placeholders(5));
  const rooms = new RoomList();
  const element = h("div.page", {},
    facts,
    h("div.charts", {}, Object.values(charts).map((chart) => chart.element)),
    rooms.element);
  rooms.load();

  return {
    element,
    onEvent(event, data) {
      if (event === "room") rooms.changed(data);
      if (event !== "stats") return;
      charts.connections.push(data.connections);
      charts.latency.push(data.commit_p99_ms);
      charts.memory.push(data.memory_bytes);
      charts.disk.push(data.disk_bytes);
      charts.lag.push(data.backend_oldest_ms);
      const rate = rates.of(data);
      if (rate) {
        charts.received.push(rate.received);
        charts.delivered.push(rate.delivered);
        charts.cpu.push(rate.cpu);
        charts.sent.push(rate.out);
      }
      show(facts, factsOf(data));
    },
    leave: () => rooms.leave(),
  };
}

/** @type {Record<string, string>} */
const backendTones = { ok: "good", none: "plain", unreachable: "bad", unconfigured: "warn" };

/** @param {any} stats */
function backendText(stats) {
  if (stats.backend_kind === "none") return "none";
  if (stats.backend === "unconfigured") return "not configured";
  const state = stats.backend === "ok" ? `${stats.backend_kind}, answers` : `${stats.backend_kind}, does not answer`;
  return stats.backend_waiting > 0 ? `${state}; ${count(stats.backend_waiting)} to save` : state;
}

/** @param {any} stats */
function factsOf(stats) {
  const diskLow = stats.disk_free_bytes < 1e9;
  const frozen = stats.rooms_frozen > 0 ? `, ${count(stats.rooms_frozen)} frozen` : "";
  const refused = stats.messages_refused + stats.edits_refused;
  return [
    fact("Rooms", `${count(stats.rooms_live)} in memory, ${count(stats.rooms_stored)} stored${frozen}`),
    fact("Disk", `${bytes(stats.disk_bytes)}, ${bytes(stats.disk_free_bytes)} free`, diskLow ? "bad" : "plain"),
    fact("Commit p50 / p99", `${duration(stats.commit_p50_ms)} / ${duration(stats.commit_p99_ms)}`, stats.commits_failed ? "bad" : "plain"),
    fact("Refused messages", refused === 0 ? "none" : `${count(stats.messages_refused)} broken, ${count(stats.edits_refused)} not allowed`),
    fact("Backend", backendText(stats), backendTones[stats.backend] ?? "plain"),
  ];
}

class RoomList {
  constructor() {
    this.filter = "";
    this.live = false;
    /** @type {any[]} */
    this.rooms = [];
    /** @type {string | null} */
    this.next = null;
    this.abort = new AbortController();
    /** @type {number} */
    this.refresh = 0;
    this.body = h("tbody");
    this.note = h("div.empty");
    this.more = h("button", { onclick: () => void this.load(true) }, "Show more");
    const search = h("input", {
      type: "search",
      placeholder: "Find a room by name",
      "aria-label": "Find a room by name",
      oninput: (/** @type {InputEvent} */ event) => {
        this.filter = /** @type {HTMLInputElement} */ (event.target).value;
        void this.load();
      },
    });
    const live = h("label.check", {}, h("input", {
      type: "checkbox",
      onchange: (/** @type {Event} */ event) => {
        this.live = /** @type {HTMLInputElement} */ (event.target).checked;
        void this.load();
      },
    }), "in memory only");
    const heads = ["Room", "State", "People", "Document", "Stored", "Backend lacks", "Last change"];
    this.element = h("section.card.rooms", {},
      h("header", {}, h("h2", {}, "Rooms"), h("span.spacer"), live, search),
      h("div.scroll", {}, h("table", {}, h("thead", {}, h("tr", {}, heads.map((head) => h("th", {}, head)))), this.body)),
      this.note, h("div.row", {}, this.more));
  }

  /** @param {boolean} append */
  async load(append = false) {
    this.abort.abort();
    this.abort = new AbortController();
    const query = new URLSearchParams({ limit: String(pageSize), live: String(this.live) });
    if (this.filter) query.set("contains", this.filter);
    if (append && this.next) query.set("after", this.next);
    if (this.rooms.length === 0) show(this.note, h("div.skeleton"), h("div.skeleton"), h("div.skeleton"));
    try {
      const page = await getJson(`/v1/rooms?${query}`, this.abort.signal);
      this.rooms = append ? [...this.rooms, ...page.rooms] : page.rooms;
      this.next = page.next;
      this.draw();
    } catch (error) {
      if (!this.abort.signal.aborted) this.fail(/** @type {Error} */ (error));
    }
  }

  /** A room changed: a short list is read again, at most once a second. @param {any} _data */
  changed(_data) {
    if (this.refresh !== 0 || this.rooms.length > pageSize) return;
    this.refresh = window.setTimeout(() => {
      this.refresh = 0;
      void this.load();
    }, 1000);
  }

  leave() {
    this.abort.abort();
    clearTimeout(this.refresh);
  }

  /** @param {Error} error */
  fail(error) {
    show(this.note, failure("The list cannot be read", error, () => void this.load()));
  }

  draw() {
    show(this.body, this.rooms.map(rowOf));
    const nothing = this.filter ? `No room's name contains “${this.filter}”.` : "No room yet. It appears when the first client connects.";
    show(this.note, this.rooms.length === 0 && h("p.muted", {}, nothing));
    this.more.hidden = this.next === null;
  }
}

/** @param {any} room */
function rowOf(room) {
  const href = `#/rooms/${encodeURIComponent(room.party)}/${encodeURIComponent(room.name)}`;
  return h("tr", {},
    h("td", {}, h("a", { href }, room.name), room.party !== "main" && h("span.tag", {}, room.party)),
    h("td", {}, h(`span.state.${room.state}`, {}, room.state), room.frozen && h("span.state.frozen", {}, "frozen")),
    h("td.number", {}, room.connections || "–"),
    h("td.number", {}, room.document_bytes ? bytes(room.document_bytes) : "–"),
    h("td.number", {}, bytes(room.stored_bytes)),
    h("td.number", {}, room.backend_lag_ms ? h(room.backend_lag_ms > lateMs ? "span.warn" : "span", {}, duration(room.backend_lag_ms)) : "–"),
    h("td.muted", {}, ago(room.updated_ms)));
}

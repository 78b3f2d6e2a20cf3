// One room: who is here, how far its changes have got, what it holds and held, and what can be done to it.
import { ApiError, getJson, roomPath } from "./api.js";
import { Sparkline } from "./charts.js";
import { contentPanel } from "./content_panel.js";
import { fact, failure, h, placeholders, show } from "./dom.js";
import { ago, bytes, count, duration } from "./format.js";
import { drawPeople } from "./people_panel.js";
import { drawHead } from "./room_actions.js";
import { timelinePanel } from "./timeline_panel.js";

const refreshMs = 2000;

/** @typedef {{ party: string, name: string }} RoomName */

/** @param {RoomName} room @returns {import("./main.js").Page} */
export function roomPage(room) {
  const head = h("div.room-head", {}, h("h1", {}, room.name));
  const trouble = h("div.trouble");
  const where = h("section.card.where", { "aria-label": "How far the changes have got" }, h("div.skeleton"));
  const facts = h("div.facts", {}, placeholders(6));
  const seconds = refreshMs / 1000;
  const charts = {
    updates: new Sparkline("Updates, per second", count, seconds),
    size: new Sparkline("Document", bytes, seconds),
    lag: new Sparkline("Backend lag", duration, seconds),
  };
  const people = h("section.card", {}, h("div.skeleton"), h("div.skeleton"));
  const content = contentPanel(room);
  const timeline = timelinePanel(room, { look: content.showAt, changed: () => void content.load() });
  const body = h("div.page", {}, where, facts, h("div.charts", {}, Object.values(charts).map((chart) => chart.element)), people, timeline.element, content.element);
  const element = h("div.page", {}, h("a.back", { href: "#/" }, "← All rooms"), head, trouble, body);
  const abort = new AbortController();
  let timer = 0;
  let unread = true;

  const refresh = async () => {
    clearTimeout(timer);
    try {
      const stats = await getJson(roomPath(room), abort.signal);
      show(trouble);
      body.hidden = false;
      drawHead(head, room, stats, refresh);
      if (unread) void content.load(); // of a room that is there
      unread = false;
      show(where, stepsOf(stats));
      show(facts, factsOf(stats));
      charts.updates.push(stats.updates_per_second);
      charts.size.push(stats.document.bytes);
      charts.lag.push(stats.backend.lag_ms);
      drawPeople(people, room, stats.connections, refresh);
      timeline.update(stats);
    } catch (error) {
      if (abort.signal.aborted) return;
      // What was read before stays; a room that is gone has nothing left to show.
      body.hidden = error instanceof ApiError && (error.status === 404 || error.status === 410);
      if (body.hidden) drawHead(head, room, null, refresh);
      show(trouble, failure("The room cannot be read", error, refresh));
    }
    timer = window.setTimeout(refresh, refreshMs);
  };
  void refresh();

  return {
    element,
    leave() {
      abort.abort();
      clearTimeout(timer);
    },
  };
}

/** @type {Record<string, [string, string]>} what a person reads of the backend's state, and its tone */
const backendWords = {
  none: ["there is no backend", "plain"],
  unknown: ["not known yet", "plain"],
  saved: ["everything", "good"],
  waiting: ["saves soon", "plain"],
  failing: ["the backend does not save", "bad"],
  too_large: ["too large for the backend", "bad"],
  denied: ["the backend refuses this room", "bad"],
  unconfigured: ["not configured", "warn"],
  pending_load: ["waits for what the backend has", "warn"],
};

/** Log, disk, backend: a change passes through all three. @param {any} stats */
function stepsOf({ log, backend }) {
  const step = (/** @type {string} */ label, /** @type {number | null} */ seq, /** @type {string} */ note, tone = "plain") =>
    h(`div.step.${tone}`, {}, h("span.muted", {}, label), h("strong", {}, seq === null ? "–" : `#${seq}`), h(`span.${tone}`, {}, note));
  const behind = log.last_seq - log.durable_seq;
  const [word, tone] = backendWords[backend.state] ?? [backend.state, "plain"];
  const lag = backend.lag_ms > 0 ? `${word}, ${duration(backend.lag_ms)} behind` : word;
  const steps = [
    step("In the log", log.last_seq, "others see it"),
    step("On disk", log.durable_seq, behind === 0 ? "everything" : `all but the last ${count(behind)}`, behind === 0 ? "good" : "warn"),
    step("In the backend", backend.state === "none" ? null : log.backend_seq, lag, tone),
  ];
  const error = backend.last_error && h("p.problem", { role: "alert" }, `The last attempt to save failed: ${backend.last_error}`);
  return [h("div.steps", {}, steps), error];
}

/** @param {any} stats */
function factsOf(stats) {
  const { document: doc, log, backend } = stats;
  return [
    fact("Document", doc.loaded ? `${bytes(doc.bytes)}, in memory` : `${bytes(doc.bytes)}, served from its bytes`),
    fact("Structs", `${count(doc.structs)} of ${count(doc.clients)} ${doc.clients === 1 ? "client" : "clients"}, ${count(doc.tombstones)} units deleted`),
    fact("Missing updates", doc.pending_bytes ? `${bytes(doc.pending_bytes)} wait for them` : "none", doc.pending_bytes ? "warn" : "plain"),
    fact("Log", `${count(log.entries)} ${log.entries === 1 ? "entry" : "entries"}, ${bytes(log.bytes)}`),
    fact("Snapshot", log.snapshot_bytes ? bytes(log.snapshot_bytes) : "none yet"),
    fact("Last save", backend.state === "none" ? "–" : ago(backend.saved_ms)),
  ];
}

// One room: who is here, what is stored where, what it holds, and what can be done to it.
import { getJson, request, roomPath } from "./api.js";
import { confirmAction, h, show, toast } from "./dom.js";
import { bytes, count, duration } from "./format.js";
import { contentPanel } from "./content_panel.js";

const refreshMs = 2000;

/** @typedef {{ party: string, name: string }} RoomName */

/** @param {RoomName} room @returns {import("./main.js").Page} */
export function roomPage(room) {
  const head = h("div.room-head");
  const facts = h("div.facts");
  const people = h("section.card");
  const content = contentPanel(room);
  const abort = new AbortController();
  let timer = 0;
  const element = h("div.page", {}, h("a.back", { href: "#/" }, "← All rooms"), head, facts, people, content.element);
  show(people, h("div.skeleton"), h("div.skeleton"));

  const refresh = async () => {
    clearTimeout(timer);
    try {
      const stats = await getJson(roomPath(room), abort.signal);
      drawHead(head, room, stats, refresh);
      show(facts, factsOf(stats));
      drawPeople(people, room, stats.connections, refresh);
    } catch (error) {
      if (abort.signal.aborted) return;
      show(people, h("p.problem", { role: "alert" }, `The room cannot be read: ${/** @type {Error} */ (error).message}`));
    }
    timer = window.setTimeout(refresh, refreshMs);
  };
  void refresh();
  void content.load();

  return {
    element,
    leave() {
      abort.abort();
      clearTimeout(timer);
    },
  };
}

/** @param {any} stats */
function factsOf(stats) {
  const { document: doc, log, backend } = stats;
  const fact = (/** @type {string} */ label, /** @type {string} */ value, tone = "plain") =>
    h("div.fact", {}, h("span.muted", {}, label), h(`strong.${tone}`, {}, value));
  const behind = log.last_seq - log.durable_seq;
  const lag = backend.lag_ms > 0 ? `${backend.state.replace("_", " ")}, ${duration(backend.lag_ms)} behind` : backend.state.replace("_", " ");
  return [
    fact("Document", doc.loaded ? `${bytes(doc.bytes)}, ${count(doc.structs)} structs` : `${bytes(doc.bytes)}, served from disk`),
    fact("Deleted", `${count(doc.tombstones)} units`),
    fact("Waiting for missing updates", doc.pending_bytes ? bytes(doc.pending_bytes) : "nothing", doc.pending_bytes ? "warn" : "plain"),
    fact("Log", `${count(log.entries)} entries, ${bytes(log.bytes)} since a snapshot of ${bytes(log.snapshot_bytes)}`),
    fact("On disk for sure", behind === 0 ? "everything" : `all but the last ${count(behind)}`, behind === 0 ? "good" : "warn"),
    fact("Backend", lag),
  ];
}

/** @param {HTMLElement} head @param {RoomName} room @param {any} stats @param {() => void} refresh */
function drawHead(head, room, stats, refresh) {
  const act = (/** @type {string} */ said, /** @type {() => Promise<unknown>} */ action) => async () => {
    try {
      await action();
      toast(said);
      refresh();
    } catch (error) {
      toast(/** @type {Error} */ (error).message, "bad");
    }
  };
  const post = (/** @type {string} */ rest, /** @type {object | null} */ body = null) => request("POST", roomPath(room, rest), { body });
  show(head,
    h("h1", {}, room.name), h("span.tag", {}, room.party), h(`span.state.${stats.state}`, {}, stats.state),
    h("span.spacer"),
    h("button", { onclick: act("Everybody's rights are being asked for again", () => post("/recheck")) }, "Re-check"),
    h("button", { onclick: act("Log and snapshot are one again", () => post("/compact")) }, "Compact"),
    h("button", { onclick: () => void exportRoom(room) }, "Export"),
    h("button.danger", { onclick: () => void deleteRoom(room) }, "Delete"));
}

/** @param {RoomName} room */
async function exportRoom(room) {
  try {
    const blob = await (await request("GET", roomPath(room, "/export"))).blob();
    const link = /** @type {HTMLAnchorElement} */ (h("a", { href: URL.createObjectURL(blob), download: `${room.name}.yupdate` }));
    link.click();
    URL.revokeObjectURL(link.href);
  } catch (error) {
    toast(/** @type {Error} */ (error).message, "bad");
  }
}

/** @param {RoomName} room */
async function deleteRoom(room) {
  const sure = await confirmAction(`Delete ${room.name}?`, "Its connections are closed and its content is removed from this server. Clients are refused until the room is created again on purpose.", "Delete the room");
  if (!sure) return;
  try {
    await request("DELETE", roomPath(room));
    toast(`${room.name} is deleted`);
    window.location.hash = "#/";
  } catch (error) {
    toast(/** @type {Error} */ (error).message, "bad");
  }
}

/** @param {HTMLElement} card @param {RoomName} room @param {any[]} connections @param {() => void} refresh */
function drawPeople(card, room, connections, refresh) {
  const kick = (/** @type {any} */ connection) => async () => {
    const who = connection.user_name || connection.user_id || "this connection";
    if (!(await confirmAction(`Disconnect ${who}?`, "Their client may connect again unless their access was taken away.", "Disconnect"))) return;
    try {
      await request("POST", roomPath(room, "/kick"), { body: { connection: connection.id } });
      toast(`${who} is disconnected`);
      refresh();
    } catch (error) {
      toast(/** @type {Error} */ (error).message, "bad");
    }
  };
  const heads = ["Person", "Rights", "Protocol", "Address", "Waiting", ""];
  const rows = connections.map((connection) =>
    h("tr", {},
      h("td", {}, connection.user_name || connection.user_id || h("span.muted", {}, "anonymous")),
      h("td", {}, h("span.tag", {}, connection.level)),
      h("td", {}, connection.dialect),
      h("td.mono", {}, connection.address),
      h("td.number", {}, connection.buffered_bytes ? h("span.warn", {}, bytes(connection.buffered_bytes)) : "–"),
      h("td", {}, h("button.quiet", { onclick: kick(connection) }, "Disconnect"))));
  show(card,
    h("header", {}, h("h2", {}, `Connected: ${connections.length}`)),
    connections.length === 0
      ? h("p.muted", {}, "Nobody is here.")
      : h("div.scroll", {}, h("table", {}, h("thead", {}, h("tr", {}, heads.map((head) => h("th", {}, head)))), h("tbody", {}, rows))));
}

// The room's past: every entry of its log, to be looked at and brought back.
import { getJson, request, roomPath } from "./api.js";
import { confirmAction, failure, h, show, svg, tell } from "./dom.js";
import { ago, bytes, clock } from "./format.js";

const pageSize = 50;

/**
 * @param {import("./room_page.js").RoomName} room
 * @param {{ look: (seq: number | null) => void, changed: () => void }} use `look` shows the document behind an entry
 */
export function timelinePanel(room, use) {
  const list = h("ol.timeline");
  const note = h("p.muted");
  const activity = h("div.activity");
  const older = h("button", { onclick: () => void load(true) }, "Older entries");
  const element = h("section.card", {}, h("header", {}, h("h2", {}, "Timeline"), note), activity, list, h("div.row", {}, older));
  /** @type {any[]} */
  let entries = [];
  /** @type {number | null} */
  let next = null;
  let lastSeq = 0;
  let seen = "";
  let chosen = 0;
  show(list, h("div.skeleton"), h("div.skeleton"));
  older.hidden = true;

  async function load(append = false) {
    try {
      const page = await getJson(roomPath(room, "/history", { limit: String(pageSize), ...(append && next !== null ? { before: String(next) } : {}) }));
      entries = append ? [...entries, ...page.entries] : page.entries;
      next = page.next;
      lastSeq = page.last_seq;
      draw();
    } catch (error) {
      show(list, failure("The timeline cannot be read", error, () => void load()));
    }
  }

  const restore = (/** @type {any} */ entry) => async () => {
    const text = `The content of ${clock(entry.time_ms)} comes back by new edits, as undo does: everybody who is here sees it happen, what they are typing stays, and it can be taken back in the same way.`;
    if (!(await confirmAction(`Restore position ${entry.seq}?`, text, "Bring it back"))) return;
    const body = { at: entry.seq };
    if (!(await tell("The earlier content is back", () => request("POST", roomPath(room, "/restore"), { body })))) return;
    chosen = 0;
    use.look(null);
    await load();
  };

  const look = (/** @type {any} */ entry) => () => {
    chosen = chosen === entry.seq ? 0 : entry.seq;
    use.look(chosen === 0 ? null : chosen);
    draw();
  };

  const rowOf = (/** @type {any} */ entry) =>
    h(`li${entry.seq === chosen ? ".chosen" : ""}`, {},
      h("span.when", { title: new Date(entry.time_ms).toLocaleString() }, clock(entry.time_ms)),
      h("span.who", {}, entry.user_id || h("span.muted", {}, "anonymous or server")),
      h("span.muted.grow", {}, whatOf(entry)),
      h("span.muted.mono", {}, `#${entry.seq}`),
      h("button.quiet", { onclick: look(entry), "aria-pressed": entry.seq === chosen }, "Look"),
      h("button.quiet", { onclick: restore(entry) }, "Restore"));

  function draw() {
    show(list, entries.map(rowOf));
    if (entries.length === 0) show(list, h("p.muted", {}, lastSeq === 0 ? "Nothing has been written yet." : "Everything is folded into the snapshot."));
    show(activity, entries.length > 1 && activityOf(entries));
    older.hidden = next === null;
  }

  return {
    element,
    /** @param {any} stats */
    update(stats) {
      note.textContent = stats.persist === "history" ? "every change since the last fold" : stats.persist === "none" ? "this room keeps nothing" : "since the last fold only: rooms.persist is snapshot";
      // A page that somebody has turned is not pulled away under their hands, unless it was folded.
      const now = `${stats.log.last_seq} ${stats.log.entries}`;
      if (now === seen || (entries.length > pageSize && stats.log.entries >= entries.length)) return;
      seen = now;
      void load();
    },
  };
}

/** @param {any} entry */
function whatOf(entry) {
  const merged = entry.seq - entry.first_seq;
  const clients = entry.clients.length;
  const what = clients === 0 ? "deletes" : clients === 1 ? "writes" : `${clients} clients write`;
  return `${what}, ${bytes(entry.bytes)}${merged > 0 ? `, ${merged + 1} changes in one` : ""}`;
}

const slots = 80;

/** How much was written when, from the oldest entry shown to now. @param {any[]} entries */
function activityOf(entries) {
  const from = entries.at(-1).time_ms;
  const span = Math.max(Date.now() - from, 1);
  const sums = new Array(slots).fill(0);
  for (const entry of entries) sums[Math.min(slots - 1, Math.floor(((entry.time_ms - from) / span) * slots))] += entry.bytes;
  const top = Math.max(...sums);
  const bars = sums.map((sum, i) => svg("rect", { x: i * 3, width: 2, y: 30 - (sum > 0 ? Math.max(2, (sum / top) * 30) : 0), height: sum > 0 ? Math.max(2, (sum / top) * 30) : 0 }));
  return [
    svg("svg", { viewBox: `0 0 ${slots * 3} 30`, preserveAspectRatio: "none", role: "img", "aria-label": "Bytes written over time" }, ...bars),
    h("div.scale.muted", {}, h("span", {}, ago(from)), h("span.spacer"), h("span", {}, "now")),
  ];
}

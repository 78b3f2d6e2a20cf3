// Who is connected to a room, and how each of them is doing.
import { request, roomPath } from "./api.js";
import { confirmAction, h, show, tell } from "./dom.js";
import { ago, bytes, count } from "./format.js";

const heads = ["Person", "Rights", "Protocol", "Address", "Since", "In / out", "Waiting", ""];

/** @param {HTMLElement} card @param {import("./room_page.js").RoomName} room @param {any[]} connections @param {() => void} refresh */
export function drawPeople(card, room, connections, refresh) {
  const kick = (/** @type {any} */ connection) => async () => {
    const who = connection.user_name || connection.user_id || "this connection";
    if (!(await confirmAction(`Disconnect ${who}?`, "Their client may connect again unless their access was taken away.", "Disconnect"))) return;
    const body = { connection: connection.id };
    if (await tell(`${who} is disconnected`, () => request("POST", roomPath(room, "/kick"), { body }))) refresh();
  };
  const rows = connections.map((connection) =>
    h("tr", {},
      h("td", {}, connection.user_name || connection.user_id || h("span.muted", {}, "anonymous"),
        connection.user_name && connection.user_id && h("span.sub.mono", {}, connection.user_id)),
      h("td", {}, h("span.tag", {}, connection.level)),
      h("td", {}, connection.dialect),
      h("td.mono", {}, connection.address),
      h("td.number", { title: new Date(connection.since_ms).toLocaleString() }, ago(connection.since_ms)),
      h("td.number", { title: "messages from and to this client" }, `${count(connection.messages_in)} / ${count(connection.messages_out)}`),
      h("td.number", {}, connection.buffered_bytes ? h("span.warn", {}, bytes(connection.buffered_bytes)) : "–"),
      h("td.end", {}, h("button.quiet", { onclick: kick(connection) }, "Disconnect"))));
  show(card,
    h("header", {}, h("h2", {}, `Connected: ${connections.length}`)),
    connections.length === 0
      ? h("p.muted", {}, "Nobody is here.")
      : h("div.scroll", {}, h("table", {}, h("thead", {}, h("tr", {}, heads.map((head) => h("th", {}, head)))), h("tbody", {}, rows))));
}

// The head of a room's page: its name, its state, and what an operator can do to it.
import { request, roomPath } from "./api.js";
import { confirmAction, h, show, tell, toast } from "./dom.js";

/** @typedef {import("./room_page.js").RoomName} RoomName */

/** @param {HTMLElement} head @param {RoomName} room @param {any} stats null: the room is gone @param {() => void} refresh */
export function drawHead(head, room, stats, refresh) {
  if (head.dataset["drawn"] === looksOf(stats)) return;
  head.dataset["drawn"] = looksOf(stats);
  const name = [h("h1", {}, room.name), h("span.tag", {}, room.party)];
  if (stats === null) {
    show(head, name);
    return;
  }
  const act = (/** @type {string} */ said, /** @type {string} */ rest) => async () => {
    if (await tell(said, () => request("POST", roomPath(room, rest)))) refresh();
  };
  const freeze = stats.frozen
    ? h("button.primary", { onclick: act("The room takes edits again", "/unfreeze") }, "Unfreeze")
    : h("button", { onclick: () => void freezeRoom(room, act("The room is frozen: nobody can edit it", "/freeze")) }, "Freeze");
  show(head,
    name, h(`span.state.${stats.state}`, {}, stats.state), stats.frozen && h("span.state.frozen", {}, "frozen"),
    h("span.spacer"),
    h("div.actions", {},
      stats.party === "main" && freeze,
      h("button", { onclick: act("Everybody's rights are being asked for again", "/recheck") }, "Re-check"),
      h("button", { onclick: () => void compact(room, stats, act("Log and snapshot are one again", "/compact")) }, "Compact"),
      h("button", { onclick: () => void exportRoom(room) }, "Export"),
      h("button", { onclick: () => void restoreFile(room, refresh) }, "Restore…"),
      h("button.danger", { onclick: () => void deleteRoom(room) }, "Delete")));
}

/** A head that looks the same is left alone, so that focus stays where it is. @param {any} stats */
const looksOf = (stats) => (stats === null ? "gone" : `${stats.state} ${stats.frozen} ${stats.persist}`);

/** @param {RoomName} room @param {() => Promise<void>} act */
async function freezeRoom(room, act) {
  const text = "Everybody can still read, nobody can edit, and all are told so, until it is taken back here; a restart does not. What they type meanwhile comes in then.";
  if (await confirmAction(`Freeze ${room.name}?`, text, "Freeze the room")) await act();
}

/** @param {RoomName} room @param {any} stats @param {() => Promise<void>} act */
async function compact(room, stats, act) {
  const text = "The log is folded into one snapshot. The timeline begins anew: what was before cannot be looked at or restored any more.";
  if (stats.persist === "history" && !(await confirmAction(`Fold the history of ${room.name}?`, text, "Fold it"))) return;
  await act();
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

/** @param {RoomName} room @param {() => void} refresh */
async function restoreFile(room, refresh) {
  const file = /** @type {HTMLInputElement} */ (h("input", { type: "file", accept: ".yupdate,.bin,application/octet-stream", "aria-label": "A file that was exported" }));
  const text = "The content of the file takes the place of the present one, by new edits, as undo does: everybody who is here sees it happen, and it can be taken back in the same way.";
  if (!(await confirmAction(`Restore ${room.name} from a file?`, text, "Bring it back", file))) return;
  const chosen = file.files?.[0];
  if (!chosen) {
    toast("No file was chosen", "bad");
    return;
  }
  const done = await tell("The content of the file is back", () => request("POST", roomPath(room, "/restore"), { body: chosen }));
  if (done) refresh();
}

/** @param {RoomName} room */
async function deleteRoom(room) {
  const text = "Its connections are closed and its content is removed from this server. Clients are refused until the room is created again on purpose.";
  if (!(await confirmAction(`Delete ${room.name}?`, text, "Delete the room"))) return;
  if (await tell(`${room.name} is deleted`, () => request("DELETE", roomPath(room)))) window.location.hash = "#/";
}

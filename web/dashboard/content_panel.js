// The document's content, read-only, in the form that one asks for.
import { request, roomPath } from "./api.js";
import { h, show } from "./dom.js";

const forms = [
  ["json", "JSON"],
  ["text", "Text"],
  ["xml", "XML"],
  ["structs", "Structs"],
];
const shownBytes = 200_000;

/** @param {string} text */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** @param {{ party: string, name: string }} room */
export function contentPanel(room) {
  let form = "json";
  const tabs = h("div.tabs", { role: "tablist" });
  const body = h("div.content", {}, h("div.skeleton"));
  const note = h("span.muted");
  const element = h("section.card", {}, h("header", {}, h("h2", {}, "Content"), note, h("span.spacer"), tabs), body);

  const drawTabs = () =>
    show(tabs, forms.map(([key, label]) =>
      h("button.quiet", {
        role: "tab",
        "aria-selected": key === form,
        onclick: () => {
          form = key ?? "json";
          void load();
        },
      }, label)), h("button.quiet", { onclick: () => void load(), "aria-label": "Read again", title: "Read again" }, "↻"));

  async function load() {
    drawTabs();
    try {
      const text = await (await request("GET", roomPath(room, "/doc", { format: form }))).text();
      const full = form === "json" ? pretty(text) : text;
      const empty = full.trim() === "" || full.trim() === "{}";
      show(body, empty ? h("p.muted", {}, "The document is empty.") : h("pre", { tabindex: 0 }, full.slice(0, shownBytes)));
      note.textContent = full.length > shownBytes ? "the beginning of it" : "";
    } catch (error) {
      show(body, h("p.problem", { role: "alert" }, /** @type {Error} */ (error).message));
    }
  }

  return {
    element,
    load,
  };
}

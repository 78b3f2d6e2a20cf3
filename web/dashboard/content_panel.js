// The document's content, read-only, in the form that one asks for, now or as it was.
import { request, roomPath } from "./api.js";
import { failure, h, show } from "./dom.js";

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

/** XML with an element to a line, where elements hold only elements; text stays as it is. @param {string} text */
function indented(text) {
  const parsed = new DOMParser().parseFromString(`<root>${text}</root>`, "text/xml");
  if (parsed.querySelector("parsererror")) return text; // a name that Yjs allows and XML does not
  return [...parsed.documentElement.childNodes].map((node) => linesOf(node, "")).join("\n");
}

/** @param {Node} node @param {string} indent @returns {string} */
function linesOf(node, indent) {
  const xml = new XMLSerializer().serializeToString(node);
  const children = [...node.childNodes];
  if (children.length === 0 || children.some((child) => child.nodeType !== Node.ELEMENT_NODE)) return indent + xml;
  const open = new XMLSerializer().serializeToString(node.cloneNode(false)).replace(/\/>$/, ">").replace(/<\/[^>]*>$/, "");
  const inside = children.map((child) => linesOf(child, `${indent}  `));
  return [indent + open, ...inside, `${indent}</${node.nodeName}>`].join("\n");
}

/** @param {{ party: string, name: string }} room */
export function contentPanel(room) {
  let form = "json";
  /** @type {number | null} */
  let at = null;
  const tabs = h("div.tabs", { role: "tablist" });
  const body = h("div.content", {}, h("div.skeleton"));
  const note = h("span.muted");
  const root = /** @type {HTMLSelectElement} */ (h("select.root", { "aria-label": "Root", onchange: () => void load() }));
  const past = h("span.state.frozen");
  const present = h("button.quiet", { onclick: () => showAt(null) }, "Back to now");
  const element = h("section.card", { id: "room-content" }, h("header", {}, h("h2", {}, "Content"), past, present, note, h("span.spacer"), root, tabs), body);

  const needsRoot = () => form === "text" || form === "xml";

  const drawTabs = () => {
    root.hidden = !needsRoot();
    past.hidden = at === null;
    present.hidden = at === null;
    past.textContent = `as of #${at}`;
    show(tabs, forms.map(([key, label]) =>
      h("button.quiet", {
        role: "tab",
        "aria-selected": key === form,
        onclick: () => {
          form = key ?? "json";
          void load();
        },
      }, label)), h("button.quiet", { onclick: () => void load(), "aria-label": "Read again", title: "Read again" }, "↻"));
  };

  /** @param {number | null} seq */
  function showAt(seq) {
    at = seq;
    void load();
    if (seq !== null) element.scrollIntoView({ block: "nearest" });
  }

  async function load() {
    drawTabs();
    note.textContent = "";
    const read = async (/** @type {Record<string, string>} */ query) =>
      (await request("GET", roomPath(room, "/doc", at === null ? query : { ...query, at: String(at) }))).text();
    try {
      if (needsRoot()) {
        const chosen = root.value;
        const names = Object.keys(JSON.parse(await read({ format: "json" })));
        show(root, names.map((name) => h("option", { value: name }, name)));
        root.value = names.includes(chosen) ? chosen : (names[0] ?? "");
      }
      /** @type {Record<string, string>} */
      const query = needsRoot() ? { format: form, root: root.value } : { format: form };
      const text = needsRoot() && root.value === "" ? "" : await read(query);
      const full = form === "json" ? pretty(text) : form === "xml" ? indented(text) : text;
      const empty = full.trim() === "" || full.trim() === "{}";
      show(body, empty ? h("p.muted", {}, "The document is empty.") : h("pre", { tabindex: 0 }, full.slice(0, shownBytes)));
      note.textContent = full.length > shownBytes ? "the beginning of it" : "";
    } catch (error) {
      show(body, failure("The content cannot be read", error, () => void load()));
    }
  }

  return { element, load, showAt };
}

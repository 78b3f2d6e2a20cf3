// Elements from a tag, properties and children: all that this page needs of a framework.

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * @param {string} tag such as "div.card.small"
 * @param {Record<string, unknown>} [props] `on*` are listeners, the rest attributes; null leaves one out
 * @param {...(Child | Child[])} children
 * @returns {HTMLElement}
 */
export function h(tag, props = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name || "div");
  if (classes.length > 0) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), /** @type {EventListener} */ (value));
    else if (key === "value") /** @type {HTMLInputElement} */ (element).value = String(value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

/** @param {Element} parent @param {(Child | Child[])[]} children */
function append(parent, children) {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(child instanceof Node ? child : String(child));
  }
}

/** Replaces what `parent` holds. @param {Element} parent @param {...(Child | Child[])} children */
export function show(parent, ...children) {
  parent.replaceChildren();
  append(parent, children);
}

/** @param {string} tag @param {Record<string, unknown>} props @param {...Element} children */
export function svg(tag, props = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(props)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/** Asks before something that others notice. Resolves to whether it was confirmed.
 * @param {string} title @param {string} text @param {string} action label of the button
 * @param {Child} [more] what else to ask
 * @returns {Promise<boolean>} */
export function confirmAction(title, text, action, more = null) {
  return new Promise((resolve) => {
    const dialog = /** @type {HTMLDialogElement} */ (
      h("dialog", { "aria-label": title },
        h("h3", {}, title),
        h("p.muted", {}, text),
        more,
        h("div.row", {},
          h("span.spacer"),
          h("button", { onclick: () => dialog.close("") }, "Cancel"),
          h("button.danger", { onclick: () => dialog.close("yes") }, action)))
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** A number with its name above it. @param {string} label @param {Child} value @param {string} tone */
export const fact = (label, value, tone = "plain") =>
  h("div.fact", {}, h("span.muted", {}, label), h(`strong.${tone}`, {}, value));

/** What stands where facts will be. @param {number} number */
export const placeholders = (number) => Array.from({ length: number }, () => h("div.fact", {}, h("div.skeleton")));

/** What stands where something could not be read. @param {string} what @param {unknown} error @param {() => void} again */
export const failure = (what, error, again) =>
  h("div.failure", { role: "alert" },
    h("p.problem", {}, `${what}: ${/** @type {Error} */ (error).message}`),
    h("button", { onclick: again }, "Try again"));

/** Runs an action and says how it went. @param {string} done @param {() => Promise<unknown>} action @returns {Promise<boolean>} */
export async function tell(done, action) {
  try {
    await action();
    toast(done);
    return true;
  } catch (error) {
    toast(/** @type {Error} */ (error).message, "bad");
    return false;
  }
}

let toastTimer = 0;

/** One sentence at the foot of the page. @param {string} text @param {"good" | "bad"} tone */
export function toast(text, tone = "good") {
  document.querySelector(".toast")?.remove();
  clearTimeout(toastTimer);
  const element = h(`div.toast.${tone}`, { role: "status" }, text);
  document.body.append(element);
  toastTimer = window.setTimeout(() => element.remove(), tone === "bad" ? 8000 : 3500);
}

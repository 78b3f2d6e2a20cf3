// The frame of the dashboard: sign-in, navigation, the live stream that all pages share.
import { ApiError, getJson, readEvents, secret } from "./api.js";
import { h, show } from "./dom.js";
import { duration } from "./format.js";
import { overviewPage } from "./overview_page.js";
import { roomPage } from "./room_page.js";

/**
 * A page draws into an element and hears of the live stream until it is left.
 * @typedef {{ element: HTMLElement, onEvent?: (event: string, data: any) => void, leave?: () => void }} Page
 */

const app = /** @type {HTMLElement} */ (document.getElementById("app"));
const mark = '<svg viewBox="0 0 32 32" width="24" height="24" aria-hidden="true"><path d="M4 22c5-9 8 5 13-4s7-6 11-10" fill="none" stroke="var(--accent)" stroke-width="4" stroke-linecap="round"/></svg>';

function brand() {
  const link = h("a.brand", { href: "#/" }, "Runnel");
  link.insertAdjacentHTML("afterbegin", mark);
  return link;
}

/** @param {string} problem */
function signIn(problem = "") {
  const form = h("form.card.sign-in", {
    onsubmit: (/** @type {Event} */ event) => {
      event.preventDefault();
      const field = /** @type {HTMLInputElement} */ (form.querySelector("input"));
      secret.set(field.value.trim());
      void start();
    },
  },
    brand(),
    h("p.muted", {}, "The admin secret is in the file admin-secret of the data directory, or what admin.secret says."),
    h("input", { type: "password", name: "secret", placeholder: "Admin secret", "aria-label": "Admin secret", autofocus: true, autocomplete: "current-password" }),
    problem && h("p.problem", { role: "alert" }, problem),
    h("button.primary", { type: "submit" }, "Open the dashboard"));
  show(app, h("main.center", {}, form));
  form.querySelector("input")?.focus();
}

/** @returns {Page} */
function pageOf(/** @type {string} */ hash) {
  const [, kind, party, name] = hash.replace(/^#/, "").split("/");
  if (kind === "rooms" && party && name) return roomPage({ party: decodeURIComponent(party), name: decodeURIComponent(name) });
  return overviewPage();
}

async function start() {
  try {
    await getJson("/v1/stats");
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) {
      secret.forget();
      signIn(secret.get() === null && app.childElementCount === 0 ? "" : "This is not the admin secret.");
    } else signIn(`The server does not answer: ${/** @type {Error} */ (error).message}`);
    return;
  }
  frame();
}

function frame() {
  const link = h("span.link-state", { role: "status" }, "connecting");
  const uptime = h("span.muted");
  const content = h("main", { id: "content" });
  const stop = new AbortController();
  const out = h("button.quiet", {
    onclick: () => {
      secret.forget();
      stop.abort();
      window.removeEventListener("hashchange", open);
      signIn();
    },
  }, "Sign out");
  show(app, h("header.top", {}, brand(), link, h("span.spacer"), uptime, out), content);

  /** @type {Page | null} */
  let page = null;
  const open = () => {
    page?.leave?.();
    page = pageOf(window.location.hash);
    show(content, page.element);
  };
  window.addEventListener("hashchange", open);
  open();

  const onEvent = (/** @type {string} */ event, /** @type {any} */ data) => {
    if (event === "stats") {
      uptime.textContent = `${data.version} · up ${duration(data.uptime_ms)}${data.draining ? " · draining" : ""}`;
    }
    page?.onEvent?.(event, data);
  };
  const onState = (/** @type {boolean} */ connected) => {
    link.textContent = connected ? "live" : "reconnecting";
    link.className = `link-state ${connected ? "good" : "warn"}`;
  };
  readEvents(onEvent, onState, stop.signal).catch(() => {
    secret.forget();
    signIn("The admin secret has changed.");
  });
}

if (secret.get() === null) signIn();
else void start();

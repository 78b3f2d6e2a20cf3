// The frame of the dashboard: sign-in, navigation, the live stream that all pages share.
import { ApiError, getJson, readEvents, request, secret } from "./api.js";
import { confirmAction, h, show, tell } from "./dom.js";
import { count, duration } from "./format.js";
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
  const room = kind === "rooms" && party && name ? { party: decoded(party), name: decoded(name) } : null;
  document.title = room ? `${room.name} · Runnel dashboard` : "Runnel dashboard";
  return room ? roomPage(room) : overviewPage();
}

/** An address that somebody typed may hold a stray percent sign. @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

async function start() {
  try {
    await getJson("/v1/stats");
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) {
      secret.forget();
      signIn(secret.get() === null && app.childElementCount === 0 ? "" : "This is not the admin secret.");
    } else unreachable(/** @type {Error} */ (error));
    return;
  }
  frame();
}

const retryMs = 3000;

/** The secret may well be right: it is tried again by itself. @param {Error} error */
function unreachable(error) {
  const timer = window.setTimeout(() => void start(), retryMs);
  const again = h("button.primary", { onclick: () => { clearTimeout(timer); void start(); } }, "Try again");
  show(app, h("main.center", {}, h("section.card.sign-in", {},
    brand(),
    h("p.problem", { role: "alert" }, `The server does not answer: ${error.message}`),
    h("p.muted", {}, "This page tries again by itself."),
    again)));
  again.focus();
}

/** What everybody who looks at this server has to know. @param {any} stats */
function noticesOf(stats) {
  const notice = (/** @type {string} */ tone, /** @type {string} */ text) => h(`p.notice.${tone}`, {}, text);
  const waiting = stats.backend_waiting > 0
    ? ` ${count(stats.backend_waiting)} ${stats.backend_waiting === 1 ? "room waits" : "rooms wait"} to be saved there, the oldest change for ${duration(stats.backend_oldest_ms)}.`
    : "";
  const found = [];
  if (stats.draining) {
    const left = stats.connections + stats.rooms_live;
    found.push(left > 0
      ? notice("warn", `This server is being drained: ${count(stats.connections)} connections and ${count(stats.rooms_live)} rooms are left. New clients are sent elsewhere.`)
      : notice("good", "This server is drained: nobody is connected and every room is put away. It can be stopped."));
  }
  if (stats.backend === "unreachable") found.push(notice("bad", `The application’s backend does not answer. Edits are kept here meanwhile.${waiting}`));
  if (stats.backend === "unconfigured") found.push(notice("warn", `The application’s backend is not configured: set backend.url and backend.secret.${waiting}`));
  if (stats.commits_failed > 0) found.push(notice("bad", `${count(stats.commits_failed)} groups of updates could not be committed since the start; the server’s log says why.`));
  return found;
}

async function drainServer() {
  const choices = [["0", "at once"], ["10000", "over 10 seconds"], ["60000", "over a minute"], ["300000", "over 5 minutes"]];
  const over = /** @type {HTMLSelectElement} */ (
    h("select", { "aria-label": "How fast" }, choices.map(([value, label]) => h("option", { value: value ?? "" }, label ?? "")))
  );
  over.value = "60000";
  const text = "Nobody is let in any more, those who are connected are sent away, and every room is saved. Afterwards the process is there to be stopped, or the drain to be taken back.";
  if (!(await confirmAction("Drain this server?", text, "Drain the server", h("label.row", {}, "Send clients away", over)))) return;
  await tell("The server is being drained", () => request("POST", "/v1/drain", { body: { over_ms: Number(over.value) } }));
}

async function undrainServer() {
  await tell("The server lets clients in again", () => request("POST", "/v1/undrain"));
}

function frame() {
  const link = h("span.link-state", { role: "status" }, "connecting");
  const uptime = h("span.muted.uptime");
  const content = h("main", { id: "content" });
  const stop = new AbortController();
  /** @param {string} [problem] */
  const leave = (problem) => {
    secret.forget();
    stop.abort();
    window.removeEventListener("hashchange", open);
    page?.leave?.();
    signIn(problem);
  };
  const out = h("button.quiet", { onclick: () => leave() }, "Sign out");
  const drain = h("button.quiet", { onclick: () => void drainServer() }, "Drain…");
  const undrain = h("button.quiet", { hidden: true, onclick: () => void undrainServer() }, "Take the drain back");
  const notices = h("div.notices", { "aria-live": "polite" });
  show(app, h("header.top", {}, brand(), link, h("span.spacer"), uptime, drain, undrain, out), notices, content);

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
      uptime.textContent = `${data.version} · up ${duration(data.uptime_ms)}`;
      drain.hidden = data.draining;
      undrain.hidden = !data.draining;
      show(notices, noticesOf(data));
    }
    page?.onEvent?.(event, data);
  };
  const onState = (/** @type {boolean} */ connected) => {
    link.textContent = connected ? "live" : "reconnecting";
    link.className = `link-state ${connected ? "good" : "warn"}`;
  };
  readEvents(onEvent, onState, stop.signal).catch(() => leave("The admin secret has changed."));
}

if (secret.get() === null) signIn();
else void start();

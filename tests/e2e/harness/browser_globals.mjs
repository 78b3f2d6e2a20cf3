// What providers find in a browser. Import it before any of them: they look when they are loaded.
import "./web_crypto.mjs";
import { WebSocket } from "ws";

globalThis.WebSocket ??= WebSocket;

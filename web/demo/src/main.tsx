import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "@blocknote/core/fonts/inter.css";
import { App } from "./app.js";
import { keepForOffline } from "./offline.js";
import "./probe.js";
import "./styles.css";

if (import.meta.env.PROD) void keepForOffline();

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);

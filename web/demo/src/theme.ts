/** Dark or light: the person's choice, else the system's. */
import { useSyncExternalStore } from "react";

export type Theme = "light" | "dark";

const key = "runnel-demo-theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

function current(): Theme {
  const chosen = localStorage.getItem(key);
  if (chosen === "light" || chosen === "dark") return chosen;
  return dark.matches ? "dark" : "light";
}

function apply(): void {
  document.documentElement.dataset["theme"] = current();
  listeners.forEach((listener) => listener());
}

dark.addEventListener("change", apply);
apply();

export function toggleTheme(): void {
  localStorage.setItem(key, current() === "dark" ? "light" : "dark");
  apply();
}

export const useTheme = (): Theme =>
  useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, current);

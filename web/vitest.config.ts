import { defineConfig } from "vitest/config";

// The browser tests below e2e/ run under `node --test` against the built binary, not here.
export default defineConfig({ test: { include: ["packages/**/*.test.ts"] } });

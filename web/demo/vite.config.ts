import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The editors are chunks of their own, so that the first page stays small (see web/README.md).
export default defineConfig({
  plugins: [react()],
  define: { "process.env.IS_PREACT": JSON.stringify("false") },
  resolve: { dedupe: ["yjs", "react", "react-dom", "y-protocols", "lib0"] },
  build: { target: "es2022", outDir: "dist", emptyOutDir: true, chunkSizeWarningLimit: 4096 },
  server: {
    proxy: {
      "/api": "http://127.0.0.1:1999",
      "/collaboration": "http://127.0.0.1:1999",
      "/parties": { target: "ws://127.0.0.1:1999", ws: true },
    },
  },
});

import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

// 13 MB of Chinese handwriting; who writes Chinese gets the system's.
const leftOut = "Xiaolai";

/** What Excalidraw's code says of its fonts, and what it has to say so that none is asked for elsewhere. */
const fontRules: [what: string, RegExp, string][] = [
  ["the font that is left out is the system's", new RegExp(`(\\.${leftOut}\\]:\\{metrics:\\{[^}]*\\},)`), "$1local:!0,"],
  ["a font that is missing is not looked for on a public host", /`https:\/\/esm\.sh\/\$\{.*?\/dist\/prod\/`/, "`${globalThis.location.origin}/assets/excalidraw/`"],
];

/** Excalidraw asks for its fonts by name at run time, so no import leads to them. */
function excalidrawFonts(): Plugin {
  const unmet = new Set(fontRules);
  const fonts = join(dirname(createRequire(import.meta.url).resolve("@excalidraw/excalidraw")), "fonts");
  return {
    name: "excalidraw-fonts",
    apply: "build",
    transform(code, id) {
      if (!id.includes("/@excalidraw/excalidraw/dist/")) return null;
      const changed = [...unmet].reduce((text, rule) => {
        const [, wanted, replacement] = rule;
        if (wanted.test(text)) unmet.delete(rule);
        return text.replace(wanted, replacement);
      }, code);
      return changed === code ? null : { code: changed, map: null };
    },
    generateBundle() {
      for (const [what] of unmet) this.error(`Excalidraw's code has changed, so that nothing makes sure any more that ${what}`);
      for (const family of readdirSync(fonts)) {
        if (family === leftOut) continue;
        for (const file of readdirSync(join(fonts, family))) {
          const path = join(fonts, family, file);
          this.emitFile({ type: "asset", fileName: `assets/excalidraw/fonts/${family}/${file}`, source: readFileSync(path) });
        }
      }
    },
  };
}

// The editors are chunks of their own, so that the first page stays small (see web/README.md).
export default defineConfig({
  plugins: [react(), excalidrawFonts()],
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

import { defineConfig } from "vite";

// No names by content: the files are in git, and a change of one is to be seen as such.
export default defineConfig({
  base: "/",
  build: {
    outDir: "../assets",
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    rollupOptions: {
      output: { entryFileNames: "assets/page.js", chunkFileNames: "assets/[name].js", assetFileNames: "assets/page.[ext]" },
    },
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
});

import { defineConfig } from "vite";

/** What is built here is served by monitor/web/static.py under `default-src 'self'`: nothing inline, no data: URLs. */
export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    outDir: "../static",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    reportCompressedSize: true,
    chunkSizeWarningLimit: 800, // kB: ECharts, which comes after the first paint
    rolldownOptions: {
      output: {
        // Which page asks for charts first must not decide in which file they are.
        codeSplitting: { groups: [{ name: "charts", test: /node_modules[\\/](echarts|zrender)/ }] },
      },
    },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8080" } },
});

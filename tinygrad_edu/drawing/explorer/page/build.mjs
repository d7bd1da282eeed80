// Makes page.js and page.css out of what is in this folder, into the folder above or the one that is named.
import { build } from "esbuild";

const out = process.argv[2] ?? "..";
await build({
  entryPoints: ["page.jsx", "page.css"],
  outdir: out,
  bundle: true,
  minify: true,
  charset: "utf8",
  target: "es2021",
  format: "iife",
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "inline",
});

// Makes page.js and page.css out of what is in this folder, into the folder above or the one that is named.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { build } from "esbuild";

const sources = readdirSync(".").filter((name) => /\.(css|js|jsx|json|mjs)$/.test(name)).sort();
const digest = createHash("sha256");
for (const name of sources) digest.update(readFileSync(name));
const banner = `/* made by page/build.mjs from ${digest.digest("hex")} */`;

await build({
  entryPoints: ["page.jsx", "page.css"],
  outdir: process.argv[2] ?? "..",
  bundle: true,
  minify: true,
  charset: "utf8",
  target: "es2021",
  format: "iife",
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "inline",
  banner: { js: banner, css: banner },
});

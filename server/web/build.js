// Bundles styles, scripts, fonts and the QR decoder into dist/: hashed names, a gzip copy beside
// each text file, and manifest.json from plain to hashed names.
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import subsetFont from "subset-font";

const here = path.dirname(fileURLToPath(import.meta.url));
const dist = path.join(here, "dist");
const modules = path.join(here, "node_modules");

const range = (from, to) =>
  Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i)).join("");
// What Vietnamese and English pages use: the font's own subsets carry much more.
const LETTERS = {
  latin: range(0x20, 0x7e) + "\u00a0·–—‘’“”…•×→ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝàáâãèéêìíòóôõùúý",
  vietnamese: "ĂăĐđĨĩŨũƠơƯư" + range(0x1ea0, 0x1ef9),
};

/** `font:latin-400` in the style sheet: Be Vietnam Pro cut down to the letters above. */
const fonts = {
  name: "fonts",
  setup(build) {
    build.onResolve({ filter: /^font:/ }, ({ path: name }) => ({
      path: `${name.slice("font:".length)}.woff2`,
      namespace: "font",
    }));
    build.onLoad({ filter: /.*/, namespace: "font" }, async ({ path: name }) => {
      const [subset, weight] = path.parse(name).name.split("-");
      const file = `@fontsource/be-vietnam-pro/files/be-vietnam-pro-${subset}-${weight}-normal.woff2`;
      const whole = await readFile(path.join(modules, file));
      const contents = await subsetFont(whole, LETTERS[subset], {
        targetFormat: "woff2",
        noHinting: true,
        noLayoutClosure: true,
        keepFeatures: ["kern"],
        // Copyright and licence stay in the file.
        preserveNameIds: [0, 13, 14],
      });
      return { contents, loader: "file" };
    });
  },
};

/** The decoder names a public host as the default home of its .wasm; ours is given by the page. */
const noForeignHosts = {
  name: "no-foreign-hosts",
  setup(build) {
    build.onLoad({ filter: /zxing-wasm[\\/].*\.js$/ }, async ({ path: file }) => {
      const source = await readFile(file, "utf8");
      return { contents: source.replace(/https:\/\/[a-z.]*jsdelivr\.net\/npm\//g, "/"), loader: "js" };
    });
  },
};

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
const result = await esbuild.build({
  absWorkingDir: here,
  entryPoints: ["app.css", "print.css", "phone.css", "page.js", "declare.js", "scan.js", "phone.js"].map((f) => `src/${f}`),
  outdir: dist,
  outbase: "src",
  bundle: true,
  minify: true,
  splitting: true,
  format: "esm",
  target: ["es2020", "chrome80", "firefox78"],
  entryNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".wasm": "file", ".svg": "file" },
  plugins: [fonts, noForeignHosts],
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
});

const manifest = {};
for (const [out, { entryPoint }] of Object.entries(result.metafile.outputs)) {
  if (entryPoint?.startsWith("src/")) manifest[path.basename(entryPoint)] = path.basename(out);
}
/** Copies a file that no script imports. */
const copy = async (from, name) => {
  const contents = await readFile(from);
  const hash = createHash("sha256").update(contents).digest("hex").slice(0, 8).toUpperCase();
  const { name: stem, ext } = path.parse(name);
  manifest[name] = `${stem}-${hash}${ext}`;
  await writeFile(path.join(dist, manifest[name]), contents);
};
await copy(path.join(here, "src/icon.svg"), "icon.svg");
await copy(path.join(modules, "zxing-wasm/dist/reader/zxing_reader.wasm"), "zxing_reader.wasm");
await writeFile(path.join(dist, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);

for (const name of await readdir(dist)) {
  const contents = await readFile(path.join(dist, name));
  let size = contents.length;
  if (/\.(css|js|svg|wasm)$/.test(name)) {
    const zipped = gzipSync(contents, { level: 9 });
    size = zipped.length;
    await writeFile(path.join(dist, `${name}.gz`), zipped);
  }
  console.log(String(size).padStart(8), name);
}

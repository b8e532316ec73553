// Bundles the web page into dist/web: index.html and assets/ whose names carry a hash of their contents, so that a
// server may let browsers keep assets for ever and index.html not at all.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { build } from 'esbuild';

const outDir = process.env.WEB_OUT ?? 'dist/web';
rmSync(outDir, { recursive: true, force: true }); // tsc leaves its modules of this folder there, too
mkdirSync(`${outDir}/assets`, { recursive: true });

const result = await build({
  entryPoints: ['web/main.tsx', 'web/styles/page.css'],
  entryNames: '[name]-[hash]',
  outdir: `${outDir}/assets`,
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['es2022', 'chrome110', 'firefox115', 'safari16'],
  metafile: true,
  logLevel: 'warning',
});

function asset(entryPoint) {
  const found = Object.entries(result.metafile.outputs).find(([, output]) => output.entryPoint === entryPoint);
  if (found === undefined) throw new Error(`esbuild made nothing of ${entryPoint}`);
  return { url: `/assets/${basename(found[0])}`, bytes: found[1].bytes };
}

const script = asset('web/main.tsx');
const style = asset('web/styles/page.css');
const page = readFileSync('web/index.html', 'utf8').replace('{{script}}', script.url).replace('{{style}}', style.url);
writeFileSync(`${outDir}/index.html`, page);
for (const file of ['icon.svg', 'manifest.webmanifest', 'service-worker.js'])
  writeFileSync(`${outDir}/${file}`, readFileSync(`web/${file}`));
process.stdout.write(
  `web page: ${Math.ceil(script.bytes / 1024)} KiB of script, ${Math.ceil(style.bytes / 1024)} KiB of style\n`,
);

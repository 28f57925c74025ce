/**
 * The softphone's modules in a few files, and its styles minified, made by esbuild into web/dist:
 * `node scripts/bundle.mjs`.
 *
 * Made by the checks and for a release, and in no repository. The server uses it as long as it is of
 * the sources that it lies beside (sources.txt); else, and where there is none, the modules
 * themselves are served. What is taken of others (jssip.js) is served in either case.
 */

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';

import { build, transform } from 'esbuild';

const HOME = new URL('../web/softphone/', import.meta.url);
const DIST = new URL('../web/dist/', import.meta.url);
const LIBRARY = 'jssip.js';
const files = readdirSync(HOME).sort();
const scripts = files.filter((file) => file.endsWith('.js'));
const styles = files.filter((file) => file.endsWith('.css'));
const read = (/** @type {string} */ name) => readFileSync(new URL(name, HOME), 'utf8');
const usual = { bundle: true, minify: true, write: false, format: 'esm', target: 'es2023', charset: 'utf8' };

/** A name for what the sources are; adapter/web/pages/files.py finds the same. */
function sourcesName() {
  const all = createHash('sha256');
  for (const name of [...scripts, ...styles].sort()) {
    all.update(`${name}\0`);
    all.update(read(name));
  }
  return all.digest('hex');
}

/**
 * What all late parts need of the start is in one file with it: esbuild would cut it into a file for
 * each set of parts that share something. https://esbuild.github.io/api/#splitting
 */
const startIsWhole = {
  name: 'start-is-whole',
  /** @param {import('esbuild').PluginBuild} builder */
  setup(builder) {
    const late = new Set(scripts.flatMap((name) => [...read(name).matchAll(/\bimport\('\.\/(.+?)'\)/g)].map(([, part]) => part)));
    const needs = [...read('boot.js').matchAll(/^import .+? from ('.+?');$/gm)].map(([, module]) => `import ${module};`).join('');
    builder.onLoad({ filter: /\.js$/ }, ({ path }) => (late.has(basename(path)) ? { contents: read(basename(path)) + needs } : undefined));
  },
};

const { outputFiles } = await build({
  ...usual,
  plugins: [startIsWhole],
  entryPoints: [new URL('boot.js', HOME).pathname],
  absWorkingDir: new URL('..', import.meta.url).pathname,
  outdir: DIST.pathname,
  splitting: true, legalComments: 'none', external: [`./${LIBRARY}`],
});
/** @type {Map<string, string>} */
const made = new Map(outputFiles.map(({ path, text }) => [path.slice(DIST.pathname.length), text]));
for (const name of styles) made.set(name, (await transform(read(name), { loader: 'css', minify: true, charset: 'utf8' })).code);
made.set('sources.txt', `${sourcesName()}\n`);

const licence = readFileSync(new URL('../node_modules/jssip/LICENSE.md', import.meta.url), 'utf8');
const [library] = (await build({
  ...usual,
  stdin: { contents: "export { UA } from 'jssip';", resolveDir: new URL('..', import.meta.url).pathname },
  platform: 'browser',
  banner: { js: `/*!\n${licence.replaceAll('*/', '* /')}*/` },
})).outputFiles;
made.set(LIBRARY, library.text);

rmSync(DIST, { recursive: true, force: true });
mkdirSync(DIST);
for (const [name, text] of made) writeFileSync(new URL(name, DIST), text);

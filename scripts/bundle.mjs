/**
 * The softphone's modules in a few files, made by esbuild: `node scripts/bundle.mjs [--check]`.
 *
 * The bundle is kept in the repository, so that a fresh clone and a wheel start as fast as they can
 * without node. The server uses it as long as it is of the sources that it lies beside (sources.txt);
 * else the modules themselves are served. `--check` tells whether it is up to date.
 */

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';

import { build } from 'esbuild';

const HOME = new URL('../web/softphone/', import.meta.url);
const DIST = new URL('../web/dist/', import.meta.url);

/** A name for what the sources are; adapter/web/pagefiles.py finds the same. */
function sourcesName() {
  const all = createHash('sha256');
  for (const name of readdirSync(HOME).filter((file) => file.endsWith('.js')).sort()) {
    all.update(`${name}\0`);
    all.update(readFileSync(new URL(name, HOME)));
  }
  return all.digest('hex');
}

const { outputFiles } = await build({
  entryPoints: [new URL('boot.js', HOME).pathname],
  absWorkingDir: new URL('..', import.meta.url).pathname,
  outdir: DIST.pathname,
  bundle: true, splitting: true, minify: true, write: false,
  format: 'esm', target: 'es2023', charset: 'utf8', legalComments: 'none',
});
/** @type {Map<string, string>} */
const made = new Map(outputFiles.map(({ path, text }) => [path.slice(DIST.pathname.length), text]));
made.set('sources.txt', `${sourcesName()}\n`);

if (process.argv.includes('--check')) {
  const kept = new Map(readdirSync(DIST).map((name) => [name, readFileSync(new URL(name, DIST), 'utf8')]));
  const differs = [...new Set([...made.keys(), ...kept.keys()])].filter((name) => made.get(name) !== kept.get(name));
  if (differs.length > 0) console.error(`web/dist is not of these sources (make fix): ${differs.join(', ')}`);
  process.exit(differs.length > 0 ? 1 : 0);
}
rmSync(DIST, { recursive: true, force: true });
mkdirSync(DIST);
for (const [name, text] of made) writeFileSync(new URL(name, DIST), text);

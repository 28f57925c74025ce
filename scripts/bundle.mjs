/**
 * The softphone's modules in a few files, made by esbuild into web/dist: `node scripts/bundle.mjs`.
 *
 * Made by the checks and for a release, and in no repository. The server uses it as long as it is of
 * the sources that it lies beside (sources.txt); else, and where there is none, the modules
 * themselves are served. What is taken of others (jssip.js) is served in either case.
 */

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';

import { build } from 'esbuild';

const HOME = new URL('../web/softphone/', import.meta.url);
const DIST = new URL('../web/dist/', import.meta.url);
const LIBRARY = 'jssip.js';
const usual = { bundle: true, minify: true, write: false, format: 'esm', target: 'es2023', charset: 'utf8' };

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
  ...usual,
  entryPoints: [new URL('boot.js', HOME).pathname],
  absWorkingDir: new URL('..', import.meta.url).pathname,
  outdir: DIST.pathname,
  splitting: true, legalComments: 'none', external: [`./${LIBRARY}`],
});
/** @type {Map<string, string>} */
const made = new Map(outputFiles.map(({ path, text }) => [path.slice(DIST.pathname.length), text]));
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

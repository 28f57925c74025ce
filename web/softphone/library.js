/**
 * The Open CTI library, loaded from the org.
 *
 * Lightning's library throws a string if its URL parameters are wrong, but still leaves `sforce.opencti`,
 * which silently drops every call. So its exception is caught here, and only the driver's first reply
 * proves that it works.
 */

const LOAD_MS = 10_000;

/** The path of each experience's library, and the object that it creates. */
const LIBRARIES = /** @type {const} */ ({
  lightning: { path: 'lightning/opencti_min.js', name: 'opencti' },
  classic: { path: 'interaction.js', name: 'interaction' },
});

/**
 * @param {string} origin validated by `parameters.js`
 * @param {string} version of the API, "57.0"
 * @param {'lightning'|'classic'} surface
 * @param {Window & {sforce?: {opencti?: any, interaction?: any}}} page
 * @returns {Promise<{ok: true, api: any} | {ok: false, code: string, detail: string}>}
 */
export function loadLibrary(origin, version, surface = 'lightning', page = window) {
  const { document } = page;
  const { path, name } = LIBRARIES[surface];
  const script = document.createElement('script');
  script.src = `${origin}/support/api/${version}/${path}`;
  return new Promise((resolve) => {
    let thrown = '';
    const caught = (/** @type {ErrorEvent} */ event) => {
      if (event.filename === '' || event.filename.startsWith(script.src)) thrown = event.message;
    };
    const fail = (/** @type {string} */ code, detail = '') => {
      finish();
      script.remove();
      resolve({ ok: false, code, detail });
    };
    const timer = setTimeout(() => fail('library-slow'), LOAD_MS);
    const finish = () => {
      clearTimeout(timer);
      page.removeEventListener('error', caught);
      script.onload = script.onerror = null;
    };
    page.addEventListener('error', caught);
    script.onerror = () => fail('library-missing', script.src);
    script.onload = () => {
      const api = page.sforce?.[name];
      if (thrown || !api) return fail('library-refused', thrown);
      finish();
      resolve({ ok: true, api });
    };
    document.head.append(script);
  });
}

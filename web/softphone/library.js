/**
 * The Open CTI library, loaded from the org.
 *
 * It throws a string when its URL parameters displease it, and leaves `sforce.opencti` behind all
 * the same, silently dropping every call. So what it threw is caught here, and the driver's first
 * reply is the only proof that it works.
 */

const LOAD_MS = 10_000;

/**
 * @param {string} origin validated by `parameters.js`
 * @param {string} version of the API, "57.0"
 * @param {Window & {sforce?: {opencti?: any}}} page
 * @returns {Promise<{ok: true, opencti: any} | {ok: false, code: string, detail: string}>}
 */
export function loadLibrary(origin, version, page = window) {
  const { document } = page;
  const script = document.createElement('script');
  script.src = `${origin}/support/api/${version}/lightning/opencti_min.js`;
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
      const opencti = page.sforce?.opencti;
      if (thrown || !opencti) return fail('library-refused', thrown);
      finish();
      resolve({ ok: true, opencti });
    };
    document.head.append(script);
  });
}

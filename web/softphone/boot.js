/** Start the page. */

import { createSoftphone } from './softphone.js';
import { loadStyle } from './lazy.js';
import { createTranslate, loadLate, loadStrings } from './strings.js';

const root = /** @type {HTMLElement} */ (document.getElementById('softphone'));
const { language, table } = await loadStrings();
const t = createTranslate(table, language);
document.documentElement.lang = language;
document.documentElement.dir = t('direction');
document.title = t('title');
await createSoftphone(root, t, language, () => Promise.all([loadLate(language, table), loadStyle()])).start();

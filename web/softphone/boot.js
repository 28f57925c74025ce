/** Start the page. */

import { createSoftphone } from './softphone.js';
import { createTranslate, loadStrings } from './strings.js';

const root = /** @type {HTMLElement} */ (document.getElementById('softphone'));
const { language, table } = await loadStrings();
document.documentElement.lang = language;
await createSoftphone(root, createTranslate(table, language), language).start();

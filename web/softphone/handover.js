/** The pop-up's end of a sign-in: hand its code to the window that opened it, which closes it. */

const { code } = /** @type {HTMLElement} */ (document.getElementById('code')).dataset;
// Without an opener (Salesforce's pages may cut it off) the agent types what is shown.
if (code) window.opener?.postMessage({ type: 'sign-in-code', code }, location.origin);

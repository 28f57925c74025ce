/** The pop-up's side of a sign-in: pass the code to its opener, which closes the pop-up. */

const { code } = /** @type {HTMLElement} */ (document.getElementById('code')).dataset;
// Without an opener (Salesforce's pages may cut it off) the agent types the code.
if (code) window.opener?.postMessage({ type: 'sign-in-code', code }, location.origin);

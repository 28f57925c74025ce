/**
 * The supervisor's choices are in the address, so that it can be bookmarked and shared. They follow the #,
 * which no server or log ever sees, because a search may be a phone number.
 */

/** @param {Pick<Location, 'hash'|'pathname'|'search'>} place @param {(address: string) => void} go without a new page */
export function createLink(place, go) {
  const chosen = new URLSearchParams(place.hash.slice(1));
  return {
    /** @param {string} name */
    get: (name) => chosen.get(name) ?? '',
    /** @param {string} name @param {string} value empty: as usual */
    set(name, value) {
      if (value) chosen.set(name, value);
      else chosen.delete(name);
      go(`${place.pathname}${place.search}${chosen.size ? `#${chosen}` : ''}`);
    },
  };
}

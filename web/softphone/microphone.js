/** The microphone: whether this frame may use it, why not, which one, and its level. */

/** @import {MicrophoneTrouble, Store} from './types.js' */

const CHOSEN = 'softphone/microphone';

/** What the embedding page and the browser permit, without a prompt. @returns {Promise<MicrophoneTrouble|'prompt'|'granted'>} */
export async function microphoneState() {
  const { permissionsPolicy, featurePolicy } = /** @type {any} */ (document);
  const policy = permissionsPolicy ?? featurePolicy;
  if (policy && !policy.allowsFeature('microphone')) return 'policy';
  if (!navigator.mediaDevices?.getUserMedia) return 'insecure';
  const known = await navigator.permissions?.query({ name: /** @type {PermissionName} */ ('microphone') }).catch(() => null);
  if (known?.state === 'denied') return 'refused';
  const devices = await navigator.mediaDevices.enumerateDevices();
  if (!devices.some(({ kind }) => kind === 'audioinput')) return 'missing';
  return known?.state === 'granted' ? 'granted' : 'prompt';
}

/** @param {unknown} thrown by getUserMedia @returns {MicrophoneTrouble} */
export function troubleOf(thrown) {
  const name = thrown instanceof Error ? thrown.name : '';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'missing';
  if (name === 'NotReadableError' || name === 'AbortError') return 'busy';
  return 'refused';
}

/** @param {Store} store where the choice is kept */
export function createMicrophone(store) {
  /** @type {MediaStream|null} */
  let stream = null;

  /** The agent's choice, otherwise the browser's. */
  async function open() {
    const chosen = store.getItem(CHOSEN);
    const sound = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    try {
      return await navigator.mediaDevices.getUserMedia({ audio: { ...sound, ...(chosen ? { deviceId: { exact: chosen } } : {}) } });
    } catch (thrown) {
      // If the chosen one was unplugged, use another.
      if (!chosen || troubleOf(thrown) !== 'missing') throw thrown;
      return navigator.mediaDevices.getUserMedia({ audio: sound });
    }
  }
  return {
    /** Called when it was unplugged or taken away. */
    onLost: () => {},
    /** Take it; the browser may ask the agent. Throws what getUserMedia throws. @returns {Promise<MediaStream>} */
    async take() {
      if (stream?.getAudioTracks().every(({ readyState }) => readyState === 'live')) return stream;
      stream = await open();
      for (const track of stream.getAudioTracks()) track.addEventListener('ended', () => this.onLost());
      return stream;
    },
    /** Nobody listens any more: the browser's sign for it goes out. */
    release() {
      for (const track of stream?.getTracks() ?? []) track.stop();
      stream = null;
    },
    /** @returns {Promise<{id: string, label: string, chosen: boolean}[]>} */
    async devices() {
      const all = await navigator.mediaDevices.enumerateDevices();
      const chosen = store.getItem(CHOSEN) ?? 'default';
      return all.filter(({ kind, deviceId }) => kind === 'audioinput' && deviceId !== '')
        .map(({ deviceId, label }) => ({ id: deviceId, label, chosen: deviceId === chosen }));
    },
    /** @param {string} id */
    choose(id) {
      store.setItem(CHOSEN, id);
      this.release();
    },
  };
}

/** The connector in Salesforce's phone: driven by the real library, in each of its three layouts. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { bench, ORIGIN, VERSIONS } from './voicehost.mjs';

/** @type {unknown[]} */
const unhandled = [];
process.on('unhandledRejection', (reason) => unhandled.push(reason));

/** @param {string} name @param {(b: ReturnType<typeof bench>) => Promise<void>} run @param {object} [options] */
function each(name, run, options) {
  for (const version of VERSIONS) {
    test(`${version}: ${name}`, async () => {
      const b = bench(version, options);
      try {
        await run(b);
        assert.deepEqual(unhandled, []);
      } finally {
        b.close();
      }
    });
  }
}

const DIAL = { type: 'DIAL', contact: { phoneNumber: '+12025550143' } };

/** @param {ReturnType<typeof bench>} b */
async function dialed(b) {
  await b.setup();
  await b.ask(DIAL);
  b.answer('placed', { calls: [b.call()] });
  await b.settled();
}

each('it is ready with all that it can do and no more', async (b) => {
  await b.setup();
  const ready = b.ready();
  assert.equal(ready.callInProgress, null);
  assert.equal(ready.capabilities.MUTE, true);
  assert.deepEqual([ready.capabilities.RECORD, ready.capabilities.MERGE, ready.capabilities.SWAP, ready.capabilities.DEBUG_ENABLED], [true, true, true, false]);
  assert.equal(ready.capabilities.BLIND_TRANSFER, true);
  assert.deepEqual(ready.agentConfig.PHONES, ['DESK_PHONE']);
});

each('what the provider cannot do is not offered', async (b) => {
  await b.setup();
  const { capabilities } = b.ready();
  assert.deepEqual([capabilities.MUTE, capabilities.BLIND_TRANSFER, capabilities.MERGE, capabilities.SWAP, capabilities.RECORD], [false, false, false, false, false]);
}, { can: {} });

each("a stranger's setup, a message without data, and a sandbox do not make it deaf", async (b) => {
  b.window.dispatch({ data: null, origin: ORIGIN });
  b.window.dispatch({ data: { type: 'SETUP_CONNECTOR' }, origin: 'null' });
  await b.setup({}, { origin: 'https://evil.lightning.force.com' });
  assert.equal(b.ready(), undefined);
  await b.setup();
  assert.ok(b.ready().capabilities);
});

each('another org or another user gets the sign-in page and never a call', async (b) => {
  b.show({ calls: [b.call()] });
  await b.setup({ userId: '005000000000009AAA' });
  assert.deepEqual([b.events(), b.ready()], [['SHOW_LOGIN'], undefined]);
  await b.ask(DIAL);
  assert.deepEqual(b.sent, []);
  assert.ok(!JSON.stringify(b.heard).includes('c1'));
});

each('without a session it asks to sign in, and goes on without a reload', async (b) => {
  const started = b.setup();
  b.connector.signedOut();
  await started;
  await b.settled();
  assert.deepEqual(b.events(), ['SHOW_LOGIN']);
  b.show();
  await b.settled();
  assert.deepEqual(b.events(), ['SHOW_LOGIN', 'LOGIN_RESULT']);
  assert.ok(b.ready().capabilities);
}, { connected: false });

each('the sign-in page is told what is missing, and when nothing is', async (b) => {
  await b.setup({ userId: '005000000000009AAA' });
  await b.setup({ organizationId: '00D000000000009AAA' });
  assert.deepEqual(b.because, ['other-user']);
  b.connector.tellWhy();
  b.connector.signedOut();
  assert.deepEqual(b.because, ['other-user', 'other-user', 'signed-out']);
});

each('the sign-in page of another org is told so, and that of an adapter that is away', async (b) => {
  await b.setup({ organizationId: '00D000000000009AAA' });
  await b.pass(8_000);
  b.show();
  b.connector.tellWhy();
  assert.deepEqual(b.because, ['offline', 'other-org', 'other-org']);
}, { connected: false });

each('whoever signs in as the right user is told that this is enough', async (b) => {
  await b.setup();
  await b.pass(8_000);
  b.show();
  b.connector.tellWhy();
  assert.deepEqual(b.because, ['offline', '']);
}, { connected: false });

each('an adapter that does not answer settles the setup in its time', async (b) => {
  await b.setup();
  await b.pass(8_000);
  assert.deepEqual(b.events(), ['SHOW_LOGIN']);
}, { connected: false });

each('a call is told from the click to the work after it, in order', async (b) => {
  await dialed(b);
  assert.deepEqual(b.events(), ['CALL_STARTED']);
  b.show({ calls: [b.call({ state: 'dialing-destination' })] });
  await b.settled();
  assert.deepEqual(b.events(), ['CALL_STARTED']);
  b.show({ calls: [b.call({ state: 'bridged' })] });
  await b.settled();
  b.show({ calls: [], wrapups: [b.over()] });
  await b.settled();
  assert.deepEqual(b.events(), ['CALL_STARTED', 'CALL_CONNECTED', 'HANGUP', 'AFTER_CALL_WORK_STARTED']);
  const [hangup] = b.payload('HANGUP');
  assert.deepEqual([hangup.callId, hangup.reason, hangup.callInfo.isSoftphoneCall], ['c1', 'ended', false]);
  await b.ask({ type: 'WRAP_UP_CALL', call: { callId: 'c1' } });
  assert.deepEqual(b.sent.at(-1), { type: 'wrapup', call_id: 'c1', done: true });
});

each('a talk that no view showed is told before its end', async (b) => {
  await dialed(b);
  b.show({ calls: [], wrapups: [b.over()] });
  await b.settled();
  assert.deepEqual(b.events(), ['CALL_STARTED', 'CALL_CONNECTED', 'HANGUP', 'AFTER_CALL_WORK_STARTED']);
  assert.equal(b.payload('CALL_CONNECTED').state, 'connected');
});

each('an agent who hangs up before the talk was shown has it told as well', async (b) => {
  await dialed(b);
  await b.ask({ type: 'END_CALL', call: { callId: 'c1' } });
  b.answer('done', { calls: [], wrapups: [b.over()] });
  await b.settled();
  assert.deepEqual(b.events(), ['CALL_STARTED', 'CALL_CONNECTED', 'HANGUP', 'AFTER_CALL_WORK_STARTED']);
});

each('a sign-out that does not reach the adapter is refused, and nobody is signed in again by it', async (b) => {
  await b.setup();
  await b.ask({ type: 'LOGOUT' });
  b.show();
  await b.settled();
  assert.deepEqual(b.events(), ['ERROR']);
  await b.ask(DIAL);
  assert.equal(b.sent.at(-1).type, 'dial');
}, { stays: true });

each('a sign-out ends what may be asked for until somebody signs in', async (b) => {
  await b.setup();
  await b.ask({ type: 'LOGOUT' });
  assert.deepEqual(b.events(), ['LOGOUT_RESULT']);
  await b.ask(DIAL);
  assert.deepEqual(b.sent, []);
  b.show();
  await b.settled();
  assert.equal(b.events().at(-1), 'LOGIN_RESULT');
});

each('a wrap-up that is over while the connection is down is over at the adapter, too', async (b) => {
  await dialed(b);
  b.show({ calls: [], wrapups: [b.over()] });
  await b.settled();
  const done = { type: 'wrapup', call_id: 'c1', done: true };
  const before = b.sent.length;
  b.net(false);
  await b.ask({ type: 'WRAP_UP_CALL', call: { callId: 'c1' } });
  b.net(true);
  b.connector.connected();
  b.show();
  b.show();
  assert.deepEqual(b.sent.slice(before), [done]);
  // Whether it arrived cannot be known either if the connection ends just afterward.
  b.connector.connected();
  b.show();
  b.show({ wrapups: [] });
  b.connector.connected();
  b.show();
  assert.deepEqual(b.sent.slice(before), [done, done]);
});

each('a reload while the record of an incoming call is made does not have Salesforce make another', async (b) => {
  const ringing = { state: 'ringing-inbound', direction: 'inbound' };
  b.show({ calls: [b.call(ringing)] });
  await b.setup();
  assert.equal(b.ready().callInProgress, null);
  await b.ask({ type: 'AGENT_AVAILABLE', isAvailable: true });
  assert.deepEqual(b.events(), []);
  b.show({ calls: [b.call({ ...ringing, host_record: '0LQ000000000001' })] });
  await b.settled();
  assert.deepEqual([b.events(), b.payload('CALL_STARTED').callAttributes.voiceCallId], [['CALL_STARTED'], '0LQ000000000001']);
});

each('a recording that is paused in one tab is shown as paused in the other', async (b) => {
  await dialed(b);
  const shown = (/** @type {string} */ recording) => {
    b.show({ calls: [b.call({ state: 'bridged', recording })] });
    return b.settled();
  };
  const toggles = () => b.events().filter((event) => event === 'RECORDING_TOGGLE').length;
  await shown('on');
  assert.equal(toggles(), 0);
  await shown('paused');
  assert.deepEqual([toggles(), b.payload('RECORDING_TOGGLE').isRecordingPaused], [1, true]);
  await b.ask({ type: 'RESUME_RECORDING', call: { callId: 'c1' } });
  b.answer('done');
  await b.settled();
  await shown('on');
  assert.deepEqual([toggles(), b.payload('RECORDING_TOGGLE').isRecordingPaused], [2, false]);
});

each('a number that was clicked while this page slept is as old as that', async (b) => {
  await b.setup();
  b.sleep(60_000);
  await b.ask(DIAL);
  assert.deepEqual([b.sent[0].sent_at - b.sent[0].clicked_at, b.sent[0].type], [60_000, 'dial']);
});

each('what is known before the answer waits for it', async (b) => {
  await b.setup();
  await b.ask(DIAL);
  b.show({ calls: [b.call({ state: 'bridged' })] });
  assert.deepEqual(b.events(), []);
  b.answer('placed');
  await b.settled();
  assert.deepEqual(b.events(), ['CALL_STARTED', 'CALL_CONNECTED']);
});

for (const [code, shown] of /** @type {[string, object][]} */ ([
  ['busy', { label: 'Softphone_Busy' }], ['too-many', { label: 'Softphone_Too_Many' }], ['too-many-org', { label: 'Softphone_Too_Many' }],
  ['not-configured', { label: 'Softphone_Not_Configured' }], ['use-your-phone', { label: 'Softphone_Emergency' }], ['provider-refused', { label: 'Softphone_Provider_Refused' }],
  ['confirm-repeat', { label: 'Softphone_Repeat' }], ['refused-premium', { message: 'INVALID_DESTINATION' }], ['refused-not-a-number', { message: 'INVALID_DESTINATION' }],
  ['something-new', { message: 'GENERIC_ERROR' }],
])) {
  each(`a dial refused as ${code} fails once, with words`, async (b) => {
    await b.setup();
    await b.ask(DIAL);
    b.answer(code);
    await b.settled();
    assert.deepEqual(b.events(), ['CALL_FAILED', 'ERROR']);
    const { message, customError } = b.payload('ERROR');
    assert.deepEqual(customError ? { label: customError.labelName } : { message }, shown);
  });
}

each('the same number again is confirmed by calling it again', async (b) => {
  await b.setup();
  await b.ask(DIAL);
  b.answer('confirm-repeat');
  await b.settled();
  await b.ask(DIAL);
  assert.deepEqual(b.sent.map(({ confirmed }) => confirmed), [false, true]);
});

each('a silent adapter is an error in time; a call that came of it is told once', async (b) => {
  await b.setup();
  await b.ask(DIAL);
  await b.pass(8_000);
  assert.deepEqual(b.events(), ['CALL_FAILED', 'ERROR']);
  b.answer('placed', { calls: [b.call()] });
  await b.settled();
  b.show();
  await b.settled();
  assert.deepEqual(b.events(), ['CALL_FAILED', 'ERROR', 'CALL_STARTED']);
});

for (const call of [{ callId: 'c1' }, { callAttributes: { participantType: 'Agent' } }, undefined]) {
  each(`a call is ended that is named by ${JSON.stringify(call)}`, async (b) => {
    await dialed(b);
    b.show({ calls: [b.call({ state: 'bridged' })] });
    await b.settled();
    await b.ask({ type: 'END_CALL', call });
    assert.equal(b.sent.at(-1).action, 'hang_up');
    b.answer('done');
    await b.settled();
    b.show({ calls: [], wrapups: [b.over()] });
    await b.settled();
    assert.deepEqual(b.events(), ['CALL_STARTED', 'CALL_CONNECTED', 'HANGUP', 'AFTER_CALL_WORK_STARTED']);
  });
}

each('where the provider cannot hang up, the agent is told to use the phone', async (b) => {
  await dialed(b);
  await b.ask({ type: 'END_CALL', call: { callId: 'c1' } });
  assert.deepEqual(b.events(), ['CALL_STARTED', 'ERROR']);
  assert.equal(b.payload('ERROR').customError.labelName, 'Softphone_Hang_Up_Phone');
}, { can: {} });

for (const [name, how, status] of /** @type {[string, object, string][]} */ ([
  ['not picked up', { calls: [] }, 'FailedConnectAgent'],
  ['not answered', { calls: [], wrapups: [{ call_id: 'c1', talk_seconds: null }] }, 'FailedConnectCustomer'],
])) {
  each(`a call that was ${name} is an error without work after it`, async (b) => {
    await dialed(b);
    b.show(how);
    await b.settled();
    assert.deepEqual(b.events(), ['CALL_STARTED', 'HANGUP']);
    const [hangup] = b.payload('HANGUP');
    assert.deepEqual([hangup.reason, hangup.agentStatus, hangup.closeCallOnError], ['error', status, false]);
  });
}

each('an incoming call waits for its record, two seconds at most', async (b) => {
  await b.setup();
  const ringing = { state: 'ringing-inbound', direction: 'inbound' };
  b.show({ calls: [b.call(ringing)] });
  await b.settled();
  assert.deepEqual(b.events(), []);
  b.show({ calls: [b.call({ ...ringing, host_record: '0LQ000000000001' })] });
  await b.settled();
  assert.equal(b.payload('CALL_STARTED').callAttributes.voiceCallId, '0LQ000000000001');
  b.show({ calls: [], wrapups: [b.over({ direction: 'inbound', talk_seconds: null })] });
  await b.settled();
  assert.equal(b.payload('HANGUP')[0].agentStatus, 'MissedCallAgent');
  b.show({ calls: [b.call({ ...ringing, call_id: 'c2' })] });
  await b.pass(2_000);
  assert.deepEqual(b.events(), ['CALL_STARTED', 'HANGUP', 'CALL_STARTED']);
});

each('after a sign-out nothing more is told of a call that was waiting for its record', async (b) => {
  await b.setup();
  b.show({ calls: [b.call({ state: 'ringing-inbound', direction: 'inbound' })] });
  b.connector.signedOut();
  await b.pass(2_000);
  assert.deepEqual(b.events(), ['LOGOUT_RESULT']);
});

each('after a reload each call is told once, as it is by then', async (b) => {
  b.show({ calls: [b.call({ state: 'dialing-destination' })] });
  await b.setup();
  assert.equal(b.ready().callInProgress.callId, 'c1');
  b.show({ calls: [b.call({ state: 'bridged' })] });
  await b.settled();
  assert.deepEqual(b.events(), []);
  await b.ask({ type: 'AGENT_AVAILABLE', isAvailable: true });
  b.show();
  await b.settled();
  assert.deepEqual(b.events(), ['CALL_CONNECTED']);
  b.show({ calls: [], wrapups: [b.over()] });
  await b.settled();
  assert.deepEqual(b.events(), ['CALL_CONNECTED', 'HANGUP', 'AFTER_CALL_WORK_STARTED']);
});

each('of a call that ended before a reload nothing is said', async (b) => {
  b.show({ wrapups: [b.over()] });
  await b.setup();
  await b.ask({ type: 'AGENT_AVAILABLE', isAvailable: true });
  assert.deepEqual([b.events(), b.ready().callInProgress], [[], null]);
});

each('hold, mute, digits and a blind transfer are asked of the provider', async (b) => {
  await dialed(b);
  b.show({ calls: [b.call({ state: 'bridged' })] });
  await b.settled();
  for (const [frame, action, event] of [
    [{ type: 'HOLD', call: { callId: 'c1' } }, 'hold', 'HOLD_TOGGLE'], [{ type: 'RESUME', call: { callId: 'c1' } }, 'resume', 'HOLD_TOGGLE'],
    [{ type: 'MUTE', call: { callId: 'c1' } }, 'mute', 'MUTE_TOGGLE'], [{ type: 'UNMUTE', call: { callId: 'c1' } }, 'unmute', 'MUTE_TOGGLE'],
  ]) {
    await b.ask(frame);
    assert.equal(b.sent.at(-1).action, action);
    b.answer('done');
    await b.settled();
    assert.equal(b.events().at(-1), event);
  }
  await b.ask({ type: 'SEND_DIGITS', digits: '12#' });
  assert.deepEqual([b.sent.at(-1).action, b.sent.at(-1).digits], ['digits', '12#']);
  b.answer('done');
  await b.ask({ type: 'ADD_PARTICIPANT', contact: { phoneNumber: '+12025550199' }, call: { callId: 'c1' }, isBlindTransfer: true });
  assert.deepEqual([b.sent.at(-1).action, b.sent.at(-1).target], ['transfer', '+12025550199']);
  b.answer('transferred', { calls: [], wrapups: [b.over()] });
  await b.settled();
  assert.deepEqual(b.events().slice(-3), ['PARTICIPANT_ADDED', 'HANGUP', 'AFTER_CALL_WORK_STARTED']);
});

each('a phone that is picked up after we gave it up is a call again, and ends as one', async (b) => {
  await dialed(b);
  b.show({ calls: [] });
  await b.settled();
  assert.deepEqual(b.events(), ['CALL_STARTED', 'HANGUP']);
  b.show({ calls: [b.call({ state: 'dialing-destination' })] });
  b.show({ calls: [b.call({ state: 'bridged' })] });
  await b.settled();
  b.show({ calls: [], wrapups: [b.over()] });
  await b.settled();
  assert.deepEqual(b.events().slice(2), ['CALL_STARTED', 'CALL_CONNECTED', 'HANGUP', 'AFTER_CALL_WORK_STARTED']);
  assert.equal(b.payload('HANGUP')[0].callId, 'c1');
});

each('a view that a newer one has overtaken ends no call', async (b) => {
  await dialed(b);
  b.show({ calls: [], version: b.view.version - 1 });
  await b.settled();
  assert.deepEqual(b.events(), ['CALL_STARTED']);
});

each('a call that was handed over is not told again while the view still shows it', async (b) => {
  await dialed(b);
  b.show({ calls: [b.call({ state: 'bridged' })] });
  await b.settled();
  await b.ask({ type: 'ADD_PARTICIPANT', contact: { phoneNumber: '2001' }, call: { callId: 'c1' }, isBlindTransfer: true });
  b.answer('transferred');
  await b.settled();
  b.show();
  await b.settled();
  b.show({ calls: [], wrapups: [b.over()] });
  await b.settled();
  assert.deepEqual(b.events().slice(2), ['PARTICIPANT_ADDED', 'HANGUP', 'AFTER_CALL_WORK_STARTED']);
});

each('what is asked of a call that is over is refused in Salesforce\'s own words, not as if there were one', async (b) => {
  await b.setup();
  for (const [type, message] of [['END_CALL', 'CAN_NOT_END_THE_CALL'], ['HOLD', 'CAN_NOT_HOLD_CALL'], ['MUTE', 'CAN_NOT_MUTE_CALL']]) {
    await b.ask({ type, call: { callId: 'gone' } });
    assert.equal(b.payload('ERROR').message, message);
  }
  await b.ask(DIAL);
  b.answer('placed', { calls: [b.call()] });
  b.show({ calls: [b.call({ state: 'bridged' })] });
  await b.settled();
  await b.ask({ type: 'HOLD', call: { callId: 'c1' } });
  await b.ask({ type: 'HOLD', call: { callId: 'c1' } });
  assert.equal(b.payload('ERROR').message, 'CAN_NOT_HOLD_CALL');
});

each('an odd value costs itself, and no other request', async (b) => {
  await b.setup();
  await b.ask({ type: 'DIAL', contact: { phoneNumber: '+12025550143', recordId: 'x'.repeat(3_000), name: 'y'.repeat(3_000) } });
  const [dial] = b.sent;
  assert.deepEqual([dial.record, dial.number], [null, '+12025550143']);
  await b.ask({ type: 'WRAP_UP_CALL', call: { callId: 'x'.repeat(3_000) } });
  assert.equal(b.sent.length, 1);
  b.connector.failed({ code: 'too-many', request_id: 'another' });
  b.answer('placed', { calls: [b.call()] });
  await b.settled();
  assert.deepEqual(b.events(), ['CALL_STARTED']);
  await b.ask({ type: 'SEND_DIGITS', digits: '1'.repeat(3_000) });
  assert.equal(b.sent.at(-1).digits.length, 64);
});

each('what is put on hold or muted at the phone itself is told once, and what was asked for is not told again', async (b) => {
  await dialed(b);
  const toggles = () => b.events().filter((event) => event.endsWith('_TOGGLE'));
  b.show({ calls: [b.call({ state: 'bridged' })] });
  b.show({ calls: [b.call({ state: 'bridged', held: true })] });
  await b.settled();
  assert.deepEqual([toggles(), b.payload('HOLD_TOGGLE').isCustomerOnHold], [['HOLD_TOGGLE'], true]);
  b.show({ calls: [b.call({ state: 'bridged', muted: true })] });
  await b.settled();
  assert.deepEqual([toggles(), b.payload('HOLD_TOGGLE').isCustomerOnHold, b.payload('MUTE_TOGGLE').isMuted], [['HOLD_TOGGLE', 'HOLD_TOGGLE', 'MUTE_TOGGLE'], false, true]);
  // The view shows it a moment after the answer, as phone systems do.
  await b.ask({ type: 'HOLD', call: { callId: 'c1' } });
  b.answer('done');
  await b.settled();
  b.show({ calls: [b.call({ state: 'bridged', muted: true, held: true })] });
  await b.settled();
  assert.equal(toggles().length, 4);
  b.show({ calls: [b.call({ state: 'bridged', muted: true })] });
  await b.settled();
  assert.deepEqual([toggles().length, b.payload('HOLD_TOGGLE').isCustomerOnHold], [5, false]);
});

each('a phone that is not there is not chosen', async (b) => {
  await b.setup();
  await b.ask({ type: 'SET_AGENT_CONFIG', config: { selectedPhone: { type: 'DESK_PHONE' } } });
  assert.equal(b.events().at(-1), 'AGENT_CONFIG_UPDATED');
  for (const selectedPhone of [{ type: 'SOFT_PHONE' }, { type: 'DESK_PHONE', number: '+12025550199' }]) {
    await b.ask({ type: 'SET_AGENT_CONFIG', config: { selectedPhone } });
    assert.deepEqual([b.events().at(-1), b.payload('ERROR').customError?.labelName], ['ERROR', 'Softphone_Unsupported']);
  }
});

each('the customer alone is not let go from a talk of three: that would end it for all', async (b) => {
  await dialed(b);
  b.show({ calls: [b.call({ state: 'bridged', third: { number: '2001', display: '2001', state: 'joined', since: 1 } })] });
  await b.settled();
  const before = b.sent.length;
  await b.ask({ type: 'END_CALL', call: { callAttributes: { participantType: 'Initial_Caller' } } });
  assert.deepEqual([b.sent.length, b.payload('ERROR').customError?.labelName], [before, 'Softphone_Unsupported']);
});

each('a working day of calls leaves nothing behind but the last ones', async (b) => {
  await b.setup();
  for (let place = 0; place < 150; place++) {
    const call_id = `c${place}`;
    b.show({ calls: [b.call({ call_id, state: 'bridged' })], wrapups: [] });
    b.show({ calls: [], wrapups: [b.over({ call_id })] });
  }
  await b.settled();
  assert.equal(b.events().length, 150 * 4);
  b.show({ calls: [b.call({ call_id: 'c149', state: 'bridged' })], wrapups: [], version: b.view.version - 1 });
  await b.settled();
  assert.equal(b.events().length, 150 * 4);
});

for (const tabs of [2, 5]) {
  for (const version of VERSIONS) {
    test(`${version}: ${tabs} tabs of one agent each tell their own Salesforce the same story`, async () => {
      const all = Array.from({ length: tabs }, () => bench(version));
      for (const b of all) await b.setup();
      const [first, ...others] = /** @type {[ReturnType<typeof bench>, ...ReturnType<typeof bench>[]]} */ (all);
      await first.ask(DIAL);
      first.answer('placed', { calls: [first.call()] });
      for (const b of others) b.show({ calls: [b.call()], answers: first.view.answers });
      await first.settled();
      const closed = all.pop();
      closed?.close();
      for (const step of [{ calls: [first.call({ state: 'bridged' })] }, { calls: [], wrapups: [first.over()] }]) {
        for (const b of all) b.show(step);
        await first.settled();
      }
      for (const b of all) assert.deepEqual(b.events(), ['CALL_STARTED', 'CALL_CONNECTED', 'HANGUP', 'AFTER_CALL_WORK_STARTED']);
      assert.deepEqual(all.flatMap(({ sent }) => sent).map(({ type }) => type), ['dial']);
      all.forEach((b) => b.close());
      assert.deepEqual(unhandled, []);
    });
  }
}

/** A call with somebody asked beside it. @param {ReturnType<typeof bench>} b @param {string} state */
const asking = (b, state) => ({ calls: [b.call({ state: 'bridged', third: { number: '2001', display: '2001', state } })] });
const THIRD = { type: 'ADD_PARTICIPANT', contact: { phoneNumber: '2001' }, call: { callId: 'c1' }, isBlindTransfer: false };

/** @param {ReturnType<typeof bench>} b */
async function consulting(b) {
  await dialed(b);
  b.show({ calls: [b.call({ state: 'bridged' })] });
  await b.settled();
  await b.ask(THIRD);
  assert.deepEqual([b.sent.at(-1).action, b.sent.at(-1).target], ['consult', '2001']);
  b.answer('done', asking(b, 'ringing'));
  await b.settled();
  assert.deepEqual(b.events().slice(2), ['PARTICIPANT_ADDED']);
  b.show(asking(b, 'talking'));
  await b.settled();
  assert.deepEqual(b.events().slice(2), ['PARTICIPANT_ADDED', 'PARTICIPANT_CONNECTED']);
}

each('a colleague is asked, swapped, made a third, and the call is handed over', async (b) => {
  await consulting(b);
  await b.ask({ type: 'SWAP_PARTICIPANTS', callToHold: { callId: 'c1/third' }, callToResume: { callId: 'c1' } });
  b.answer('done', asking(b, 'waiting'));
  await b.settled();
  assert.deepEqual([b.sent.at(-1).action, b.events().at(-1), b.payload('HOLD_TOGGLE').isThirdPartyOnHold], ['swap', 'HOLD_TOGGLE', true]);
  await b.ask({ type: 'CONFERENCE', calls: [{ callId: 'c1' }, { callId: 'c1/third' }] });
  b.answer('done', asking(b, 'joined'));
  await b.settled();
  assert.deepEqual([b.sent.at(-1).action, b.payload('HOLD_TOGGLE').isThirdPartyOnHold], ['merge', false]);
  await b.ask({ type: 'END_CALL', call: { callId: 'c1', callAttributes: { participantType: 'Agent' } } });
  assert.equal(b.sent.at(-1).action, 'complete');
  b.answer('transferred', { calls: [], wrapups: [b.over()] });
  await b.settled();
  assert.deepEqual(b.events().slice(-2), ['HANGUP', 'AFTER_CALL_WORK_STARTED']);
  assert.equal(b.events().filter((name) => name.startsWith('PARTICIPANT')).length, 2);
});

each('who was asked is let go, by us or by themselves, and the call goes on', async (b) => {
  await consulting(b);
  await b.ask({ type: 'END_CALL', call: { callId: 'c1/third', callAttributes: { participantType: 'Third_Party' } } });
  assert.equal(b.sent.at(-1).action, 'cancel');
  b.answer('done', { calls: [b.call({ state: 'bridged' })] });
  await b.settled();
  assert.deepEqual([b.events().at(-1), b.payload('PARTICIPANT_REMOVED').callId], ['PARTICIPANT_REMOVED', 'c1/third']);
  b.show(asking(b, 'talking'));
  await b.settled();
  b.show({ calls: [b.call({ state: 'bridged' })] });
  await b.settled();
  assert.deepEqual(b.events().slice(-3), ['PARTICIPANT_ADDED', 'PARTICIPANT_CONNECTED', 'PARTICIPANT_REMOVED']);
});

each('after a reload a colleague who was asked is told as well', async (b) => {
  b.show(asking(b, 'talking'));
  await b.setup();
  await b.ask({ type: 'AGENT_AVAILABLE', isAvailable: true });
  b.show();
  await b.settled();
  assert.deepEqual(b.events(), ['CALL_CONNECTED', 'PARTICIPANT_CONNECTED']);
});

each('a recording pauses and goes on, and colleagues are found', async (b) => {
  await dialed(b);
  b.show({ calls: [b.call({ state: 'bridged', recording: 'on' })] });
  await b.settled();
  for (const [type, action] of [['PAUSE_RECORDING', 'pause_recording'], ['RESUME_RECORDING', 'resume_recording']]) {
    await b.ask({ type, call: { callId: 'c1' } });
    assert.equal(b.sent.at(-1).action, action);
    b.answer('done');
    await b.settled();
    assert.deepEqual([b.events().at(-1), b.payload('RECORDING_TOGGLE').isRecordingPaused], ['RECORDING_TOGGLE', type === 'PAUSE_RECORDING']);
  }
  await b.ask({ type: 'GET_PHONE_CONTACTS', filter: { contains: 'cy' } });
  const [colleague] = b.payload('PHONE_CONTACTS').contacts;
  assert.deepEqual([colleague.name, colleague.phoneNumber, colleague.type], ['Cy Colleague', '2001', 'PhoneBook']);
  await b.ask({ type: 'GET_PHONE_CONTACTS', filter: { contains: 'zz' } });
  assert.deepEqual(b.payload('PHONE_CONTACTS').contacts, []);
});

each('what a provider cannot do for a third party is refused with words', async (b) => {
  await dialed(b);
  for (const frame of [THIRD, { type: 'PAUSE_RECORDING', call: { callId: 'c1' } }, { type: 'SWAP_PARTICIPANTS', callToHold: { callId: 'c1' } }]) {
    await b.ask(frame);
    assert.equal(b.payload('ERROR').customError.labelName, 'Softphone_Unsupported');
  }
  assert.equal(b.sent.filter(({ type }) => type === 'control').length, 0);
}, { can: {} });

each('a session that ends is told, and calls of before are refused', async (b) => {
  await dialed(b);
  b.connector.signedOut();
  await b.settled();
  assert.deepEqual(b.events(), ['CALL_STARTED', 'LOGOUT_RESULT']);
  await b.ask(DIAL);
  assert.equal(b.payload('ERROR').customError.labelName, 'Softphone_Sign_In');
});

each('no odd frame escapes as an unhandled rejection', async (b) => {
  await dialed(b);
  const types = ['DIAL', 'ACCEPT_CALL', 'DECLINE_CALL', 'END_CALL', 'HOLD', 'RESUME', 'MUTE', 'UNMUTE', 'WRAP_UP_CALL', 'MESSAGE', 'SEND_DIGITS', 'SET_AGENT_STATUS', 'SET_AGENT_CONFIG', 'GET_PHONE_CONTACTS', 'DOWNLOAD_VENDOR_LOGS', 'SWAP_PARTICIPANTS', 'CONFERENCE', 'PAUSE_RECORDING', 'AGENT_AVAILABLE'];
  for (const type of types) for (const call of [undefined, null, 5, 'c1', {}, { callId: 7 }, { callId: 'gone' }]) void b.ask({ type, call, contact: { phoneNumber: '+1' }, agentWork: {} });
  await b.settled();
  await b.pass(60_000);
});

/** @param {number} seed */
const dice = (seed) => () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;

for (const version of VERSIONS) {
  test(`${version}: in 334 runs with views lost, late and at any moment the story is whole and in order`, async () => {
    for (let seed = 1; seed <= 334; seed++) {
      const roll = dice(seed);
      const b = bench(version);
      await b.setup();
      await b.ask(DIAL);
      const steps = [{ calls: [b.call()] }, { calls: [b.call({ state: 'dialing-destination' })] }, { calls: [b.call({ state: 'bridged' })] }, { calls: [], wrapups: [b.over()] }];
      const answerAt = Math.floor(roll() * 4);
      for (const [place, step] of steps.entries()) {
        if (place === answerAt) b.answer('placed', step);
        else if (roll() < 0.6 || place === 3) b.show(step);
        if (roll() < 0.5) await b.settled();
      }
      b.show();
      await b.pass(8_000);
      const events = b.events().filter((name) => !['CALL_FAILED', 'ERROR'].includes(name));
      const order = ['CALL_STARTED', 'CALL_CONNECTED', 'HANGUP', 'AFTER_CALL_WORK_STARTED'];
      assert.deepEqual([...events].sort((one, other) => order.indexOf(one) - order.indexOf(other)), events, `seed ${seed}`);
      assert.equal(new Set(events).size, events.length, `seed ${seed}: twice`);
      if (events.length > 0) assert.deepEqual(events, order, `seed ${seed}: with gaps`);
      b.close();
    }
    assert.deepEqual(unhandled, []);
  });
}

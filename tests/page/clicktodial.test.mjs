/** The sample component for a record's phone: its script, compiled as Salesforce would, and a click. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import vm from 'node:vm';
import { transformSync } from 'esbuild';
import { clickOf } from '../../web/softphone/lightning.js';

const SOURCE = readFileSync(
  new URL('../../salesforce/samples/click-to-dial/lwc/softphoneNumber/softphoneNumber.js', import.meta.url),
  'utf8',
);

/** The component's class, with the decorators of LWC as far as the sample needs them. */
function component() {
  const { code } = transformSync(SOURCE, {
    loader: 'ts', format: 'cjs', target: 'es2022',
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true, useDefineForClassFields: false } },
  });
  /** @type {any[]} */
  const wires = [];
  const getRecord = () => undefined;
  /** @type {{[name: string]: object}} */
  const modules = {
    lwc: {
      LightningElement: class {},
      api: () => undefined,
      wire: (/** @type {unknown} */ adapter, /** @type {object} */ config) => {
        wires.push([adapter, config]);
        return () => undefined;
      },
    },
    'lightning/uiRecordApi': { getRecord },
  };
  /** @type {{exports: any}} */
  const module = { exports: {} };
  vm.runInNewContext(code, { module, require: (/** @type {string} */ name) => modules[name] });
  return { element: new module.exports.default(), wires, getRecord };
}

test('the sample reads the phone of the record that the page is about', () => {
  const { element, wires, getRecord } = component();
  assert.equal(wires[0][0], getRecord);
  assert.deepEqual({ ...wires[0][1] }, { recordId: '$recordId', optionalFields: '$fields' });
  assert.equal(element.fields, undefined, 'nothing is asked before the page says what it is about');
  element.objectApiName = 'Lead';
  assert.deepEqual([...element.fields], ['Lead.Phone']);
});

test('without a number, or before it is read, there is nothing to click', () => {
  const { element } = component();
  assert.equal(element.phone, '');
  element.record = { data: { fields: {} } };
  assert.equal(element.phone, '');
  element.record = { data: { fields: { Phone: { value: null } } } };
  assert.equal(element.phone, '');
});

test('a click on it brings number, record and parameters to the softphone', () => {
  const { element } = component();
  Object.assign(element, { recordId: '003000000000001AAA', objectApiName: 'Contact' });
  element.record = { data: { fields: { Phone: { value: '(202) 555-0143' } } } };
  const click = clickOf({ number: element.phone, recordId: element.recordId, params: element.params }, 1);
  assert.equal(click.number, '(202) 555-0143');
  assert.equal(click.record?.id, '003000000000001AAA');
  assert.equal(click.params, 'source=recordPage,object=Contact');
});

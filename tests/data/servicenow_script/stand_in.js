// Stands in for the platform's objects and runs the business rule as it is, once for each case.
// Prints a JSON object a case: what was sent, what was logged, which columns were read.
'use strict';
const fs = require('fs');
const vm = require('vm');

const script = fs.readFileSync(process.argv[2], 'utf8');

const finished = {
  sys_id: '5d0e1a2bdb4c2010f0a1c9d2ca96a001', sys_created_on: '2026-11-20 09:14:32',
  started_at: '2026-11-20 09:14:28', completed_at: '2026-11-20 09:14:31', status: 'Success',
  error_code: '', error: '', source: 'ChatSummary', definition: 'a1c20f11db4c2010f0a1c9d2ca96b001',
  skill_config_id: 'c3d40f11db4c2010f0a1c9d2ca96c001', derived_scope: 'sn_itsm_gen_ai',
  model_name: 'gpt_large', model_version: 'gpt-4o-2024-11-20', external: '1',
  prompt_token_count: '4127', response_token_count: '391', time_taken: '2903',
  conversation: 'c1d2e3f4db4c2010f0a1c9d2ca96d001', caller: '6816f79cc0a8016401c5a33be04be441',
  prompt: 'hush-prompt', response: 'hush-answer', output_metadata: 'hush-metadata',
  untranslated_prompt: 'hush-words', edited_response: 'hush-edit', sys_created_by: 'hush-anna',
};
const failed = Object.assign({}, finished, {
  sys_id: '5d0e1a2bdb4c2010f0a1c9d2ca96a002', status: 'Error', prompt_token_count: null,
  response_token_count: null, error: 'hush-prompt was refused with code: 429, hush-answer',
});
const started = Object.assign({}, finished, { status: null, completed_at: null });
const older = Object.assign({}, finished);
delete older.derived_scope;

const cases = {
  finished: { row: finished, previous: null },
  completed: { row: finished, previous: started },
  failed: { row: failed, previous: started },
  older: { row: older, previous: null },
  caller: { row: finished, previous: null, properties: { 'tollwatch.with_caller': 'true' } },
  started: { row: started, previous: null },
  again: { row: finished, previous: finished },
  topicless: { row: finished, previous: null, properties: { 'tollwatch.topic_sys_id': '' } },
  broken: { row: finished, previous: null, broken: true },
};

function record(row, read) {
  return row && {
    isValidField: (name) => name in row,
    getUniqueValue: () => row.sys_id,
    getValue: (name) => { read.push(name); return name in row ? row[name] : null; },
  };
}

for (const [name, one] of Object.entries(cases)) {
  const read = [], sent = [], logged = [];
  const properties = Object.assign({ 'tollwatch.topic_sys_id': 'topic-1' }, one.properties);
  class ProducerV2 {
    send(topic, key, message, isSync, headers) {
      if (one.broken) { throw new TypeError('hush-prompt'); }
      sent.push({ topic, key, message, isSync, headers });
    }
  }
  vm.runInNewContext(script, {
    current: record(one.row, read),
    previous: record(one.previous, read),
    gs: {
      getProperty: (key, otherwise) => (key in properties ? properties[key] : otherwise),
      error: (text) => logged.push(text),
    },
    sn_ih_kafka: { ProducerV2 },
  });
  console.log(JSON.stringify({ name, sent, logged, read }));
}

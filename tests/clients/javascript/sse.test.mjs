// EventSource clients from the npm registry against a server that this test starts, kills and starts again.
// YOROZU is the command line, YOROZU_FOLDER an empty folder, YOROZU_PORT a free port.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, test } from 'node:test';

const require = createRequire(import.meta.url);
const HeaderEventSource = require('eventsource-with-headers');
const { EventSource: FetchEventSource } = await import('eventsource');

const { YOROZU, YOROZU_FOLDER, YOROZU_PORT } = process.env;
const data = join(YOROZU_FOLDER, 'sse');
let server;

async function start() {
  server = spawn(YOROZU, ['--data', data, 'serve', '--port', YOROZU_PORT], { stdio: 'ignore' });
  for (;;) {
    try {
      if ((await fetch(`http://127.0.0.1:${YOROZU_PORT}/1/_health`)).ok) return;
    } catch {
      assert.equal(server.exitCode, null, 'the server ended');
    }
    await sleep(50);
  }
}

async function kill() {
  server.kill('SIGKILL');
  await once(server, 'exit');
}

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

await start();
const demo = JSON.parse(execFileSync(YOROZU, ['--data', data, 'demo', '--json']));
after(kill);

async function call(path, body) {
  const answer = await fetch(`http://127.0.0.1:${YOROZU_PORT}/api/1/${demo.tenant_id}${path}`, {
    method: 'POST',
    headers: {
      'X-Application-Id': demo.app_id,
      'X-Application-Key': demo.master_key,
      'Content-Type': 'application/json',
    },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200);
  return answer.json();
}

const register = (token) =>
  call('/push/installations', {
    _osType: 'js',
    _osVersion: 'Unknown',
    _deviceToken: token,
    _pushType: 'sse',
    _channels: [],
    _appVersionCode: -1,
    _appVersionString: '1.0',
    _allowedSenders: ['g:anonymous'],
  });

const push = (installation, message, more = {}) =>
  call('/push/notifications', { query: { _id: installation._id }, message, ...more });

const basic = ({ username, password }) => `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

/** What a client hears, and a way to wait until it has heard so much. */
class Ear {
  constructor(source, ...types) {
    this.source = source;
    this.heard = [];
    for (const type of ['message', ...types]) {
      source.addEventListener(type, ({ type, data, lastEventId }) => this.heard.push({ type, data, id: lastEventId }));
    }
  }

  opened() {
    return new Promise((resolve) => this.source.addEventListener('open', resolve, { once: true }));
  }

  async until(count) {
    const deadline = Date.now() + 240_000;
    while (this.heard.length < count) {
      assert.ok(Date.now() < deadline, `heard only ${JSON.stringify(this.heard)}`);
      await sleep(20);
    }
    return this.heard;
  }
}

const clients = {
  'eventsource 2, with its headers option': ({ _sse: sse }) =>
    new HeaderEventSource(sse.uri, { headers: { Authorization: basic(sse) } }),
  'eventsource, with its fetch option': ({ _sse: sse }) =>
    new FetchEventSource(sse.uri, {
      fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, Authorization: basic(sse) } }),
    }),
};

for (const [name, connect] of Object.entries(clients)) {
  test(`${name}: pushes arrive with type, id and every line`, async () => {
    const installation = await register(`${name} hears`);
    const ear = new Ear(connect(installation), 'news');
    await ear.opened();
    await push(installation, 'こんにちは\n世界', { sseEventId: 'first', sseEventType: 'news' });
    await push(installation, 'plain');
    const [news, plain] = await ear.until(2);
    assert.deepEqual(news, { type: 'news', data: 'こんにちは\n世界', id: 'first' });
    assert.deepEqual([plain.type, plain.data], ['message', 'plain']);
    ear.source.close();
  });

  test(`${name}: what is sent while the server is away arrives once after it is back`, async () => {
    const installation = await register(`${name} loses the server`);
    const ear = new Ear(connect(installation));
    await ear.opened();
    await push(installation, 'before', { sseEventId: 'b' });
    await ear.until(1);
    await kill();
    await start();
    await push(installation, 'gap 1', { sseEventId: 'g1' });
    await push(installation, 'gap 2', { sseEventId: 'g2' });
    await ear.until(3);
    await push(installation, 'after', { sseEventId: 'a' });
    const heard = await ear.until(4);
    assert.deepEqual(new Set(heard.slice(1, 3).map(({ data }) => data)), new Set(['gap 1', 'gap 2']));
    assert.deepEqual([heard[0].data, heard[3].data, heard.length], ['before', 'after', 4]);
    ear.source.close();
  });

  test(`${name}: what is sent while the client is closed arrives when it is opened again`, async () => {
    const installation = await register(`${name} goes away`);
    const first = new Ear(connect(installation));
    await first.opened();
    await push(installation, 'before');
    await first.until(1);
    first.source.close();
    // The server notes how far it has served a client when it sees that the client is gone.
    await sleep(2000);
    await push(installation, 'gap');
    const second = new Ear(connect(installation));
    assert.deepEqual((await second.until(1)).map(({ data }) => data), ['gap']);
    second.source.close();
  });

  test(`${name}: wrong credentials are refused`, async () => {
    const installation = await register(`${name} forgets`);
    const source = connect({ _sse: { ...installation._sse, password: 'wrong' } });
    const error = await new Promise((resolve) => source.addEventListener('error', resolve, { once: true }));
    assert.equal(error.status ?? error.code, 401);
    source.close();
  });
}

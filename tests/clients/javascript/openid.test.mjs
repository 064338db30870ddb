// An OpenID provider from the npm registry, unchanged, and a browser that logs in there on its way to a running server.
// YOROZU_DEMO is the line that `yorozu demo --json` prints, YOROZU the command line, YOROZU_DATA the server's folder.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { Provider } from 'oidc-provider';

const { YOROZU, YOROZU_DATA } = process.env;
const demo = JSON.parse(process.env.YOROZU_DEMO);
const api = `${demo.base_url}/1/${demo.tenant_id}`;
const byName = `${demo.base_url}/1/demo`;
const REDIRECT = 'myapp://login';

const server = createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
after(() => {
  server.closeAllConnections();
  server.close();
});
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  clients: [{ client_id: 'yorozu', client_secret: 'known: to both', redirect_uris: [`${api}/auth/oidc/auth_resp`] }],
  claims: { openid: ['sub'], profile: ['name'] },
  findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, name: '日電 太郎' }) }),
});
server.on('request', provider.callback());

const yorozu = (...words) => execFileSync(YOROZU, ['--data', YOROZU_DATA, 'openid', ...words]);
const secret = ['--client-id', 'yorozu', '--client-secret', 'known: to both'];
yorozu('set', demo.tenant_id, 'other', '--issuer', issuer, ...secret);
yorozu('redirects', demo.tenant_id, REDIRECT);

// As little of a browser as a login needs: it keeps cookies by path, follows redirects, and answers the two forms.
function browser() {
  const jar = new Map();

  async function visit(url, form) {
    const { origin, pathname } = new URL(url);
    const mine = [...jar.values()].filter((cookie) => cookie.origin === origin && pathname.startsWith(cookie.path));
    const answer = await fetch(url, {
      method: form ? 'POST' : 'GET',
      body: form && new URLSearchParams(form),
      headers: { Cookie: mine.map((cookie) => cookie.pair).join('; ') },
      redirect: 'manual',
    });
    for (const line of answer.headers.getSetCookie()) {
      const [pair] = line.split(';');
      const path = /;\s*path=([^;]*)/i.exec(line)?.[1] ?? '/';
      jar.set(`${origin}${path} ${pair.split('=')[0]}`, { origin, path, pair });
    }
    const next = answer.headers.get('location');
    return next ? new URL(next, url).href : answer.text();
  }

  return async function login(query, name) {
    const forms = [{ prompt: 'login', login: name, password: 'any' }, { prompt: 'consent' }];
    let url = `${byName}/auth/oidc/start?${new URLSearchParams({ op: 'other', redirect: REDIRECT, ...query })}`;
    for (;;) {
      if (url.startsWith(REDIRECT)) return Object.fromEntries(new URL(url).searchParams);
      const next = await visit(url);
      assert.ok(URL.canParse(next) || forms.length, next);
      url = URL.canParse(next) ? next : await visit(url, forms.shift());
    }
  };
}

async function call(method, path, { body, session } = {}) {
  const headers = { 'X-Application-Id': demo.app_id, 'X-Application-Key': demo.app_key };
  if (session) headers['X-Session-Token'] = session;
  if (body) headers['Content-Type'] = 'application/json';
  const answer = await fetch(`${api}${path}`, { method, headers, body: body && JSON.stringify(body) });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}

test('a stranger logs in through a provider, and is the same user the next time', async () => {
  assert.deepEqual(await browser()({}, 'taro'), { error: 'user_not_found' });
  const { token } = await browser()({ createUser: 'true' }, 'taro');
  const first = await call('POST', '/login', { body: { token } });
  assert.equal(first.federated, true);
  const { sub, name, iss } = JSON.parse(first.options.claims[0]);
  assert.deepEqual({ sub, name, iss }, { sub: 'taro', name: '日電 太郎', iss: issuer });
  const { results } = await call('GET', `/users/${first._id}/links`, { session: first.sessionToken });
  assert.deepEqual(results, [{ _id: first.primaryLinkedUserId, iss: issuer, sub: 'taro', op: 'other' }]);
  const again = await call('POST', '/login', { body: await browser()({}, 'taro') });
  assert.equal(again._id, first._id);
});

test('a user links an account at a provider', async () => {
  const username = `js${process.pid}-openid`;
  const password = 'Passw0rD';
  await call('POST', '/users', { body: { username, email: `${username}@example.com`, password } });
  const { _id, sessionToken } = await call('POST', '/login', { body: { username, password } });
  await browser()({ sessionToken }, 'jiro');
  assert.equal((await call('POST', '/login', { body: await browser()({}, 'jiro') }))._id, _id);
});

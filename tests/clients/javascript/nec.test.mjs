// NEC's own JavaScript SDK, unchanged, against a running server: what its users' apps do.
// YOROZU_DEMO is the line that `yorozu demo --json` prints.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';

const { Nebula } = createRequire(import.meta.url)('@nec-baas/jssdk');
const demo = JSON.parse(process.env.YOROZU_DEMO);

function connect(appKey) {
  Nebula.initialize({
    tenant: demo.tenant_id,
    appId: demo.app_id,
    appKey,
    baseUri: demo.base_url,
  });
  return Nebula;
}

const PASSWORD = 'Passw0rD';
let serial = 0;

async function signedIn(nebula) {
  const user = new nebula.User();
  user.username = `js${process.pid}-${serial++}`;
  user.email = `${user.username}@example.com`;
  user.password = PASSWORD;
  user.options = { displayName: '日電 花子' };
  const made = await user.register();
  const current = await nebula.User.login({ username: made.username, password: PASSWORD });
  return { made, current };
}

async function bucketFor(contentAcl) {
  const nebula = connect(demo.master_key);
  const name = `js${process.pid}_${serial++}`;
  const bucket = new nebula.ObjectBucket(name);
  bucket.contentAcl = new nebula.Acl(contentAcl);
  bucket.acl = new nebula.Acl({ r: ['g:anonymous'] });
  bucket.description = 'from the JavaScript SDK';
  await bucket.saveBucket();
  return name;
}

const OPEN = { r: ['g:authenticated'], w: ['g:authenticated'] };

test('a user signs up, logs in, is told who they are, and logs out', async () => {
  const nebula = connect(demo.app_key);
  const { made, current } = await signedIn(nebula);
  assert.equal(current._id, made._id);
  assert.deepEqual(current.options, { displayName: '日電 花子' });
  const told = await nebula.User.queryCurrent();
  assert.equal(told.username, made.username);
  await nebula.User.logout();
  await assert.rejects(nebula.User.queryCurrent());
});

test('a wrong password is a 401 with an error text', async () => {
  const nebula = connect(demo.app_key);
  await assert.rejects(nebula.User.login({ username: 'nobody', password: 'wrong password' }), (error) => {
    assert.equal(error.status, 401);
    assert.equal(typeof JSON.parse(error.responseText).error, 'string');
    return true;
  });
});

test('objects are saved, loaded, saved again with their etag, queried and deleted', async () => {
  const name = await bucketFor(OPEN);
  const nebula = connect(demo.app_key);
  await signedIn(nebula);
  const bucket = new nebula.ObjectBucket(name);

  let saved = await bucket.save({ name: 'Foo', score: 80 });
  const first = saved.etag;
  saved.score = 81;
  saved = await bucket.save(saved);
  assert.equal(saved.score, 81);
  assert.notEqual(saved.etag, first);
  assert.equal((await bucket.load(saved._id)).name, 'Foo');

  saved.etag = first;
  await assert.rejects(bucket.save(saved), (error) => {
    assert.equal(error.status, 409);
    assert.equal(JSON.parse(error.responseText).reasonCode, 'etag_mismatch');
    return true;
  });

  for (let score = 0; score < 120; score++) await bucket.save({ score });
  const query = new nebula.ObjectQuery();
  query.setClause(nebula.Clause.greaterThanOrEqual('score', 10)).setSortOrder('score', false);
  const { objects: rows, count } = await bucket.queryWithCount(query.setLimit(5));
  assert.equal(count, 111);
  assert.deepEqual(rows.map((row) => row.score), [119, 118, 117, 116, 115]);
  const everything = await bucket.query(new nebula.ObjectQuery());
  assert.equal(everything.length, 121);
  const long = new nebula.ObjectQuery().setClause(nebula.Clause.in('score', [...Array(30).keys()]));
  assert.equal((await bucket.longQuery(long)).length, 30);

  await bucket.remove(rows[0]._id, true);
  await bucket.remove(rows[1]._id, false);
  assert.equal((await bucket.query(new nebula.ObjectQuery())).length, 119);
});

test('a batch inserts, updates and deletes', async () => {
  const name = await bucketFor(OPEN);
  const nebula = connect(demo.app_key);
  await signedIn(nebula);
  const bucket = new nebula.ObjectBucket(name);
  const [one, two] = [await bucket.save({ n: 1 }), await bucket.save({ n: 2 })];

  const batch = new nebula.BatchRequest();
  batch.addInsertRequest({ n: 3 });
  one.n = 10;
  batch.addUpdateRequest(one);
  batch.addDeleteRequest(two);
  batch.addDeleteRequest({ _id: two._id });
  const outcomes = await bucket.batch(batch);

  assert.deepEqual(outcomes.results.map((outcome) => outcome.result), ['ok', 'ok', 'ok', 'notFound']);
  assert.equal(outcomes.failedCount, 1);
  assert.equal((await bucket.load(one._id)).n, 10);
});

test('an aggregate computes', async () => {
  const name = await bucketFor(OPEN);
  const nebula = connect(demo.app_key);
  await signedIn(nebula);
  const bucket = new nebula.ObjectBucket(name);
  for (const [kind, price] of [['B', 3], ['A', 1], ['B', 4]]) await bucket.save({ kind, price });

  const rows = await bucket.aggregate([{ $group: { _id: '$kind', total: { $sum: '$price' } } }]);
  assert.deepEqual(rows, [{ _id: 'A', total: 1 }, { _id: 'B', total: 7 }]);
});

test('groups are saved with members, and membership opens objects', async () => {
  const name = await bucketFor(OPEN);
  const nebula = connect(demo.app_key);
  const { made: reader } = await signedIn(nebula);
  const group = new nebula.Group(`読者${process.pid}`);
  group.users = [reader._id];
  const saved = await group.save();
  assert.deepEqual(saved.users, [reader._id]);

  await signedIn(nebula);
  const bucket = new nebula.ObjectBucket(name);
  const object = await bucket.save({ secret: 1, ACL: { r: [`g:${group.groupname}`] } });
  await signedIn(nebula);
  await assert.rejects(bucket.load(object._id), (error) => error.status === 403);
  await nebula.User.login({ username: reader.username, password: PASSWORD });
  assert.equal((await bucket.load(object._id)).secret, 1);
});

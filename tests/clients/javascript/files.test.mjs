// The file bucket of NEC's own JavaScript SDK, unchanged, against a running server.
// YOROZU_DEMO is the line that `yorozu demo --json` prints.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

const { Nebula } = createRequire(import.meta.url)('@nec-baas/jssdk');
const demo = JSON.parse(process.env.YOROZU_DEMO);
const NAME = `jsfiles${process.pid}`;
const OPEN = { r: ['g:anonymous'], w: ['g:anonymous'], admin: ['g:anonymous'] };

function connect(appKey) {
  Nebula.initialize({ tenant: demo.tenant_id, appId: demo.app_id, appKey, baseUri: demo.base_url });
  return Nebula;
}

function metadata(nebula, contentType, options) {
  const made = new nebula.FileMetadata().setContentType(contentType).setAcl(new nebula.Acl(OPEN));
  return options === undefined ? made : made.setOptions(options);
}

/** What is loaded as text: all that the SDK gives on a Node.js that knows Blob. */
const text = async (loading) => String(await loading);

/** What is loaded as bytes, from the answer as it comes. */
async function bytes(loading) {
  const pieces = [];
  for await (const piece of await loading) pieces.push(piece);
  return Buffer.concat(pieces);
}

const rejectedWith = (status) => (error) => error.status === status;

before(async () => {
  const nebula = connect(demo.master_key);
  const bucket = new nebula.FileBucket(NAME);
  bucket.acl = new nebula.Acl({ r: ['g:anonymous'] });
  bucket.contentAcl = new nebula.Acl({ r: ['g:anonymous'], w: ['g:anonymous'] });
  bucket.description = 'from the JavaScript SDK';
  await bucket.saveBucket();
});

after(async () => {
  await new (connect(demo.master_key).FileBucket)(NAME).deleteBucket();
});

test('a file is saved under a Japanese name, loaded, saved again and removed', async () => {
  const nebula = connect(demo.app_key);
  const bucket = new nebula.FileBucket(NAME);
  const name = '日本語 ファイル.txt';
  const first = await bucket.saveAs(name, 'こんにちは', metadata(nebula, 'plain/text', { fileVersion: '1.0.0' }));
  assert.equal(first.getFileName(), name);
  assert.equal(first.getSize(), 15);
  assert.deepEqual(first.getOptions(), { fileVersion: '1.0.0' });
  assert.equal(await text(bucket.load(name)), 'こんにちは');

  await assert.rejects(bucket.saveAs(name, 'x', metadata(nebula, 'plain/text')), (error) => {
    assert.equal(JSON.parse(error.responseText).reasonCode, 'duplicate_filename');
    return error.status === 409;
  });

  const second = await bucket.save(name, Buffer.from([0, 255, 128, 13, 10]));
  assert.equal(second.getSize(), 5);
  assert.equal(second.getContentType(), 'plain/text');
  assert.notEqual(second.getFileETag(), first.getFileETag());
  assert.deepEqual(await bytes(bucket.loadWithOptions(name, { rawRequest: true })), Buffer.from([0, 255, 128, 13, 10]));

  await bucket.remove(name);
  await assert.rejects(bucket.load(name), rejectedWith(404));
});

test('a part of a file is loaded, and only of the version that is meant', async () => {
  const nebula = connect(demo.app_key);
  const bucket = new nebula.FileBucket(NAME);
  const made = await bucket.saveAs('range.bin', Buffer.from('0123456789'), metadata(nebula, 'a/b'));
  const load = (options) => text(bucket.loadWithOptions('range.bin', options));
  assert.equal(await load({ rangeStart: 2, rangeEnd: 4 }), '234');
  assert.equal(await load({ rangeStart: 7 }), '789');
  assert.equal(await load({ rangeEnd: 2 }), '89');
  assert.equal(await load({ rangeStart: 2, rangeEnd: 4, ifRange: made.getFileETag() }), '234');
  assert.equal(await load({ rangeStart: 2, rangeEnd: 4, ifRange: 'other' }), '0123456789');
  assert.equal(await load({ ifMatch: made.getFileETag() }), '0123456789');
  await assert.rejects(load({ ifMatch: 'other' }), rejectedWith(412));
  await assert.rejects(load({ rangeStart: 10 }), rejectedWith(416));
});

test('metadata are listed, loaded and updated', async () => {
  const nebula = connect(demo.app_key);
  const bucket = new nebula.FileBucket(NAME);
  await bucket.saveAs('meta.txt', 'x', metadata(nebula, 'text/plain'));
  const loaded = await bucket.getMetadata('meta.txt');
  loaded.setFileName('改名.txt').setContentType('text/html').setOptions({ key: '値' });
  const updated = await bucket.updateMetadata('meta.txt', loaded);
  assert.equal(updated.getFileName(), '改名.txt');
  assert.deepEqual(updated.getOptions(), { key: '値' });
  assert.ok((await bucket.getList()).some((file) => file.getFileName() === '改名.txt'));
  await assert.rejects(bucket.getMetadata('meta.txt'), rejectedWith(404));
});

test('a published file is fetched without the SDK until it is unpublished', async () => {
  const nebula = connect(demo.app_key);
  const bucket = new nebula.FileBucket(NAME);
  await bucket.saveAs('page.txt', 'public', metadata(nebula, 'text/plain'));
  const url = (await bucket.publish('page.txt')).getPublicUrl();
  const answer = await fetch(url);
  assert.equal(await answer.text(), 'public');
  assert.equal(answer.headers.get('x-content-length'), '6');
  assert.deepEqual((await bucket.getPublishedList()).map((file) => file.getFileName()), ['page.txt']);
  assert.equal((await bucket.unpublish('page.txt')).getPublicUrl() ?? null, null);
  assert.equal((await fetch(url)).status, 404);
});

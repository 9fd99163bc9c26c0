import { describe, expect, it } from 'vitest';
import { startSandbox } from '../sandbox/sandbox-server.ts';
import { fakeConnection, startConsole } from './console-fixture.ts';

async function openConsole() {
  const sandbox = await startSandbox();
  const connection = fakeConnection({ sandboxUrl: sandbox.url });
  const page = await startConsole(connection);
  const faults = async () => (await sandbox.request('GET', '/_sandbox/faults')).json;
  return { sandbox, connection, faults, ...page };
}

describe('a button of the page', () => {
  it('rotates, and says what came of it with moments that people can read', async () => {
    const text = 'rate-limited by the provider until 2026-11-26T07:19:47Z';
    const { press } = await startConsole(
      fakeConnection({ rotate: async () => ({ tone: 'bad', text }) }),
    );
    const { status, said } = await press('rotate');
    expect([status, said['tone']]).toEqual([200, 'bad']);
    expect(said['text']).toMatch(/^rate-limited by the provider until Thu \d\d:\d\d$/);
  });

  it.each([
    ['pass-hour', 'advance 3600'],
    ['pass-half-day', 'advance 43200'],
    ['consent', 'consent'],
    ['next-run', 'next run'],
  ])('%s asks for %s', async (name, asked) => {
    const { press, connection } = await openConsole();
    expect((await press(name)).status).toBe(200);
    expect(connection.asked).toEqual([asked]);
  });

  it('breaks the token endpoint, loses an answer, and mends both', async () => {
    const { press, faults, connection } = await openConsole();
    await press('break');
    expect(await faults()).toMatchObject([{ on: 'POST /oauth/token', kind: 'html', status: 502 }]);
    await press('lose-answer');
    expect(await faults()).toMatchObject([{ kind: 'reset-after', times: 1 }]);
    await press('mend');
    expect(await faults()).toEqual([]);
    expect(connection.asked).toHaveLength(3);
    expect(connection.asked.every((asked) => asked.startsWith('tell '))).toBe(true);
  });

  it('makes the provider forget the access token, and then the grant', async () => {
    const { press, sandbox, connection } = await openConsole();
    const tokens = await sandbox.grant();
    await press('expire');
    expect((await sandbox.get('/user/info', tokens.access_token)).status).toBe(401);
    expect((await sandbox.refresh(tokens.refresh_token)).status).toBe(200);
    await press('revoke');
    expect((await sandbox.refresh(tokens.refresh_token)).status).toBe(400);
    expect(connection.asked.every((asked) => asked.endsWith('no access token'))).toBe(true);
  });

  it('changes a client', async () => {
    const { press, sandbox } = await openConsole();
    const changes: unknown[] = [];
    sandbox.sandbox.observe((event) => changes.push(event.kind));
    expect((await press('change-client')).said['text']).toBe('a client has been changed');
    expect(changes).toEqual(['state']);
  });

  it('kills a rotator at a step of the protocol, and at no other', async () => {
    const { url, send, connection } = await openConsole();
    const kill = (step: string) => send('POST', `/kills/${step}`, { origin: url });
    expect(JSON.parse((await kill('sealed')).body)).toEqual({ tone: 'bad', text: 'killed' });
    expect((await kill('constructor')).status).toBe(404);
    expect(connection.asked).toEqual(['kill sealed']);
    const real = await startConsole(fakeConnection({}));
    const refused = await real.send('POST', '/kills/sealed', { origin: real.url });
    expect([refused.status, refused.body]).toEqual([409, expect.stringContaining('is real')]);
  });

  it('that is none is not found', async () => {
    const { press } = await openConsole();
    expect((await press('constructor')).status).toBe(404);
  });

  it('says why it cannot do what it says: there is no sandbox', async () => {
    const { press } = await startConsole(fakeConnection({}));
    const { status, said } = await press('revoke');
    expect([status, said]).toEqual([
      409,
      { error: 'the provider is real: only a sandbox may be broken or moved in time' },
    ]);
  });

  it('says why it cannot do what it says: the sandbox is gone', async () => {
    const { press } = await startConsole(fakeConnection({ sandboxUrl: 'http://127.0.0.1:1' }));
    const { status, said } = await press('break');
    expect([status, said]).toEqual([
      409,
      { error: 'the sandbox at http://127.0.0.1:1 does not answer' },
    ]);
  });

  it('says why it cannot do what it says: what answers is no sandbox', async () => {
    const other = await startConsole(fakeConnection({}));
    const { press } = await startConsole(fakeConnection({ sandboxUrl: other.url }));
    expect((await press('break')).said['error']).toBe('the sandbox refused faults with 401');
  });

  it('quotes nothing of an error that is not known', async () => {
    const rotate = () => Promise.reject(new TypeError('planted a/0001invented'));
    const { press } = await startConsole(fakeConnection({ rotate }));
    const { status, said } = await press('rotate');
    expect([status, said]).toEqual([500, { error: 'that did not work (TypeError)' }]);
  });

  it('is there for what the provider allows', async () => {
    const real = (await (await startConsole(fakeConnection({}))).send('GET', '/')).body;
    const broken = (await (await openConsole()).send('GET', '/')).body;
    const buttons = (body: string) => [...body.matchAll(/data-action="([\w-]+)"/g)].length;
    expect([buttons(real), buttons(broken)]).toEqual([1, 11]);
    expect([real, broken].map((body) => body.includes('Kill it yourself'))).toEqual([false, true]);
    expect(real).toContain('What is stored');
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import { listCompanies } from '../../../src/fatture-in-cloud/api/companies.ts';
import { fattureInCloud } from '../../../src/fatture-in-cloud/profile.ts';
import { answerWith, httpAnswer, type RawServer, startRaw } from '../raw-server.ts';

let server: RawServer | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function list(status: string, body: string) {
  server = await startRaw(answerWith(httpAnswer(status, [], body)));
  const profile = fattureInCloud(`http://127.0.0.1:${server.port}`);
  return listCompanies(new Secret('a/0001invented', profile.baseUrl), profile, {
    requestMs: 20_000,
  });
}

const accountant = {
  data: {
    companies: [
      {
        id: 12345,
        name: 'Studio Esempio',
        type: 'accountant',
        access_token: 'planted0001',
        controlled_companies: [
          { id: 12346, name: 'Ditta Esempio', access_token: 'planted0002' },
          { id: 12345, name: 'Studio Esempio, again' },
        ],
      },
      { id: 12347, name: null, access_token: 'planted0003', controlled_companies: [null, 'x'] },
      { id: 'no number', name: 'Nobody' },
    ],
  },
};

describe('the companies of a token', () => {
  it.each([
    ['nothing', () => ({})],
    ['companies', (id: number) => ({ id, name: 'x'.repeat(10) })],
    ['long names', (id: number) => ({ id, name: 'x'.repeat(100_000) })],
    ['a hundred of one each', () => ({ controlled_companies: Array(100).fill({ id: 7 }) })],
  ])('are bounded, in time too, for 4 MiB of %s', async (_, entryOf) => {
    const entries: string[] = [];
    for (let size = 0, id = 0; size < 4_100_000; id += 1) {
      const entry = JSON.stringify(entryOf(id));
      size += entry.length + 1;
      if (size < 4_190_000) entries.push(entry);
    }
    const before = process.cpuUsage().user;
    const listed = await list('200 OK', `{"data":{"companies":[${entries.join(',')}]}}`);
    expect(process.cpuUsage().user - before).toBeLessThan(3_000_000);
    expect(listed.kind).toBe('companies');
    expect(JSON.stringify(listed).length).toBeLessThan(50_000);
  });

  it('are those listed and those that they control, each once, by id and name alone', async () => {
    expect(await list('200 OK', JSON.stringify(accountant))).toEqual({
      kind: 'companies',
      companies: [
        { id: 12345, name: 'Studio Esempio' },
        { id: 12347, name: '' },
        { id: 12346, name: 'Ditta Esempio' },
      ],
    });
  });

  it.each([
    ['401 Unauthorized', '{"error":{"message":"planted"}}', { kind: 'rejected' }],
    ['500 Internal Server Error', 'planted', { kind: 'unavailable' }],
    ['200 OK', '<html>planted</html>', { kind: 'unavailable' }],
    ['200 OK', '{"data":null}', { kind: 'unavailable' }],
    ['200 OK', '{"data":{"companies":"planted"}}', { kind: 'unavailable' }],
    ['200 OK', '{"data":{"companies":[]}}', { kind: 'companies', companies: [] }],
  ])('for %s with %s are %j', async (status, body, want) => {
    const listed = await list(status, body);
    expect(listed).toMatchObject(want);
    expect(JSON.stringify(listed)).not.toContain('planted');
  });

  it('may be more than a call has room for arguments', async () => {
    const controlled = Array.from({ length: 200_000 }, () => 0);
    const companies = [{ id: 1, name: 'Uno', controlled_companies: controlled }];
    expect(await list('200 OK', JSON.stringify({ data: { companies } }))).toEqual({
      kind: 'companies',
      companies: [{ id: 1, name: 'Uno' }],
    });
  });

  it('are none at a provider without such a list', async () => {
    const { companiesUrl: _, ...profile } = fattureInCloud('http://127.0.0.1:9');
    const listed = listCompanies(new Secret('a/0001invented', profile.baseUrl), profile, {
      requestMs: 50,
    });
    expect(await listed).toEqual({ kind: 'companies', companies: [] });
  });
});

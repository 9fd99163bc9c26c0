import { describe, expect, it } from 'vitest';
import { createEntrance } from '../../src/console/entrance.ts';
import type { Overview } from '../../src/console/overview/overview.ts';
import { overviewPage } from '../../src/console/overview/page.ts';
import { overviewServer } from '../../src/console/overview/server.ts';

const hourMs = 3_600_000;

const calm: Overview = {
  connection: 'default',
  store: 'file store /var/lib/fresco',
  provider: 'https://api-v2.fattureincloud.it',
  atMs: 10 * hourMs,
  due: [],
  waiting: null,
  token: { generation: 7, issuedAtMs: 0, expiresAtMs: 24 * hourMs },
  companies: ['108061 Studio Esempio'],
  links: [{ name: 'grant', state: 'ok', detail: 'generation 7' }],
  alarms: { kind: 'none' },
  queues: { kind: 'none' },
  journal: [['lease', 'free']],
  versions: { kind: 'seen', value: [] },
  history: [{ atMs: 0, outcome: 'refreshed', generation: 7 }],
};

const shown = async (change: Partial<Overview> = {}) =>
  String(await overviewPage({ ...calm, ...change }));

/** The text of the first element of this kind. */
const textIn = (page: string, tag: string) =>
  new RegExp(`<${tag}[^>]*>([^<]*)</${tag}>`).exec(page)?.[1];

describe('the overview page', () => {
  it('says in one line that nothing is wrong, and how long the token lasts', async () => {
    const page = await shown();
    expect(textIn(page, 'h1')).toBe('Nothing is wrong');
    expect(page).toContain('good for another 14 h');
    expect(page).toContain('refreshed');
  });

  it('names in that line how much there is to do, with the command of each', async () => {
    const due = [{ what: 'no grant is stored', command: 'fresco login' }];
    const page = await shown({ due });
    expect(textIn(page, 'h1')).toBe('1 thing to do');
    expect(textIn(page, 'title')).toMatch(/^! /);
    expect(page).toContain('<code>fresco login</code>');
  });

  it('never calls a connection fine that nobody has logged in to', async () => {
    expect(textIn(await shown({ token: null }), 'h1')).toBe('Not connected yet');
  });

  it.each<[string, Partial<Overview>]>([
    [
      '1 alarm rings',
      {
        alarms: {
          kind: 'seen',
          value: [
            { says: 'webhooks wait', isRinging: true, sinceMs: 0 },
            { says: 'a person is needed', isRinging: false, sinceMs: 0 },
          ],
        },
      },
    ],
    ['3 dead letters', { queues: { kind: 'seen', value: { waiting: 0, dead: 3 } } }],
  ])('does not say that nothing is wrong: %s', async (headline, change) => {
    const page = await shown(change);
    expect(textIn(page, 'h1')).toBe(headline);
    expect(textIn(page, 'title')).toMatch(/^! /);
    expect(page).toContain('<header class="bad">');
    expect(page).not.toContain('What to do');
  });

  it('shows alarms that ring, webhooks that wait, and what could not be read', async () => {
    const page = await shown({
      alarms: {
        kind: 'seen',
        value: [{ says: 'a person is needed', isRinging: true, sinceMs: 0 }],
      },
      queues: { kind: 'seen', value: { waiting: 12, dead: 3 } },
      versions: { kind: 'unreadable', why: 'could not list the versions' },
    });
    expect(page).toContain('a person is needed');
    expect(page).toContain('<b>12</b> waiting, <b class="bad">3</b> dead letters');
    expect(page).toContain('could not list the versions');
  });

  it('says that the alarms are quiet, without a list of them', async () => {
    const quiet = { says: 'a person is needed', isRinging: false, sinceMs: 0 };
    const page = await shown({ alarms: { kind: 'seen', value: [quiet] } });
    expect(page).toContain('1 alarm, quiet');
    expect(page).not.toContain('a person is needed');
  });

  it('takes nothing from outside for markup', async () => {
    const page = await shown({ companies: ['<script>alert(1)</script>'] });
    expect(page).not.toContain('<script');
    expect(page).toContain('&lt;script&gt;');
  });
});

describe('the overview server', () => {
  const served = (look: () => Promise<Overview>) => {
    const entrance = createEntrance(() => undefined);
    const app = overviewServer('default', look, { entrance, why: () => 'the store refused' });
    return { app, entrance };
  };

  /** Comes in by the entrance, then asks as the browser would. */
  async function ask(look: () => Promise<Overview>, path = '/', method = 'GET'): Promise<Response> {
    const { app, entrance } = served(look);
    const base = 'http://127.0.0.1:4000';
    const host = { host: '127.0.0.1:4000' };
    const entered = await app.request(base + entrance.path, { headers: host });
    const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? '';
    return app.request(base + path, { method, headers: { ...host, cookie } });
  }

  it('lets in by its address alone', async () => {
    const { app } = served(async () => calm);
    const headers = { host: '127.0.0.1:4000' };
    expect((await app.request('http://127.0.0.1:4000/', { headers })).status).toBe(401);
  });

  it.each(['rebound.example.org', '127.0.0.1.nip.io:4000'])(
    'answers nobody at %s',
    async (host) => {
      const { app, entrance } = served(async () => calm);
      const answer = await app.request(`http://${host}${entrance.path}`, { headers: { host } });
      expect(answer.status).toBe(403);
    },
  );

  it('lets the page load its own style alone, and be framed and kept by nobody', async () => {
    const answer = await ask(async () => calm);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; .*form-action 'none'; frame-ancestors 'none'$/,
    );
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('has nothing that changes anything', async () => {
    for (const path of ['/', '/actions/rotate']) {
      expect((await ask(async () => calm, path, 'POST')).status).toBe(404);
    }
  });

  it('says why where the connection cannot be read, and looks again', async () => {
    const answer = await ask(async () => {
      throw new Error('a value that nobody may see');
    });
    const page = await answer.text();
    expect(answer.status).toBe(503);
    expect(page).toContain('the store refused');
    expect(page).toContain('http-equiv="refresh"');
    expect(page).not.toContain('nobody may see');
  });
});

import { describe, expect, it } from 'vitest';
import { serveCompanies } from '../../../src/core/operations/companies.ts';
import { rotate } from '../../../src/core/rotation/rotate.ts';
import { granted, grantOf, hour, memoryConnection } from '../memory-connection.ts';

const companies = [
  { id: 1, name: 'Uno' },
  { id: 2, name: 'Due' },
];
const [chosen] = companies;

describe('the companies that consumers are told of', () => {
  it('are narrowed with the same token, and stay so over refreshes of the grant', async () => {
    const world = memoryConnection([granted(2)]);
    world.store(grantOf(13 * hour, { companies }));
    await serveCompanies(world.accessToken, chosen ? [chosen] : [], world.ports().random);
    expect(world.publishedToken()).toMatchObject({ generation: 1, companies: [chosen] });
    expect(await rotate(world.ports(), { trigger: 'schedule' })).toMatchObject({
      kind: 'refreshed',
    });
    expect(world.publishedToken()).toMatchObject({ generation: 2, companies: [chosen] });
    expect(world.currentGrant().companies).toEqual(companies);
  });

  it('are known of an adopted grant once somebody has asked, and stay so', async () => {
    const world = memoryConnection([granted(2)]);
    world.store(grantOf(13 * hour));
    await serveCompanies(world.accessToken, companies, world.ports().random);
    await rotate(world.ports(), { trigger: 'schedule' });
    expect(world.publishedToken()).toMatchObject({ generation: 2, companies });
  });

  it('are those of another grant after another login', async () => {
    const world = memoryConnection();
    world.store(grantOf(0, { companies }));
    world.store(grantOf(0, { grant: 2, generation: 2, companies: [] }), 'v2', false);
    await rotate(world.ports(), { trigger: 'schedule' });
    expect(world.publishedToken()).toMatchObject({ generation: 2, companies: [] });
  });

  it('stay narrowed though a refresh runs meanwhile, up to its last step', async () => {
    const moments = ['current', 'put', 'promote'];
    for (const moment of moments) {
      const world = memoryConnection([granted(2)]);
      world.store(grantOf(13 * hour, { companies }));
      const { random } = world.ports();
      let narrowing: Promise<void> | undefined;
      world.accessToken.before = (call) => {
        if (call !== moment || world.presented.length === 0) return;
        world.accessToken.before = () => {};
        narrowing = serveCompanies(world.accessToken, chosen ? [chosen] : [], random);
      };
      expect(await rotate(world.ports(), { trigger: 'schedule' })).toMatchObject({
        kind: 'refreshed',
      });
      await narrowing;
      expect(world.publishedToken()).toMatchObject({ generation: 2, companies: [chosen] });
    }
  });

  it('never bring back a token that was replaced meanwhile', async () => {
    const world = memoryConnection();
    world.store(grantOf(0, { companies }));
    world.accessToken.before = (call) => {
      if (call !== 'promote') return;
      world.accessToken.before = () => {};
      world.store(grantOf(0, { generation: 2, companies }), 'v2');
    };
    await serveCompanies(world.accessToken, chosen ? [chosen] : [], world.ports().random);
    expect(world.publishedToken()).toMatchObject({ generation: 2, companies: [chosen] });
  });

  it('are not told of the token of a login that came in between and does not reach them', async () => {
    const world = memoryConnection();
    world.store(grantOf(0, { companies }));
    const others = [{ id: 3, name: 'Tre' }];
    world.store(grantOf(0, { grant: 2, generation: 2, companies: others }), 'v2');
    const serve = () =>
      serveCompanies(world.accessToken, chosen ? [chosen] : [], world.ports().random);
    await expect(serve()).rejects.toThrow('another login');
    expect(world.publishedToken()).toMatchObject({ generation: 2, companies: others });
    // A read that is behind shows the login before.
    world.store(grantOf(0, { grant: 3, generation: 3, companies }), 'v3');
    world.accessToken.stale.push('v2', 'v2');
    await serve();
    expect(world.publishedToken()).toMatchObject({ generation: 3, companies: [chosen] });
  });

  it('are nobody’s where no token is published, and are given up where it keeps changing', async () => {
    const world = memoryConnection();
    await serveCompanies(world.accessToken, companies, world.ports().random);
    expect(world.accessToken.currentId).toBeUndefined();
    let generation = 1;
    world.store(grantOf(0));
    world.accessToken.before = (call) => {
      if (call !== 'promote') return;
      generation += 1;
      world.store(grantOf(0, { generation }));
    };
    const serving = serveCompanies(world.accessToken, companies, world.ports().random);
    await expect(serving).rejects.toThrow('kept changing');
  });
});

import { romeStamp } from '../../src/fatture-in-cloud/api/rome-stamps.ts';

/** An API whose lists hold so many entities each, a second apart; no page of it exists before it is asked for. */
export interface PagedApi {
  readonly fetch: typeof globalThis.fetch;
  requests(): number;
}

const startMs = Date.parse('2020-01-01T00:00:00Z');
const pageSize = 100;

/** Makes one; `onRequest` hears of each request before it is answered. */
export function pagedApi(entitiesOfEach: number, onRequest: () => void = () => {}): PagedApi {
  let requests = 0;
  return {
    requests: () => requests,
    fetch: async (url) => {
      requests += 1;
      onRequest();
      // A request is never answered at once: timers get their turn.
      await new Promise(setImmediate);
      const { pathname, searchParams } = new URL(String(url));
      if (pathname.includes('/bin/')) return Response.json({ data: [] });
      const filter = searchParams.get('q') ?? '';
      const from = firstAfter(/updated_at (>=?) '([^']+)'/.exec(filter) ?? []);
      const total = Math.max(0, entitiesOfEach - from);
      const at = (Number(searchParams.get('page')) - 1) * pageSize;
      const count = Math.max(0, Math.min(pageSize, total - at));
      const data = Array.from({ length: count }, (_, n) => entity(from + at + n));
      return Response.json({ data, total });
    },
  };
}

function firstAfter([, operator, stamp]: readonly string[]): number {
  if (stamp === undefined) return 0;
  const second = Math.round((Date.parse(`${stamp.replace(' ', 'T')}Z`) - zeroMs) / 1000);
  return Math.max(0, operator === '>' ? second + 1 : second);
}

const zeroMs = Date.parse(`${romeStamp(startMs).replace(' ', 'T')}Z`);

function entity(n: number) {
  const stamp = new Date(zeroMs + n * 1000).toISOString().slice(0, 19).replace('T', ' ');
  return {
    id: n + 1,
    name: `Cliente ${n}`,
    vat_number: `IT${String(n).padStart(11, '0')}`,
    address_street: 'Via Inventata 1',
    created_at: stamp,
    updated_at: stamp,
  };
}

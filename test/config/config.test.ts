import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Config,
  ConfigInvalid,
  type Edge,
  parseConfig,
  reservedNames,
  toEnvironment,
} from '../../src/config/config.ts';
import { Secret } from '../../src/core/secret.ts';

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9-]{0,20}$/);
const prefix = fc
  .stringMatching(/^[A-Za-z][\w-]{0,20}(\/[\w-]{1,9}){0,3}$/)
  .filter((text) => !/^(aws|ssm)/i.test(text));
const names = fc.array(name, { minLength: 1, maxLength: 4 });
const url = fc.webUrl({ withFragments: false }).map((text) => text.replace(/\/+$/, ''));
const ms = fc.integer({ min: 1, max: 999_999_999 }).map((seconds) => seconds * 1000);
const text = fc.stringMatching(/^[!-~]{1,40}$/);
const bare = text.filter((it) => !/^(["'`]).*\1$/.test(it));
const pem = fc
  .stringMatching(/^[A-Za-z0-9+/]{4,80}$/)
  .map((body) => `-----BEGIN PUBLIC KEY-----\n${body}\n-----END PUBLIC KEY-----`);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const entity = fc.constantFrom('full' as const, 'reference' as const);
const consumersAlias = name.map(
  (it) => `arn:aws:lambda:eu-south-1:000000000000:function:${it}:consumers`,
);
const baseUrl = url.map((it) => it.replace(/^http:/, 'https:').replace(/[?#].*$/, ''));
const stackWide = {
  prefix,
  connections: names,
  table: fc.stringMatching(/^[A-Za-z0-9_.-]{3,40}$/),
  bus: name,
  providerUrl: baseUrl,
};
const watching = fc.constantFrom('small' as const, 'full' as const);

const arbitraries: { readonly [E in Edge]: fc.Arbitrary<Config<E>> } = {
  rotator: fc.record({
    ...stackWide,
    watching,
    environment: fc.tuple(name, name, name).map((parts) => parts.join('/')),
    rotateEveryMs: ms,
    leaseTermMs: ms,
    connectUrl: maybe(url),
  }),
  connect: fc.record({
    connections: names,
    consentAlias: consumersAlias,
    providerUrl: baseUrl,
  }),
  'webhook-receiver': fc.record({
    prefix,
    connections: names,
    watching,
    table: stackWide.table,
    queueUrl: url,
    webhookSink: url,
    applicationId: maybe(fc.stringMatching(/^\d{1,15}$/)),
    webhookPublicKeys: maybe(fc.array(pem, { minLength: 1, maxLength: 3 })),
  }),
  'webhook-handler': fc.record({
    ...stackWide,
    watching,
    queueUrl: url,
    consumersAlias,
    entity,
    webhookSink: maybe(url),
  }),
  sync: fc.record({ ...stackWide, queueUrl: url, consumersAlias, entity }),
  cli: fc.record({
    store: fc.oneof(
      fc.constant('aws'),
      text.map((path) => `file:${path}`),
    ),
    prefix,
    connection: name,
    providerUrl: baseUrl,
    providerFile: maybe(text),
    clientId: maybe(bare),
    clientSecret: maybe(bare.map((value) => new Secret(value))),
    redirectUri: maybe(url),
  }),
};

const edges = Object.keys(arbitraries) as Edge[];
const asPrefix = (value: string) => ({ variable: 'FRESCO_PREFIX', value });

describe('the environment', () => {
  it.each(edges)('of the %s is read back as it was written', (edge) => {
    fc.assert(
      fc.property(arbitraries[edge] as fc.Arbitrary<Config<Edge>>, (config) => {
        const read = parseConfig(edge, toEnvironment(edge, config));
        expect(revealed(read)).toEqual(revealed(config));
      }),
    );
  });

  it('that lacks several settings is refused with all of them named', () => {
    expect(problems(() => parseConfig('rotator', { FRESCO_PREFIX: 'fresco' }))).toEqual([
      'FRESCO_CONNECTIONS must be names of letters, digits and dashes with commas between, but is not set',
      'FRESCO_TABLE must be the name of a DynamoDB table, but is not set',
      'FRESCO_BUS must be the name or ARN of an event bus, but is not set',
      'FRESCO_ENVIRONMENT must be account/region/stage, but is not set',
      'FRESCO_ROTATE_EVERY_SECONDS must be a whole number of seconds above 0, but is not set',
      'FRESCO_LEASE_TERM_SECONDS must be a whole number of seconds above 0, but is not set',
    ]);
  });

  it.each([
    { variable: 'FRESCO_STORE', value: 'file:' },
    { variable: 'FRESCO_STORE', value: 'disk' },
    ...['/fresco', 'fresco/', 'a//b', '1fresco', '-fresco'].map(asPrefix),
    // What an alias of KMS, a parameter of SSM or a stack would refuse in the middle of a deploy.
    ...['fresco.test', 'fresco+b', 'a@b', 'fresco=1', 'aws', 'AWS-x', 'ssm-x'].map(asPrefix),
    ...[`f${'x'.repeat(100)}`, `a${'/b'.repeat(14)}`].map(asPrefix),
    { variable: 'FRESCO_CONNECTION', value: 'a/b' },
    { variable: 'FRESCO_PROVIDER_URL', value: 'https://api.example.com/' },
    { variable: 'FRESCO_PROVIDER_URL', value: 'ftp://api.example.com' },
    { variable: 'FATTUREINCLOUD_REDIRECT_URI', value: 'localhost' },
  ])('with $variable set to "$value" is refused and says so', ({ variable, value }) => {
    const [problem, ...others] = problems(() => parseConfig('cli', { [variable]: value }));
    expect(problem).toMatch(new RegExp(`^${variable} must be .*, got '`));
    expect(problem).toContain(`'${value}'`);
    expect(others).toEqual([]);
  });

  it.each(['fresco', 'Fresco_2', 'acme/test', `f${'x'.repeat(99)}`, `a${'/b'.repeat(13)}`, 'xaws'])(
    'takes the prefix %s',
    (value) => {
      expect(parseConfig('cli', { FRESCO_PREFIX: value }).prefix).toBe(value);
    },
  );

  it.each(reservedNames)(
    'takes no connection %s, as a stack calls a part of its own so',
    (value) => {
      const rule = 'the stack calls parts of its own so';
      expect(problems(() => parseConfig('cli', { FRESCO_CONNECTION: value }))).toEqual([
        `FRESCO_CONNECTION must not be '${value}': ${rule}`,
      ]);
      const env = { ...valid('rotator'), FRESCO_CONNECTIONS: `fine,${value}` };
      expect(problems(() => parseConfig('rotator', env))).toEqual([
        `FRESCO_CONNECTIONS must not be '${value}': ${rule}`,
      ]);
    },
  );

  it.each(['0', '-1', '1.5', 'soon', '86400s', ' 5'])('takes no %j for a time', (value) => {
    const env = { ...valid('rotator'), FRESCO_ROTATE_EVERY_SECONDS: value };
    expect(problems(() => parseConfig('rotator', env))).toHaveLength(1);
  });

  it('holds for a person who set nothing the documented defaults', () => {
    expect(parseConfig('cli', {})).toMatchObject({
      store: 'aws',
      prefix: 'fresco',
      connection: 'default',
      providerUrl: 'https://api-v2.fattureincloud.it',
      clientSecret: undefined,
    });
  });

  it('takes an empty variable for an unset one', () => {
    expect(parseConfig('cli', { FRESCO_PREFIX: '' }).prefix).toBe('fresco');
  });

  it.each([
    ['https://api.example.com', true],
    ['https://api.example.com:8443/v2', true],
    ['http://127.0.0.1:4010', true],
    ['http://[::1]:4010', true],
    ['http://localhost:4010', true],
    ['http://api.example.com', false],
    ['http://127.0.0.1.example.com', false],
    ['http://localhost.example.com', false],
    ['https://user:hush@api.example.com', false],
    ['https://hush@api.example.com', false],
    ['https://api.example.com?key=hush', false],
    ['https://api.example.com/v2?', false],
    ['https://api.example.com/v2#hush', false],
    ['//user:hush@api.example.com', false],
    ['user:hush@api.example.com', false],
    ['https:/user:hush@api.example.com', false],
  ])('sends tokens to %s: %s', (text, isTaken) => {
    const env = { FRESCO_PROVIDER_URL: text };
    if (isTaken) return expect(parseConfig('cli', env).providerUrl).toBe(text);
    for (const edge of ['cli', 'rotator', 'webhook-handler', 'sync'] as const) {
      const said = problems(() => parseConfig(edge, { ...valid(edge), ...env }));
      expect(said).toEqual([expect.stringMatching(/^FRESCO_PROVIDER_URL must be an https URL/)]);
      expect(said.join()).not.toContain('hush');
    }
  });

  it.each(['FATTUREINCLOUD_CLIENT_SECRET', 'FATTUREINCLOUD_CLIENT_ID'])(
    'takes %s as a file or a shell hands it over, and refuses quotes',
    (variable) => {
      const key = variable.endsWith('ID') ? 'clientId' : 'clientSecret';
      const read = (text: string) => revealed(parseConfig('cli', { [variable]: text }));
      expect(read(' invented\r\n')).toMatchObject({ [key]: 'invented' });
      expect(read('in"vent"ed')).toMatchObject({ [key]: 'in"vent"ed' });
      for (const text of ['"invented"', "'invented'\n", '\n']) {
        const said = problems(() => parseConfig('cli', { [variable]: text }));
        expect(said).toEqual([expect.stringContaining('without quotes around it')]);
      }
    },
  );

  it('keeps the client secret unprintable', () => {
    const config = parseConfig('cli', { FATTUREINCLOUD_CLIENT_SECRET: 'invented-secret' });
    expect(JSON.stringify(config)).not.toContain('invented-secret');
    expect(config.clientSecret?.reveal()).toBe('invented-secret');
  });
});

function valid(edge: Edge): Record<string, string> {
  const [config] = fc.sample(arbitraries[edge] as fc.Arbitrary<Config<Edge>>, {
    numRuns: 1,
    seed: 1,
  });
  if (config === undefined) throw new Error('no sample');
  return toEnvironment(edge, config);
}

function revealed(config: object): object {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      value instanceof Secret ? value.reveal() : value,
    ]),
  );
}

function problems(act: () => unknown): readonly string[] {
  try {
    act();
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.problems;
    throw error;
  }
  throw new Error('nothing was refused');
}

it.each([
  ['https://user:pass@[::1]:99999/', 'https://…@[::1]:99999/'],
  ['http://', 'http://'],
  ['https://exa mple', 'https://exa mple'],
])('%s is no address', (text, shown) => {
  expect(() => parseConfig('cli', { FATTUREINCLOUD_REDIRECT_URI: text })).toThrow(
    `FATTUREINCLOUD_REDIRECT_URI must be a URL, got '${shown}'`,
  );
});

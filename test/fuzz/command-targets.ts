import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Command, CommanderError } from 'commander';
import fc from 'fast-check';
import { Failure } from '../../src/cli/failure.ts';
import { createProgram } from '../../src/cli/program.ts';
import { parseDuration } from '../../src/cli/settings/duration.ts';
import { readRemembered, remember } from '../../src/cli/settings/settings-file.ts';
import { type Config, ConfigInvalid, parseConfig, toEnvironment } from '../../src/config/config.ts';
import { parseStackFacts } from '../../src/config/stack-outputs.ts';
import { fattureInCloud } from '../../src/fatture-in-cloud/profile.ts';
import { hostileJson, hostileText } from './hostile.ts';
import * as sample from './samples.ts';
import { type Ending, type Target, target } from './target.ts';

const planted = 'a/0009planted';

/** The command as people call it, but that its actions do nothing and that it prints nowhere. */
function inertProgram(print: (text: string) => void): Command {
  const program = createProgram();
  const calm = (command: Command): void => {
    command.configureOutput({ writeOut: print, writeErr: print });
    if (command.commands.length === 0) command.action(() => undefined);
    for (const below of command.commands) calm(below);
  };
  calm(program);
  return program;
}

const wordsOf = (command: Command): string[] => [
  command.name(),
  ...command.options.flatMap(({ long, short }) => [long, short].filter((it) => it != null)),
  ...command.commands.flatMap(wordsOf),
];
const words = wordsOf(inertProgram(() => undefined));
const commands = createProgram().commands.map((command) => command.name());

const argument = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...words) },
  { weight: 1, arbitrary: hostileText },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...words), hostileText)
      .map(([word, text]) => `${word}=${text}`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('--', '-', '', '5m', '4010', planted, `--scopes=${planted}`, 'env'),
  },
);

const argumentLists = target('arguments of the command', {
  share: 2,
  input: fc
    .tuple(fc.constantFrom(...commands, ...words), fc.array(argument, { maxLength: 6 }))
    .map(([command, rest]) => [command, ...rest]),
  refusals: [CommanderError],
  feed: async (words): Promise<Ending> => {
    const program = inertProgram((text) => {
      if (text.includes(planted)) throw new Error('what may be a token is shown');
    });
    await program.parseAsync(words, { from: 'user' });
    return 'taken';
  },
});

const durations = target('lengths of time', {
  share: 2,
  input: fc.oneof(
    hostileText,
    fc.tuple(fc.nat(), fc.constantFrom('s', 'm', 'h', 'd', 'w', '')).map((it) => it.join('')),
  ),
  refusals: [CommanderError],
  feed: (text) => {
    if (!(parseDuration(text) >= 0)) throw new Error('no length of time');
    return 'taken';
  },
});

const environments = ['cli', 'rotator', 'webhook-receiver', 'webhook-handler', 'sync'] as const;
const goodEnvironment = {
  FRESCO_PREFIX: 'fresco',
  FRESCO_CONNECTIONS: 'default,second',
  FRESCO_CONNECTION: 'default',
  FRESCO_TABLE: 'fresco',
  FRESCO_BUS: 'fresco',
  FRESCO_QUEUE_URL: 'https://sqs.example.com/1/q',
  FRESCO_ENVIRONMENT: '111122223333/eu-south-1/prod',
  FRESCO_PROVIDER_URL: 'https://api-v2.fattureincloud.it',
  FRESCO_CONSUMERS_ALIAS: 'arn:aws:lambda:eu-south-1:1:function:x:consumers',
  FRESCO_ENTITY: 'full',
  FRESCO_ROTATE_EVERY_SECONDS: '86400',
  FRESCO_LEASE_TERM_SECONDS: '90',
  FRESCO_WEBHOOK_SINK: 'https://hooks.example.com',
  FRESCO_WEBHOOK_PUBLIC_KEYS: '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----',
  FRESCO_STORE: 'file:/var/lib/fresco',
  FATTUREINCLOUD_CLIENT_SECRET: 'invented-secret',
  FATTUREINCLOUD_REDIRECT_URI: 'http://localhost:8787/callback',
};
const names = Object.keys(goodEnvironment);

const settings = target('settings of the environment', {
  share: 8,
  input: fc.record({
    edge: fc.constantFrom(...environments),
    changes: fc.array(fc.tuple(fc.constantFrom(...names), hostileText), { maxLength: 3 }),
  }),
  refusals: [ConfigInvalid],
  feed: ({ edge, changes }) => {
    const config = parseConfig(edge, { ...goodEnvironment, ...Object.fromEntries(changes) });
    parseConfig(edge, toEnvironment(edge, config));
    const { providerUrl, redirectUri } = config as Partial<Config<'cli'>>;
    if (providerUrl !== undefined) fattureInCloud(providerUrl);
    if (redirectUri !== undefined) new URL(redirectUri);
    return 'taken';
  },
});

const stackParameters = target('the parameter of a stack', {
  share: 4,
  input: hostileJson(sample.stackJson),
  feed: (text) => {
    try {
      parseStackFacts(text, sample.stackArn).connections.join();
      return 'taken';
    } catch (error) {
      if (error instanceof Error && error.message.endsWith('deploy again')) return 'refused';
      throw error;
    }
  },
});

/** Commands and settings; `folder` is for the files of settings. */
export function commandTargets(folder: string): readonly Target[] {
  const env = { XDG_CONFIG_HOME: folder };
  const path = join(folder, 'fresco/settings.json');
  const remembered = target('the file of settings', {
    share: 2,
    input: hostileJson({ v: 1, store: 'file:/var/lib/fresco', connection: 'default' }),
    refusals: [Failure],
    feed: async (text): Promise<Ending> => {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      await remember(env, await readRemembered(env));
      await readRemembered(env);
      return 'taken';
    },
  });
  return [argumentLists, durations, settings, stackParameters, remembered];
}

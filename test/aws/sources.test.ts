import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { blanked } from '../tidy/source-text.ts';

/** What a source says to Secrets Manager that could put an old token over a new one. */
function dangers(text: string): string[] {
  const code = blanked(text, 'strings');
  const updates = /(?<!secretsmanager:)\bUpdateSecret(Command)?\b/.test(code)
    ? ['uses UpdateSecret']
    : [];
  const puts = [...code.matchAll(/new PutSecretValueCommand\(/g)].flatMap(({ index }) => {
    const input = code.slice(index, code.indexOf('})', index));
    return [
      ...(/\bClientRequestToken:/.test(input) ? [] : ['puts without a ClientRequestToken']),
      ...(/\bVersionStages:/.test(input) ? [] : ['puts without VersionStages']),
      ...(/AWSCURRENT/.test(input) ? ['puts under AWSCURRENT'] : []),
    ];
  });
  const moves = [...code.matchAll(/new UpdateSecretVersionStageCommand\(/g)].flatMap(
    ({ index }) => {
      const input = code.slice(index, code.indexOf('})', index));
      return /\bRemoveFromVersionId:/.test(input) ? [] : ['moves a label from anywhere'];
    },
  );
  return [...updates, ...puts, ...moves];
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const sources = ['src', 'functions', 'infra'].flatMap((folder) =>
  readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file}`),
);

describe('no source', () => {
  it('puts a version without an id and a label of its own, moves a label blindly or updates a secret', () => {
    const found = sources.flatMap((file) =>
      dangers(readFileSync(`${root}${file}`, 'utf8')).map((danger) => `${file} ${danger}`),
    );
    expect(found).toEqual([]);
    expect(sources).toContain('src/aws/secrets-manager.ts');
  });

  it.each([
    ['new UpdateSecretCommand({ SecretId, SecretString })', 'uses UpdateSecret'],
    [
      "new PutSecretValueCommand({ SecretId, SecretString, VersionStages: ['next'] })",
      'puts without a ClientRequestToken',
    ],
    [
      'new PutSecretValueCommand({ SecretId, SecretString, ClientRequestToken: id })',
      'puts without VersionStages',
    ],
    [
      "new PutSecretValueCommand({ ClientRequestToken: id, VersionStages: ['AWSCURRENT'] })",
      'puts under AWSCURRENT',
    ],
    [
      "new UpdateSecretVersionStageCommand({ VersionStage: 'AWSCURRENT', MoveToVersionId: id })",
      'moves a label from anywhere',
    ],
  ])('may say %s', (text, danger) => {
    expect(dangers(text)).toEqual([danger]);
  });
});

import { readFileSync } from 'node:fs';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { secretsManagerSecret } from '../../src/aws/secrets-manager.ts';
import { clientConfig } from '../doubles/http/client-config.ts';
import {
  type SecretsManagerDouble,
  startSecretsManager,
} from '../doubles/secrets-manager/secrets-manager.ts';
import type { Assembly } from './assembly.ts';
import type { Resource } from './template.ts';

// Goal: deploy, destroy and deploy again keep what is stored. Method: what CloudFormation does with secrets,
// by their own templates, over the double of Secrets Manager, which refuses a name that is taken.
/** The stack that `npm run destroy` names. */
function destroyed(): string {
  const { scripts } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  return /^cdk destroy (\S+)$/.exec(scripts.destroy)?.[1] ?? '';
}

/** CloudFormation, as far as secrets go: each stack remembers what it has made. */
class Account {
  readonly #assembly: Assembly;
  readonly #client: SecretsManagerClient;
  readonly #made = new Map<string, Map<string, string>>();

  constructor(assembly: Assembly, client: SecretsManagerClient) {
    this.#assembly = assembly;
    this.#client = client;
  }

  async deploy(): Promise<void> {
    for (const [name, { Resources }] of this.#assembly.deployed) {
      const made = this.#made.get(name) ?? new Map<string, string>();
      this.#made.set(name, made);
      for (const [id, { Properties }] of secretsAmong(Resources)) {
        if (made.has(id)) continue;
        const { Name, KmsKeyId, SecretString } = Properties as Record<string, string>;
        const command = new CreateSecretCommand({ Name, KmsKeyId, SecretString });
        made.set(id, String((await this.#client.send(command)).ARN));
      }
    }
  }

  async destroy(name: string): Promise<void> {
    if (this.#assembly.isProtected(name)) throw new Error(`${name} is protected from termination`);
    const template = this.#assembly.deployed.get(name);
    if (template === undefined) throw new Error(`there is no stack ${name}`);
    for (const [id, { DeletionPolicy }] of secretsAmong(template.Resources)) {
      if (/^Retain/.test(DeletionPolicy ?? '')) continue;
      await this.#client.send(new DeleteSecretCommand({ SecretId: this.#made.get(name)?.get(id) }));
    }
    this.#made.delete(name);
  }
}

function secretsAmong(resources: Readonly<Record<string, Resource>>): [string, Resource][] {
  return Object.entries(resources).filter(([, it]) => it.Type === 'AWS::SecretsManager::Secret');
}

async function stored(client: SecretsManagerClient) {
  const { SecretList = [] } = await client.send(new ListSecretsCommand({ MaxResults: 100 }));
  return SecretList.map(({ Name, ARN }) => [Name, ARN]).sort();
}

async function logIn(client: SecretsManagerClient): Promise<void> {
  for (const [SecretId] of await stored(client)) {
    const SecretString = 'r/0001invented';
    await client.send(new PutSecretValueCommand({ SecretId, SecretString }));
  }
}

/** What deploy, destroy and deploy do to an assembly of two connections, as a part of a specification. */
export function describeRedeploy(assembly: () => Assembly): void {
  describe('deploy, destroy and deploy', () => {
    let double: SecretsManagerDouble;
    let client: SecretsManagerClient;
    let account: Account;

    beforeEach(async () => {
      double = await startSecretsManager();
      client = new SecretsManagerClient(clientConfig(double.endpoint));
      account = new Account(assembly(), client);
    });

    afterEach(() => double.stop());

    const grant = () => secretsManagerSecret(client, 'fresco/default/grant').current();

    it('leave an account with six secrets, and none has a value before somebody logs in', async () => {
      await account.deploy();
      expect(await stored(client)).toHaveLength(6);
      expect(await grant()).toBeUndefined();
    });

    it('find again by themselves what a login has stored', async () => {
      await account.deploy();
      await logIn(client);
      const [before, token] = [await stored(client), await grant()];

      await account.destroy(destroyed());
      expect(await stored(client)).toEqual(before);
      await account.deploy();

      expect(await stored(client)).toEqual(before);
      expect((await grant())?.versionId).toBe(token?.versionId);
    });

    it('are refused where the store itself would go', async () => {
      await account.deploy();
      await expect(account.destroy('fresco-store')).rejects.toThrow('protected from termination');
    });
  });
}

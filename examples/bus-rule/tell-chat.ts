import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { EventBridgeEvent } from 'aws-lambda';
import type { ReauthorizationRequiredDetail } from 'fic-fresco';

let chatUrl: Promise<string> | undefined;

/** The target of a rule for `Reauthorization Required`: posts to the chat's incoming webhook. */
export async function handler(
  event: EventBridgeEvent<'Reauthorization Required', ReauthorizationRequiredDetail>,
): Promise<void> {
  const { connection, why, command, otherwise } = event.detail;
  // Anybody who has the address may write to the chat: it is a secret.
  chatUrl ??= secretText(process.env['CHAT_SECRET'] ?? 'chat/incoming-webhook').catch((error) => {
    // The next try reads it again.
    chatUrl = undefined;
    throw error;
  });
  const commands = otherwise === undefined ? command : `${command}, else ${otherwise}`;
  const text = `Fresco: ${connection} needs a person. ${why}. Run: ${commands}`;
  const response = await fetch(await chatUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text }),
    signal: AbortSignal.timeout(10_000),
  });
  // EventBridge tries again for a day.
  if (!response.ok) throw new Error(`the chat answered ${response.status}`);
}

async function secretText(name: string): Promise<string> {
  const client = new SecretsManagerClient({});
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: name }));
  if (SecretString === undefined) throw new Error(`the secret ${name} holds no text`);
  return SecretString;
}

import type { Connection } from '../connection/connection.ts';

const address = 'https://secure.fattureincloud.it';

/** Where a person revokes a connection: the provider has no endpoint for it. */
export function whereToRevoke({ provider }: Pick<Connection, 'provider'>): string {
  return provider.isFattureInCloud
    ? `${address} → Impostazioni → Applicazioni collegate → Gestisci`
    : 'the page of the provider on which its connections are managed';
}

/** Where a person makes a manual token. */
export function whereToMakeToken({ provider }: Pick<Connection, 'provider'>): string {
  return provider.isFattureInCloud
    ? `${address} → Impostazioni → Applicazioni collegate → Collega una nuova applicazione`
    : 'the page of the provider on which tokens are made';
}

/** Where the owner of an application deletes it, or makes another: a client secret is not changed. */
export function whereToManageApplications({ provider }: Pick<Connection, 'provider'>): string {
  return provider.isFattureInCloud
    ? `${address} → Impostazioni → Sviluppatore`
    : 'the page of the provider on which its applications are managed';
}

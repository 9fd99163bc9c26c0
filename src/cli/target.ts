const works =
  /\bfresco (webhooks \w+|login|token|exec|serve|rotate|status|history|doctor|console|recover|probe|pause|resume|logout|sync)\b(?![^;,:|(]*--(?:connection|store|sandbox)\b)/g;

/** What a shell takes as it stands, and JSON too. */
const isPlain = (value: string) => /^[\w@%+=:,./~-]+$/.test(value);

let options = '';

/** What an option may name, beside the connection. */
type Named = Readonly<
  Partial<Record<'store' | 'prefix' | 'provider' | 'providerUrl', string | undefined>>
>;

/** Commands in messages are for this connection from here on, and for the store and the provider that were named by options. */
export function aimAt(connection: string, { store, prefix, provider, providerUrl }: Named): void {
  const named = {
    connection: connection === 'default' ? undefined : connection,
    store,
    prefix,
    provider,
    'provider-url': providerUrl,
  };
  options = Object.entries(named)
    .filter(([, value]) => value !== undefined && isPlain(value))
    .map(([name, value]) => ` --${name} ${value}`)
    .join('');
}

/** The text, whose commands name what they are for wherever nothing in it does. */
export function aimed(text: string, naming = options): string {
  return naming === '' ? text : text.replace(works, (command) => command + naming);
}

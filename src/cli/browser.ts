import { spawn } from 'node:child_process';
import { isSafeUrl } from '../core/origin.ts';
import type { Random } from '../core/ports.ts';
import type { LocalServer } from './local/server.ts';

/** Tries to open a page in the person's browser; whether it worked cannot be known. Nothing but https, and http on this machine, is opened. */
export function openBrowser(url: string, env: NodeJS.ProcessEnv = process.env): void {
  const [command, ...args] = openerFor(process.platform, env);
  if (command === undefined || !isSafeUrl(url)) return;
  const child = spawn(command, [...args, new URL(url).href], { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}

/** Opens a page of this machine that leads on, once: what a command line holds, every user can read. */
export async function openByWay(url: string, random: Random): Promise<LocalServer> {
  const [{ listenLocally }, { wayTo }] = await Promise.all([
    import('./local/server.ts'),
    import('./local/way.ts'),
  ]);
  const server = await listenLocally(0);
  const way = wayTo(url, random);
  server.serve(way.app);
  openBrowser(server.url + way.path);
  return server;
}

function openerFor(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): readonly string[] {
  if (platform === 'darwin') return ['open'];
  // cmd's own start would read the ampersands of a URL as its syntax.
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  return env['DISPLAY'] || env['WAYLAND_DISPLAY'] || env['BROWSER'] ? ['xdg-open'] : [];
}

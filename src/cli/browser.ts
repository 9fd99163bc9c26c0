import { spawn } from 'node:child_process';
import { isSafeUrl } from '../core/origin.ts';

/** Tries to open a page in the person's browser; whether it worked cannot be known. Nothing but https, and http on this machine, is opened. */
export function openBrowser(url: string, env: NodeJS.ProcessEnv = process.env): void {
  const [command, ...args] = openerFor(process.platform, env);
  if (command === undefined || !isSafeUrl(url)) return;
  const child = spawn(command, [...args, new URL(url).href], { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}

function openerFor(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): readonly string[] {
  if (platform === 'darwin') return ['open'];
  // cmd's own start would read the ampersands of a URL as its syntax.
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  return env['DISPLAY'] || env['WAYLAND_DISPLAY'] || env['BROWSER'] ? ['xdg-open'] : [];
}

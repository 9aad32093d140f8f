import { type ChildProcess, spawn } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/**
 * Watches for workerd among the processes that this one starts: miniflare, which starts and restarts it, hands out
 * neither its id nor its end.
 * @param command what miniflare runs as workerd
 * @param onStart called with each workerd, before any other listener of it
 * @returns ends the watch
 */
export function watchForWorkerd(command: string, onStart: (workerd: ChildProcess) => void): () => void {
  const listener = (message: unknown) => {
    const { process: child } = message as { process: ChildProcess };
    child.once('spawn', () => {
      if (child.spawnfile !== command) return;
      onStart(child);
    });
  };
  subscribe('child_process', listener);
  return () => unsubscribe('child_process', listener);
}

/**
 * Makes a process end with this one, however this one ends: a small shell waits on a pipe whose other end only this
 * process holds, and kills the process when the pipe closes unwritten.
 * @param scratchDir removed as well
 */
export function tieToThisProcess(child: ChildProcess, scratchDir: string): void {
  if (process.platform === 'win32') return; // No such shell; there, a killed launcher leaves workerd behind.
  const script = 'read -r _ || { kill -KILL "$1"; rm -rf "$2"; }';
  const watchdog = spawn('/bin/sh', ['-c', script, 'ossgate-watchdog', String(child.pid), scratchDir], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true, // Ctrl-C must not end it before the launcher.
  });
  watchdog.on('error', () => {}); // No shell: as on Windows.
  watchdog.stdin.on('error', () => {});
  watchdog.unref();
  child.once('exit', () => watchdog.stdin.end('gone\n')); // Its id may soon be another's.
}

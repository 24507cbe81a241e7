// The conversation of a terminal with a container, by Kubernetes' v5.channel.k8s.io: the first byte of each message says which stream it is of.

import '@xterm/xterm/css/xterm.css';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const STATUS = 3;
const RESIZE = 4;

/** Gives what ends it. `onEnd` is told why it ended by itself; '' if just so. */
export function openTerminal(element: HTMLElement, socket: WebSocket, onEnd: (why: string) => void): () => void {
  const style = getComputedStyle(element);
  const terminal = new Terminal({
    fontFamily: style.fontFamily,
    fontSize: 13,
    cursorBlink: true,
    theme: { background: style.backgroundColor, foreground: style.color, cursor: style.color },
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  // Tab is the shell's; the way out by keyboard is back.
  terminal.attachCustomKeyEventHandler((event) => !(event.key === 'Tab' && event.shiftKey));
  terminal.open(element);
  fit.fit();
  const observer = new ResizeObserver(() => fit.fit());
  observer.observe(element);

  const encoder = new TextEncoder();
  const send = (channel: number, text: string): void => {
    if (socket.readyState !== WebSocket.OPEN) return;
    const bytes = encoder.encode(text);
    const message = new Uint8Array(bytes.length + 1);
    message[0] = channel;
    message.set(bytes, 1);
    socket.send(message);
  };
  const tellSize = (): void => send(RESIZE, JSON.stringify({ Width: terminal.cols, Height: terminal.rows }));
  let why = '';
  socket.binaryType = 'arraybuffer';
  socket.addEventListener('open', () => {
    tellSize();
    terminal.focus();
  });
  socket.addEventListener('message', ({ data }) => {
    const bytes = new Uint8Array(data as ArrayBuffer);
    const rest = bytes.subarray(1);
    if (bytes[0] === STDOUT || bytes[0] === STDERR) terminal.write(rest);
    else if (bytes[0] === STATUS) why = messageOf(new TextDecoder().decode(rest));
  });
  socket.addEventListener('close', () => onEnd(why));
  terminal.onData((text) => send(STDIN, text));
  terminal.onResize(tellSize);
  return () => {
    observer.disconnect();
    socket.close();
    terminal.dispose();
  };
}

function messageOf(status: string): string {
  try {
    return (JSON.parse(status) as { message?: string }).message ?? '';
  } catch {
    return '';
  }
}

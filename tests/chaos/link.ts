import { createServer, type AddressInfo, type Server, type Socket, connect } from 'node:net';

/** The way between one part and Redis: it can be slow, cut, or silent (nothing passes, and nobody is told). */
export class Link {
  private delayMs = 0;
  private isCut = false;
  private isSilent = false;
  private readonly pairs = new Set<readonly [Socket, Socket]>();

  private constructor(
    private readonly server: Server,
    private readonly toPort: number,
  ) {
    server.on('connection', (near) => this.join(near));
  }

  static async to(port: number): Promise<Link> {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    return new Link(server, port);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  slow(delayMs: number): void {
    this.delayMs = delayMs;
  }

  cut(): void {
    this.isCut = true;
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
  }

  /** What is sent meanwhile arrives when it is healed, as TCP has it. */
  silence(): void {
    this.isSilent = true;
    for (const pair of this.pairs) for (const socket of pair) socket.pause();
  }

  heal(): void {
    this.delayMs = 0;
    this.isCut = false;
    this.isSilent = false;
    for (const pair of this.pairs) for (const socket of pair) socket.resume();
  }

  close(): void {
    this.server.close();
    this.cut();
  }

  private join(near: Socket): void {
    if (this.isCut) {
      near.destroy();
      return;
    }
    const far = connect(this.toPort, '127.0.0.1');
    const pair = [near, far] as const;
    this.pairs.add(pair);
    this.pass(near, far);
    this.pass(far, near);
    if (this.isSilent) for (const socket of pair) socket.pause();
    const end = () => {
      this.pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', end);
    }
  }

  private pass(from: Socket, to: Socket): void {
    // In order, whatever the delay was before.
    let last = Promise.resolve();
    from.on('data', (chunk: Buffer) => {
      if (this.delayMs === 0 && to.writable) {
        last = last.then(() => void (to.writable && to.write(chunk)));
        return;
      }
      const due = new Promise<void>((resolve) => setTimeout(resolve, this.delayMs));
      last = last.then(() => due).then(() => void (to.writable && to.write(chunk)));
    });
  }
}

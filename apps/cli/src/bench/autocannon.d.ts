/** What we use of it; it brings no types. */
declare module 'autocannon' {
  namespace autocannon {
    interface Options {
      readonly url: string;
      readonly method: string;
      readonly connections: number;
      /** Seconds. */
      readonly duration: number;
      /** Requests per second, of all connections. */
      readonly overallRate?: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
    interface Result {
      readonly requests: { readonly total: number };
      /** Milliseconds. */
      readonly latency: { readonly p50: number; readonly p99: number; readonly max: number };
      readonly non2xx: number;
      readonly errors: number;
      /** Seconds. */
      readonly duration: number;
    }
  }
  function autocannon(options: autocannon.Options): Promise<autocannon.Result>;
  export = autocannon;
}

/** The part of statsd-client that tests use; it brings no types. */
declare module 'statsd-client' {
  type Tags = Record<string, string>;
  /** Sends by UDP. */
  export default class StatsdClient {
    constructor(options: { host: string; port: number; prefix?: string; tags?: Tags });
    counter(name: string, increase: number, tags?: Tags): void;
    gauge(name: string, value: number, tags?: Tags): void;
    gaugeDelta(name: string, change: number, tags?: Tags): void;
    timing(name: string, ms: number, tags?: Tags): void;
    histogram(name: string, value: number, tags?: Tags): void;
    set(name: string, member: string, tags?: Tags): void;
    close(): void;
  }
}

/** How a command is to be run and recorded. */

/** What `runCommand` is told. */
export interface RunOptions {
  command: string;
  args: readonly string[];
  /** Name of the program when absent. */
  product?: string;
  /** That of the package or commit in the working directory when absent. */
  version?: string;
  /** On all metrics: `key:value`, or bare words. */
  tags: readonly string[];
  /** How often what it uses is noted; default `limits.runMetricsIntervalMs`. */
  metricsIntervalMs: number;
  /** Silence after which it hangs; absent = it is not watched for that. */
  hangTimeoutMs?: number;
  /** Lines of output that are kept of a bad end. */
  tailLines: number;
  /** Regular expressions that find metrics in the output. */
  patterns: readonly string[];
  /** Also what goes to a terminal comes by us; the command then sees no terminal. */
  isPiped: boolean;
  /** Nothing is said on stderr, whatever goes wrong. */
  isQuiet: boolean;
}

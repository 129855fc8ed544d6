/** Every bound and default interval of Tacho, in one place. Numbers are inclusive maxima unless said otherwise. */
import { webhookLimits } from './webhook-limits.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

/** Bounds and intervals; `limits.test.ts` asserts how they relate. */
export const limits = {
  /** Default TCP port of the server. */
  serverPort: 9090,
  /** Default TCP port of OTLP over HTTP. */
  otlpPort: 4_318,
  /** Request body as sent, in bytes. */
  bodyBytesMax: 16 * MiB,
  /** Request body after decompression, in bytes. */
  expandedBodyBytesMax: 64 * MiB,
  /** Items of one array or NDJSON body. */
  batchItemsMax: 10_000,
  /** Entries of one `/api/ingest` batch. */
  ingestEntriesMax: 100_000,
  /** Samples of one `/api/ingest` batch, over all its columns. */
  ingestSamplesMax: 2_000_000,
  /** Request line and headers, in bytes. */
  headerBytesMax: 16 * KiB,
  /** Time to receive the headers of a request. */
  headersTimeoutMs: 10_000,
  /** Time to receive a whole request. */
  requestTimeoutMs: 60_000,
  /** Idle time of a kept-alive connection. */
  keepAliveTimeoutMs: 72_000,
  /** Values that one parameter of a query may be given. */
  paramValuesMax: 100,
  /** One value of a parameter, in characters. */
  paramLengthMax: 1_000,
  /** Rows of one page of sessions, events or patches. */
  pageRowsMax: 1_000,
  /** Groups that one question gives at most. */
  groupsMax: 10_000,
  /** Versions that a group of exceptions lists. */
  exceptionVersionsMax: 100,
  /** Values of the state that a group of exceptions lists. */
  commonsMax: 20,
  /** A value of the state, in characters of JSON, up to which it can be listed and counted. */
  stateValueLengthMax: 200,
  /** Places of one state that are indexed; what lies beyond is found by looking at the state itself. */
  statePlacesMax: 1_000,
  /** Points of one series in a chart. */
  pointsMax: 10_000,
  /** Points of one series in a chart when none are asked for. */
  pointsDefault: 1_000,
  /** Series in the answer to one question for charts. */
  chartSeriesMax: 200,
  /** Samples that one question for charts decodes before it leaves chunks whole. */
  pointsDecodedMax: 262_144,
  /** Rows of one page of samples. */
  samplesPageMax: 10_000,
  /** A question in PromQL, in characters, and how deep it may be nested. */
  promqlLengthMax: 10_000,
  promqlDepthMax: 100,
  /** Points of one series in an answer to PromQL, as Prometheus has it. */
  promqlPointsMax: 11_000,
  /** Series in an answer to PromQL, and on the way to it. */
  promqlSeriesMax: 10_000,
  /** Values (series times points) in an answer to PromQL, and at each step on the way to it. */
  promqlValuesMax: 4_000_000,
  /** Sessions that are looked into, and samples that are read, for one question in PromQL. */
  promqlSessionsMax: 10_000,
  promqlSamplesMax: 10_000_000,
  /** Age from which the last value of a series is no longer its value in PromQL. */
  promqlLookbackMs: 300_000,
  /** Longest that a question in PromQL takes. */
  promqlTimeoutMs: 60_000,
  /** Quantiles that one question asks for. */
  quantilesMax: 20,
  /** Buckets of the activity profile in a row of a session list. */
  profileBuckets: 48,
  /** Width of a timeline, in pixels; two marks closer than `timelineMarkPixels` cannot be told apart. */
  timelineWidthMin: 10,
  timelineWidthMax: 4_000,
  timelineMarkPixels: 4,
  /** Marks of one lane in one bucket of a timeline before it shows their number alone. */
  timelineBucketMarks: 3,
  /** Marks of a timeline, and as many of state changes. */
  timelineMarksMax: 500,
  /** Series of one session that are ranked by how much they moved. */
  moversSeriesMax: 1_000,
  /** Hangs, recoveries, crashes and the like that a timeline replays. */
  timelineSignalsMax: 1_000,
  /** An exception this shortly before a crash is taken for its cause. */
  uncaughtWithinMs: 5_000,
  /** Tokens that exist at once. */
  tokensMax: 1_000,
  tokenNameLengthMax: 200,
  /** Text of anything that is presented as a token, in characters. */
  tokenTextLengthMax: 1_000,
  /** Furthest expiry of a token. */
  tokenLifetimeMaxMs: 100 * 365 * 24 * 3600 * 1000,
  /** How often the last use of tokens is written down. */
  tokenUseIntervalMs: 60_000,
  /** Time that a browser keeps the cookie of a login. */
  loginLifetimeMs: 30 * 24 * 3600 * 1000,
  /** Bad tokens from one client address before it is told to wait; one more is let off every two seconds. */
  failedLoginsMax: 20,
  ...webhookLimits,
  /** Readers of live streams at once. */
  liveReadersMax: 5_000,
  /** Entries that a live stream can be resumed over. */
  liveEntriesMax: 20_000,
  /** The same in bytes, roughly. */
  liveBytesMax: 16 * MiB,
  /** One entry of a live stream, in characters; of a larger one only the head is sent. */
  liveFrameLengthMax: 32 * KiB,
  /** Signs of life in a live stream. */
  liveHeartbeatMs: 15_000,
  /** Time that SIGTERM waits for requests in flight and for the store. */
  drainTimeoutMs: 10_000,

  /** Shortest id prefix that names a session. */
  idPrefixMin: 8,
  /** Ids listed when a prefix is ambiguous. */
  ambiguousIdsMax: 10,
  productLengthMax: 200,
  versionLengthMax: 200,
  machineIdLengthMax: 200,
  hostnameLengthMax: 255,
  bootIdLengthMax: 200,
  agentIdLengthMax: 200,
  reasonLengthMax: 1_000,
  /** Name of a signal of an operating system. */
  signalLengthMax: 50,
  idempotencyKeyLengthMax: 255,
  /** How long an Idempotency-Key is remembered. */
  idempotencyTtlMs: 24 * 3600 * 1000,
  spoolIdLengthMax: 100,
  /** Batches of a spool that may arrive ahead of a missing one; a wider gap is given up as lost. */
  spoolWindow: 4_096,

  metricNameLengthMax: 500,
  unitLengthMax: 50,
  tagLengthMax: 500,
  tagsMax: 50,
  metadataBytesMax: 64 * KiB,
  /** Buckets of one histogram. */
  bucketsMax: 500,
  /** Series of one session; further ones go to the overflow series. */
  seriesPerSessionMax: 10_000,

  eventNameLengthMax: 500,
  categoryLengthMax: 200,
  groupLengthMax: 500,
  labelLengthMax: 500,
  labelsMax: 100,
  messageLengthMax: 64 * KiB,
  exceptionTypeLengthMax: 500,
  /** Name of a source file or of a function. */
  sourceLengthMax: 4 * KiB,
  stacktraceLinesMax: 1_000,
  stacktraceLineLengthMax: 8 * KiB,
  eventDataBytesMax: 256 * KiB,

  /** Merged state of a session as JSON text, in bytes. */
  stateBytesMax: 1 * MiB,
  /** Nesting of any JSON document that we keep. */
  jsonDepthMax: 64,
  /** Nesting of any JSON text that we read; deeper text is refused as unreadable. */
  jsonParseDepthMax: 500,
  /** Digits of an integer in JSON text. */
  jsonIntegerDigitsMax: 1_000,

  /** Without a heartbeat for longer than this, a session that had one is suspended. */
  heartbeatTimeoutMs: 60_000,
  /** Without anything for longer than this, an active session is lost. */
  lostAfterMs: 15 * 60_000,
  sweepIntervalMs: 30_000,

  /** Messages and numbers of one OTLP body; a point with five attributes has eleven. */
  otlpValuesMax: 1_000_000,
  /** Open sessions of one door, which a sender of ever new names would otherwise start without end. */
  doorSessionsMax: 10_000,
  /** Silence after which a session that a door started has ended. */
  doorSilenceMs: 5 * 60_000,
  /** UDP port of StatsD, and how often what was said there is recorded. */
  statsdPort: 8_125,
  statsdFlushIntervalMs: 10_000,
  /** Packet or line of a stream of StatsD, in bytes; text read as a length is always beyond it. */
  statsdPacketBytesMax: 64 * KiB,
  /** Values of one request in a foreign dialect. */
  doorSamplesMax: 200_000,
  /** Texts that one point of a foreign dialect says, in bytes of JSON. */
  doorTextBytesMax: 1_000,
  /** Places of a session's state that a door fills, so that all of them together fit into it. */
  doorTextsMax: 500,

  /** How often an agent looks after what it watches. */
  watchIntervalMs: 1_000,
  /** Time-out of a watched program that named none, and the shortest one that is kept. */
  watchTimeoutMs: 60_000,
  watchTimeoutMinMs: 3_000,
  /** A watch interrupted for longer was a sleep of the machine or a stop of the agent. */
  watchAwayMs: 5_000,
  /** How often a watchdog notes what a program uses, so that it is known when it dies. */
  watchResourcesMs: 10_000,
  /** Time that the parent of a dead process has to say how it ended. */
  parentWordMs: 5_000,
  /** A program that said it is exiting does so within this time, or did not mean it. */
  exitingWithinMs: 10_000,

  retentionDays: 365,
  expireIntervalMs: 3600 * 1000,
  /** Difference of clocks that is still called none. */
  clockSkewToleranceMs: 2_000,
  /** Instants further ahead of the server's clock than this are refused as nonsense. */
  futureMaxMs: 366 * 24 * 3600 * 1000,

  /** Entries accepted and not yet durable before requests are refused with 503. */
  queuedEntriesMax: 200_000,
  /** The same in bytes. */
  queuedBytesMax: 64 * MiB,
  /** Samples in the journal that start a seal. */
  sealSamples: 400_000,
  /** Age of the oldest journal row that starts a seal, so that quiet sessions get sealed as well. */
  sealAgeMs: 60_000,
  /** Samples in the journal at which appends wait for sealing. */
  unsealedSamplesMax: 6_000_000,
  /** Samples of one chunk. */
  chunkSamplesMax: 1_024,
  /** Deletions that are remembered for the index to follow. */
  goneRowsMax: 100_000,
  /** Chunks written by one slice of sealing. */
  sealSliceChunksMax: 200,

  /** Default TCP port of an agent on the loopback address, as DataCat's daemon has it. */
  agentPort: 8_079,
  /** How often an agent sends on what it gathered. */
  agentFlushIntervalMs: 1_000,
  /** Longest such interval that a configuration may name. */
  agentFlushIntervalMaxMs: 3600 * 1000,
  /** Without a heartbeat for longer than this, a program that sends any appears hung. */
  hangTimeoutMs: 60_000,
  /** Longest time-out of heartbeats that a configuration may name. */
  hangTimeoutMaxMs: 30 * 24 * 3600 * 1000,
  /** A daemon of DataCat's kind stays this long after its last session, whose details may be asked for. */
  agentLingerMs: 5_000,
  /** A shared agent stays this long after the last word of any program. */
  agentIdleMs: 30_000,
  /** The same for one that only delivers what others left, and looks for more of it meanwhile. */
  adopterIdleMs: 10_000,
  /** Longest that an answer about a session waits for its data to arrive at the server. */
  agentFlushWaitMs: 2_000,
  /** Longest that an agent waits for the server's answer to a question. */
  agentReadTimeoutMs: 3_000,
  /** Longest that an agent takes to end after SIGTERM; DataCat's clients kill after 5 s. */
  agentStopTimeoutMs: 3_000,
  /** How often orphaned spools are looked for. */
  agentAdoptIntervalMs: 5_000,
  /** How often last words of programs are looked for. */
  lastWordsIntervalMs: 1_000,
  /** Last words of a program that no agent knows are left this long to an agent that may. */
  lastWordsForeignMs: 5_000,
  /** Samples of one `columns` entry that an agent makes. */
  agentColumnsSamplesMax: 16_384,
  /** Body of a batch that an agent makes, in bytes before compression, unless one entry is larger. */
  agentBatchBytesMax: 1 * MiB,
  /** A session that has ended is known to its agent for this long, for what is said late. */
  agentSessionLingerMs: 10 * 60_000,
  /** Clients whose last batch an agent remembers, the latest ones. */
  agentClientsMax: 10_000,
  /** A log or a segment of a spool at which the next one is started, in bytes. */
  spoolFileBytes: 4 * MiB,
  /** Batches on disk that wait for the server, in bytes; beyond that the oldest are dropped. */
  spoolBytesMax: 256 * MiB,
  /** Batches in memory because the disk takes none, in bytes. */
  spoolMemoryBytesMax: 32 * MiB,
  /** How often owners touch their spools, and after how long without it a spool of elsewhere is an orphan. */
  agentTouchIntervalMs: 60_000,
  agentOwnerSilenceMs: 10 * 60_000,
  /** How soon an agent sends on what somebody may be waiting for. */
  agentUrgentFlushMs: 20,
  /** Longest wait of an agent for the receipt of a batch. */
  deliverTimeoutMs: 30_000,
  /** Answer to a batch, in bytes. */
  deliverAnswerBytesMax: 32 * MiB,
  /** Bounds of the pause after a first and after many failed attempts; by chance it is shorter. */
  deliverRetryMinMs: 250,
  deliverRetryMaxMs: 30_000,
  /** Pause where only somebody's doing helps: a token, a URL. */
  deliverSlowRetryMs: 30_000,
  /** Longest pause that a server may ask for. */
  deliverRetryAfterMaxMs: 10 * 60_000,
  /** Documents that a server refused and an agent keeps. */
  rejectedFilesMax: 1_000,
  /** How often a session is told of what was lost of it. */
  lossEventIntervalMs: 60_000,
  /** How often an agent tells the server that programs are alive. */
  signsOfLifeIntervalMs: 15_000,
  /** Log file of agents; beyond this it starts anew, and one older file is kept. */
  agentLogBytesMax: 1 * MiB,
  /** Lines that one agent may log at once, and how many more it may each minute. */
  agentLogLinesMax: 100,

  /** How often a client sends to an agent what its program said. */
  clientFlushIntervalMs: 250,
  /** The same to a server. */
  clientDirectFlushIntervalMs: 1_000,
  /** What a client keeps in memory until it is delivered; more is dropped and counted. */
  clientBufferBytesMax: 48 * MiB,
  /** Share of it that is left to events and states when samples fill the rest. */
  clientReservedBytes: 8 * MiB,
  /** Body of a batch that a client makes, unless one entry is larger: few milliseconds for an agent to read. */
  clientBatchBytesMax: 256 * KiB,
  /** Samples of one `columns` entry of a client, which it writes without a pause. */
  clientColumnSamplesMax: 2_048,
  /** How often a client beats to an agent, and to a server. */
  clientHeartbeatIntervalMs: 1_000,
  clientDirectHeartbeatIntervalMs: 15_000,
  /** How often a client notes what its process uses. */
  clientResourceIntervalMs: 10_000,
  /** Longest that a client waits for one answer. */
  clientRequestTimeoutMs: 10_000,
  /** Waiting times between attempts of a client; the first is also the shortest. */
  clientRetryMinMs: 250,
  clientRetryMaxMs: 30_000,
  /** The same towards an agent, which is on this machine. */
  clientAgentRetryMaxMs: 2_000,
  /** How long a client waits for the agent that it started. */
  clientAgentStartMs: 10_000,
  /** Longest that `end` and `flush` of a client wait by default. */
  clientEndTimeoutMs: 3_000,
  /** Last words of a client, in bytes; what does not fit is dropped and counted. */
  clientLastWordsBytesMax: 16 * MiB,
  /** How often a client reports what it dropped. */
  clientDropReportMs: 10_000,
  /** Body that a browser sends while its page goes away, in bytes. */
  clientBeaconBytesMax: 60_000,

  /** How often `tacho run` notes what a command uses, unless it is told otherwise. */
  runMetricsIntervalMs: 5_000,
  /** Shortest and longest interval that it may be told. */
  runMetricsIntervalMinMs: 100,
  runMetricsIntervalMaxMs: 3600 * 1000,
  /** How often it looks for a new peak of memory. */
  runLookMs: 1_000,
  /** How often it looks at what passed by, and hands it to its sender. */
  runFlushMs: 250,
  /** Last lines of output that it keeps of a bad end, unless it is told otherwise. */
  runTailLines: 50,
  runTailLinesMax: 1_000,
  /** Bytes of a stream that those lines are taken from. */
  runTailBytesMax: 64 * KiB,
  /** Longer lines are not searched for metrics, and are kept up to here. */
  runLineLengthMax: 4 * KiB,
  /** Output that waits for its reader in our memory; then the command waits. */
  runCopyBytesMax: 256 * KiB,
  /** Output that is kept for the search for metrics until that is ready. */
  runEarlyBytesMax: 4 * MiB,
  /** After the end of a command, its output is waited for this long before others go on with it. */
  runOutputGraceMs: 100,
  /** Longest that its end is kept back while its last output is read. */
  runDrainMs: 1_000,
  /** Values found in its output between two looks, and text that is searched for them at once. */
  runSamplesMax: 16_384,
  runParseLengthMax: 1 * MiB,
  /** Time that one pattern may take for all lines between two looks; a slower one is given up. */
  runParseTimeoutMs: 200,
  /** A command that should have died of a signal by then did not get it. */
  runSignalGraceMs: 200,
  /** How long an agent that was started is waited for. */
  runAgentStartMs: 5_000,
  /** Longest that the end is kept back for the delivery to an agent, and to a server. */
  runEndMs: 500,
  runDirectEndMs: 1_000,
} as const;
